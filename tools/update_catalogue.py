"""Collects every string of the app into the catalogues, and keeps what was translated.

    python tools/update_catalogue.py            rewrite assets/locale/LANGUAGE.po
    python tools/update_catalogue.py --check    exit 1 where a string is missing, untranslated or no longer used
    python tools/update_catalogue.py --todo     print what still wants a translation

Collected are the literal arguments of ``_``, ``N_`` and ``ngettext`` in app.py and pages/, the words that the figures
of ``matgen_core`` pass to ``translate``, and the words of pages/i18n/extra_strings.py. Errors, refusals and the reasons
of verdicts are written in English in ``matgen_core``, with values in them; their templates, such as "{0} is not a
formula; write one such as Fe3O4", are collected too, under the context "message", and pages/i18n/language.py recognises
a sentence by its template. So a new error needs no more than its line in the catalogue.
"""

from __future__ import annotations

import ast
import string
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
LOCALE = ROOT / "assets" / "locale"
#: The context of what ``matgen_core`` says with values in it.
CONTEXT = "message"
#: What carries a sentence for the user, and which of its arguments that is.
_CARRIERS = {
    "MatGenError": 0, "BadInput": 0, "BadTarget": 0, "UnknownCheckpoint": 0, "DamagedCheckpoint": 0,
    "MissingReference": 0, "Verdict": 2, "Refused": 1, "Prediction": slice(4, 7),
}  # fmt: skip
#: Lists and names in which such sentences are put together before they are raised.
_PARTS = (
    "reason", "reasons", "problem", "problems", "note", "notes", "hull_note", "few", "words", "packing", "among",
    "same", "read", "known", "hint", "method", "_HULL_METHOD", "refused", "first",
)  # fmt: skip
#: Folders and modules of ``matgen_core`` that only a terminal shows.
_TERMINAL = (
    "cli",
    "evaluation",
    "learning/recipes",
    "learning/trainer",
    "learning/networks",
    "kinds/crystals/materials_project",
    "kinds/crystals/rows",
    "kinds/crystals/batches",
)
#: A message of the catalogue: its context, and its text or the two forms of it.
Message = tuple[str | None, str | tuple[str, str]]


def collect() -> dict[Message, list[str]]:
    """Messages and where they stand."""
    found: dict[Message, list[str]] = {}
    for path in (ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))):
        for text in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault((None, text), []).append(str(path.relative_to(ROOT)))
    from pages.i18n.extra_strings import said, words

    for text in words():
        found.setdefault((None, text), []).append("matgen_core")
    for path in sorted((ROOT / "matgen_core").rglob("*.py")):
        tree, name = ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT))
        for text in _drawn(tree):
            found.setdefault((None, text), []).append(name)
        terminal = path.relative_to(ROOT / "matgen_core").as_posix().startswith(_TERMINAL)
        for text in () if terminal else _said(tree):
            found.setdefault((CONTEXT, text), []).append(name)
    for text in said():
        found.setdefault((CONTEXT, text), []).append("matgen_core")
    return {key: places for key, places in found.items() if key[1]}


def _marked(tree: ast.AST) -> Iterator[str | tuple[str, str]]:
    """Literal arguments of ``_``, ``N_`` and ``ngettext``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if node.func.id in ("_", "N_") and texts:
            yield texts[0]
        elif node.func.id == "ngettext" and len(texts) >= 2:
            yield texts[0], texts[1]


def _drawn(tree: ast.AST) -> Iterator[str]:
    """Literal arguments of ``translate``, by which figures name their axes and lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "translate":
            yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _said(tree: ast.AST) -> Iterator[str]:
    """Templates of errors, refusals and reasons."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CARRIERS:
            place = _CARRIERS[node.func.id]
            yield from _templates(node.args[place] if isinstance(place, slice) else node.args[place : place + 1])
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append"
            and isinstance(node.func.value, ast.Name) and node.func.value.id in _PARTS
        ):  # fmt: skip
            yield from _templates(node.args)
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in _PARTS for t in node.targets):
            yield from _templates([node.value])
        elif isinstance(node, ast.FunctionDef) and node.returns and ast.unparse(node.returns) == "str | None":
            yield from _templates([n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value])


def _templates(nodes: list[ast.expr]) -> Iterator[str]:
    """Every template that an expression can become; those that say nothing of their own are left out.

    What follows "; " is recognised apart, so that it is left out at the beginning.
    """
    for node in nodes:
        for parts in _variants(node):
            text, places = "", 0
            for before, part in pairwise([""] + [part for part in parts if part != ""]):
                if part is not None:
                    text += part.replace("{", "{{").replace("}", "}}")
                elif before is not None:  # values that touch cannot be told apart, so they are one
                    text, places = f"{text}{{{places}}}", places + 1
            if sum(c.isalpha() for part in parts if part for c in part) >= 2:
                yield text.removeprefix("; ")


def _variants(node: ast.expr) -> list[list[str | None]]:
    """Texts of an expression, each in parts; None stands for a value."""
    match node:
        case ast.Constant(value=str() as text):
            return [[text]]
        case ast.IfExp():
            return _variants(node.body) + _variants(node.orelse)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [variant for element in elements for variant in _variants(element)]
        case ast.BinOp(op=ast.Add()):
            sums = [a + b for a in _variants(node.left) for b in _variants(node.right)]
            return sums if any(any(parts) for parts in sums) else [[None]]
        case ast.BoolOp(op=ast.Or(), values=values):
            return [variant for value in values for variant in _variants(value)]
        case ast.JoinedStr(values=values):
            found: list[list[str | None]] = [[]]
            for value in values:
                inner = value.value if isinstance(value, ast.FormattedValue) else value
                found = [a + b for a in found for b in _variants(inner)]
            return found
        case _:
            return [[None]]


def fields(text: str) -> set[str]:
    """The placeholders of a text, with their formats."""
    return {f"{name}:{form}" for _text, name, form, _turn in string.Formatter().parse(text) if name is not None}


def read_catalogue(language: str) -> Catalog:
    """The catalogue as it lies on disk; empty where there is none."""
    path = LOCALE / f"{language}.po"
    if not path.is_file():
        return Catalog(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def entries(language: str) -> dict[Message, list[str]]:
    """What the catalogue holds: the translation of every message in each of its forms; empty where it is fuzzy."""
    found: dict[Message, list[str]] = {}
    for entry in read_catalogue(language):
        if entry.id:
            forms = [entry.string] if isinstance(entry.string, str) else list(entry.string)
            message = entry.id if isinstance(entry.id, str) else (entry.id[0], entry.id[1])
            found[entry.context, message] = [] if "fuzzy" in entry.flags else forms
    return found


def problems(language: str) -> list[str]:
    """What is wrong with a catalogue, in words."""
    wanted, known = collect(), entries(language)
    found = []
    for message, places in wanted.items():
        forms, text = known.get(message) or [""], message[1] if isinstance(message[1], str) else message[1][1]
        if not all(forms):
            found.append(f"not translated: {message[1]!r} ({places[0]})")
        elif any(fields(form) != fields(text) for form in forms):
            found.append(f"other placeholders: {message[1]!r} ({places[0]})")
    return found + [f"no longer used: {message[1]!r}" for message in known if message not in wanted]


def update(language: str) -> None:
    """Writes the catalogue anew: what is used, with the translations that there are."""
    known, old = entries(language), read_catalogue(language)
    new = Catalog(
        language, project="MatGen", version="1", header_comment=f"# MatGen, {language}.", fuzzy=False,
        last_translator="MatGen", language_team=language, msgid_bugs_address="-",
        creation_date=old.creation_date, revision_date=old.creation_date,
    )  # fmt: skip
    for message, places in sorted(collect().items(), key=lambda item: (item[1][0], str(item[0]))):
        forms = known.get(message) or [""]
        new.add(
            message[1], forms[0] if isinstance(message[1], str) else forms, context=message[0],
            locations=[(place, None) for place in dict.fromkeys(places)],
        )  # fmt: skip
    with (LOCALE / f"{language}.po").open("wb") as file:
        write_po(file, new, width=110, include_lineno=False)


def main() -> None:
    languages = [path.stem for path in sorted(LOCALE.glob("*.po"))]
    wrong = [f"{language}: {text}" for language in languages for text in problems(language)]
    if "--check" in sys.argv and wrong:
        sys.exit("\n".join([*wrong, "run: python tools/update_catalogue.py, and translate"]))
    if "--todo" in sys.argv:
        print("\n".join(wrong))
    elif "--check" not in sys.argv:
        for language in languages:
            update(language)


if __name__ == "__main__":
    main()
