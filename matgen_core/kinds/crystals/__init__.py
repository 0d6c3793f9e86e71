"""Crystals: generation by symmetry, prediction by CHGNet and MatBERT, novelty, files."""
