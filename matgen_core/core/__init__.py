"""Records, errors, properties, goals, settings and worker processes that every part of MatGen shares."""
