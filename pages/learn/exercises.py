"""The chapter's three exercises to do, and a list to check oneself by."""

from __future__ import annotations

from pages.lessons.checklist import checklist
from pages.lessons.class_guesses import show_class
from pages.lessons.code_exercises import write_code
from pages.lessons.exercises import first, second, third
from pages.lessons.path import show_lessons

show_lessons(
    __file__,
    {
        "1 Concepts": first,
        "2 Implementation": second,
        "Write code": write_code,
        "3 Application": third,
        "Check yourself": checklist,
        "Class": show_class,
    },
)
