"""Compositions: written by MatGPT, predicted by MatBERT."""
