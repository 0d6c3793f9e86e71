"""Records, errors, properties, goals and settings that every part of MatGen shares."""
