"""Two columns of a user's table: a line that is out of shape keeps its number and is refused, the rest is read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.learning.examples import read_columns
from matgen_core.workflows.own_properties.training_examples import read_examples


def test_lines_out_of_shape_are_refused_by_their_number() -> None:
    pairs = [(metal, other) for metal in ("Li", "Na", "K", "Rb") for other in ("F", "Cl", "Br", "I", "H")]
    good = "".join(f"{metal}{other},{i}\n" for i, (metal, other) in enumerate(pairs))
    table = f"formula,gap\nMgO,1,5\n\nFe2O3\n{good}"
    texts, values, kind = read_columns(table.encode(), "gap")
    assert kind == "formula"
    examples = read_examples(texts, values, kind)
    assert [row for row, _ in examples.refused] == [1, 2, 3]
    assert [reason.split(",")[0] for _, reason in examples.refused] == ["3 cells", "the row is empty", "no value"]
    assert len(examples.texts) == 20


def test_numbers_are_read_as_people_write_them_or_refused_with_a_reason() -> None:
    pairs = [(metal, other) for metal in ("Li", "Na", "K", "Rb") for other in ("F", "Cl", "Br", "I", "H")]
    good = "".join(f"{metal}{other};{i},5\n" for i, (metal, other) in enumerate(pairs))
    table = f"# measured\nformula;gap\nMgO;n/a\nCaO;2,1 eV\nSrO;>3\nBaO;1,400\n{good}"
    examples = read_examples(*read_columns(table.encode("utf-16"), "gap"))
    assert [reason for _, reason in examples.refused] == [
        "no value",
        "'2.1 eV' is not a plain number; name the unit in the header",
        "'>3' is not a number",
    ]
    assert dict(zip(examples.texts, examples.values.tolist(), strict=True))["LiF"] == 0.5
    assert dict(zip(examples.texts, examples.values.tolist(), strict=True))["BaO"] == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "no header"),
        (b"formula,gap\n", "no rows"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a,b\n1,2\n", "'formula or"),
        (b"formula,b\nNaCl,2\n", "'gap'"),
        (b"formula,gap\nNaCl,\0" + b"x" * 3_000_000, "UTF-8"),
    ],
)
def test_what_is_no_such_table_is_named(table: bytes, words: str) -> None:
    csv.field_size_limit(10_000_000)  # as another reader in the same process leaves it
    with pytest.raises(BadInput, match=words):
        read_columns(table, "gap")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a file"):
        read_columns(tmp_path, "gap")
