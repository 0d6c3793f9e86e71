"""The gap of a crystal is read from its composition and structure, with a spread and the chance that it is a metal."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure, to_structure
from matgen_core.chem.energies.chgnet import predict_energies
from matgen_core.core.records import Candidate, Crystal, Origin
from matgen_core.kinds.crystals import gap
from matgen_core.kinds.crystals.gap import predict_gaps
from matgen_core.kinds.crystals.predict import predict


def cubic(group: str, a: float, species: list[str], places: list[list[float]]) -> Candidate[Crystal]:
    structure = Structure.from_spacegroup(group, Lattice.cubic(a), species, places)
    return Candidate("-".join(species), from_structure(structure), Origin("test"))


SALT = cubic("Fm-3m", 5.64, ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
SALT_IN_CSCL = cubic("Pm-3m", 3.4, ["Cl", "Na"], [[0, 0, 0], [0.5, 0.5, 0.5]])
COPPER = cubic("Fm-3m", 3.61, ["Cu"], [[0, 0, 0]])


def features(*candidates: Candidate[Crystal]) -> list[tuple[float, ...] | None]:
    return [prediction.features for prediction in predict_energies([to_structure(c.material) for c in candidates])]


def test_a_salt_has_a_gap_and_a_metal_has_none() -> None:
    salt, copper = predict_gaps([SALT, COPPER], features(SALT, COPPER))
    assert salt.value == pytest.approx(5.0, abs=1.0)
    assert "metal with probability 0.0" in salt.note
    assert copper.value == 0.0
    assert float(copper.note.removeprefix("metal with probability ")) > 0.95
    for prediction in (salt, copper):
        assert prediction.spread is not None
        assert prediction.spread > 0
        assert prediction.method.startswith("crystal-gap@")
        assert "composition and structure" in prediction.method


def test_polymorphs_differ_and_a_batch_reads_as_one_by_one() -> None:
    three = (SALT, SALT_IN_CSCL, COPPER)
    together = predict_gaps(three, features(*three))
    alone = [predict_gaps([candidate], features(candidate))[0] for candidate in three]
    assert together[0].value != together[1].value
    assert [g.value for g in together[:2]] == pytest.approx([5.0, 4.5], abs=1.0)
    assert [g.value for g in together] == pytest.approx([g.value for g in alone], abs=1e-3)


def test_without_a_structure_the_formula_alone_is_read() -> None:
    (salt,) = predict_gaps([SALT], [None])
    assert salt.value == pytest.approx(5.0, abs=1.5)
    assert "structure" not in salt.method


def test_the_gap_that_judges_is_that_of_the_structure() -> None:
    """The whole prediction hands CHGNet's features on."""
    (salt,) = predict([SALT])
    (alone,) = predict_gaps([SALT], features(SALT))
    assert salt.predictions["band_gap"].value == pytest.approx(alone.value, abs=1e-3)
    assert salt.predictions["band_gap"].method == alone.method


def test_without_its_checkpoint_only_the_gap_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gap, "available", lambda: ())
    (copper,) = predict([COPPER])
    assert copper.predictions["band_gap"].note == "no crystal-gap checkpoint"
    assert copper.value("band_gap") is None
    assert copper.value("formation_energy") == pytest.approx(0.0, abs=0.1)
