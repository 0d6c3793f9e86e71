"""Names, Hall symbols and numbers of settings; operations that are no group are refused."""

from __future__ import annotations

import numpy as np
import pytest
import spglib

from matgen_core.chem.crystals.space_group_settings import (
    fits_cell,
    group_number,
    parse_operations,
    settings_by_hall,
    settings_by_name,
    standard_settings,
)
from matgen_core.core.errors import BadInput


def test_every_setting_of_spglib_has_the_operations_that_spglib_has() -> None:
    for hall in range(1, 531):
        (setting,) = settings_by_hall(spglib.get_spacegroup_type(hall).hall_symbol)
        found = spglib.get_symmetry_from_database(hall)
        rotations, translations = setting.matrices
        assert as_set(rotations, translations) == as_set(found["rotations"], found["translations"]), hall


def as_set(rotations: np.ndarray, translations: np.ndarray) -> set[tuple[bytes, tuple[float, ...]]]:
    pairs = zip(rotations, translations, strict=True)
    return {(r.astype(int).tobytes(), tuple(np.round(t * 24).astype(int) % 24)) for r, t in pairs}


def test_no_name_means_two_groups() -> None:
    for hall in range(1, 531):
        kind = spglib.get_spacegroup_type(hall)
        for name in (kind.international_full, kind.international_full.replace("_", "").replace(" ", "")):
            assert {setting.number for setting in settings_by_name(name)} == {kind.number}, name


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("P121/n1", ["P 1 21/n 1"]),
        ("P 2_1/n", ["P 1 21/n 1", "P 1 1 21/n", "P 21/n 1 1"]),
        ("P2(1)/c", ["P 1 21/c 1", "P 21/c 1 1"]),
        ("Fd3m", ["F d -3 m :1", "F d -3 m :2"]),
        ("F d -3 m Z", ["F d -3 m :2"]),
        ("R -3 m R", ["R -3 m :R"]),
        ("R-3mH", ["R -3 m :H"]),
        ("C m c a", ["C m c e"]),
        ("Pbnm", ["P b n m"]),
        ("F 4/m -3 2/m", ["F m -3 m"]),
        ("R 32 :H", ["R 3 2 :H"]),
        ("P 4/n m m (origin choice 1)", ["P 4/n m m :1"]),
        ("Ccca", ["C c c e :1", "C c c a :2"]),
        ("P 99", []),
    ],
)
def test_names_as_files_write_them(name: str, names: list[str]) -> None:
    assert [setting.name for setting in settings_by_name(name)] == names


def test_every_group_has_a_standard_setting() -> None:
    for number in range(1, 231):
        settings = standard_settings(number)
        assert {setting.number for setting in settings} == {number}
        assert group_number(settings[0].operations) == number
    assert standard_settings(0) == standard_settings(231) == ()


@pytest.mark.parametrize("texts", [("x,y,z", "-x,-y,z+1/3"), ("x,y",), ("x,y,y",), ("x,y,z", "x+1/0,y,z"), ("a,b,c",)])
def test_what_is_no_group_is_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(BadInput):
        parse_operations(texts)


def test_a_cell_must_have_the_symmetry() -> None:
    (cubic,) = settings_by_name("F m -3 m")
    assert fits_cell(cubic.matrices[0], np.eye(3) * 5)
    assert not fits_cell(cubic.matrices[0], np.diag([5, 5, 5.5]))
