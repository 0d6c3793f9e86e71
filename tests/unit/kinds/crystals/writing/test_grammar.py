"""A skeleton survives its tokens, and the grammar never leads into a dead end or out of the constraints."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.chem.crystals.prototypes import prototype_names
from matgen_core.chem.crystals.structure import formula_counts
from matgen_core.chem.crystals.symmetry import wyckoff_positions
from matgen_core.chem.formulas.constraints import check_crystal
from matgen_core.core.goals import Constraints
from matgen_core.core.records import Crystal, Site
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.writing.grammar import BOS, EOS, MAX_SITES, Grammar, Skeleton, decode, encode

CASES = [
    Constraints(),
    Constraints(include=frozenset({"O", "Li"}), max_atoms=12),
    Constraints(exclude=frozenset({"O", "F"}), min_atoms=6, max_atoms=8),
    Constraints(chemical_system=frozenset({"Fe", "O"}), crystal_system="cubic", max_atoms=14),
    Constraints(formula="Fe3O4", max_atoms=14),
    Constraints(include=frozenset({"Ac", "Zr", "O"}), min_atoms=5, max_atoms=8),
    # Cells of more atoms than a string has sites: without looking ahead it ended with what it had, AlCo2Ru as Al5Co7.
    Constraints(formula="AlCo2Ru", max_atoms=40),
    Constraints(formula="BaTiO3", min_atoms=30, max_atoms=40, crystal_system="triclinic"),
    Constraints(include=frozenset({"O", "Li", "Fe"}), min_atoms=34, max_atoms=40),
    Constraints(min_atoms=36, max_atoms=40, crystal_system="monoclinic"),
    Constraints(formula="ABX3", max_atoms=20),
    Constraints(formula="ABO3", exclude=frozenset({"Pb"}), min_atoms=10, max_atoms=10),
    Constraints(formula="A2BX6", include=frozenset({"Cl", "Zr"}), max_atoms=18),
    Constraints(formula="ABX3", chemical_system=frozenset({"Cs", "Pb", "I"}), max_atoms=20),
    Constraints(formula="A2B2X6", include=frozenset({"Ac", "Zr"}), crystal_system="triclinic", max_atoms=10),
    Constraints(formula="AB", exclude=frozenset(ELEMENTS) - {"Na", "Cl", "Zr"}, max_atoms=4),
    Constraints(include=frozenset({"O"}), crystal_system="triclinic", max_atoms=40),
    Constraints(structure_type="Spinel (H1_1)"),
    Constraints(structure_type="rutile", include=frozenset({"Ti"}), exclude=frozenset({"O"})),
    Constraints(structure_type="Orthorhombic Perovskite", formula="ABO3", include=frozenset({"Ca"})),
    Constraints(structure_type="spinel", formula="MgAl2O4", max_atoms=14),
    Constraints(structure_type="rock salt", chemical_system=frozenset({"Na", "Cl", "K"}), subsets=True),
    Constraints(structure_type="C22", include=frozenset({"Zr"})),  # of two space groups
    Constraints(structure_type="Brookite (C21)", exclude=frozenset(ELEMENTS) - {"Ac", "Zr", "O"}, max_atoms=24),
]


def random_skeleton(grammar: Grammar, rng: np.random.Generator) -> Skeleton:
    tokens = [BOS]
    while tokens[-1] != EOS:
        allowed = np.flatnonzero(grammar.mask(tokens))
        assert len(allowed), f"dead end after {tokens}"
        tokens.append(int(rng.choice(allowed)))
    return decode(tokens)


def as_crystal(skeleton: Skeleton) -> Crystal:
    table = wyckoff_positions(skeleton.space_group)
    sites = tuple(Site(letter, e, (0.1,) * table[letter].degrees_of_freedom) for letter, e in skeleton.sites)
    return Crystal(skeleton.space_group, sites, (5.0, 5.0, 5.0, 90.0, 90.0, 90.0))


@pytest.mark.parametrize("constraints", CASES)
def test_every_string_the_grammar_allows_is_within_the_constraints(constraints: Constraints) -> None:
    grammar, rng = Grammar(constraints), np.random.default_rng(0)
    for _ in range(60):
        skeleton = random_skeleton(grammar, rng)
        crystal = as_crystal(skeleton)
        verdict = check_crystal(crystal, formula_counts(crystal), constraints)
        assert verdict.passed, f"{skeleton}: {verdict.reason}"
        assert len(skeleton.sites) <= MAX_SITES
        fixed = [
            letter for letter, _ in skeleton.sites if not wyckoff_positions(skeleton.space_group)[letter].free_axes
        ]
        assert len(fixed) == len(set(fixed)), "a point without freedom is used twice"


def test_tokens_give_the_skeleton_back() -> None:
    grammar, rng = Grammar(), np.random.default_rng(1)
    for _ in range(50):
        skeleton = random_skeleton(grammar, rng)
        assert decode(encode(skeleton)) == skeleton


@pytest.mark.parametrize("tokens", [[BOS], [BOS, EOS], [BOS, 3, EOS], [3, EOS], [BOS, 3, 300, EOS]])
def test_other_strings_are_refused(tokens: list[int]) -> None:
    with pytest.raises((ValueError, IndexError)):
        decode(tokens)


def test_constraints_that_leave_nothing_leave_no_space_group() -> None:
    assert Grammar(Constraints(formula="Fe3O4", max_atoms=6)).space_groups == ()


def test_every_spinel_of_the_elements_allowed_can_be_written() -> None:
    """Which letters are taken is free, as far as the type has several: all spinels, inverse ones too, are reached."""
    grammar, rng = Grammar(Constraints(structure_type="spinel", formula="MgAl2O4")), np.random.default_rng(0)
    found = {random_skeleton(grammar, rng) for _ in range(200)}
    assert {s.space_group for s in found} == {227}
    assert all(dict(s.sites) == {**dict(s.sites), "e": "O"} for s in found)
    assert {frozenset(s.sites) for s in found} == {
        frozenset({("e", "O"), (mg, "Mg"), (al, "Al")}) for mg in "ab" for al in "cd"
    }


def test_named_types_can_be_written() -> None:
    rng = np.random.default_rng(0)
    for name in prototype_names(MAX_SITES)[::6]:
        constraints = Constraints(structure_type=name, max_atoms=200)
        crystal = as_crystal(random_skeleton(Grammar(constraints), rng))
        assert check_crystal(crystal, formula_counts(crystal), constraints).passed, name


def test_what_must_be_there_is_missing_until_it_comes() -> None:
    grammar = Grammar(Constraints(include=frozenset({"O", "Ti"})))
    begun = encode(Skeleton(136, (("a", "Ti"), ("f", "O"))))
    assert [int(grammar.missing(begun[:length]).sum()) for length in range(1, len(begun) + 1)] == [2, 2, 2, 1, 1, 0, 0]
    assert not Grammar(Constraints(exclude=frozenset({"Pb"}))).missing(begun[:1]).any()
