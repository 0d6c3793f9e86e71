"""Language models, live (chapter 4.4): tokens, the next one, a whole string, attention, temperature, conditions."""

from __future__ import annotations

from pages.lessons.language_models import WORDS, attention_of_a_head, conditions, hot_and_cold, next_one, tokens
from pages.lessons.path import show_lessons
from pages.lessons.writing import write_one

show_lessons(
    __file__,
    {
        "Tokens": tokens,
        "The next token": next_one,
        "Write one": write_one,
        "Attention": attention_of_a_head,
        "Temperature": hot_and_cold,
        "Conditions": conditions,
    },
    WORDS,
)
