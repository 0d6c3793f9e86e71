"""Crystals in files: structures read, candidates written, input for first-principles programs."""
