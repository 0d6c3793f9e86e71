"""Files of molecules and compositions: names that tell files apart, numbers with the digits they have."""

from __future__ import annotations

import csv
import io

from matgen_core.core.records import (
    Candidate,
    Formula,
    Molecule,
    Origin,
    Prediction,
)
from matgen_core.kinds.compositions.files import formulas_to_csv
from matgen_core.kinds.molecules.files import sdf_name, to_csv

ASPIRIN = Candidate(
    "0-00005",
    Molecule("CC(=O)Oc1ccccc1C(=O)O"),
    Origin("x"),
    {
        "logp": Prediction("logp", 1.9955999999999998, None, "", "RDKit"),
        "h_donors": Prediction("h_donors", 2.0, None, "", "RDKit"),
    },
)


def test_files_of_one_molecule_bear_different_names_and_their_run() -> None:
    names = {
        sdf_name(ASPIRIN, "a1", conformers=False),
        sdf_name(ASPIRIN, "a1", conformers=True),
        sdf_name(ASPIRIN, "b2", conformers=False),
        sdf_name(ASPIRIN, "b2", conformers=True),
        sdf_name(ASPIRIN),
    }
    assert len(names) == 5
    assert "matgen-a1-0-00005-3d.sdf" in names
    assert all("/" not in sdf_name(ASPIRIN, run) for run in ("../x", "a/b"))


def test_numbers_of_the_tables_have_the_digits_they_have() -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([ASPIRIN])))
    assert (row["logp"], row["h_donors"]) == ("1.9956", "2")
    gap = Prediction("band_gap", 0.9311740042901704, 0.1234567891, "eV", "m")
    (row,) = csv.DictReader(
        io.StringIO(formulas_to_csv([Candidate("1", Formula("MnAlFe2"), Origin("x"), {"band_gap": gap})]))
    )
    assert (row["band_gap"], row["band_gap_spread"], row["formula"]) == ("0.931174", "0.123457", "Fe2MnAl")
    assert all(len(cell.replace(".", "").replace("-", "").lstrip("0")) <= 6 for cell in (row["price_usd_per_kg"],))
