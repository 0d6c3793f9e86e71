"""Notes to the chapter: what a careful reader stumbles over, with checks that run."""

from __future__ import annotations

from pages.lessons.notes import claims, design, diffusion, language, transfer
from pages.lessons.path import show_lessons

show_lessons(
    __file__,
    {
        "Diffusion": diffusion,
        "Language models": language,
        "Inverse design": design,
        "Transfer": transfer,
        "Claims": claims,
    },
)
