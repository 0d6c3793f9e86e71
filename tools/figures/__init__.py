"""The tables of README, docs/ and the model cards, a module for each group; ``fill_figures.py`` writes them."""

from figures import aims, compositions, computing, crystals, molecules, overall
from figures.layout import ROOT, TABLES

__all__ = ["ROOT", "TABLES", "aims", "compositions", "computing", "crystals", "molecules", "overall"]
