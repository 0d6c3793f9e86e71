"""Documents say what is so: their commands are taken by the parser, and their links lead to files and headings."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from matgen_core.cli.main import app

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CARDS = [*sorted((ROOT / "assets").glob("cards/*.md")), *sorted((ROOT / "assets").glob("checkpoints/*/README.md"))]
#: Source and catalogue name commands in sentences, also in those that a test of a user's words would not meet.
SOURCES = [
    ROOT / "app.py",
    *sorted((ROOT / "matgen_core").rglob("*.py")),
    *sorted((ROOT / "pages").rglob("*.py")),
    *sorted((ROOT / "assets" / "locale").glob("*.po")),
]
COMMAND = typer.main.get_command(app)
_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")


def whole_lines(text: str) -> Iterator[list[str]]:
    """Arguments of each command that stands in a block, whole: after ``matgen``, without what a shell adds."""
    for block in _BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\||;", line):
                words = shlex.split(part, comments=True) if "matgen " in part else []
                if words and Path(words[0]).name == "matgen":
                    yield words[1:]


def resolve(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the first words name, and its arguments.

    Raises:
        LookupError: where there is none.
    """
    command: Any = COMMAND
    while isinstance(command, TyperGroup) and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        if words[0] not in command.commands:
            raise LookupError(words[0])
        command, words = command.commands[words[0]], words[1:]
    return command, words


def problem(words: list[str], whole: bool) -> str:
    """What the parser has against a command; of a part, whether its words and options are there."""
    try:
        command, rest = resolve(words)
    except LookupError as error:
        return f"no command {error}"
    if whole and not isinstance(command, TyperGroup):
        try:
            command.make_context("matgen", list(rest))
        except Exception as error:  # typer's own copy of click has no public name for its errors
            said = getattr(error, "message", "") or type(error).__name__
            return "" if "does not exist" in said else said
        return ""
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"--help"}
    return next((f"no option {word}" for word in rest if word.startswith("--") and word not in known), "")


def commands(path: Path) -> Iterator[tuple[list[str], bool]]:
    """Commands of a document, and whether each stands there whole."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield from ((words, True) for words in whole_lines(text))
        parts = [said for said in _INLINE.findall(_BLOCK.sub("", text)) if re.match(r"matgen\s", said)]
    else:
        # In a sentence: up to the first word that is none of a command.
        parts = re.findall(r"\bmatgen(?: (?:--)?[a-z][a-z-]*(?![\w'’]))+", re.sub(r'"\n\s*r?f?"', "", text))
    for part in parts:
        yield re.split(r"[\s=:;,.]+", part)[1:], False


@pytest.mark.parametrize(
    ("words", "whole", "wrong"),
    [
        ("crystals --count 2 --out a.csv", True, False),
        ("crystals --coutn 2", True, True),
        ("crystals --count two", True, True),
        ("design molecules --logp 1:3 --want 10", True, False),
        ("phases remove RUN/CANDIDATE", True, False),
        ("phases forget RUN", True, True),
        ("own teach FILE", False, True),
        ("own train FILE", False, False),
        ("screen --objectives", False, True),
        ("nothing", False, True),
    ],
)
def test_a_wrong_command_is_found(words: str, whole: bool, wrong: bool) -> None:
    assert bool(problem(words.split(), whole)) is wrong


def test_commands_are_found_where_they_stand(tmp_path: Path) -> None:
    guide, source = tmp_path / "a.md", tmp_path / "a.po"
    guide.write_text("Try `matgen runs list`:\n```bash\n.venv/bin/matgen known \\\n  NaCl  # asks\n```\n")
    source.write_text('msgid "make it with: matgen own "\n"train FILE"\n')
    assert list(commands(guide)) == [(["known", "NaCl"], True), (["runs", "list"], False)]
    assert list(commands(source)) == [(["own", "train"], False)]


@pytest.mark.parametrize("path", [*GUIDES, *CARDS], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_of_a_document_is_taken(path: Path) -> None:
    assert [(words, said) for words, whole in commands(path) if (said := problem(words, whole))] == []


def test_every_command_that_a_message_names_is_there() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {' '.join(words)}: {said}"
        for path in SOURCES
        for words, whole in commands(path)
        if (said := problem(words, whole))
    ]
    assert wrong == []


def headings(path: Path) -> set[str]:
    """Names by which a link finds the headings of a document."""
    lines = re.findall(r"^#+ (.+)$", _BLOCK.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("path", [*GUIDES, *CARDS], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, heading = target.partition("#")
        if not re.match(r"[a-z]+:", target):
            there = path if not file else (path.parent / file)
            if not there.exists() or (heading and heading not in headings(there)):
                dead.append(target)
    assert dead == []


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_guide_names_is_there(path: Path) -> None:
    """A path in the house is named whole; one without a folder may be a user's."""
    text = _BLOCK.sub("", path.read_text(encoding="utf-8"))
    named = re.findall(
        r"`((?:matgen_core|pages|assets|tests|tools|benchmarks|docs|kinds|core|chem|runs)/[\w./-]+)`", text
    )
    missing = [name for name in named if not (ROOT / name).exists() and not (ROOT / "matgen_core" / name).exists()]
    assert missing == []


def _module(name: str) -> Path | None:
    """The file of a module or package by its dotted name."""
    path = ROOT.joinpath(*name.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def broken(path: Path) -> Iterator[str]:
    """References of a module's docstrings that lead nowhere: modules, and names of another module or of its own."""
    source = path.read_text(encoding="utf-8")
    package = path.relative_to(ROOT).parent.parts
    own = re.sub(r":\w+:`[^`]+`", "", source)
    for role, written in re.findall(r":(mod|func|class|meth|data):`~?([^`]+)`", source):
        up = len(written) - len(written.lstrip("."))
        name = ".".join([*package[: len(package) - up + 1], written[up:]]) if up else written
        module, _, last = name.rpartition(".")
        if role == "mod":
            there = _module(name) is not None
        elif module.startswith(("matgen_core", "pages")):
            file = _module(module) or _module(module.rpartition(".")[0])
            there = file is not None and bool(re.search(rf"\b{last}\b", file.read_text(encoding="utf-8")))
        else:
            there = bool(re.search(rf"\b{last}\b", own))
        if not there:
            yield f"{path.relative_to(ROOT)}: {written}"


def test_every_reference_of_a_docstring_leads_somewhere() -> None:
    files = [path for path in SOURCES if path.suffix == ".py"]
    assert [said for path in files for said in broken(path)] == []


def test_a_module_is_named_by_a_noun() -> None:
    """Its first sentence says the thing, not "what it is" of something."""
    read = [
        (path, ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))))
        for path in SOURCES
        if path.suffix == ".py"
    ]
    assert [str(path.relative_to(ROOT)) for path, said in read if said is None or said.startswith("What ")] == []


def test_counts_in_the_promises_are_todays() -> None:
    promises = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").partition("## What the app promises")[2]
    locked = re.findall(r"^[\w.\[\]-]+==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    pages = re.findall(r'st\.Page\("(pages/[\w/]+\.py)"', (ROOT / "app.py").read_text(encoding="utf-8"))
    assert f"| {len(locked)} packages" in promises
    assert f"| {len(set(pages))} pages," in promises
