"""Crystals as symmetry and geometry: settings, distances, bonds, diffraction, what to draw."""
