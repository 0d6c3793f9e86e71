"""Checkpoints, networks and their training."""
