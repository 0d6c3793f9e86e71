"""Says to the browser in which language the page is, and gives it Streamlit's own words in that language.

Streamlit writes English on its controls ("Upload", "No results") and has no setting for another language. One small
script exchanges these words in the browser, also in the names that screen readers say. For screen readers and for
where a line may break, it states the language of the page, too.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.i18n.language import N_, _, language

#: Controls of Streamlit that hold words of its own.
WHERE = ", ".join(
    (
        '[data-testid="stFileUploader"]',
        '[data-testid="stFileChips"]',
        '[data-testid^="stMultiSelect"]',
        '[data-testid^="stSelectbox"]',
        '[data-testid="stNumberInput"]',
        '[data-testid^="stTextInput"]',
        '[data-testid="stTextArea"]',
        '[data-testid="stElementToolbar"]',
        '[data-testid^="stDataFrameColumn"]',
        '[data-testid^="stDataFrameStatistics"]',
        '[data-testid="stTooltipContent"]',
        '[data-testid="stTooltipIcon"]',
        '[data-testid="stHeader"]',
        '[data-testid^="stMainMenu"]',
        '[data-testid="stToastContainer"]',
        '[data-testid="stSkipToContent"]',
        '[data-testid="stConnectionStatus"]',
        '[data-testid="stTabs"] > button',
        '[data-testid="stCode"] button',  # not the code itself
        '[data-testid="stMarkdownPre"] button',
        ".gdg-search-bar",
        ".modebar",
    )
)
#: What stands there alone, as text or as the name that a screen reader says.
WORDS = (
    # Fields for files.
    N_("Upload"),
    N_("Add files"),
    N_("Drag and drop a file here"),
    N_("Drag and drop files here"),
    N_("file upload"),
    N_("Only one file is allowed."),
    N_("File size is too small."),
    N_("Too many files"),
    N_("Upload failed"),
    N_("Click to retry upload"),
    N_("Unexpected error. Please try again."),
    # Lists to choose from.
    N_("Choose an option"),
    N_("Choose options"),
    N_("No results"),
    N_("No options to select"),
    N_("Select all"),
    N_("Selected values"),
    N_("Open"),
    N_("Clear all"),
    N_("Clear value"),
    # Fields for numbers and texts.
    N_("Increment"),
    N_("Decrement"),
    N_("Clear entry"),
    N_("Press Enter to apply"),
    N_("Number is above the allowed range."),
    N_("Number is below the allowed range."),
    N_("Invalid input."),
    # Tables.
    N_("Show/hide columns"),
    N_("Download as CSV"),
    N_("Search"),
    N_("Close Search"),
    N_("Type to search"),
    N_("Next Result"),
    N_("Previous Result"),
    N_("Clear selection"),
    N_("Fullscreen"),
    N_("Close fullscreen"),
    N_("Dataframe column menu"),
    N_("Copy column name"),
    N_("Sort ascending"),
    N_("Sort descending"),
    N_("Autosize"),
    N_("Pin column"),
    N_("Unpin column"),
    N_("Hide column"),
    N_("Format"),
    N_("Automatic"),
    N_("Localized"),
    N_("Plain"),
    N_("Compact"),
    N_("Dollar"),
    N_("Euro"),
    N_("Yen"),
    N_("Percent"),
    N_("Scientific"),
    N_("Accounting"),
    N_("Duration"),
    N_("Statistics"),
    N_("Count"),
    N_("Distinct"),
    N_("Empty"),
    N_("Minimum"),
    N_("Maximum"),
    N_("Average"),
    N_("Median"),
    N_("25th percentile"),
    N_("75th percentile"),
    N_("Standard deviation"),
    N_("Sum"),
    N_("Range"),
    N_("Average length"),
    N_("Minimum length"),
    N_("Maximum length"),
    N_("Based on sample"),
    N_("Distribution histogram"),
    N_("Top values frequency chart"),
    # Plotly's tools.
    N_("Download plot as a PNG"),
    N_("Download plot"),
    N_("Zoom"),
    N_("Pan"),
    N_("Box Select"),
    N_("Lasso Select"),
    N_("Zoom in"),
    N_("Zoom out"),
    N_("Autoscale"),
    N_("Reset axes"),
    N_("Orbital rotation"),
    N_("Turntable rotation"),
    N_("Reset camera to default"),
    N_("Reset camera to last save"),
    # The frame.
    N_("Main menu"),
    N_("Rerun"),
    N_("Auto rerun"),
    N_("Print"),
    N_("Record a screencast"),
    N_("Theme"),
    N_("System"),
    N_("Light"),
    N_("Dark"),
    N_("Close"),
    N_("Notifications"),
    N_("Copy to clipboard"),
    N_("Copied"),
    N_("view more"),
    N_("view less"),
    N_("Running..."),
    N_("Connecting"),
    N_("Connection error"),
    N_("Skip to main content"),
    N_("Scroll tabs left"),
    N_("Scroll tabs right"),
)
#: The same with a value within.
TEMPLATES = (
    N_("{x} per file"),
    N_("File must be {x} or smaller."),
    N_("{x} files are not allowed."),
    N_("Remove {x}"),
    N_("Select {x} matches"),
    N_("Press {x}+Enter to apply"),
    N_("Help for {x}"),
    N_("You can only select up to {x} options. Remove an option first."),
)


@st.cache_resource
def _page() -> st.components.v2.types.ComponentRenderer:
    js = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    return st.components.v2.component("matgen_page_language", js=js)


def state_language() -> None:
    """The page's ``lang``, and the words of Streamlit's own controls; both are English where nobody says otherwise."""
    code = language()
    known = code != "en"  # Streamlit's own words are English
    data = {
        "lang": code,
        "where": WHERE,
        "words": {word: _(word) for word in WORDS} if known else {},
        "templates": [(template, _(template)) for template in TEMPLATES] if known else [],
    }
    with st.container(key="page-language"):
        _page()(key="page-lang", data=data)
