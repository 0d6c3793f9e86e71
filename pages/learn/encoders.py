"""Transformers for materials: ChemBERTa, MatBERT and MatGPT, each at work."""

from __future__ import annotations

from pages.lessons.encoders import WORDS, chemberta, matbert, matgpt
from pages.lessons.path import show_lessons

show_lessons(__file__, {"ChemBERTa": chemberta, "MatBERT": matbert, "MatGPT": matgpt}, WORDS)
