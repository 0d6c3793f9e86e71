"""Parts of the embedding explorer."""
