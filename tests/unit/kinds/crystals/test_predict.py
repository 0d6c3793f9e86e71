"""The gap of a crystal is read from its composition, with a spread and the chance that it is a metal."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.structure import from_structure
from matgen_core.core.records import Candidate, Crystal, Origin
from matgen_core.kinds.crystals import predict as stage
from matgen_core.kinds.crystals.predict import predict, read_gaps


def cubic(group: str, a: float, species: list[str], places: list[list[float]]) -> Candidate[Crystal]:
    structure = Structure.from_spacegroup(group, Lattice.cubic(a), species, places)
    return Candidate("-".join(species), from_structure(structure), Origin("test"))


SALT = cubic("Fm-3m", 5.64, ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
SALT_IN_CSCL = cubic("Pm-3m", 3.4, ["Cl", "Na"], [[0, 0, 0], [0.5, 0.5, 0.5]])
COPPER = cubic("Fm-3m", 3.61, ["Cu"], [[0, 0, 0]])


def test_a_salt_has_a_gap_and_a_metal_has_none() -> None:
    salt, copper = read_gaps([SALT, COPPER])
    assert salt.value == pytest.approx(5.0, abs=1.0)
    assert "metal with probability 0.0" in salt.note
    assert copper.value == 0.0
    assert float(copper.note.removeprefix("metal with probability ")) > 0.95
    for reading in (salt, copper):
        assert reading.spread is not None
        assert reading.spread > 0
        assert reading.method.startswith("matbert@")


def test_polymorphs_read_alike_and_a_batch_reads_as_one_by_one() -> None:
    together = read_gaps([SALT, COPPER, SALT_IN_CSCL])
    alone = [read_gaps([candidate])[0] for candidate in (SALT, COPPER, SALT_IN_CSCL)]
    assert together[0] == together[2]
    assert [g.value for g in together] == pytest.approx([g.value for g in alone], abs=1e-3)


def test_without_its_checkpoint_only_the_gap_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "available", lambda: ())
    (copper,) = predict([COPPER])
    assert copper.predictions["band_gap"].note == "no matbert checkpoint"
    assert copper.value("band_gap") is None
    assert copper.value("formation_energy") == pytest.approx(0.0, abs=0.1)
