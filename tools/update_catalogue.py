"""Collects every string of the app into the catalogues, and keeps what was translated.

    python tools/update_catalogue.py            rewrite assets/locale/LANGUAGE.po
    python tools/update_catalogue.py --check    exit 1 where a string is missing, untranslated or no longer used

Collected are the literal arguments of ``_``, ``N_`` and ``ngettext`` in app.py and pages/, and the words of
``matgen_core`` that a page shows through ``_`` (labels and notes of properties, names of rules and stages).
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
LOCALE = ROOT / "assets" / "locale"
Message = str | tuple[str, str]


def collect() -> dict[Message, list[str]]:
    """Messages and where they stand."""
    found: dict[Message, list[str]] = {}
    for path in (ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))):
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if node.func.id in ("_", "N_") and texts:
                found.setdefault(texts[0], []).append(name)
            elif node.func.id == "ngettext" and len(texts) >= 2:
                found.setdefault((texts[0], texts[1]), []).append(name)
    for text, name in words_of_the_package():
        found.setdefault(text, []).append(name)
    return {key: places for key, places in found.items() if key}


def words_of_the_package() -> list[tuple[str, str]]:
    """Words that matgen_core hands to a page, which shows them through ``_``."""
    from pages.ui.vocabulary import words

    return [(text, "matgen_core") for text in words() if text]


def catalogue(language: str) -> Catalog:
    """The catalogue as it lies on disk; empty where there is none."""
    path = LOCALE / f"{language}.po"
    if not path.is_file():
        return Catalog(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def problems(language: str) -> list[str]:
    """What is wrong with a catalogue, in words."""
    import re

    messages, known = collect(), {m.id: m for m in catalogue(language) if m.id}
    found = []
    for message in messages:
        entry = known.get(message)
        text = entry.string if entry is not None else ""
        parts = [text] if isinstance(text, str) else list(text)
        if entry is None or not parts or not all(parts) or "fuzzy" in entry.flags:
            found.append(f"not translated: {message!r} ({messages[message][0]})")
            continue
        wanted = set(re.findall(r"\{[^}]*\}", message if isinstance(message, str) else message[1]))
        if any(set(re.findall(r"\{[^}]*\}", part)) != wanted for part in parts):
            found.append(f"other placeholders: {message!r}")
    found += [f"no longer used: {message!r}" for message in known if message not in messages]
    return found


def main() -> None:
    languages = [path.stem for path in sorted(LOCALE.glob("*.po"))]
    if "--check" in sys.argv:
        wrong = [f"{language}: {text}" for language in languages for text in problems(language)]
        if wrong:
            sys.exit("\n".join([*wrong, "run: python tools/update_catalogue.py, and translate"]))
        return
    for language in languages:
        old, new = {m.id: m for m in catalogue(language) if m.id}, Catalog(language, project="MatGen")
        for message, places in sorted(collect().items(), key=lambda item: (item[1][0], str(item[0]))):
            entry = old.get(message)
            new.add(message, entry.string if entry else None, locations=[(p, None) for p in dict.fromkeys(places)])
        with (LOCALE / f"{language}.po").open("wb") as file:
            write_po(file, new, width=110, omit_header=False, include_lineno=False)


if __name__ == "__main__":
    main()
