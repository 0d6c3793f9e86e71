"""A copy of a generator tuned towards goals."""
