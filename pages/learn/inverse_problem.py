"""From structure to property, and back (chapter 4.1, 4.5): one slider both ways, and the workflow box by box."""

from __future__ import annotations

from pages.lessons.inverse_problem import WORDS, both_ways, workflow
from pages.lessons.path import show_lessons

show_lessons(__file__, {"Forward and inverse": both_ways, "Workflow": workflow}, WORDS)
