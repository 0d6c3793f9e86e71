"""Long runs: batches in a folder, shards, and what they become together."""
