"""The rules of what may be written hold for every string, whatever the network."""

from __future__ import annotations

import pytest
import torch

from matgen_core.chem.formulas.constraints import check_counts, has_formula
from matgen_core.core.errors import BadTarget, Cancelled
from matgen_core.core.goals import Constraints
from matgen_core.kinds.compositions.generate import atom_rules, write_formulas
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES, MAX_ATOMS, VOCABULARY, decode_atoms
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.gpt import ConditionalGPT, GPTConfig

ANY = torch.full((200, 3), float("nan"))


@pytest.fixture(scope="module")
def network() -> ConditionalGPT:
    torch.manual_seed(0)
    conditions = ConditionConfig(FORMULA_PROPERTIES, (0.0,) * 3, (1.0,) * 3, 16)
    return ConditionalGPT(GPTConfig(len(VOCABULARY), MAX_ATOMS + 2, 16, 1, 2, 0.0, conditions)).eval()


@pytest.mark.parametrize(
    ("constraints", "prompt"),
    [
        (Constraints(max_atoms=6), ""),
        (Constraints(include=frozenset({"Fe", "O", "Li"}), max_atoms=4), ""),
        (Constraints(exclude=frozenset({"Pb", "Cd", "O"}), max_atoms=9), "Li"),
        (Constraints(chemical_system=frozenset({"Li", "Fe", "P", "O"}), max_atoms=12), "Fe O"),
        (Constraints(include=frozenset({"S"}), min_atoms=5, max_atoms=5), "Cu Cu"),
        (Constraints(formula="ABX3"), ""),
        (Constraints(formula="ABO3", exclude=frozenset({"Pb"})), "Sr"),
        (Constraints(formula="A2BX6", include=frozenset({"Cl", "Zr"})), ""),
        (Constraints(formula="ABX3", chemical_system=frozenset({"Cs", "Pb", "I"})), ""),
    ],
)
def test_every_string_keeps_the_rules(network: ConditionalGPT, constraints: Constraints, prompt: str) -> None:
    rules = atom_rules(constraints, prompt)
    many = ANY.repeat(16, 1) if constraints.formula is None else ANY
    strings = write_formulas(network, many, rules, torch.Generator().manual_seed(0), temperature=1.5)
    finished = [tokens for tokens in strings if len(tokens) <= constraints.max_atoms]
    assert finished
    assert all(len(tokens) <= constraints.max_atoms + 1 for tokens in strings)
    for tokens in finished:
        counts = decode_atoms(tokens)
        assert check_counts(counts, constraints).passed, counts
        assert tokens[: len(rules.prompt)] == list(rules.prompt)
        blocks = [t for i, t in enumerate(tokens) if i == 0 or tokens[i - 1] != t]
        assert len(blocks) == len(set(blocks)), "the atoms of one element stand together"
        asked = {t for t in blocks if rules.required[t]} - set(rules.prompt)
        begun = len(set(rules.prompt))
        assert set(blocks[begun : begun + len(asked)]) == asked, "what must be there comes first"
        if constraints.formula is not None:
            assert has_formula(counts, constraints.formula)
    if constraints.formula is not None:
        assert finished == strings, "a type is never cut short or gone beyond"
    assert len({tuple(s) for s in strings}) > (20 if constraints.chemical_system is None else 1)


def test_the_seed_repeats_and_top_k_narrows(network: ConditionalGPT) -> None:
    rules = atom_rules(Constraints(max_atoms=8))
    one, two = (write_formulas(network, ANY, rules, torch.Generator().manual_seed(3)) for _ in range(2))
    assert one == two
    narrow = write_formulas(network, ANY, rules, torch.Generator().manual_seed(3), top_k=1)
    assert len({tuple(s) for s in narrow}) == 1


@pytest.mark.parametrize(
    ("constraints", "prompt", "words"),
    [
        (Constraints(), "Fx", "'Fx' is not an element"),
        (Constraints(exclude=frozenset({"Fe"})), "Fe", "'Fe' is excluded"),
        (Constraints(include=frozenset({"O", "S"}), max_atoms=3), "Fe Fe", "need 4 atoms, at most 3"),
        (Constraints(formula="ABX3"), "Fe Fe Fe Fe", "does not begin a formula of the type ABX3"),
        (Constraints(formula="ABX3", exclude=frozenset(ELEMENTS) - {"Na", "Cl"}), "", "too few elements"),
    ],
)
def test_a_prompt_that_cannot_be_is_named(constraints: Constraints, prompt: str, words: str) -> None:
    with pytest.raises(BadTarget, match=words):
        atom_rules(constraints, prompt)


def test_it_stops_when_told(network: ConditionalGPT) -> None:
    with pytest.raises(Cancelled):
        write_formulas(network, ANY, atom_rules(Constraints()), torch.Generator(), cancelled=lambda: True)
