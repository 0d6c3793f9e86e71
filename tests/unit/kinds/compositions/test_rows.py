"""Formulas: tokens there and back, bad ones named, one table from three."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from matgen_core.core.errors import BadInput
from matgen_core.kinds.compositions.rows import (
    CLS,
    FIRST,
    SEP,
    VOCABULARY,
    AtomStrings,
    FormulaBatches,
    FormulaRows,
    build_formula_rows,
    count_atoms,
    decode_atoms,
    encode_amounts,
    encode_atoms,
    load_formula_rows,
    reduce_formula,
    token_features,
    token_mates,
)
from matgen_core.kinds.crystals.known.rows import ELEMENTS


@pytest.mark.parametrize("text", ["Fe2O3", "Ca3(PO4)2", "LiFePO4", "NaN", "O2", "Na0.5Cl0.5"])
def test_there_and_back(text: str) -> None:
    formula = reduce_formula(text)
    assert (
        reduce_formula("".join(f"{e}{n}" for e, n in decode_atoms(encode_atoms(count_atoms(formula))).items()))
        == formula
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "formula is empty"),
        ("Xx2", "Xx"),
        ("Fe-O", "not a formula"),
        ("FeO" * 60, "not a formula"),
        ("Og", "Og"),
        ("<b>Fe</b>", "not a formula"),
        ("Fe0", "not a formula"),
        ("=Fe", "not a formula"),
    ],
)
def test_what_is_no_formula_is_named(text: str, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        reduce_formula(text)


def test_too_many_atoms_are_refused_as_atoms_and_read_as_amounts() -> None:
    with pytest.raises(BadInput, match="60 atoms"):
        encode_atoms({"Fe": 20, "O": 40})
    tokens, fractions = encode_amounts(["Fe20O41"])
    assert tokens.tolist()[0][0] == CLS
    assert fractions.sum() == pytest.approx(1.0)


def test_amounts_are_fractions_and_ends_have_none() -> None:
    tokens, fractions = encode_amounts(["Fe2O3", "Na"])
    assert tokens[0].tolist() == [CLS, VOCABULARY.index("Fe"), VOCABULARY.index("O"), SEP]
    assert fractions[0].tolist() == pytest.approx([0, 0.4, 0.6, 0])
    assert tokens[1].tolist() == [CLS, VOCABULARY.index("Na"), SEP, 0]


def test_mates_are_of_the_same_group() -> None:
    mates = token_mates()
    names = {VOCABULARY[int(t)] for t in mates[VOCABULARY.index("Cl")]}
    assert names == {"F", "Br", "I", "At"}
    assert VOCABULARY.index("La") not in mates[VOCABULARY.index("Y")]
    assert (mates[:FIRST] == torch.arange(FIRST)[:, None]).all()
    assert token_features().shape == (len(VOCABULARY), 17)
    assert not token_features()[:FIRST].any()


def tables(folder: Path) -> tuple[Path, Path, Path]:
    parts = {
        "e": ("formation_energy_mp2020", [("Fe4O6", -1.5, "train"), ("Fe2O3", -1.4, "train"), ("NaCl", -2.0, "val")]),
        "g": ("band_gap", [("Fe2O3", 2.0, "train"), ("ClNa", 5.0, "val"), ("Si", 0.6, "train"), ("Zz", 1, "train")]),
        "m": ("magmom_per_atom", [("Si", 0.0, "train"), ("NaCl", "", "val")]),
    }
    paths = []
    for name, (column, rows) in parts.items():
        paths.append(folder / f"{name}.csv")
        pd.DataFrame(rows, columns=["formula", column, "split"]).to_csv(paths[-1], index=False)
    return paths[0], paths[1], paths[2]


def test_three_tables_become_one(tmp_path: Path) -> None:
    table = build_formula_rows(*tables(tmp_path))
    table.to_csv(tmp_path / "rows.csv.gz", index=False)
    rows = load_formula_rows(tmp_path / "rows.csv.gz")
    assert sorted(rows.formulas) == ["Fe2O3", "Fe2O3", "NaCl", "Si"]
    assert np.isfinite(rows.values).sum() == 3 + 3 + 1
    assert {f for f, held in zip(rows.formulas, rows.held, strict=True) if held} == {"NaCl"}


def test_a_table_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match=r"x\.csv.*matgen data formulas"):
        load_formula_rows(tmp_path / "x.csv")


def test_every_formula_comes_once_an_epoch() -> None:
    names = tuple(f"{e}{n}O" for e in ELEMENTS[20:40] for n in (1, 2, 3) if e != "O")
    rows = FormulaRows(names, np.zeros((len(names), 3), np.float32), np.zeros(len(names), bool))
    for amounts in (True, False):
        seen = torch.cat([v for _, _, v in FormulaBatches(rows, 7, 0, amounts)(3)])
        assert len(seen) == len(names)
    strings = AtomStrings(rows, 7, 0)
    decoded = [decode_atoms(row.tolist()) for tokens, _ in strings(1) for row in tokens]
    assert sorted(map(str, (sorted(c.items()) for c in decoded))) == sorted(
        str(sorted(count_atoms(f).items())) for f in names
    )
    firsts = {int(row[1]) == VOCABULARY.index("O") for tokens, _ in strings(1) for row in tokens}
    assert firsts == {True, False}, "a formula may begin with any of its elements"
