"""Goals of GuacaMol: as the reference implementation scores one molecule, and at the molecules that they name."""

from __future__ import annotations

import pytest
from rdkit import Chem

from matgen_core.evaluation.guacamol import (
    ALBUTEROL,
    ARIPIPRAZOLE,
    CELECOXIB,
    FEXOFENADINE,
    HOPPED,
    MESTRANOL,
    OSIMERTINIB,
    SITAGLIPTIN,
    THIOTHIXENE,
    TROGLITAZONE,
    ZALEPLON,
    Gaussian,
    Isomer,
    guacamol_goals,
)

GOALS = guacamol_goals()
#: The example of the Therapeutics Data Commons' documentation, with what its release 0.4 scores.
EXAMPLE = "CC(C)(C)[C@H]1CCc2c(sc(NC(=O)COc3ccc(Cl)cc3)c2C(N)=O)C1"
SCORED = {
    "celecoxib_rediscovery": 0.14728682170542637,
    "thiothixene_rediscovery": 0.17391304347826086,
    "troglitazone_rediscovery": 0.24427480916030533,
    "albuterol_similarity": 0.2772277227722772,
    "mestranol_similarity": 0.19460880999342536,
    "amlodipine_mpo": 0.461083967620704,
    "fexofenadine_mpo": 0.4336446174984538,
    "osimertinib_mpo": 0.09011742702110873,
    "perindopril_mpo": 0.36023741111440966,
    "ranolazine_mpo": 0.29285467466584664,
    "sitagliptin_mpo": 3.34970667598234e-12,
    "zaleplon_mpo": 0.0019017991803329235,
    "deco_hop": 0.5338365434669443,
    "scaffold_hop": 0.38446411012782694,
    "isomers_c7h8n2o2": 2.1987591132394053e-34,
    "isomers_c9h10n2o2pf2cl": 1.713908431542013e-15,
    "median1": 0.09722243533981723,
    "median2": 0.12259690287307903,
    "valsartan_smarts": 0.0,
}


def score(name: str, smiles: str) -> float:
    return GOALS[name](Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize("name", SCORED)
def test_the_example_scores_as_the_reference_implementation_has_it(name: str) -> None:
    assert score(name, EXAMPLE) == pytest.approx(SCORED[name], rel=1e-6, abs=1e-40)


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        ("celecoxib_rediscovery", CELECOXIB),
        ("troglitazone_rediscovery", TROGLITAZONE),
        ("thiothixene_rediscovery", THIOTHIXENE),
        ("aripiprazole_similarity", ARIPIPRAZOLE),
        ("albuterol_similarity", ALBUTEROL),
        ("mestranol_similarity", MESTRANOL),
        ("isomers_c7h8n2o2", "NC(=O)c1cccnc1OC"),
        ("isomers_c9h10n2o2pf2cl", "CP(=O)(Nc1ccc(C(F)F)c(Cl)c1)NC=O"),
    ],
)
def test_what_a_goal_asks_for_scores_one(name: str, smiles: str) -> None:
    assert score(name, smiles) == pytest.approx(1.0)
    assert score(name, "CCO") < 0.5


def test_a_drug_is_no_answer_to_a_goal_that_wants_another_like_it() -> None:
    """Each goal of several properties asks for something that its drug has not."""
    assert score("osimertinib_mpo", OSIMERTINIB) < 0.3
    assert score("fexofenadine_mpo", FEXOFENADINE) < 0.9
    assert score("sitagliptin_mpo", SITAGLIPTIN) < 1e-4
    assert score("zaleplon_mpo", ZALEPLON) < 0.7
    assert score("deco_hop", HOPPED) == pytest.approx(0.5)
    assert score("scaffold_hop", HOPPED) == pytest.approx(2 / 3)


@pytest.mark.parametrize("smiles", ["C", "CCO", EXAMPLE, CELECOXIB, "C[N+](C)(C)CC([O-])=O", "FC(F)(F)F"])
def test_every_goal_scores_every_molecule_from_0_to_1(smiles: str) -> None:
    molecule = Chem.MolFromSmiles(smiles)
    for name, goal in GOALS.items():
        assert 0.0 <= goal(molecule) <= 1.0, name


def test_an_isomer_is_told_by_every_atom() -> None:
    near = Isomer("C7H8N2O2")(Chem.MolFromSmiles("COc1ncccc1C(N)=O"))
    more_hydrogen = Isomer("C7H8N2O2")(Chem.MolFromSmiles("COC1N=CCCC1C(N)=O"))
    assert near == 1.0
    assert more_hydrogen < 0.2


def test_a_side_of_a_gaussian_is_full() -> None:
    assert Gaussian(1.0, 1.0, full="below")(0.2) == 1.0
    assert Gaussian(1.0, 1.0, full="below")(2.0) == pytest.approx(0.6065, abs=1e-4)
    assert Gaussian(90.0, 10.0, full="above")(120.0) == 1.0
    assert Gaussian(90.0, 10.0)(120.0) == pytest.approx(0.0111, abs=1e-4)
