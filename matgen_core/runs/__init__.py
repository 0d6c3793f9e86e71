"""Runs on disk: their records, their store, and the worker process that computes the runs of the pages."""
