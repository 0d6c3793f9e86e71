"""First-principles calculations: what is computed next, and what came of it."""
