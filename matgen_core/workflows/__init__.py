"""Whole jobs over any kind of material: design, screening, prediction, fine-tuning, tuning."""
