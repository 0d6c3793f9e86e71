"""The chapter's classes and functions by their own names and with its own sizes, each on the code that the app runs.

The names, the arguments and the examples are from chapter 4 of the textbook by 橋本佑介, Tohoku University (CC BY 4.0).
What its short listings leave out is filled in, and what would fail is mended; ``table.py`` says which and where.
"""
