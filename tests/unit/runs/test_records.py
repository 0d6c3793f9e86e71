"""A candidate that was written is the candidate that is read, crystals and molecules alike."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.records import (
    Candidate,
    Formula,
    Molecule,
    Origin,
    Prediction,
    Verdict,
)
from matgen_core.runs.records import from_record, to_record

READINGS = {"band_gap": Prediction("band_gap", 1.5, None, "eV", "x@1", True, "a note")}
RUTILE = from_structure(
    Structure.from_spacegroup(136, Lattice.tetragonal(4.6, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]])
)


@pytest.mark.parametrize("material", [RUTILE, Molecule("CCO", "OCC")])
def test_what_was_written_is_read(material: object) -> None:
    verdicts = (Verdict("distances", True, "fine"), Verdict("oxidation", None))
    origin, columns = Origin("e", "c@1", 1, 2), {"Batch no.": "7", "note": "=1"}
    candidate = Candidate("1-2", material, origin, READINGS, verdicts, 0.25, "ours", columns)  # type: ignore[type-var]
    assert from_record(json.loads(json.dumps(to_record(candidate)))) == candidate
    if isinstance(material, Molecule):
        assert from_record(to_record(candidate)).material.written == "OCC"


def test_a_record_of_before_names_and_columns_is_read() -> None:
    record = to_record(Candidate("a", Molecule("C"), Origin("e")))
    del record["name"], record["columns"]
    assert from_record(record) == Candidate("a", Molecule("C"), Origin("e"))


def test_numbers_that_json_has_not_are_missing() -> None:
    prediction = {"band_gap": Prediction("band_gap", math.nan, np.float32(0.5), "eV", "x")}  # type: ignore[arg-type]
    verdict = Verdict("bonds", np.bool_(True))  # type: ignore[arg-type]
    record = to_record(Candidate("a", Molecule("C"), Origin("e"), prediction, (verdict,)))
    text = json.dumps(record, allow_nan=False)
    back = from_record(json.loads(text))
    assert back.predictions["band_gap"].value is None
    assert back.predictions["band_gap"].spread == 0.5
    assert back.verdicts[0].passed is True


@pytest.mark.parametrize("material", [RUTILE, Molecule("CCO", "OCC"), Formula("SrTiO3")])
def test_a_field_of_another_version_is_passed_over(material: object) -> None:
    candidate = Candidate("1-2", material, Origin("e", "c@1", 1, 2), READINGS, (Verdict("bonds", True),), 0.25)  # type: ignore[type-var]
    record = json.loads(json.dumps(to_record(candidate)))
    record["schema"] += 1
    places = [record, record["material"], record["origin"], record["predictions"]["band_gap"], record["verdicts"][0]]
    for place in places + record["material"].get("sites", []):
        place["of a later version"] = {"any": [1]}
    assert from_record(record) == candidate


def test_a_field_that_is_missing_has_its_default() -> None:
    prediction = {"property": "logp", "value": 1.0, "spread": None, "unit": "", "method": "RDKit"}
    record = {
        "id": "a",
        "material": {"smiles": "C"},
        "origin": {"engine": "e"},
        "predictions": {"logp": prediction},
        "verdicts": [{"rule": "valid", "passed": True}],
    }
    read = Prediction("logp", 1.0, None, "", "RDKit")
    assert from_record(record) == Candidate("a", Molecule("C"), Origin("e"), {"logp": read}, (Verdict("valid", True),))


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"id": 1},
        {"id": "a", "material": {}, "origin": {"engine": "e"}},
        {"id": "a", "material": {"smiles": "C"}, "origin": {"engine": "e"}, "predictions": {"logp": {"value": "x"}}},
    ],
)
def test_what_is_no_record_is_refused(record: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        from_record(record)
