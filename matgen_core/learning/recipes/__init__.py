"""Recipes: how each included network is trained."""
