"""The grammar of CIFs: text fields, quotes, loops, values that lack their quotes; what is damaged is named."""

from __future__ import annotations

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.files.cif_syntax import number_of, read_blocks

TEXT = """# data_comment
data_one
_Cell.Length_A 5.64(2) # a comment
_symmetry_space_group_name_H-M P 21/c
_chemical_name_systematic 'it's quoted'
_notes
;data_inner
loop_
_atom_site_label
;
loop_
_atom_site_label
_atom_site_fract_x
O1' 0.5
"O 2" .25
loop_
_symmetry_equiv_pos_as_xyz
x, y, z
-x, -y, z+1/2
DATA_one
_cell_length_a ?
"""


def test_what_stands_in_a_text_field_is_no_block_and_two_of_one_name_are_two() -> None:
    first, second = read_blocks(TEXT)
    assert (first.name, second.name) == ("one", "one")
    assert first.number("_cell_length_a") == 5.64
    assert first.text("_symmetry_space_group_name_h-m") == "P 21/c"
    assert first.text("_chemical_name_systematic") == "it's quoted"
    assert first.column("_atom_site_label") == ["O1'", "O 2"]
    assert first.column("_symmetry_equiv_pos_as_xyz") == ["x,y,z", "-x,-y,z+1/2"]
    assert second.number("_cell_length_a") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing", "no data_ block"),
        ("data_x\n_a\n;never ends\n", "line 3 has no end"),
        ("data_x\nloop_\nloop_\n", "without tags"),
        ("data_x\nsave_y\n", "dictionary"),
    ],
)
def test_what_is_no_cif_is_named(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_blocks(text)


def test_a_damaged_loop_harms_only_itself() -> None:
    (block,) = read_blocks("data_x\nloop_\n_publ_author_name\n_publ_author_address\nonly\nloop_\n_b\n1 2\n")
    assert block.column("_b") == ["1", "2"]
    with pytest.raises(BadInput, match="does not fill its last row"):
        block.column("_publ_author_name")


@pytest.mark.parametrize(("text", "value"), [("1.5(12)", (1.5, 1.2)), ("-.5", (-0.5, 0.0)), ("2e-3", (0.002, 0.0))])
def test_numbers_with_uncertainty(text: str, value: tuple[float, float]) -> None:
    assert number_of(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["5,64", "1.2.3", "nan", "x", "1(2", ""])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="not a number"):
        number_of(text)
