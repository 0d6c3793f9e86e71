"""The chapter's classes and functions by their names: a table, and each to run with its own sizes."""

from __future__ import annotations

from pages.lessons.chapter import run_it, table
from pages.lessons.path import show_lessons

show_lessons(__file__, {"Table": table, "Run it": run_it})
