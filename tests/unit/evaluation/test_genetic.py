"""The genetic search: it finds isomers, and the seed repeats."""

from __future__ import annotations

from rdkit import Chem

from matgen_core.evaluation.genetic import evolve
from matgen_core.evaluation.guacamol import Isomer

DRUGS = (
    "CC(C)Cc1ccc(C(C)C(=O)O)cc1",
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1C=NC2=C1C(=O)N(C)C(=O)N2C",
    "O=C1CCCN1c1ccncc1",
    "CCN(CC)C(=O)c1cccc(Cl)c1",
    "Cc1c[nH]c2ccccc12",
)


def search(seed: int, calls: int = 600) -> dict[str, float]:
    goal, found = Isomer("C9H11NO2"), dict[str, float]()

    def ask(smiles: str) -> float:
        if smiles not in found:
            found[smiles] = goal(Chem.MolFromSmiles(smiles))
        return found[smiles]

    evolve(DRUGS, ask, lambda: len(found) >= calls, seed=seed)
    return found


def test_it_finds_isomers_and_the_seed_repeats() -> None:
    one, other = search(0), search(0)
    assert one == other
    scores = list(one.values())
    assert max(scores[len(DRUGS) :]) == 1.0
    assert sum(scores[-100:]) > 1.5 * sum(scores[:100])
