"""Tables of Wyckoff positions are those of the library, in the order of the letters."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.symmetry.groups import SpaceGroup
from pyxtal.symmetry import Group

from matgen_core.chem.crystals.symmetry import LETTERS, position_starts, read_space_groups, symbol, wyckoff_positions
from matgen_core.core.errors import BadTarget


@pytest.mark.parametrize("group", [1, 2, 5, 14, 47, 62, 88, 136, 166, 194, 205, 227, 230])
def test_positions_are_the_librarys(group: int) -> None:
    ours = list(wyckoff_positions(group).items())
    theirs = list(Group(group))[::-1]
    assert [letter for letter, _ in ours] == list(LETTERS[: len(theirs)])
    for (letter, position), entry in zip(ours, theirs, strict=True):
        assert (
            (position.letter, position.multiplicity)
            == (letter, entry.multiplicity)
            == (str(entry.letter), len(entry.ops))
        )
        np.testing.assert_array_equal(position.rotations, [op.rotation_matrix for op in entry.ops])
        np.testing.assert_array_equal(position.translations, [op.translation_vector for op in entry.ops])
        assert position.degrees_of_freedom == np.linalg.matrix_rank(entry.ops[0].rotation_matrix)


def test_a_group_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="space group 231 does not exist"):
        wyckoff_positions(231)


def test_all_groups_have_1731_positions() -> None:
    """International Tables, volume A."""
    assert len(position_starts()) == 231
    assert position_starts()[:3] == (0, 1, 10)
    assert position_starts()[-1] == 1731


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Fm-3m", {225}),
        ("R-3m:H R-3mH R-3m", {166}),
        ("P121/c1", {14}),
        ("P21/n; I41/amd, P63/mmc", {14, 141, 194}),
        ("I2/a A2/n Pn P21/b11", {15, 7, 14}),
        ("pnma fm−3m PMMN", {62, 225, 59}),
        ("Ｆｍー３ｍ、２２１、１４", {225, 221, 14}),
        ("195–197", {195, 196, 197}),
        ("Fm3m Ia3 P-43m P213", {225, 206, 215, 198}),
        ("Fd-3m:1, Fd-3m:2 227", {227}),
        ("F4/m-32/m", {225}),
    ],
)
def test_a_symbol_in_any_setting_names_its_group(text: str, numbers: set[int]) -> None:
    assert read_space_groups(text) == numbers


def test_every_group_is_named_by_the_symbol_that_is_shown() -> None:
    """P31m, P31c and R32 look as if they had screw axes."""
    for number in range(1, 231):
        shown = symbol(number)
        assert read_space_groups(shown) == read_space_groups(shown.replace("_", "")) == {number}


@pytest.mark.parametrize("text", ["P4_2/mnm", "Pnma", "C2/c", "P-1", "R3c", "Ia-3"])
def test_symbols_have_the_numbers_of_the_library(text: str) -> None:
    assert read_space_groups(text) == {SpaceGroup(text).int_number}


@pytest.mark.parametrize("text", ["Fm-3q", "H", "R", ":", "225-221", "1-300", "3-P1", "-", "鉄"])
def test_what_is_no_symbol_is_named(text: str) -> None:
    with pytest.raises(BadTarget, match="is not a space group; write a number or a symbol"):
        read_space_groups(f"Pnma {text}")
