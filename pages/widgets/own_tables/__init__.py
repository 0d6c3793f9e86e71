"""The user's own tables: predictions, a property of one's own, cliffs, tuning."""
