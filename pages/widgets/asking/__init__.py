"""Controls: targets, elements, settings, rules, and what is said before a run begins."""
