"""Files of molecules and compositions: names that tell files apart, numbers with the digits they have."""

from __future__ import annotations

import csv
import io

import numpy as np
from rdkit import Chem

from matgen_core.core.records import (
    Candidate,
    Formula,
    Molecule,
    Origin,
    Prediction,
    Verdict,
)
from matgen_core.kinds.compositions.files import formulas_to_csv
from matgen_core.kinds.molecules.files import sdf_name, to_csv, to_sdf, to_sdf_3d

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


def test_an_sdf_is_read_back_with_its_numbers_flat_and_in_space() -> None:
    menthol = Candidate("0-1", Molecule("CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O"), Origin("x"), name="menthol", score=0.5)
    menthol = menthol.add_verdicts(Verdict("novelty", True)).add_predictions(
        Prediction("logp", 2.4395, None, "", "RDKit")
    )
    for written, in_space in ((to_sdf([ASPIRIN, menthol]), False), (to_sdf_3d([ASPIRIN, menthol]), True)):
        assert written.count("V2000") == 2
        first, second = read_sdf(written)
        assert (first.GetProp("_Name"), second.GetProp("_Name")) == ("0-00005", "menthol")
        found = second.GetPropsAsDict()
        assert (found["logp"], found["score"], found["new"]) == (2.439, 0.5, "yes")
        assert first.GetPropsAsDict()["h_donors"] == 2
        for molecule, smiles in ((first, ASPIRIN.material.smiles), (second, menthol.material.smiles)):
            assert Chem.MolToSmiles(Chem.RemoveHs(molecule)) == Chem.CanonSmiles(smiles)
            assert molecule.GetConformer().Is3D() is in_space
            assert (np.ptp(molecule.GetConformer().GetPositions()[:, 2]) > 0.5) == in_space


def read_sdf(text: str) -> list[Chem.Mol]:
    supplier = Chem.SDMolSupplier()
    supplier.SetData(text, removeHs=False)
    return list(supplier)


def test_numbers_of_the_tables_have_the_digits_they_have() -> None:
    (row,) = csv.DictReader(io.StringIO(to_csv([ASPIRIN])))
    assert (row["logp"], row["h_donors"]) == ("1.9956", "2")
    gap = Prediction("band_gap", 0.9311740042901704, 0.1234567891, "eV", "m")
    (row,) = csv.DictReader(
        io.StringIO(formulas_to_csv([Candidate("1", Formula("MnAlFe2"), Origin("x"), {"band_gap": gap})]))
    )
    assert (row["band_gap"], row["band_gap_spread"], row["formula"]) == ("0.931174", "0.123457", "Fe2MnAl")
    assert all(len(cell.replace(".", "").replace("-", "").lstrip("0")) <= 6 for cell in (row["price_usd_per_kg"],))
