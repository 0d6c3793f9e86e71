"""Measurements of quality and speed: ``matgen evaluate`` and ``matgen bench`` write them into benchmarks/."""
