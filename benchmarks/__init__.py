"""Measurements of the app as a user meets it, and the results of all measurements as JSON."""
