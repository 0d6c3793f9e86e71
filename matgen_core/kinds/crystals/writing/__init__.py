"""Skeletons and geometry as strings: grammar, decoding, conditions, latents."""
