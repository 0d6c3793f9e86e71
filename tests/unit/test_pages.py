"""Laws of every page's source: a picture has its words, and what is drawn or spoken is in the catalogue's reach."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
#: What shows a picture or a table, and takes words for who cannot see it.
SEEN = {"plotly_chart", "dataframe", "iframe", "image"}


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def silent(source: str) -> list[int]:
    """Lines with a picture that has no text alternative."""
    found, tree = [], ast.parse(source)
    pieces = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SEEN:
            alt = next((k.value for k in node.keywords if k.arg == "alt"), None)
            if alt is None or (isinstance(alt, ast.Constant) and not alt.value):
                found.append(node.lineno)
        elif isinstance(node, ast.JoinedStr | ast.Constant) and node not in pieces:
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
            if "<img" in text and 'alt="' not in text:
                found.append(node.lineno)
    return found


def test_every_picture_has_a_text_alternative() -> None:
    found = [f"{p.relative_to(ROOT)}:{line}" for p in PAGES for line in silent(p.read_text(encoding="utf-8"))]
    assert found == []


def test_every_plot_can_be_saved_as_the_reader_chose() -> None:
    """Its configuration is made in one place; a plot that nobody can touch has none."""
    wrong = []
    for path in PAGES:
        for call in calls(path):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "plotly_chart":
                config = next((ast.unparse(k.value) for k in call.keywords if k.arg == "config"), "")
                if not config.startswith("plot_config(") and "staticPlot" not in config:
                    wrong.append(f"{path.name}:{call.lineno}")
    assert wrong == []


def test_what_went_wrong_is_translated_and_shown_as_it_was_typed() -> None:
    """A sentence of the page's own goes to Streamlit; a reason, which quotes SMILES, is shown by ``show_error``."""
    wrong = []
    for path in PAGES:
        for call in calls(path):
            name, said = ast.unparse(call.func), ast.unparse(call.args[0]) if call.args else ""
            own = name != "st.error" or said.startswith(("_('", '_("')) or path.name == "refusal.py"
            if not own or (name in ("show_error", "show_refusal") and not said.startswith("_(") and said != "reason"):
                wrong.append(f"{path.name}:{call.lineno}")
    assert wrong == []


#: What a reader sets or opens. Streamlit knows it again by its key, or by its words, which change with the language.
CHOICES = set(
    "slider select_slider selectbox multiselect text_input text_area number_input toggle checkbox radio "
    "segmented_control pills file_uploader expander".split()
)


def test_every_choice_survives_a_switch_of_the_language() -> None:
    keyless, tabs = [], set()
    for path in PAGES:
        for call in calls(path):
            if isinstance(call.func, ast.Attribute) and call.func.attr in CHOICES:
                if not any(keyword.arg in ("key", None) for keyword in call.keywords):
                    keyless.append(f"{path.name}:{call.lineno}")
            elif ast.unparse(call.func) == "st.tabs":
                tabs.add(path.name)
    assert keyless == []
    assert tabs == {"tabs.py", "path.py"}, "the open tab is kept by show_tabs, and of a lesson by its link"


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("st.plotly_chart(figure)", True),
        ("st.plotly_chart(figure, alt='')", True),
        ("st.plotly_chart(figure, alt=_('A curve'))", False),
        ("left.dataframe(rows, key='x')", True),
        ("st.html('<img src=x>')", True),
        ('st.html(f\'<img alt="{a}" src="{b}">\')', False),
    ],
)
def test_a_picture_without_words_is_found(source: str, wrong: bool) -> None:
    assert bool(silent(source)) is wrong


def test_words_are_marked_as_literals() -> None:
    """``_(f"…")`` would be in no catalogue."""
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in PAGES
        for call in calls(path)
        if isinstance(call.func, ast.Name) and call.func.id in ("_", "N_", "ngettext")
        if any(isinstance(argument, ast.JoinedStr) for argument in call.args)
    ]
    assert wrong == []


def test_pages_are_short() -> None:
    """A page asks, calls and shows; what it is made of lies in folders of one concern, a function for a call."""
    scripts = [path for folder in ("design", "explore", "learn") for path in (ROOT / "pages" / folder).glob("*.py")]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in PAGES}
    assert {path.name: lines[path] for path in scripts if lines[path] > 120} == {}
    assert {path.name: number for path, number in lines.items() if number > 300} == {}
    arguments = {
        f"{path.name}: {node.name}": len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs)
        for path in PAGES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: number for name, number in arguments.items() if number > 8} == {}


def test_equations_are_raw_text() -> None:
    """A backslash of an equation in a plain string is read as an escape, and the equation is shown in red."""
    wrong = [
        f"{path.name}: {node.value[:40]!r}"
        for path in PAGES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if "\\" in node.value and any(mark in node.value for mark in "\a\b\f\v\t")
    ]
    assert wrong == []
