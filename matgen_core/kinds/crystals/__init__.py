"""Crystals: generation by symmetry, prediction by CHGNet and crystal-gap, novelty, files."""
