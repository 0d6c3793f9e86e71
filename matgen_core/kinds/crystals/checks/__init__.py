"""Checks of crystals: critic, energy judge, agreement, duplicates, coordination, ranking."""
