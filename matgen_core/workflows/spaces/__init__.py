"""Spaces of known materials: maps, groups, neighbours, and the user's own rows in them."""
