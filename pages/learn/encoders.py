"""Transformers for materials: ChemBERTa, MatBERT and MatGPT, each at work."""

from __future__ import annotations

from pages.lessons.path import show_lessons
from pages.lessons.encoders import chemberta, matbert, matgpt

show_lessons(__file__, {"ChemBERTa": chemberta, "MatBERT": matbert, "MatGPT": matgpt})
