"""Files of molecules and compositions: names that tell files apart, numbers with the digits they have."""

from __future__ import annotations

import codecs
import csv
import io

import numpy as np
import pandas as pd
from rdkit import Chem

from matgen_core.core.records import (
    Candidate,
    Formula,
    Molecule,
    Origin,
    Prediction,
    Verdict,
)
from matgen_core.files.saving import for_spreadsheet
from matgen_core.kinds.compositions.files import formulas_to_csv
from matgen_core.kinds.molecules.files import sdf_name, to_csv, to_sdf, to_sdf_3d
from matgen_core.kinds.molecules.molecule_files import read_sdf as read_molecules

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


def test_fields_of_an_sdf_come_back_from_readers_that_take_every_line_with_an_angle_for_a_header() -> None:
    columns = {"IC50 (nM)": ">50 <n=3>", "µ-receptor": "schwach µ; 弱い", "a<b>": "1", "note": "two\r\n\r\nlines\n$$$$"}
    candidate = Candidate("0-1", ASPIRIN.material, Origin("file"), name="> 99 % pure", columns=columns)
    text = to_sdf([candidate, ASPIRIN])
    for written in (text, text.replace("\n", "\r\n")):
        first, second = datawarrior_records(written)
        assert first == {
            "SMILES": ASPIRIN.material.smiles,
            "IC50 (nM)": ">50 <n=3>",
            "µ-receptor": "schwach µ; 弱い",
            "ab": "1",
            "note": "two lines",
        }
        assert set(second) == {"SMILES", "logp", "h_donors", "origin"}
    one, two = read_sdf(text)
    assert one.GetProp("_Name").strip() == "> 99 % pure"
    assert one.GetProp("IC50 (nM)").strip() == ">50 <n=3>"
    assert (one.GetProp("note"), two.GetDoubleProp("logp")) == ("two lines", 1.996)
    assert [m.GetNumAtoms() for m in (one, two)] == [13, 13]
    assert all(len(line) <= 80 for line in text.split("M  END")[0].splitlines())


def test_an_sdf_says_that_a_configuration_is_absolute_and_claims_none_that_was_not_given() -> None:
    written = {
        "CC(C)Cc1ccc([C@H](C)C(=O)O)cc1": (1, 1),
        "C[C@H](Br)[C@@H](Cl)F": (1, 1),
        "CC(C)Cc1ccc(C(C)C(=O)O)cc1": (0, 0),  # in space one of both is drawn
        "C[C@H](O)C(O)CC": (1, 0),
        "F/C=C/c1ccccc1": (0, 0),
    }
    flags = {
        smiles: tuple(
            int(write([Candidate("0-1", Molecule(smiles), Origin("x"))]).splitlines()[3].split()[4])
            for write in (to_sdf, to_sdf_3d)
        )
        for smiles in written
    }
    assert flags == written


def test_fields_of_an_sdf_bear_their_units_and_are_read_again_as_the_same_values() -> None:
    values = {"weight": (180.16, "g/mol"), "solubility": (-2.1, "log mol/L"), "tpsa": (63.6, "Å²"), "logp": (1.3, "")}
    told = ASPIRIN.add_predictions(*(Prediction(k, v, None, unit, "RDKit") for k, (v, unit) in values.items()))
    columns = {"weight": "12 mg", "solubility": "poor"}
    text = to_sdf([Candidate("0-1", told.material, Origin("file"), told.predictions, columns=columns)])
    assert ">  <weight (g/mol)>\n180.2\n" in text
    (read,) = list(read_molecules("a.sdf", io.BytesIO(text.encode())))
    assert isinstance(read, Candidate)
    assert {key: (read.value(key), read.predictions[key].unit) for key in values} == {
        "weight": (180.2, "g/mol"), "solubility": (-2.1, "log mol/L"), "tpsa": (63.6, "Å²"), "logp": (1.3, "")
    }  # fmt: skip
    assert read.columns["yours:weight"] == "12 mg"


def test_a_molecule_without_a_name_that_can_be_written_bears_its_id() -> None:
    assert to_sdf([Candidate("0-1", ASPIRIN.material, Origin("x"), name="$$$$")]).startswith("0-1\n")


def datawarrior_records(text: str) -> list[dict[str, str]]:
    """Fields of each record by the rules of DataWarrior's reader (OpenChemLib's SDFileParser), and of some in scripts.

    A line that begins with > and holds <name> names a field wherever it stands; one that begins with > ends the
    molecule; a field ends with an empty line, a record with $$$$.
    """
    records, fields, name, molecule = list[dict[str, str]](), dict[str, str](), "", True
    for line in io.StringIO(text, newline=None):
        line = line.rstrip("\n")
        if line.startswith("$$$$"):
            records.append(fields)
            fields, name, molecule = {}, "", True
        elif molecule:
            assert not line.startswith(">")
            molecule = not line.startswith("M  END")
        elif line.startswith(">"):
            name = line[line.index("<") + 1 : line.rindex(">")]
        elif not line:
            name = ""
        elif name:
            fields[name] = line.strip()
    return records


def test_a_table_opens_in_a_spreadsheet_with_its_letters_its_numbers_and_no_formula() -> None:
    columns = {"Ziel": "≥ 5 Å 弱い", "=cmd|' /C calc'!A0": "=1+1", "minus": "-3", "at": "@SUM(A1)"}
    told = ASPIRIN.add_verdicts(Verdict("novelty", True, "new: 1 % µ"))
    written = to_csv(
        [Candidate("0-1", told.material, Origin("file"), told.predictions, told.verdicts, columns=columns)]
    )
    data = for_spreadsheet(written)
    assert data.startswith(codecs.BOM_UTF8)  # Excel reads letters by it
    assert not for_spreadsheet(to_csv([ASPIRIN])).startswith(codecs.BOM_UTF8)  # of plain letters nothing need be said
    table = pd.read_csv(io.BytesIO(data))
    assert table.columns[0] == "id"
    assert table["logp"].dtype == float
    assert table["Ziel"][0] == "≥ 5 Å 弱い"
    cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]


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
