"""A strained crystal comes back to its known cell, symmetry kept; what cannot be relaxed says why; a cancel stops."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.relaxation import FORCE, relax_structure
from matgen_core.chem.structure import from_structure
from matgen_core.core.errors import Cancelled
from matgen_core.core.records import Candidate, Origin
from matgen_core.kinds.crystals.relax import relax_candidates


def salt(length: float) -> Structure:
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(length), ["Na", "Cl"], [[0] * 3, [0.5] * 3])


def test_a_strained_salt_comes_back() -> None:
    (done,) = relax_candidates([Candidate("a", from_structure(salt(5.9)), Origin("test"))])
    assert done.after is not None, done.note
    assert done.after.material.space_group == 225
    assert done.after.material.lattice[0] == pytest.approx(5.69, abs=0.06)  # 5.69 Å by PBE (Materials Project)
    verdict = done.after.verdict("relaxed")
    assert verdict is not None
    assert verdict.passed is True
    assert (done.after.value("formation_energy") or 0.0) < -1.8
    assert done.before.id == "a"
    assert done.after.id == "a-relaxed"


def test_every_step_is_told_and_a_cancel_keeps_what_is_done() -> None:
    crystals = [Candidate(str(i), from_structure(salt(5.9)), Origin("test")) for i in range(2)]
    told: list[tuple[int, int]] = []
    done = relax_candidates(
        crystals, steps=3, on_progress=lambda done, number, step: told.append((number, step)),
        cancelled=lambda: any(number == 1 for number, _step in told),
    )  # fmt: skip
    assert [r.before.id for r in done] == ["0"]
    assert told[:3] == [(0, 0), (0, 1), (0, 2)]
    assert "not at rest" in done[0].note
    with pytest.raises(Cancelled):
        relax_structure(salt(5.9), cancelled=lambda: True)


def test_what_cannot_be_relaxed_says_why() -> None:
    dense = Structure(Lattice.cubic(1.2), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert "too dense" in relax_structure(dense, 5).note
    far = Structure(Lattice.cubic(30.0), ["Ar"], [[0, 0, 0]])
    found = relax_structure(far, 2)
    assert found.structure is None or (found.force is not None and found.force <= FORCE)
