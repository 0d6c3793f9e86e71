"""What is said of a candidate: the critic before, the judge after, duplicates, neighbours, order."""
