"""Differences between the kinds of material on a page: controls, results, cards, pictures."""
