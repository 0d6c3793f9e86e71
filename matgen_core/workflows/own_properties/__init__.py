"""A property of the user's own: its rows, its predictors, and where they are kept."""
