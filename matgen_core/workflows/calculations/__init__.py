"""First-principles calculations: input for candidates, and results beside predictions."""
