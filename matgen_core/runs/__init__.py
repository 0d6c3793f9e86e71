"""Runs on disk: their records and their store."""
