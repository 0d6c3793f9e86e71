"""A crystal written in another setting is read as the same crystal, or refused with a reason: never as another one.

The oracle is StructureMatcher. Each crystal is brought into settings of its group by spglib's transformation (axes,
unique axis, cell choice, origin choice, hexagonal or rhombohedral axes) and written with a name only, or with
operations, with few digits, with and without formula sum.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import spglib
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Element, Lattice, Structure

from matgen_core.files.cif_structures import CifStructure, read_cif

MATCHER = StructureMatcher()
SLACK = 0.01


def structure(group: str, lattice: Lattice, **sites: tuple[float, float, float]) -> Structure:
    """A crystal of the tables; a site is named after its element, with any ending."""
    species = [name.rstrip("0123456789") for name in sites]
    return Structure.from_spacegroup(group, lattice, species, list(sites.values()))


KNOWN = {
    "silicon": structure("Fd-3m", Lattice.cubic(5.431), Si=(0, 0, 0)),
    "spinel": structure("Fd-3m", Lattice.cubic(8.0858), Mg=(0,) * 3, Al=(0.625,) * 3, O=(0.3876,) * 3),
    "anatase": structure("I4_1/amd", Lattice.tetragonal(3.7842, 9.5146), Ti=(0, 0, 0), O=(0, 0, 0.2081)),
    "arsenic": structure("R-3m", Lattice.hexagonal(3.7598, 10.5475), As=(0, 0, 0.22707)),
    "magnesium": structure("P6_3/mmc", Lattice.hexagonal(3.21, 5.21), Mg=(1 / 3, 2 / 3, 0.25)),
    "baddeleyite": structure(
        "P2_1/c",
        Lattice.monoclinic(5.1505, 5.2116, 5.3173, 99.23),
        Zr=(0.2754, 0.0395, 0.2083),
        O1=(0.07, 0.3317, 0.3447),
        O2=(0.4496, 0.7569, 0.4792),
    ),
    "perovskite": structure(
        "Pnma",
        Lattice.orthorhombic(5.4423, 7.6401, 5.3796),
        Ca=(0.0359, 0.25, 0.9932),
        Ti=(0.5, 0, 0),
        O1=(0.4838, 0.25, 0.0714),
        O2=(0.2888, 0.0371, 0.7108),
    ),
}


def asymmetric_unit(cell: tuple[np.ndarray, np.ndarray, np.ndarray], hall: int) -> list[tuple[str, np.ndarray]]:
    """One atom of each orbit."""
    operations = spglib.get_symmetry_from_database(hall)
    _lattice, places, numbers = cell
    left, chosen = list(range(len(places))), []
    while left:
        first = left[0]
        images = operations["rotations"] @ places[first] + operations["translations"]
        far = [np.abs((images - places[j] + 0.5) % 1 - 0.5).max(axis=1).min() for j in left]
        same = {j for j, d in zip(left, far, strict=True) if d < 1e-3 and numbers[j] == numbers[first]}
        left = [j for j in left if j not in same]
        chosen.append((str(Element.from_Z(int(numbers[first])).symbol), places[first]))
    return chosen


def write(original: Structure, hall: int, digits: int, *, facts: bool, how: str) -> str:
    """A CIF of the crystal in this setting.

    Args:
        original: the crystal.
        hall: spglib's number of the setting.
        digits: of each coordinate.
        facts: whether the formula sum is written.
        how: "name" with its choice, "plain" name without it, "hall", "operations" without a name.
    """
    cell = (original.lattice.matrix, original.frac_coords, [site.specie.Z for site in original])
    data = spglib.get_symmetry_dataset(cell, symprec=SLACK, hall_number=hall)
    standard = (data.std_lattice, data.std_positions, data.std_types)
    kind = spglib.get_spacegroup_type(hall)
    name = kind.international_full.replace("_", "")
    lines = ["data_x"]
    if facts:
        counts = Counter(Element.from_Z(int(z)).symbol for z in data.std_types)
        lines.append("_chemical_formula_sum '" + " ".join(f"{e}{n}" for e, n in counts.items()) + "'")
    parts = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines += [f"_cell_{p} {v:.4f}" for p, v in zip(parts, Lattice(data.std_lattice).parameters, strict=True)]
    if how == "operations":
        found = spglib.get_symmetry_from_database(hall)
        lines += ["loop_", "_symmetry_equiv_pos_as_xyz"]
        pairs = zip(found["rotations"], found["translations"], strict=True)
        lines += ["'" + in_letters(rotation, translation) + "'" for rotation, translation in pairs]
    elif how == "hall":
        lines.append(f"_space_group_name_Hall '{kind.hall_symbol}'")
    else:
        choice = f" :{kind.choice}" if how == "name" and kind.choice in ("1", "2", "H", "R") else ""
        lines.append(f"_symmetry_space_group_name_H-M '{name}{choice}'")
    lines += ["loop_", "_atom_site_label", *(f"_atom_site_fract_{axis}" for axis in "xyz")]
    for i, (symbol, place) in enumerate(asymmetric_unit(standard, hall)):
        lines.append(f"{symbol}{i} " + " ".join(f"{value:.{digits}f}" for value in place))
    return "\n".join(lines) + "\n"


def in_letters(rotation: np.ndarray, translation: np.ndarray) -> str:
    rows = []
    for row, shift in zip(rotation, translation, strict=True):
        terms = "".join(f"{'+' if n > 0 else '-'}{axis}" for n, axis in zip(row, "xyz", strict=True) if n)
        rows.append(terms + (f"+{round(shift * 24)}/24" if round(shift * 24) else ""))
    return ",".join(rows)


def settings_of(original: Structure) -> list[int]:
    cell = (original.lattice.matrix, original.frac_coords, [site.specie.Z for site in original])
    number = spglib.get_symmetry_dataset(cell, symprec=SLACK).number
    return [hall for hall in range(1, 531) if spglib.get_spacegroup_type(hall).number == number]


def judge(original: Structure, found: CifStructure, said: str) -> bool:
    """True where it was read; fails where it was read as something else."""
    if found.structure is None:
        assert found.reason, said
        return False
    assert MATCHER.fit(found.structure, original), f"{said}: read as {found.structure.formula}"
    return True


def test_the_known_crystals_are_themselves() -> None:
    atoms = [8, 56, 12, 6, 2, 12, 20]
    assert [len(crystal) for crystal in KNOWN.values()] == atoms
    assert all(crystal.is_valid(1.2) for crystal in KNOWN.values())


@pytest.mark.parametrize("name", KNOWN)
def test_known_crystals_in_every_setting_of_their_group(name: str) -> None:
    original, read, written = KNOWN[name], 0, 0
    for hall in settings_of(original):
        for how in ("name", "hall", "operations"):
            for digits, facts in ((5, True), (3, True), (5, False)):
                text = write(original, hall, digits, facts=facts, how=how)
                written += 1
                read += judge(original, read_cif(text)[0], f"{name}, setting {hall}, {how}, {digits} digits")
    assert read == written, "a setting that the file names is read, not refused"


@pytest.mark.parametrize("name", KNOWN)
def test_a_setting_that_is_not_named_is_found_out_or_refused(name: str) -> None:
    original = KNOWN[name]
    for hall in settings_of(original):
        assert judge(original, read_cif(write(original, hall, 5, facts=True, how="plain"))[0], f"{name}, {hall}")
        judge(original, read_cif(write(original, hall, 5, facts=False, how="plain"))[0], f"{name}, {hall}, no facts")


def test_random_crystals_in_random_settings(rows_folder: Path) -> None:
    table = pd.read_csv(rows_folder / "crystals.csv.gz", usecols=["material_id", "cif"]).sample(300, random_state=16)
    chance, refused, written = random.Random(16), [], 0
    for row in table.itertuples():
        original = Structure.from_str(row.cif, fmt="cif")
        hall = chance.choice(settings_of(original))
        how, facts = chance.choice(("name", "plain", "hall", "operations")), chance.random() < 0.7
        found = read_cif(write(original, hall, chance.choice((3, 4, 5)), facts=facts, how=how))[0]
        written += 1
        if not judge(original, found, f"{row.material_id}, setting {hall}, {how}"):
            refused.append(f"{row.material_id} {how} {found.reason}")
    assert len(refused) <= 0.02 * written, refused


def test_what_the_operations_and_the_name_dispute_is_refused() -> None:
    text = write(KNOWN["baddeleyite"], settings_of(KNOWN["baddeleyite"])[0], 5, facts=False, how="operations")
    wrong = text.replace("loop_", "_symmetry_Int_Tables_number 15\nloop_", 1)
    assert "14" in read_cif(wrong)[0].reason
    missing = "\n".join(line for line in text.splitlines() if line != "'-x,-y,-z'")
    assert "not form a group" in read_cif(missing)[0].reason
    other = write(KNOWN["baddeleyite"], settings_of(KNOWN["baddeleyite"])[3], 5, facts=True, how="hall")
    lattice_of_b = text[text.index("_cell") : text.index("loop_")]
    mixed = other[: other.index("_cell")] + lattice_of_b + other[other.index("_space_group_name_Hall") :]
    assert "does not have the symmetry" in read_cif(mixed)[0].reason
