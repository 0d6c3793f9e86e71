"""Diffusion, live (chapter 4.2, 4.3): into noise, train, out of noise, steer."""

from __future__ import annotations

from pages.lessons.guidance import CONDITION_WORDS, conditions
from pages.lessons.motion import MOTION_WORDS, motion
from pages.lessons.noise import SCHEDULE_WORDS, descriptors, forward
from pages.lessons.path import show_lessons
from pages.lessons.reverse import FILM_WORDS, reverse, samplers
from pages.lessons.source import code
from pages.lessons.training import DATA_WORDS, train

show_lessons(
    __file__,
    {
        "Noise": forward,
        "Train it": train,
        "In motion": motion,
        "From noise": reverse,
        "Samplers": samplers,
        "Conditions": conditions,
        "Descriptors": descriptors,
        "Code": code,
    },
    SCHEDULE_WORDS | FILM_WORDS | CONDITION_WORDS | DATA_WORDS | MOTION_WORDS,
)
