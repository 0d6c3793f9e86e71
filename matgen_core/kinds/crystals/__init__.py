"""Crystals: drafted by engines, placed, relaxed, predicted, judged and written."""
