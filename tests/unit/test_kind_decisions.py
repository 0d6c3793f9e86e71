"""The kind of a material is asked, not decided: ``kinds/`` and ``pages/kinds/`` alone know what the kinds are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from matgen_core.kinds.registry import KINDS

ROOT = Path(__file__).parents[2]
#: Where a kind is decided all the same: which predictor reads a property of which kind is declared with the property;
#: columns of users' tables, which lie below the kinds; and the encoder that a predictor is taught on.
ALLOWED = {
    "matgen_core/core/properties.py",
    "matgen_core/files/units.py",
    "matgen_core/learning/examples.py",
    "matgen_core/workflows/own_properties/finetune.py",
    "matgen_core/workflows/predict_table.py",
    "matgen_core/workflows/screening/table_files.py",
}
RECORDS = {record.material.__name__ for _name, record in KINDS.items()}
WORDS = {*KINDS, "formulas", "crystal", "composition", "molecule", "encoded molecules"}
#: Columns of tables, which stand for a kind where they are compared with one.
COLUMNS = {record.column for _name, record in KINDS.items()}


def names_a_kind(node: ast.AST, words: set[str] = WORDS) -> bool:
    """Whether an expression is the name of a kind, its record, or a collection that holds one."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(names_a_kind(part, words) for part in node.elts)
    if isinstance(node, ast.Constant):
        return node.value in words
    return isinstance(node, ast.Name) and node.id in RECORDS


def is_kind(node: ast.AST) -> bool:
    """Whether an expression is called a kind."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.endswith("kind")


def decisions(source: str) -> Iterator[int]:
    """Lines that decide the kind of a material: by comparison, by type, or by what a dictionary has for it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            by_column = any(map(is_kind, sides)) and any(names_a_kind(side, COLUMNS) for side in sides)
            decides = by_column or any(map(names_a_kind, sides))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            decides = node.func.id in ("isinstance", "issubclass") and any(map(names_a_kind, ast.walk(node.args[1])))
        elif isinstance(node, ast.Dict):
            decides = sum(names_a_kind(key) for key in node.keys if key is not None) > 1
        elif isinstance(node, ast.MatchValue | ast.MatchClass):
            decides = names_a_kind(node.value if isinstance(node, ast.MatchValue) else node.cls)
        else:
            decides = False
        if decides and isinstance(node, ast.expr | ast.pattern):
            yield node.lineno


def test_every_way_to_decide_a_kind_is_seen() -> None:
    ways = (
        'kind == "molecules"',
        'kind in ("crystals", "x")',
        'self.kind == "formula"',
        "isinstance(m, Molecule)",
        "isinstance(m, Crystal | Formula)",
        "type(m) is Crystal",
        '{"crystals": 1, "molecules": 2}[kind]',
        'match kind:\n    case "crystals": ...',
    )
    assert [list(decisions(way)) for way in ways] == [[1]] * 7 + [[2]]
    assert not list(decisions('design("crystals", Target()); names = {"crystals": 1}'))


def test_a_kind_is_decided_in_few_files() -> None:
    files = [ROOT / "app.py", *(ROOT / "matgen_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in files
        if "kinds" not in path.relative_to(ROOT).parts and (lines := list(decisions(path.read_text(encoding="utf-8"))))
    }
    assert set(found) <= ALLOWED, {name: lines for name, lines in found.items() if name not in ALLOWED}
    assert len(ALLOWED) <= 6
