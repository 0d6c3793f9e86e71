"""ADMET of molecules: a message without the package, and with it the package's own numbers, once a molecule."""

from __future__ import annotations

import csv
import io
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

from matgen_core.core.admet import BY_KEY, ENDPOINTS, INSTALL, KEYS
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Molecule, Origin
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules import admet
from matgen_core.kinds.molecules.conditions import check_molecules
from matgen_core.kinds.molecules.files import to_csv, to_sdf
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.design import design
from matgen_core.workflows.further_predictions import FurtherPredictions
from matgen_core.workflows.predict_table import predict_table, read_rows

ASPIRIN, CAFFEINE = "CC(=O)Oc1ccccc1C(=O)O", "Cn1c(=O)c2c(ncn2C)n(C)c1=O"
HERG = Target({"admet_herg": Goal.at_most(0.3)})
installed = pytest.mark.skipif(not admet.available(), reason=f"no admet-ai: {INSTALL}")
absent = pytest.mark.skipif(admet.available(), reason="admet-ai is installed")


def molecule(smiles: str) -> Candidate[Molecule]:
    return Candidate(smiles, Molecule(smiles), Origin("file"))


def test_nothing_of_the_package_is_loaded_before_it_is_needed() -> None:
    admet.available()
    check_molecules(Target({"logp": Goal.at(2.0)}), 10, MoleculeSettings())
    assert "admet_ai" not in sys.modules or admet._networks.cache_info().currsize


@absent
@pytest.mark.parametrize(("target", "settings"), [(HERG, {}), (Target(), {"admet": True})])
def test_without_the_package_the_remedy_is_named(target: Target, settings: dict[str, bool]) -> None:
    with pytest.raises(BadInput, match=r"get it with: \.venv/bin/pip install admet-ai=="):
        load_kind("molecules").check(target, 4, MoleculeSettings(**settings))
    with pytest.raises(BadInput, match="need admet-ai"):
        read_rows("smiles", [ASPIRIN], admet=True)
    assert admet.approved_drugs("admet_herg").size == 0


@installed
def test_predictions_are_those_of_the_package_and_each_molecule_is_read_once() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from admet_ai import ADMETModel

        expected = ADMETModel(include_physchem=False, drugbank_path=None).predict([ASPIRIN, CAFFEINE])
    read, calls = admet.predict_admet([molecule(ASPIRIN), molecule(CAFFEINE)]), []
    for row, found in zip((ASPIRIN, CAFFEINE), read, strict=True):
        assert [p.property for p in found] == list(KEYS)
        for endpoint, prediction in zip(ENDPOINTS, found, strict=True):
            if prediction.value is not None:
                assert prediction.value == pytest.approx(expected.loc[row, endpoint.name], abs=2e-4)
            assert prediction.unit == endpoint.unit
            assert prediction.spread is None  # the package states none
    admet.read_endpoints([ASPIRIN, CAFFEINE], lambda done, total: calls.append((done, total)))
    assert calls == []  # kept from before


@installed
def test_the_stated_errors_are_those_of_the_package() -> None:
    spec = find_spec("admet_ai")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "resources" / "data" / "admet.csv"
    stated = {row["id"]: row for row in csv.DictReader(path.open(encoding="utf-8"))}
    for endpoint in ENDPOINTS:
        row = stated[endpoint.name]
        assert int(row["size"]) == endpoint.rows
        assert row["category"] == endpoint.part
        numbers = {"AUROC": endpoint.auroc, "MAE": endpoint.error, "R^2": endpoint.explained}
        assert {k: round(float(row[k]), 3) for k in numbers if row[k]} == {k: v for k, v in numbers.items() if v}


@installed
def test_a_value_that_is_not_possible_is_none_with_its_reason_and_a_string_that_is_no_molecule_has_none() -> None:
    drugs = {key: admet.approved_drugs(key) for key in BY_KEY}
    assert all(len(values) == len(drugs["admet_herg"]) > 2000 for values in drugs.values())
    found, nothing = admet.predict_admet([molecule("C" * 80), molecule("no molecule")])
    by_key = {p.property: p for p in found}
    assert nothing == []
    impossible = [p for key, p in by_key.items() if p.value is None]
    assert impossible
    assert all("which is not possible" in p.note for p in impossible)
    assert 0.0 <= (by_key["admet_herg"].value or 0.0) <= 1.0


@installed
def test_a_cancelled_reading_ends_between_passes() -> None:
    with pytest.raises(Cancelled):
        admet.read_endpoints(["CCOCCOCCO"], cancelled=lambda: True)


@installed
def test_an_endpoint_is_a_goal_that_filters_and_ranks_but_is_not_told_to_the_network() -> None:
    plain = design("molecules", Target(), 12, seed=3, settings=MoleculeSettings(until="drawn"))
    asked = design("molecules", HERG, 12, seed=3, settings=MoleculeSettings(until="drawn"))
    assert {c.material.smiles for c in plain} == {c.material.smiles for c in asked}
    for candidate in asked:
        value, verdict = candidate.value("admet_herg"), candidate.verdict("target:admet_herg")
        assert value is not None
        assert verdict is not None
        assert verdict.passed == (value <= 0.3)
    met = [bool(c.passed("target:admet_herg")) for c in asked]
    assert met == sorted(met, reverse=True)


@installed
def test_files_tables_and_screenings_have_the_endpoints(tmp_path: Path) -> None:
    given = (molecule(ASPIRIN), molecule(CAFFEINE))
    found = FurtherPredictions(admet=True)(given)
    row = next(csv.DictReader(io.StringIO(to_csv(found))))
    assert float(row["admet_herg"]) == found[0].value("admet_herg")
    assert ">  <admet_ames>" in to_sdf(found)
    table = tmp_path / "in.csv"
    table.write_text(f"smiles\n{ASPIRIN}\nnot a molecule\n{CAFFEINE}\n", encoding="utf-8")
    report = predict_table(table, tmp_path / "out.csv", admet=True)
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert [bool(r["admet_herg"]) for r in rows] == [True, False, True]
    assert sum(report.bad.values()) == 1
    assert rows[0]["admet_method"].startswith("admet-ai ")
    assert not [name for name in rows[0] if name.startswith("admet_herg_")]
