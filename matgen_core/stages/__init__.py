"""The stages a candidate passes: generate, predict, assess, rank."""
