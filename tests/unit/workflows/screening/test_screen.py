"""Screening into files: everything is written as it comes, refused rows stand beside, and the manifest explains it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Formula,
    Molecule,
    Origin,
    Site,
)
from matgen_core.kinds.compositions.files import formulas_to_csv
from matgen_core.kinds.crystals.files.candidate_files import to_cif, to_csv
from matgen_core.kinds.molecules.files import to_csv as molecules_to_csv
from matgen_core.kinds.molecules.files import to_sdf
from matgen_core.kinds.rules import Rules, passes
from matgen_core.runs.records import from_record
from matgen_core.viz.evidence import write_evidence_page
from matgen_core.workflows.evidence import collect_evidence
from matgen_core.workflows.screening.candidate_files import Item, Refused, read_files
from matgen_core.workflows.screening.files import screening_to_csv, screening_to_json
from matgen_core.workflows.screening.folder import screen_to_folder
from matgen_core.workflows.screening.pareto import Objective, rank_by_front
from matgen_core.workflows.screening.screen import BATCH, Screener

NACL = Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.69, 5.69, 5.69, 90, 90, 90))
PEROVSKITE = Crystal(221, (Site("a", "Pb"), Site("b", "Ti"), Site("c", "O")), (3.97, 3.97, 3.97, 90, 90, 90))
GOALS = [Objective("band_gap", "max"), Objective("e_above_hull", "min")]


def of(name: str, material: Crystal | Molecule | Formula) -> Candidate:
    return Candidate(name, material, Origin("file"))  # type: ignore[arg-type, return-value]


MIXED = [of("salt", NACL), of("rust", Formula("Fe2O3")), of("lead", Formula("PbO")), of("amide", Molecule("CC(=O)NC"))]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_all_kinds_are_read_in_their_order() -> None:
    found = Screener()(MIXED)
    assert [c.id for c in found] == ["salt", "rust", "lead", "amide"]
    assert all(c.predictions for c in found)
    assert found[0].value("e_above_hull") == pytest.approx(0.0, abs=0.05)
    hazards = found[2].verdict("hazards")
    assert hazards is not None
    assert hazards.passed is False
    allowed = Screener(rules=Rules(toxic=True, known=True))([MIXED[2]])[0].verdict("hazards")
    assert allowed is not None
    assert allowed.passed is True
    assert passes(found[0], Rules(known=True))


def test_readings_that_are_there_are_kept() -> None:
    once = Screener()(MIXED[:1])
    assert Screener()(once)[0].predictions == once[0].predictions


def test_everything_is_written_and_explained(tmp_path: Path) -> None:
    items: list[Item] = [*MIXED, Refused("x.csv, row 3", "'=1' is not a formula")]
    seen: list[tuple[int, int]] = []
    outcome = screen_to_folder(
        items, GOALS, tmp_path, source=["x.csv"], on_progress=lambda done, bad: seen.append((done, bad))
    )
    assert seen == [(4, 1)]
    rows = table(tmp_path / "candidates.csv")
    assert [row["id"] for row in rows] == ["salt", "rust", "lead", "amide"]
    assert rows[3]["band_gap"] == ""
    assert "hazards" in rows[2]["rejected_by"]
    lines = (tmp_path / "candidates.jsonl").read_text(encoding="utf-8").splitlines()
    assert [from_record(json.loads(line)).id for line in lines] == [row["id"] for row in rows]
    fronts = {row["id"]: row["front"] for row in table(tmp_path / "front.csv")}
    assert fronts["amide"] == "", "without a reading it stands on no front"
    assert fronts["salt"] == "1"
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert manifest["candidates"] == 4
    assert any("matbert@" in method for method in manifest["methods"])
    assert dict(outcome.funnel.counts)["generated"] == 4
    assert outcome.refused.total() == 1


def test_what_was_written_before_a_cancel_stays(tmp_path: Path) -> None:
    def endless() -> Iterator[Item]:
        number = 0
        while True:
            number += 1
            yield of(f"c{number}", Formula("NaCl"))

    asked = iter([False, True])
    outcome = screen_to_folder(endless(), GOALS, tmp_path, cancelled=lambda: next(asked))
    assert not outcome.complete
    assert len(table(tmp_path / "candidates.csv")) == BATCH
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["complete"] is False


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="needs an objective"):
        screen_to_folder([], [], tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written"):
        screen_to_folder([], GOALS, tmp_path / "file" / "deeper")


def test_a_table_goes_through_whole(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("formula\n" + "".join(f"Na{i}Cl\n" for i in range(1, 151)), encoding="utf-8")
    outcome = screen_to_folder(read_files([tmp_path / "in.csv"]), GOALS, tmp_path / "out")
    assert len(outcome.ids) == 150
    assert min(outcome.fronts) == 1


@pytest.mark.parametrize("material", [PEROVSKITE, Formula("TiPbO3"), Formula("Ba2TiPbO6")])
def test_a_formula_is_written_alike_wherever_a_candidate_is_told_of(material: Crystal | Formula) -> None:
    """pymatgen sorts by electronegativity, TiPbO3; nobody finds that who looks for PbTiO3."""
    (candidate,) = found = Screener()([of("lead titanate", material)])
    table = to_csv(found) if isinstance(material, Crystal) else formulas_to_csv(found)
    said = [table, screening_to_csv([(candidate, 1, None)], GOALS), json.dumps(collect_evidence(candidate))]
    said += [write_evidence_page(candidate), *(v.reason for v in candidate.verdicts)]
    said += [text for p in candidate.predictions.values() for text in (p.note, p.judged.note if p.judged else "")]
    assert not [text for text in said if "TiPb" in text]
    assert all("PbTi" in text for text in said[:4])


@pytest.mark.parametrize(
    ("one", "key", "to_table"),
    [(MIXED[0], "band_gap", to_csv), (MIXED[1], "band_gap", formulas_to_csv), (MIXED[3], "weight", molecules_to_csv)],
)
def test_tables_state_the_unit_of_each_value(
    one: Candidate, key: str, to_table: Callable[[Sequence[Candidate]], str], tmp_path: Path
) -> None:
    found, aim = Screener()([one]), [Objective(key, "max")]
    screen_to_folder([one], aim, tmp_path)
    read = found[0].predictions
    for text, least in (
        (to_table(found), len(read)),
        (screening_to_csv(rank_by_front(found, aim), aim), len(read)),
        ((tmp_path / "candidates.csv").read_text(encoding="utf-8"), 1),
    ):
        (row,) = csv.DictReader(io.StringIO(text))
        predicted = [name for name in read if name in row]
        assert len(predicted) >= least
        for name in predicted:
            assert (row.get(f"{name}_unit") or None) == (read[name].unit or None), name


def test_a_shortlist_becomes_files() -> None:
    ranked = rank_by_front(Screener()(MIXED[:3]), GOALS)
    rows = list(csv.DictReader(screening_to_csv(ranked, GOALS).splitlines()))
    assert {row["id"] for row in rows} == {"salt", "rust", "lead"}
    assert all(float(row["band_gap_spread"]) > 0 for row in rows)
    written = json.loads(screening_to_json(ranked, GOALS, "mine"))
    assert written["manifest"]["source"] == "mine"
    assert {"matgen", "matbert", "crystal-gpt"} <= set(written["manifest"]["versions"]), "checkpoints, too"
    text = json.dumps(written["candidates"], ensure_ascii=False, sort_keys=True)
    assert written["manifest"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert [c["id"] for c in written["candidates"]] == [c.id for c, _front, _merit in ranked]


#: What users call their materials and note of them, of each kind; a header that MatGen writes itself is among them.
OWN = {
    "molecules": ("smiles", ["CC(=O)Oc1ccccc1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C"]),
    "compositions": ("formula", ["Ca(OH)2", "BaTiO3"]),
    "crystals": ("cif", [to_cif(of("a", NACL)), to_cif(of("b", NACL))]),
}


@pytest.mark.parametrize("kind", OWN)
def test_names_and_every_column_of_the_user_reach_every_file(kind: str, tmp_path: Path) -> None:
    column, materials = OWN[kind]
    source = tmp_path / "mine.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", column, "supplier", "score", "note"])
        for name, material, price in zip(("aspirin", "=coffee()"), materials, ("7.10", "8.20"), strict=True):
            writer.writerow([name, material, "A & B", price, "first\nsecond"])
    goals = [Objective("logp" if kind == "molecules" else "band_gap", "max")]
    screen_to_folder(read_files([source]), goals, tmp_path / "out")
    lines = (tmp_path / "out" / "candidates.jsonl").read_text(encoding="utf-8").splitlines()
    found = [from_record(json.loads(line)) for line in lines]
    ranked = rank_by_front(found, goals)
    texts = {
        "screen": (tmp_path / "out" / "candidates.csv").read_text(encoding="utf-8"),
        "page": screening_to_csv(ranked, goals),
        "run": {"molecules": molecules_to_csv, "compositions": formulas_to_csv, "crystals": to_csv}[kind](found),
    }
    for where, text in texts.items():
        rows = {row["name"]: row for row in csv.DictReader(io.StringIO(text))}
        assert set(rows) == {"aspirin", "'=coffee()"}, where
        row = rows["aspirin"]
        assert (row["supplier"], row["note"]) == ("A & B", "first\nsecond"), where
        assert row.get("yours:score", row["score"]) == "7.10", where
        if kind != "crystals" and where != "run":
            assert row["material"] == materials[0], where
    stored = json.loads(screening_to_json(ranked, goals, "mine"))["candidates"]
    assert {c["name"] for c in stored} == {"aspirin", "=coffee()"}
    assert all(c["columns"]["supplier"] == "A & B" for c in stored)


def test_columns_that_a_later_file_brings_are_in_the_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,formula,lab\nrust,Fe2O3,Kyoto\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("name,formula,year\nsalt,NaCl,1999\n", encoding="utf-8")
    screen_to_folder(read_files([tmp_path / "a.csv", tmp_path / "b.csv"]), GOALS, tmp_path / "out")
    rows = {row["name"]: row for row in table(tmp_path / "out" / "candidates.csv")}
    assert (rows["rust"]["lab"], rows["rust"]["year"]) == ("Kyoto", "")
    assert (rows["salt"]["lab"], rows["salt"]["year"]) == ("", "1999")
    assert not list((tmp_path / "out").glob("*.part"))


def test_an_sdf_of_a_screening_is_read_back_with_names_and_columns() -> None:
    from rdkit import Chem

    columns = {"supplier": "A & B", "logp": "9.9", "note": "first\n\n$$$$ second", "<odd>": "x"}
    entry = replace(of("m-1", Molecule("CC(=O)Oc1ccccc1C(=O)O")), name="aspirin\nforte", columns=columns)
    for conformers in (False, True):
        supplier = Chem.SDMolSupplier()
        supplier.SetData(to_sdf(Screener()([entry, replace(entry, id="m-2")]), conformers=conformers))
        molecules = list(supplier)
        assert len(molecules) == 2
        assert molecules[0].GetProp("_Name") == "aspirin forte"
        assert Chem.MolToSmiles(molecules[0]) == "CC(=O)Oc1ccccc1C(=O)O"
        said = molecules[0].GetPropsAsDict()
        assert (said["supplier"], said["note"], said["odd"]) == ("A & B", "first second", "x")
        assert said["yours:logp"] == 9.9
        assert float(said["logp"]) == pytest.approx(1.31, abs=0.01)
        assert "origin" not in said, "what the user brought was not proposed by MatGen"
