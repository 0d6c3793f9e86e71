"""Molecules from targets."""

from pages.widgets.design_page import show_design_page

show_design_page("molecules")
