"""Formulas, elements and what follows from them alone: charges, hull, cost, substitution."""
