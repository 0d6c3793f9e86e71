"""The form of the house: no twins, few tables kept out of the formatter's hands, long files with a reason."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = [ROOT / "app.py", *sorted((ROOT / "matgen_core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]
#: Lines of the same shape that two files may share.
MOST_SHARED = 12
MOST_UNFORMATTED = 40
#: Arguments of a function, and functions that may have more: commands with many options, and the loops that they call.
MOST_ARGUMENTS, MAY_HAVE_MORE = 8, 10
#: What names a kind of material or its parts; all are one word where two files are compared.
KIND = re.compile(r"crystals?|compositions?|molecules?|formulas?|smiles|matbert|matgpt|critic|gap", re.IGNORECASE)
_PASSED_OVER = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
}


def _unread(tree: ast.Module) -> Iterator[int]:
    """Lines of imports and docstrings, which say little of a shape."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            yield from range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)


def shapes(source: str) -> list[tuple[int, str]]:
    """Lines of code by number, with strings, numbers and the names of kinds made one; lines without a name are out.

    >>> shapes("if molecules:\\n    show('a', load_molecules(3))")[1]
    (2, "show ( 'x' , load_kind ( 0 ) )")
    """
    unread, lines = set(_unread(ast.parse(source))), defaultdict(list)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _PASSED_OVER or token.start[0] in unread:
            continue
        text = {tokenize.STRING: "'x'", tokenize.NUMBER: "0"}.get(token.type, token.string)
        lines[token.start[0]].append(KIND.sub("kind", text).lower() if token.type == tokenize.NAME else text)
    named = {number: " ".join(texts) for number, texts in lines.items() if any(map(str.isidentifier, texts))}
    return sorted(named.items())


def twins(files: dict[str, list[tuple[int, str]]], length: int) -> list[str]:
    """Places where two files share so many lines of one shape."""
    places = defaultdict(list)
    for name, lines in files.items():
        for first in range(len(lines) - length + 1):
            window = tuple(shape for _number, shape in lines[first : first + length])
            places[window].append((name, lines[first][0]))
    return [
        f"{one}:{line} ~ {other}:{there}"
        for found in places.values()
        for (one, line), (other, there) in combinations(found, 2)
        if one != other
    ]


def test_twins_are_seen() -> None:
    one = "\n".join(f"crystals_{i} = read_crystal(path_{i}, {i})" for i in range(5))
    files = {"one": shapes(one), "other": shapes(one.replace("crystal", "molecule").replace(", 4", ", 9"))}
    assert twins(files, 5) == ["one:1 ~ other:1"]
    another = {"one": files["one"], "other": shapes(one.replace("path_3", "paths"))}
    assert twins(another, 5) == [], "another name is another shape"
    assert twins(another, 3) == ["one:1 ~ other:1"]


def test_no_two_files_differ_only_in_the_kind() -> None:
    files = {str(path.relative_to(ROOT)): shapes(path.read_text(encoding="utf-8")) for path in CODE}
    assert twins(files, MOST_SHARED + 1) == []


def test_little_is_kept_from_the_formatter() -> None:
    mark = "# fmt: " + "skip"
    folders = ("matgen_core", "pages", "tests", "tools", "benchmarks", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert sum(path.read_text(encoding="utf-8").count(mark) for path in files) <= MOST_UNFORMATTED


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many a caller can give.

    >>> arguments(ast.parse("class A:\\n    def f(self, a, *rows, b=1, **more): ...").body[0].body[0])
    2
    """
    asked = function.args
    return len([one for one in (*asked.posonlyargs, *asked.args, *asked.kwonlyargs) if one.arg not in ("self", "cls")])


def test_few_functions_have_many_arguments() -> None:
    files = [*CODE, *(ROOT / "tools").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    long = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and arguments(node) > MOST_ARGUMENTS
    ]
    assert len(long) <= MAY_HAVE_MORE, long


def _map() -> dict[str, set[str]]:
    """Folders that the map names, by the row that names them first."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [line for line in text.partition("## The house")[2].partition("\n## ")[0].splitlines() if line[:3] == "| `"]
    assert len(rows) <= 10
    return {row: set(re.findall(r"`([\w./]+)/`", row)) for row in rows}


def _folders(parent: Path) -> list[Path]:
    """Folders with files of this repository, without what programs leave."""
    return [
        path
        for path in sorted(parent.iterdir())
        if path.is_dir()
        and path.name[0] not in "._"
        and path.name not in LEFT
        and any(map(Path.is_file, path.rglob("*")))
    ]


#: What set-up and programs leave in a checkout.
LEFT = {"bundle", "data", "training", "build", "dist", "shared", "node_modules", "matgen.egg-info"}
TOP = ("assets", "benchmarks", "docs", "matgen_core", "pages", "tests", "tools")


def test_the_map_names_every_folder_of_the_first_two_levels() -> None:
    rows = _map()
    named = {name for names in rows.values() for name in names}
    missing = []
    for top in TOP:
        # A folder is named in a row of its house, so that the kinds of the pages do not stand for those of the core.
        beside = {
            name.split("/")[-1]
            for names in rows.values()
            if any(n.split("/")[0] == top for n in names)
            for name in names
        }
        missing += [top] if top not in {name.split("/")[0] for name in named} else []
        missing += [f"{top}/{path.name}" for path in _folders(ROOT / top) if path.name not in beside]
    assert missing == []


def test_the_map_names_no_folder_that_is_gone() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8")
    there = {path.relative_to(ROOT).as_posix() for top in TOP for path in (ROOT / top).rglob("*") if path.is_dir()}
    names = {name for names in _map().values() for name in names} - set(TOP)
    gone = [
        n for n in names if n not in there and not any(t.endswith(f"/{n}") for t in there) and f"{n}/" not in ignored
    ]
    assert gone == []


def test_every_package_says_in_a_sentence_what_it_holds() -> None:
    wrong = []
    for top in ("benchmarks", "matgen_core", "pages", "tools"):
        for path in sorted((ROOT / top).rglob("__init__.py")):
            said = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0]
            if not said.endswith(".") or ". " in said.replace("\n", " "):
                wrong.append(f"{path.relative_to(ROOT)}: {said!r}")
    assert wrong == []
    bare = {path.parent for top in ("matgen_core", "pages/widgets") for path in (ROOT / top).rglob("*.py")}
    assert [
        str(folder) for folder in bare if not (folder / "__init__.py").is_file() and "bundle" not in folder.parts
    ] == []
