"""Candidates relaxed: before beside after, any number, each with its reason; and whether each returns."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.chem.energies import symmetric_relaxation
from matgen_core.core.records import Candidate, Crystal, Origin, Site
from matgen_core.kinds.crystals.placing.relax import Relaxation, check_stability, relax_candidates
from tests.unit.chem.known_cells import perovskite, salt


def candidate(crystal: Crystal, name: str = "a") -> Candidate[Crystal]:
    return Candidate(name, crystal, Origin("test"))


def test_a_strained_salt_comes_back_and_is_predicted_again() -> None:
    (done,) = relax_candidates([candidate(salt(5.9))])
    assert done.after is not None, done.note
    assert (done.before.id, done.after.id) == ("a", "a-relaxed")
    assert done.after.material.space_group == 225
    assert done.after.material.lattice[0] == pytest.approx(5.69, abs=0.06)  # 5.69 Å by PBE (Materials Project)
    verdict = done.after.verdict("relaxed")
    assert verdict is not None
    assert verdict.passed is True
    assert (done.after.value("formation_energy") or 0.0) < -1.8
    assert "lower" in done.note


def test_any_number_is_relaxed_and_each_failure_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symmetric_relaxation, "BATCH", 3)
    dense = from_structure(Structure(Lattice.cubic(1.2), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    many = [candidate(salt(5.6 + 0.02 * i), str(i)) for i in range(5)] + [candidate(dense, "dense")]
    told: list[int] = []
    done = relax_candidates(many, on_progress=lambda done, _step: told.append(len(done)))
    assert [entry.before.id for entry in done] == [*map(str, range(5)), "dense"]
    assert all(entry.after is not None for entry in done[:-1])
    assert done[-1].after is None
    assert "too dense" in done[-1].note
    assert told == sorted(told)
    assert told[-1] == 6


def test_a_cancel_keeps_what_is_done_and_what_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symmetric_relaxation, "BATCH", 1)
    seen: list[tuple[Relaxation, ...]] = [()]
    crystals = [candidate(salt(5.9), str(i)) for i in range(3)]
    done = relax_candidates(
        crystals, on_progress=lambda done, _step: seen.append(done), cancelled=lambda: len(seen[-1]) == 1
    )
    assert [entry.before.id for entry in done] == ["0", "1"], "the third was not begun"
    assert done[0].note != done[1].note
    assert "stopped before it converged" in done[1].note
    steps: list[int] = []
    done = relax_candidates(
        crystals, on_progress=lambda _done, step: steps.append(step), cancelled=lambda: max(steps, default=0) == 1
    )
    assert [entry.before.id for entry in done] == ["0"]
    assert "stopped before it converged" in done[0].note
    assert done[0].after is not None


def test_a_symmetry_that_rises_is_said() -> None:
    sites = (Site("a", "Sr"), Site("d", "Ti"), Site("c", "O"), Site("e", "O"))
    (done,) = relax_candidates([candidate(Crystal(123, sites, (3.95, 3.95, 4.0, 90.0, 90.0, 90.0)))])
    assert "space group 123 became 221" in done.note


def test_without_symmetry_every_atom_is_free() -> None:
    skewed = Crystal(
        1, (Site("a", "Na", (0.0, 0.0, 0.0)), Site("a", "Cl", (0.48, 0.51, 0.5))), (4.1, 4.0, 4.0, 61.0, 60.0, 59.0)
    )
    kept, free = (relax_candidates([candidate(salt(5.9))], symmetric=symmetric)[0] for symmetric in (True, False))
    (found,) = relax_candidates([candidate(skewed)], symmetric=False)
    assert kept.after is not None
    assert free.after is not None
    assert found.after is not None
    energies = [entry.value("formation_energy") for entry in (kept.after, free.after, found.after)]
    assert energies == pytest.approx([energies[0]] * 3, abs=5e-3)


def test_what_stands_on_a_saddle_leaves_it() -> None:
    titanate = Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(4.03), ["Ba", "Ti", "O"], [[0] * 3, [0.5] * 3, [0.5, 0.5, 0]]
    )
    strontium, barium, lost = check_stability(
        [candidate(perovskite()), candidate(from_structure(titanate)), candidate(salt(2.0))]
    )
    verdicts = [entry.verdict("stability") for entry in (strontium, barium, lost)]
    # Barium titanate is ferroelectric: its cubic cell is no minimum. Strontium titanate stays cubic in one cell.
    assert [verdict and verdict.passed for verdict in verdicts] == [True, False, None]
    assert verdicts[1] is not None
    assert "lower" in verdicts[1].reason
    assert verdicts[2] is not None
    assert "too dense" in verdicts[2].reason
