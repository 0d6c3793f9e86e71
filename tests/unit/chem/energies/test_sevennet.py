"""The judge's potential: each structure by itself, exact however structures are grouped, and never a stack trace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from matgen_core.chem.energies import sevennet
from matgen_core.chem.energies.sevennet import load_sevennet, predict_energies, predict_energy
from matgen_core.core.errors import Cancelled, DamagedCheckpoint, UnknownCheckpoint


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sevennet, "_energies", type(sevennet._energies)())


def structures() -> list[Structure]:
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    iron = Structure.from_spacegroup("Im-3m", Lattice.cubic(2.83), ["Fe"], [[0, 0, 0]])
    rutile = Structure.from_spacegroup(
        "P4_2/mnm", Lattice.tetragonal(4.6, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]
    )
    return [salt.get_primitive_structure(), iron.get_primitive_structure(), rutile]


def test_the_energy_is_that_of_the_package_with_forces() -> None:
    from sevenn.calculator import SevenNetCalculator

    rutile = structures()[2]
    atoms = AseAtomsAdaptor.get_atoms(rutile)
    with pytest.warns(UserWarning, match="accelerator"):
        atoms.calc = SevenNetCalculator("7net-l3i5", device="cpu")
    assert predict_energy(rutile).energy == pytest.approx(atoms.get_potential_energy() / len(atoms), abs=1e-5)


def test_the_values_are_the_same_however_structures_are_grouped() -> None:
    cells = structures()
    together = [prediction.energy for prediction in predict_energies(cells)]
    alone = [predict_energy(cell).energy for cell in cells]
    with ThreadPoolExecutor(2) as executor:
        sevennet._energies.clear()
        shared = [prediction.energy for prediction in predict_energies(cells[::-1], executor=executor)][::-1]
    assert together == alone == shared


def test_the_choice_of_cell_and_order_changes_nothing() -> None:
    salt, _, rutile = structures()
    turned = Structure.from_sites(list(rutile)[::-1])
    first, second, doubled, single = predict_energies([rutile, turned, salt * (2, 1, 1), salt])
    assert first.energy == pytest.approx(second.energy, abs=1e-5)
    assert doubled.energy == pytest.approx(single.energy, abs=1e-5)


def test_bad_structures_say_why_and_the_good_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sevennet, "_MOST_PAIRS", 400)
    francium = Structure(Lattice.cubic(9), ["Fr"], [[0, 0, 0]])
    crushed = Structure(Lattice.cubic(0.6), ["H"], [[0, 0, 0]])
    lonely = Structure(Lattice.cubic(60), ["He"], [[0, 0, 0]])
    large = Structure(Lattice.cubic(2.5), ["Fe"], [[0, 0, 0]]) * (3, 3, 3)
    *bad, good = predict_energies([francium, crushed, lonely, large, structures()[0]])
    assert good.energy is not None
    assert [prediction.energy for prediction in bad] == [None] * 4
    for prediction, words in zip(
        bad, ("was not trained on Fr", "too dense", "too far apart", "too large"), strict=True
    ):
        assert words in prediction.note


def test_what_was_read_is_kept_and_what_failed_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    salt, iron, _ = structures()
    before = predict_energies([salt])
    asked: list[Structure] = []

    def count(structure: Structure) -> sevennet.PredictedEnergy:
        asked.append(structure)
        return sevennet.PredictedEnergy(None, None, None, "failed")

    monkeypatch.setattr(sevennet, "predict_energy", count)
    assert predict_energies([salt.copy(), iron])[0] == before[0]
    predict_energies([iron])
    assert [structure.formula for structure in asked] == ["Fe1", "Fe1"]


def test_missing_weights_give_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing() -> Path:
        raise UnknownCheckpoint("SevenNet-l3i5: its checkpoint is missing; restore it with: pip install …")

    monkeypatch.setattr(sevennet, "weights_file", missing)
    monkeypatch.setattr(sevennet, "_loaded", [])
    assert "restore it with: pip install" in predict_energy(structures()[0]).note
    broken = tmp_path / "checkpoint_l3i5.pth"
    broken.write_bytes(b"no checkpoint")
    monkeypatch.setattr(sevennet, "weights_file", lambda: broken)
    with pytest.raises(DamagedCheckpoint, match=r"is not the file of sevenn 0.13.0; .* pip install"):
        load_sevennet()


def test_loading_leaves_the_random_numbers_of_a_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sevennet, "_loaded", [])
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    load_sevennet()
    assert torch.equal(torch.rand(3), expected)


def test_a_cancel_is_heeded() -> None:
    with pytest.raises(Cancelled):
        predict_energies(structures(), cancelled=lambda: True)
