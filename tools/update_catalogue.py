"""Collects every string of the app into the catalogues, and keeps what was translated.

    python tools/update_catalogue.py            rewrite assets/locale/LANGUAGE.po
    python tools/update_catalogue.py --check    exit 1 where a string is missing, untranslated or no longer used
    python tools/update_catalogue.py --todo     print what still wants a translation

Babel extracts the literal arguments of the functions in KEYWORDS, from app.py, pages/ and ``matgen_core``; words that
stand in tables come from tools/extra_strings.py. A message with values is a template:
``BadInput("{name} is empty", name=x)``. A sentence that is an f-string cannot be translated and is a fault.
"""

from __future__ import annotations

import ast
import io
import string
import sys
from collections.abc import Container, Iterator
from itertools import product
from pathlib import Path
from typing import IO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
LOCALE = ROOT / "assets" / "locale"
ERRORS = (
    "MatGenError",
    "BadInput",
    "BadTarget",
    "UnknownCheckpoint",
    "DamagedCheckpoint",
    "DamagedPhases",
    "MissingReference",
    "StoreError",
    "WorkerProblem",
    "WorkerLost",
    "NoWorkers",
)
#: Functions whose literal arguments are for a reader, and which of the arguments; None is the first.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "translate": None,
    "ngettext": (1, 2),
    "Message": None,
    "Refused": (2,),
    "Verdict": (3,),
    **dict.fromkeys(ERRORS),
}
#: Folders and modules of ``matgen_core`` that only a terminal shows.
_TERMINAL = (
    "core/cluster",
    "workflows/many_workers/batch_file",
    "workflows/many_workers/fill_folder",
    "workflows/many_workers/merge",
    "workflows/many_workers/run_folder",
    "workflows/screening/shards",
    "cli",
    "evaluation",
    "learning/recipes",
    "learning/trainer",
    "learning/networks",
    "kinds/crystals/known/materials_project",
    "kinds/crystals/known/rows",
    "kinds/crystals/known/row_building",
    "kinds/crystals/known/batches",
)
#: Of them, what a page shows all the same.
_SHOWN = ("learning/recipes/own_smiles",)
#: A message of the catalogue: its context, and its text or the two forms of it.
Message = tuple[str | None, str | tuple[str, str]]


def sources() -> list[Path]:
    """The modules whose strings a page shows."""
    core = ROOT / "matgen_core"
    named = [(path, path.relative_to(core).as_posix()) for path in sorted(core.rglob("*.py"))]
    shown = [path for path, name in named if not name.startswith(_TERMINAL) or name.startswith(_SHOWN)]
    return [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *shown]


def collect() -> dict[Message, list[str]]:
    """Messages and where they stand."""
    found: dict[Message, list[str]] = {}
    for path in sources():
        for text in extracted(path.read_bytes()):
            found.setdefault((None, text), []).append(str(path.relative_to(ROOT)))
    from tools.extra_strings import words

    for text in words():
        found.setdefault((None, text), []).append("matgen_core")
    return {key: places for key, places in found.items() if _has_letters(key[1])}


def _has_letters(text: str | tuple[str, str]) -> bool:
    return any(map(str.isalpha, text if isinstance(text, str) else text[0]))


def extracted(source: bytes) -> list[str | tuple[str, str]]:
    """The literal strings of a module that are for a reader."""
    return [text for _line, text, _comments, _context in extract(literals, io.BytesIO(source), keywords=KEYWORDS)]


def literals(
    fileobj: IO[bytes], keywords: Container[str], comment_tags: object, options: object
) -> Iterator[tuple[int, str, tuple[str | None, ...], list[str]]]:
    """Babel's interface of an extractor, over the syntax tree.

    Babel's own reads tokens: before Python 3.12 it is blind within f-strings, and it glues the branches of a condition.
    """
    for node in ast.walk(ast.parse(fileobj.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in keywords and node.args:
            for texts in product(*map(_branches, node.args)):
                yield node.lineno, node.func.id, texts, []


def _branches(node: ast.expr) -> list[str | None]:
    """The literals that an argument can be; None where it is another expression."""
    if isinstance(node, ast.IfExp):
        return _branches(node.body) + _branches(node.orelse)
    return [node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None]


def unsplit(source: str) -> list[int]:
    """Lines where a sentence for a reader is an f-string, so that no catalogue can hold it."""
    carriers, lines = {**KEYWORDS, "Verdict": (3,), "Refused": (2,)}, []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in carriers:
            places = carriers[node.func.id] or (1,)
            said = [node.args[place - 1] for place in places if place <= len(node.args)]
            parts = [
                part for text in said for part in ([text.body, text.orelse] if isinstance(text, ast.IfExp) else [text])
            ]
            lines += [part.lineno for part in parts if isinstance(part, ast.JoinedStr) and _says_something(part)]
    return lines


def _says_something(text: ast.JoinedStr) -> bool:
    words = "".join(part.value for part in text.values if isinstance(part, ast.Constant))
    return sum(map(str.isalpha, words)) >= 2 and any(isinstance(part, ast.FormattedValue) for part in text.values)


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
    for path in sources():
        for line in unsplit(path.read_text(encoding="utf-8")):
            found.append(f"an f-string: {path.relative_to(ROOT)}:{line}; write a template and its values")
    return found + [f"no longer used: {message[1]!r}" for message in known if message not in wanted]


def update(language: str) -> None:
    """Writes the catalogue anew: what is used, with the translations that there are."""
    known, old = entries(language), read_catalogue(language)
    new = Catalog(
        language,
        project="MatGen",
        version="1",
        header_comment=f"# MatGen, {language}.",
        fuzzy=False,
        last_translator="MatGen",
        language_team=language,
        msgid_bugs_address="-",
        creation_date=old.creation_date,
        revision_date=old.creation_date,
    )
    for message, places in sorted(collect().items(), key=lambda item: (item[1][0], str(item[0]))):
        forms = known.get(message) or [""]
        new.add(
            message[1],
            forms[0] if isinstance(message[1], str) else forms,
            context=message[0],
            locations=[(place, None) for place in dict.fromkeys(places)],
        )
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
