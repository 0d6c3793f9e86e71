"""A user's own molecules: trained on from the shipped weights, which stay; stopped and gone on with; kept and used."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from matgen_core.cli.main import app
from matgen_core.core.environment import variable
from matgen_core.core.errors import BadInput, BadTarget, Cancelled, UnknownCheckpoint
from matgen_core.core.goals import Target
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.generate import load_writer
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.rows import label, save_rows
from matgen_core.learning.checkpoints import digests
from matgen_core.learning.recipes.own_smiles import OwnRows, read_own, train_own_smiles
from matgen_core.workflows.design import design
from matgen_core.workflows.own_properties.own_store import drawing_of, generators_of, load_copy, save_trained


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OwnRows:
    monkeypatch.setenv(variable("predictors"), str(tmp_path / "kept"))
    torch.manual_seed(0)
    file = tmp_path / "mine.smi"
    bad = ["C1CC", "CC(=O)[O-].[Na+] acetate", "[13CH4]"]
    file.write_text("\n".join([*load_molecule_reference().smiles[:118], *bad]), encoding="utf-8")
    return read_own(file)


def test_bad_rows_are_counted_by_their_reason_and_the_others_go_on(own: OwnRows) -> None:
    assert own.said["kept"] == len(own.rows) == 119  # the salt lost its sodium
    assert own.said["isotopes"] == 1
    assert sum(own.said.values()) == 121


def test_training_goes_on_from_the_shipped_weights_and_leaves_them(own: OwnRows, tmp_path: Path) -> None:
    before, state = digests(), tmp_path / "state"
    shipped = {key: value.clone() for key, value in load_writer()[0].state_dict().items()}
    asked = iter([False, True])
    with pytest.raises(Cancelled):
        train_own_smiles("mine", own, epochs=2, folder=state, cancelled=lambda: next(asked))
    assert generators_of("molecules") == ()
    train_own_smiles("mine", own, epochs=2, folder=state)
    assert len((state / "curve.csv").read_text().splitlines()) == 3  # the header and two epochs
    kept = load_copy("mine")
    assert kept.record["trained"]["molecules"] == 119
    moved = [float((kept.network.state_dict()[key] - value).abs().max()) for key, value in shipped.items()]
    assert 0.0 < max(moved) < 0.5  # near where it began
    assert digests() == before
    assert all(torch.equal(value, load_writer()[0].state_dict()[key]) for key, value in shipped.items())
    assert generators_of("molecules") == ("mine",)
    found = design("molecules", Target(), 4, settings=MoleculeSettings(generator="mine", domain="drug-like"))
    assert all(c.origin.checkpoint.startswith("mine (trained from smiles-gpt@") for c in found)


def test_a_generator_that_is_not_there_or_of_another_kind_is_said(own: OwnRows) -> None:
    with pytest.raises(UnknownCheckpoint, match="'absent'"):
        design("molecules", Target(), 1, settings=MoleculeSettings(generator="absent"))
    save_trained("formulas", "compositions", load_copy_prior(), torch.nn.Identity(), {"molecules": 1.0})
    with pytest.raises(BadTarget, match="compositions"):
        drawing_of("molecules", MoleculeSettings(generator="formulas"))


def load_copy_prior() -> str:
    from matgen_core.core.settings import CompositionSettings
    from matgen_core.kinds.protocol import Brief
    from matgen_core.kinds.registry import load_kind

    made = load_kind("compositions")
    return made.tunable(Brief(Target(), Target(), 0, CompositionSettings())).checkpoint


@pytest.mark.parametrize(("text", "said"), [("CCO\nCCN\n", "2 usable molecules"), ("name,x\nwater,1\n", "0 usable")])
def test_too_few_molecules_are_said_with_the_reasons(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "few.csv"
    file.write_text(text)
    with pytest.raises(BadInput, match=said):
        read_own(file)


def test_matgen_train_writes_into_the_users_folder_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    save_rows(label(load_molecule_reference().smiles[:40]), tmp_path / "molecules.npz")
    before = digests()
    command = ["train", "smiles-gpt", "--rows", str(tmp_path / "molecules.npz"), "--epochs", "1"]
    result = CliRunner().invoke(app, [*command, "--folder", str(tmp_path / "state")])
    assert result.exit_code == 0, result.output
    written = tmp_path / "data" / "matgen" / "checkpoints" / "smiles-gpt"
    assert (written / "matgen.json").is_file()
    assert str(written) in result.output.replace("\n", "")
    assert digests() == before
