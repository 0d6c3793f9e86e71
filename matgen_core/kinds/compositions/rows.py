"""Formulas as tokens, and the rows that MatBERT and MatGPT learn from (chapter 4, after 4.7).

A formula is either atoms, [CLS] Fe Fe O O O [SEP], at most 50 of them, or each element once with its fraction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.formulas.elements import element_features, substitutes
from matgen_core.chem.formulas.formula import whole_amounts
from matgen_core.core.errors import BadInput, quote
from matgen_core.core.properties import asked_of
from matgen_core.files.tables import open_table
from matgen_core.files.units import MISSING, read_number
from matgen_core.kinds.crystals.known.batches import length_batches
from matgen_core.kinds.crystals.known.rows import ELEMENTS

PAD, CLS, SEP, MASK = 0, 1, 2, 3
#: First token that is an atom; element number z (1 for H) has token FIRST + z - 1.
FIRST = 4
VOCABULARY = ("[PAD]", "[CLS]", "[SEP]", "[MASK]", *ELEMENTS)
MAX_ATOMS = 50
#: What MatBERT reads and MatGPT is asked for, in the order of the columns.
FORMULA_PROPERTIES = asked_of("compositions")
_NUMBER = {symbol: i for i, symbol in enumerate(VOCABULARY)}
_PART = re.compile(r"([A-Z][a-z]?)(\d*)")


@lru_cache(maxsize=300_000)
def reduce_formula(text: str) -> str:
    """Reduced formula, as pymatgen writes it, in exactly the ratios of the text.

    >>> reduce_formula("Fe4O6"), reduce_formula("CuSO4·5H2O"), reduce_formula("Fe0.98O")
    ('Fe2O3', 'CuH10SO9', 'Fe49O50')

    Raises:
        BadInput: where it is no formula of elements that the networks know, naming why.
    """
    from pymatgen.core import Composition

    amounts = whole_amounts(text)
    strangers = sorted(set(amounts) - set(ELEMENTS))
    if strangers:
        raise BadInput(
            "{text} contains {strangers}, on which the networks were not trained; use H to Pu",
            text=quote(text),
            strangers=strangers[0],
        )
    return str(Composition(amounts).reduced_formula)


def count_atoms(formula: str) -> dict[str, int]:
    """Atoms of each element in a reduced formula without brackets or fractions.

    Formulas of :func:`reduce_formula` may have brackets; these are read by pymatgen.
    """
    if "(" in formula:
        from pymatgen.core import Composition

        return {str(e): round(n) for e, n in Composition(formula).get_el_amt_dict().items()}
    counts: dict[str, int] = {}
    for symbol, amount in _PART.findall(formula):
        counts[symbol] = counts.get(symbol, 0) + int(amount or 1)
    return counts


def encode_atoms(counts: Mapping[str, int]) -> list[int]:
    """[CLS], one token an atom, [SEP].

    Raises:
        BadInput: for more than MAX_ATOMS atoms.
    """
    total = sum(counts.values())
    if total > MAX_ATOMS:
        raise BadInput(
            "a formula of {total} atoms is too long; the models take at most {max_atoms}",
            total=total,
            max_atoms=MAX_ATOMS,
        )
    return [CLS, *(_NUMBER[e] for e, n in counts.items() for _ in range(n)), SEP]


def decode_atoms(tokens: Iterable[int]) -> dict[str, int]:
    """Atoms of each element in a token string; special tokens are passed over."""
    counts: dict[str, int] = {}
    for token in tokens:
        if token >= FIRST:
            counts[VOCABULARY[token]] = counts.get(VOCABULARY[token], 0) + 1
    return counts


def encode_amounts(formulas: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Tokens (B, T) with [CLS] first and [SEP] last, and fractions (B, T), 0 where there is no element."""
    rows = [count_atoms(formula) for formula in formulas]
    width = max((len(row) for row in rows), default=0) + 2
    tokens, fractions = np.zeros((len(rows), width), dtype=np.int64), np.zeros((len(rows), width), dtype=np.float32)
    for i, row in enumerate(rows):
        total = sum(row.values())
        tokens[i, 0], tokens[i, len(row) + 1] = CLS, SEP
        for j, (element, amount) in enumerate(row.items(), 1):
            tokens[i, j], fractions[i, j] = _NUMBER[element], amount / total
    return torch.from_numpy(tokens), torch.from_numpy(fractions)


def token_features() -> Tensor:
    """(V, F) :func:`element_features` by token, zero for special ones."""
    features = element_features(tuple(ELEMENTS))
    return torch.from_numpy(np.concatenate([np.zeros((FIRST, features.shape[1]), np.float32), features]))


def token_mates() -> Tensor:
    """(V, M) tokens of the same group, repeated to one width; itself where there is none."""
    groups: list[tuple[int, ...]] = [(i,) for i in range(FIRST)]
    groups += [tuple(j + FIRST for j in g) or (i + FIRST,) for i, g in enumerate(substitutes(tuple(ELEMENTS)))]
    width = max(map(len, groups))
    return torch.tensor([(g * width)[:width] for g in groups])


# ------------------------------------------------------------------------------------------------------------ rows


@dataclass(frozen=True)
class FormulaRows:
    """Formulas with what is known of them.

    Args:
        formulas: N reduced formulas; polymorphs of one formula are rows of their own.
        values: (N, K) in the order of FORMULA_PROPERTIES, NaN where unknown.
        held: (N,) whether the row is withheld from training; all rows of a formula alike.
    """

    formulas: tuple[str, ...]
    values: NDArray[np.float32]
    held: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.formulas)

    def subset(self, mask: NDArray[np.bool_]) -> FormulaRows:
        """The rows where ``mask`` (N,) is true."""
        kept = tuple(f for f, keep in zip(self.formulas, mask, strict=True) if keep)
        return FormulaRows(kept, self.values[mask], self.held[mask])


def build_formula_rows(energies: Path, gaps: Path, crystals: Path) -> pd.DataFrame:
    """One table from three; the k-th polymorph of a formula in one stands beside the k-th in the others.

    Which value stands beside which does not matter: each is learnt by a head of its own.

    Args:
        energies: CSV of formula, formation_energy_mp2020, split.
        gaps: CSV of formula, band_gap, split.
        crystals: CSV of formula, magmom_per_atom, split.
    """
    energy = _read(energies, "formation_energy_mp2020", "formation_energy")
    table = energy.merge(_read(gaps, "band_gap", "band_gap"), on=["formula", "polymorph"], how="outer")
    table = table.merge(_read(crystals, "magmom_per_atom", "magnetic_moment"), on=["formula", "polymorph"], how="outer")
    # A formula is in one split everywhere, whichever table names it.
    held = (table[["split", "split_x", "split_y"]] == "val").any(axis=1).groupby(table["formula"]).transform("any")
    table["split"] = np.where(held, "val", "train")
    return table[["formula", *sorted(FORMULA_PROPERTIES), "split"]]


def _read(path: Path, column: str, name: str) -> pd.DataFrame:
    found: list[tuple[str, float, str]] = []
    with open_table(path) as table:
        if missing := [header for header in ("formula", column, "split") if header not in table.columns]:
            raise BadInput(
                "{path} has no column {missing}; it needs formula, {column} and split",
                path=path,
                missing=missing[0],
                column=column,
            )
        for row in table.rows:
            try:
                if row.problem or row.cells[column].lower() in MISSING:
                    continue
                value, _spread, unit = read_number(row.cells[column], comma=table.decimal_comma)
                if not unit:
                    found.append((reduce_formula(row.cells["formula"]), value, row.cells["split"]))
            except BadInput:  # training rows: what cannot be read is left out
                continue
    rows = pd.DataFrame(found, columns=["formula", name, "split"])
    numbered: pd.DataFrame = rows.assign(polymorph=rows.groupby("formula").cumcount())
    return numbered


def load_formula_rows(path: Path) -> FormulaRows:
    """Rows of a table that :func:`build_formula_rows` made.

    Raises:
        BadInput: where it is none.
    """
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[""])
        values = table[list(FORMULA_PROPERTIES)].to_numpy(np.float32)
        return FormulaRows(tuple(table["formula"].astype(str)), values, (table["split"] == "val").to_numpy(bool))
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(
            "{path} contains no formulas ({error}); make it with: matgen data formulas",
            path=path,
            error=str(error)[:120],
        ) from None


class FormulaBatches:
    """Formulas with their values, as (tokens, fractions, values).

    Args:
        rows: formulas; as atoms, those beyond MAX_ATOMS are left out.
        size: formulas a batch.
        seed: of the order.
        amounts: each element once with its fraction, or else one token an atom (fractions are None then).
    """

    def __init__(self, rows: FormulaRows, size: int, seed: int, amounts: bool = True) -> None:
        if not amounts:
            rows = rows.subset(np.array([sum(count_atoms(f).values()) <= MAX_ATOMS for f in rows.formulas]))
        self.rows, self.size, self.seed, self.amounts = rows, size, seed, amounts
        self.fractions: Tensor | None = None
        if amounts:
            self.tokens, self.fractions = encode_amounts(rows.formulas)
        else:
            self.tokens = torch.zeros(len(rows), MAX_ATOMS + 2, dtype=torch.int64)
            for i, formula in enumerate(rows.formulas):
                written = encode_atoms(count_atoms(formula))
                self.tokens[i, : len(written)] = torch.tensor(written)
        self.lengths = (self.tokens != PAD).sum(dim=1).numpy()
        self.values = torch.from_numpy(rows.values.astype(np.float32))

    def __len__(self) -> int:
        return -(-len(self.rows) // self.size)

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor | None, Tensor]]:
        """Every formula once, those of similar length together."""
        rng = np.random.default_rng((self.seed, epoch))
        for numbers in map(torch.from_numpy, length_batches(self.lengths, self.size, rng)):
            width = int(self.lengths[numbers].max())
            fractions = None if self.fractions is None else self.fractions[numbers, :width]
            yield self.tokens[numbers, :width], fractions, self.values[numbers]


class AtomStrings:
    """Formulas as atoms in a random order of their elements, with their values, as (tokens, conditions).

    The atoms of one element stand together; which element comes first is drawn anew each epoch, so that a formula can
    be begun with any of its elements.

    Args:
        rows: formulas, each once with the median of its values; those beyond MAX_ATOMS are left out.
        size: formulas a batch.
        seed: of both orders.
    """

    def __init__(self, rows: FormulaRows, size: int, seed: int) -> None:
        table = pd.DataFrame(rows.values, columns=list(FORMULA_PROPERTIES)).groupby(pd.Series(rows.formulas)).median()
        counts = [count_atoms(str(formula)) for formula in table.index]
        usable = [i for i, c in enumerate(counts) if sum(c.values()) <= MAX_ATOMS]
        self.formulas = [[(_NUMBER[e], n) for e, n in counts[i].items()] for i in usable]
        self.values = torch.from_numpy(table.to_numpy(np.float32)[usable])
        self.lengths = np.array([2 + sum(n for _, n in formula) for formula in self.formulas])
        self.size, self.seed = size, seed

    def __len__(self) -> int:
        return -(-len(self.formulas) // self.size)

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every formula once."""
        rng = np.random.default_rng((self.seed, epoch))
        for numbers in length_batches(self.lengths, self.size, rng):
            tokens = np.zeros((len(numbers), self.lengths[numbers].max()), dtype=np.int64)
            for row, number in zip(tokens, numbers, strict=True):
                formula = self.formulas[number]
                atoms = [t for i in rng.permutation(len(formula)) for t in [formula[i][0]] * formula[i][1]]
                row[: len(atoms) + 2] = [CLS, *atoms, SEP]
            yield torch.from_numpy(tokens), self.values[numbers]
