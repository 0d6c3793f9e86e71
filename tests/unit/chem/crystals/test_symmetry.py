"""Tables of Wyckoff positions are those of the library, in the order of the letters."""

from __future__ import annotations

import numpy as np
import pytest
from pyxtal.symmetry import Group

from matgen_core.chem.crystals.symmetry import LETTERS, position_starts, wyckoff_positions


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
