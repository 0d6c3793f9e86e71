"""Geometry of crystals: templates, diffusion, rules of distances, relaxation."""
