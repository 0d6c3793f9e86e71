"""Runs of the app: queue, jobs, recording, progress."""
