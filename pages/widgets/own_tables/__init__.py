"""The user's own tables: predictions, own properties, activity cliffs, tuning."""
