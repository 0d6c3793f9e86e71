"""What is measured; ``matgen evaluate`` and ``matgen bench`` write the results into benchmarks/."""
