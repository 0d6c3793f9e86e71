"""Formats of structures, and what each says of a file that it cannot use."""

from __future__ import annotations

import json

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.kinds.crystals.files.structure_files import decode, read_structure_file

SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
HEAD = "data_x\n_cell_length_a 6\n_cell_length_b 6\n_cell_length_c 6\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
HEAD += "_cell_angle_gamma 90\n_symmetry_space_group_name_H-M 'P 1'\n"
SITES = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"


def reason(name: str, text: str) -> str:
    (found,) = read_structure_file(name, text)
    return found.reason


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("POSCAR", "x\n1\n4 0 0\n0 4 0\n0 0 4\n1 1\nDirect\n0 0 0\n.5 .5 .5\n", "names no elements"),
        ("POSCAR", "x\n1\n4 0 0\n0 4 0\n0 0 4\nNa Na\n1 1\nDirect\n0 0 0\n0.05 0 0\n", "0.20 Å apart"),
        ("a.vasp", "", "cannot be read"),
        ("a.xyz", "1\n\nNa 0 0 0\n", "no cell"),
        ("a.xyz", '1\nLattice="4 0 0 0 4 0 0 0 0"\nNa 0 0 0\n', "three lengths"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[]", "no structure"),
        ("a.json", '[{"id": "b"}]', "neither"),
        ("pw.in", "&control\n/\n", "ATOMIC_POSITIONS"),
        ("a.cif", HEAD, "no atom sites"),
        ("a.cif", HEAD + SITES + "Xx1 0 0 0\n", "is not an element"),
        ("a.cif", HEAD + SITES + "Na1 0 ? 0\n", "has no position"),
        ("a.cif", HEAD + SITES + "NA1 0 0 0\n", "may be Na or N"),
        ("a.cif", HEAD + SITES + "Wat1 0 0 0\n", "is not an element"),
        ("a.cif", HEAD + SITES + "Na1 0 0 0\nNa2 0.01 0 0\n", "'Na1' and 'Na2' are 0.06 Å apart"),
        ("a.cif", HEAD.replace("'P 1'", "'P 9'") + SITES + "Na1 0 0 0\n", "setting 'P 9' is not known"),
        ("a.cif", HEAD.replace("'P 1'", "?") + SITES + "Na1 0 0 0\n", "gives no symmetry"),
        ("a.cif", HEAD + "_cell_modulation_dimension 1\n" + SITES + "Na1 0 0 0\n", "modulated"),
        ("a.cif", HEAD + "_chemical_formula_sum 'Na H'\n" + SITES + "Na1 0 0 0\n", "H of the formula sum"),
    ],
)
def test_what_cannot_be_used_says_why(name: str, text: str, words: str) -> None:
    assert words in reason(name, text)


def test_an_oxygen_named_after_tungsten_is_no_water() -> None:
    text = HEAD + "_chemical_formula_sum 'O3 W'\n" + SITES + "W1 0 0 0\nOW1 .5 0 0\nOW2 0 .5 0\nOW3 0 0 .5\n"
    assert reason("a.cif", text) == ""
    assert "H has no position" in reason("a.cif", text.replace("_chemical_formula_sum 'O3 W'\n", ""))


def test_an_occupancy_that_is_not_given_is_one() -> None:
    sites = SITES + "_atom_site_occupancy\nNa1 0 0 0 .\nCl1 .5 .5 .5 ?\n"
    assert reason("a.cif", HEAD + "_chemical_formula_sum 'Na Cl'\n" + sites) == ""


def test_records_of_pymatgen_and_several_frames_are_rows() -> None:
    two = read_structure_file("a.json", json.dumps([SALT.as_dict(), SALT.as_dict()]))
    assert [found.crystal.space_group for found in two if found.crystal] == [225, 225]
    frame = '2\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3\nCs 0 0 0\nCl 2 2 2\n'
    frames = read_structure_file("a.extxyz", frame * 2)
    assert [found.crystal.space_group for found in frames if found.crystal] == [221, 221]


def test_text_of_older_and_other_systems_is_decoded() -> None:
    assert decode("prüfling".encode("latin-1")) == "prüfling"
    assert decode("\ufeffdata_x".encode()) == "data_x"
    assert decode("data_x".encode("utf-16")) == "data_x"


def test_what_a_library_warns_of_is_the_note_of_its_row() -> None:
    text = "x\n1\n4 0 0\n0 4 0\n0 0 4\nNa\n1\nSelective dynamics\nDirect\n0 0 0 T T T\n"
    (found,) = read_structure_file("POSCAR", text)
    assert found.crystal is not None
    assert "selective dynamics" in found.note


def test_a_cell_whose_symmetry_is_tried_twice_leaves_the_terminal_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    cell = Lattice.from_parameters(4.47392442, 4.47347724, 5.11251884, 90.00022602, 90.00045209, 59.99668671)
    places = [[4.7e-7, 0, 0.00321388], [0.66659758, 0.66670437, 0.51239306], [0.33330195, 0.33329563, 0.51239306]]
    (found,) = read_structure_file("a.cif", Structure(cell, ["Ba", "Ga", "Ga"], places).to(fmt="cif"))
    assert found.crystal is not None
    assert capfd.readouterr().err == ""
