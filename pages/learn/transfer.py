"""Pretraining and transfer, live: hide and guess, two views, three ways to teach, a table of one's own."""

from __future__ import annotations

from pages.lessons.path import show_lessons
from pages.lessons.teaching import WORDS, teach
from pages.lessons.transfer import hide_and_guess, three_ways, two_views

show_lessons(
    __file__,
    {
        "Hide and guess": hide_and_guess,
        "Two views": two_views,
        "Three ways to teach": three_ways,
        "Teach it yourself": teach,
    },
    WORDS,
)
