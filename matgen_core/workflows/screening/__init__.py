"""Screening: the user's files or a run, predicted, checked and compared."""
