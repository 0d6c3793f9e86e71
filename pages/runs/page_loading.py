"""The first opening of a page: its title stands while its modules are imported, so that nobody sees an empty page."""

from __future__ import annotations

import ast
import importlib
import sys
from functools import lru_cache
from pathlib import Path

import streamlit as st

from pages.i18n.language import _

_SCRIPTS = Path(__file__).parents[1]
#: Folders of page scripts.
_SECTIONS = ("design", "explore", "learn")


def script_of(url_path: str) -> Path | None:
    """The script of a page by the end of its address; the first page stands at the bare one."""
    name = "home" if url_path in ("", "start") else url_path
    paths = (_SCRIPTS / section / f"{name}.py" for section in _SECTIONS)
    return next((path for path in paths if path.is_file()), None)


@lru_cache(maxsize=64)
def modules_of(script: Path) -> tuple[str, ...]:
    """Modules that a page's script imports."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    found = [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return tuple(dict.fromkeys(name for name in found if name.partition(".")[0] in ("matgen_core", "pages")))


def load_page(url_path: str, title: str) -> None:
    """Imports what a page needs; what takes long does so below the page's title and a word of what is being loaded.

    The place of that word is there on every run of the page, so that nothing below it moves and is drawn anew.
    """
    script, place = script_of(url_path), st.empty()
    missing = [] if script is None else [name for name in modules_of(script) if name not in sys.modules]
    if not missing:
        return
    with place.container():
        st.title(title, anchor=False)
        st.caption(_("The page's modules are being loaded: once, after the server has started."))
    for name in missing:
        importlib.import_module(name)
    place.empty()
