"""Formulas are written as chemists write them, and are still the same formula."""

from __future__ import annotations

import pytest
from pymatgen.core import Composition

from matgen_core.chem.formulas.formula_writing import write_formula, write_formulas_in
from matgen_core.kinds.crystals.known.reference import load_reference

#: From textbooks, IUPAC's Red Book and the titles of papers; pymatgen writes each in another way or the same.
CONVENTIONAL = """
PmOs2Si2 Ca(OH)2 Cs2V(OH)3 ZnAs2O6 Fe2MnAl Co2RuAl PbTiO3 BiFeO3 NiTiO3 FeTiO3 ZnFe2O4 CoFe2O4 NiFe2O4 Al2TiO5 BiVO4
SrTiO3 MgAl2O4 LiFePO4 LiCoO2 CsTmAgTe3 NaTmO2 CuInSe2 Cu2ZnSnS4 Cs2AgBiBr6 LaFeAsO BaFe2As2 BiOCl LaOF La2O2S TaON
LaTiO2N UOS CaCO3 NaHCO3 Ca(HCO3)2 KH2PO4 H2SO4 HNO3 H3PO4 Ca3(PO4)2 Al2(SO4)3 Ca(NO3)2 NH4NO3 (NH4)2SO4 NH4Cl KClO4
NaClO3 Ni(IO3)2 Sr2FeO3Cl SbO2Cl Na2S2O3 K3Fe(CN)6 KSCN FeO(OH) Al(OH)3 NaOH Ca5(PO4)3F ZrSiO4 Ca3Al2(SiO4)3 K2CrO4
KMnO4 Al2(MoO4)3 CH3NH3PbI3 CH(NH2)2PbI3 C2H5I H2O NH3 CH4 CO2 HCl GaAs TiO2 Fe2O3 NaCl XeF2 Nd2Fe14B LiBH4 LiPF6 Si
""".split()


@pytest.mark.parametrize("formula", CONVENTIONAL)
def test_a_formula_is_written_as_chemists_do(formula: str) -> None:
    assert write_formula(str(Composition(formula).reduced_formula)) == formula


def test_the_written_formula_is_the_same_formula() -> None:
    formulas = [str(formula) for formula in load_reference().hull.formulas()[::37]]
    assert len(formulas) > 500
    assert not [f for f in formulas if Composition(write_formula(f)) != Composition(f)]


@pytest.mark.parametrize("text", ["", "–", "CC(=O)Oc1ccccc1", "Pb0.98Na0.02Te", "not a formula"])
def test_what_is_no_formula_of_whole_amounts_stays_as_it_is(text: str) -> None:
    assert write_formula(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("decomposes into 0.50 TiPbO3 + 0.50 Ca(HO)2", "decomposes into 0.50 PbTiO₃ + 0.50 Ca(OH)₂"),
        ("unlike all 3 known structures of Al2O3", "unlike all 3 known structures of Al₂O₃"),
        ("known (TiO2), P6_3/mmc, I4_1/amd, C2/c, C222", "known (TiO₂), P6_3/mmc, I4_1/amd, C2/c, C222"),
        ("CHGNet, MP2020, HSE06; Fe3+ 2, O2-; mp-2657", "CHGNet, MP2020, HSE06; Fe3+ 2, O2-; mp-2657"),
        ("'Fe2O3x' is no formula", "'Fe2O3x' is no formula"),
        ("Al2O3の既知構造", "Al₂O₃の既知構造"),
    ],
)
def test_formulas_in_a_sentence_are_written_and_nothing_else_is(text: str, written: str) -> None:
    assert write_formulas_in(text) == written
