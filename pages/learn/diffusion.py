"""Diffusion, live (chapter 4.2, 4.3): into noise, train, out of noise, steer."""

from __future__ import annotations

from pages.lessons.motion import motion
from pages.lessons.noise import descriptors, forward
from pages.lessons.path import show_lessons
from pages.lessons.reverse import conditions, reverse, samplers
from pages.lessons.source import code
from pages.lessons.training import train

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
)
