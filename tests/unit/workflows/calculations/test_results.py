"""From candidates to calculations and back: folders, ids, comparison, errors of the predictors."""

from __future__ import annotations

import ast
import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.core.errors import BadInput
from matgen_core.core.records import JUDGING, STEERING, Candidate, Computed, Judgement, Origin, Prediction
from matgen_core.files.refused import Refused
from matgen_core.kinds.crystals.files.candidate_files import to_csv
from matgen_core.kinds.crystals.files.first_principles import folder_of
from matgen_core.kinds.crystals.known.row_building import Rejected, parse_row
from matgen_core.workflows.calculations.follow_up import choose, write_calculations
from matgen_core.workflows.calculations.results import (
    Result,
    add_results,
    differences,
    predictor_errors,
    read_results,
    to_comparison_csv,
    to_training_csv,
    unpack,
)
from tests.unit.chem.known_cells import perovskite, salt
from tests.unit.workflows.vasprun import write_vasprun


def candidate(id_: str, energy: float, judged: float | None) -> Candidate:
    judgement = None if judged is None else Judgement(judged, 0.01, "SevenNet-l3i5")
    prediction = Prediction(
        "formation_energy", energy, 0.04, "eV/atom", "CHGNet 0.3.0", role=STEERING, judged=judgement
    )
    material = salt() if id_ == "a" else perovskite()
    return Candidate(id_, material, Origin("test"), {"formation_energy": prediction})


A, B, C = candidate("a", -2.0, -2.1), candidate("b", -3.0, -3.5), candidate("c", -1.0, None)


def results(folder: Path, *candidates: Candidate) -> tuple[list[Result], list[Refused]]:
    items = list(read_results([folder], candidates or (A, B, C)))
    return [i for i in items if isinstance(i, Result)], [i for i in items if isinstance(i, Refused)]


def test_the_most_instructive_come_first_and_those_unjudged_last() -> None:
    assert [c.id for c in choose([A, C, B], "disagreement", 3)] == ["b", "a", "c"]
    assert [c.id for c in choose([A, C, B], "score", 2)] == ["a", "c"]
    with pytest.raises(BadInput, match="there is no order"):
        choose([A], "luck", 1)


def test_every_candidate_has_a_folder_that_its_id_keys() -> None:
    files = write_calculations([B, A])
    manifest = json.loads(files["manifest.json"])
    assert [entry["id"] for entry in manifest["candidates"]] == ["b", "a"]
    for entry in manifest["candidates"]:
        assert {f"{entry['folder']}/{name}" for name in ("structure.cif", "vasp/INCAR", "espresso/pw.in")} <= set(files)
    assert manifest["candidates"][0]["predicted"]["formation_energy"]["judge"] == -3.5
    ast.parse(files["flows.py"])


def test_what_the_programs_cannot_take_says_so_and_stops_no_other() -> None:
    sites = tuple(replace(site, element="Og") for site in salt().sites)
    oganesson = replace(salt(), sites=sites)
    files = write_calculations([Candidate("x", oganesson, Origin("test")), B])
    assert any(name.endswith("NOT_WRITTEN.txt") for name in files)
    assert f"{folder_of(B)}/vasp/INCAR" in files


def test_a_result_finds_its_candidate_by_folder_id_or_metadata(tmp_path: Path) -> None:
    place = tmp_path / folder_of(A) / "vasp"
    place.mkdir(parents=True)
    (place / "vasprun.xml").write_text(write_vasprun(to_structure(salt()), -6.79, 5.0), encoding="latin-1")
    (tmp_path / "table.csv").write_text("id,Band gap (meV)\nb,2100\nnobody,3\nc,much\n", encoding="utf-8")
    job = {"output": {"output": {"structure": to_structure(perovskite()).as_dict(), "energy": -40.0, "bandgap": 1.5}}}
    (tmp_path / "store.json").write_text(json.dumps([{**job, "metadata": {"matgen_id": "c"}}, 7]), encoding="utf-8")
    found, refused = results(tmp_path)
    values = {result.id: result.values for result in found}
    assert values["a"]["formation_energy"].value == pytest.approx(-2.11, abs=0.02)
    assert values["b"]["band_gap"].value == pytest.approx(2.1)
    assert values["c"]["band_gap"].value == 1.5
    said = " ".join(str(one.reason) for one in refused)
    assert len(refused) == 3
    assert "no candidate is called 'nobody'" in said
    assert "'much' is not a number" in said
    assert "not a task document" in said


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "formula,band_gap\nNaCl,5\n", "no column id"),
        ("a.csv", "id,colour\na,red\n", "no column of a property"),
        ("a.json", "{", "not complete JSON"),
        ("vasprun.xml", "<modeling>", "not a complete vasprun.xml"),
    ],
)
def test_a_bad_file_says_why(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found, refused = results(tmp_path)
    assert not found
    assert said in str(refused[0].reason)


def test_paths_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        list(read_results([tmp_path / "no"], [A]))
    (tmp_path / "a.docx").write_text("")
    with pytest.raises(BadInput, match="no known ending"):
        list(read_results([tmp_path / "a.docx"], [A]))
    _found, refused = results(tmp_path)
    assert "no file of results" in str(refused[0].reason)


def test_computed_beside_predicted_with_the_error_of_each_model() -> None:
    done = add_results(
        [A, B, C],
        [
            Result("a", "t", {"formation_energy": Computed(-2.1, "VASP")}),
            Result("b", "t", {"formation_energy": Computed(-3.2, "VASP")}),
            Result("b", "t", {"formation_energy": Computed(-3.4, "VASP")}),  # the later one counts
        ],
    )
    assert done[1].computed["formation_energy"].value == -3.4
    assert not done[2].computed
    errors = {error.method: error for error in predictor_errors(differences(done))}
    assert errors["CHGNet 0.3.0"].mean_absolute == pytest.approx((0.1 + 0.4) / 2)
    assert errors["CHGNet 0.3.0"].bias == pytest.approx((0.1 + 0.4) / 2)
    assert errors["SevenNet-l3i5"].mean_absolute == pytest.approx((0.0 + 0.1) / 2)
    rows = list(csv.DictReader(io.StringIO(to_comparison_csv(done))))
    assert [(r["id"], r["role"]) for r in rows] == [("a", STEERING), ("a", JUDGING), ("b", STEERING), ("b", JUDGING)]
    table = list(csv.DictReader(io.StringIO(to_csv(done))))
    assert [row["formation_energy_computed"] for row in table] == ["-2.1", "-3.4", ""]


def test_rows_to_train_on_hold_the_computed_structure() -> None:
    result = Result("a", "t", {"band_gap": Computed(5.0, "VASP")}, perovskite())
    [row] = csv.DictReader(io.StringIO(to_training_csv(add_results([A, B], [result]), [result])))
    assert float(row["band_gap"]) == 5.0
    crystal = parse_row("a", row["cif"])
    assert not isinstance(crystal, Rejected)
    assert crystal.space_group == perovskite().space_group


def test_a_zip_of_folders_is_unpacked_within_its_folder(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../out.csv", "id,band_gap\na,5\n")
    within = tmp_path / "a" / "b"
    within.mkdir(parents=True)
    [place] = unpack([("results.zip", buffer.getvalue())], within)
    assert place.is_relative_to(within)
    assert not list(tmp_path.glob("*.csv"))
    assert not list((tmp_path / "a").glob("*.csv"))
    assert [r.id for r in results(place)[0]] == ["a"]
    with pytest.raises(BadInput, match="cannot be unpacked"):
        unpack([("results.zip", b"PK no zip")], place)


def test_no_cell_of_the_tables_is_a_formula() -> None:
    hostile = replace(A, id="=cmd()")
    result = Result("=cmd()", "t", {"formation_energy": Computed(-3.2, "VASP")})
    done = add_results([hostile], [result])
    for text in (to_comparison_csv(done), to_training_csv(done, [result])):
        assert "=cmd()" in text
        assert not [cell for row in csv.reader(io.StringIO(text)) for cell in row if cell[:1] == "="]
