"""Long runs over many workers: batches in a folder, shards, and their merging."""
