"""Molecules by RDKit: properties, alerts, similarity, crossover, drawings."""
