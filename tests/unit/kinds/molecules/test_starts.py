"""Starting from a molecule, a scaffold or fragments: what is kept has what was asked for, and bad input is named."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem

from matgen_core.chem.molecules.molecule import fingerprint, parse, similarities
from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Molecule, Origin
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.conditions import check_molecules
from matgen_core.kinds.molecules.fragments import check_linked, links
from matgen_core.kinds.molecules.grammar import first_illegal
from matgen_core.kinds.molecules.judge import Judge
from matgen_core.kinds.molecules.near import SIMILARITY, cut, near_writings, without_part
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.smiles import EOS, decode
from matgen_core.kinds.molecules.starts import start_cautions
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.design import count_kept, design

PARACETAMOL = "CC(=O)Nc1ccc(O)cc1"
CELECOXIB = "Cc1ccc(cc1)-c1cc(nn1-c1ccc(cc1)S(N)(=O)=O)C(F)(F)F"
FRAGMENTS = "c1ccccc1*.*N1CCOCC1"


def kept(settings: MoleculeSettings, count: int) -> tuple[Candidate[Molecule], ...]:
    found = design("molecules", Target(), count, seed=1, settings=settings)
    return count_kept("molecules", found, settings).candidates


def judged(settings: MoleculeSettings, *strings: str) -> tuple[Candidate[Molecule], ...]:
    drawn = [Candidate(str(i), Molecule(text), Origin("smiles-gpt")) for i, text in enumerate(strings)]
    return Judge(Target(), settings, load_molecule_reference())(drawn)


# ------------------------------------------------------------------------------------------------------------ near


def test_molecules_near_a_given_one_are_as_similar_as_asked_and_others() -> None:
    settings = MoleculeSettings(near=CELECOXIB, similarity=0.5, domain="drug-like", cap=20)
    found = kept(settings, 6)
    assert len(found) >= 6
    given = fingerprint(Chem.MolFromSmiles(CELECOXIB))
    for candidate in found:
        value = similarities(fingerprint(parse(candidate.material.smiles)), [given])[0]
        assert candidate.value(SIMILARITY) == pytest.approx(value)
        assert value >= 0.5
        assert candidate.material.smiles != Chem.CanonSmiles(CELECOXIB)
        assert "scaffold" in candidate.verdict("near").reason  # type: ignore[union-attr]


def test_beginnings_of_one_batch_are_as_long_and_the_molecule_can_follow_each() -> None:
    writings = near_writings(PARACETAMOL, True)
    assert len(set(writings)) == len(writings) > 20
    assert {Chem.CanonSmiles(decode(tokens)) for tokens in writings} == {Chem.CanonSmiles(PARACETAMOL)}
    begins = cut(writings, 40, 0.4, np.random.default_rng(0))
    assert len({len(begin.tokens) for begin in begins}) == 1
    assert len({begin.tokens for begin in begins}) > 5
    assert all(any(w[: len(b.tokens)] == b.tokens for w in writings) for b in begins)


def test_more_of_the_molecule_stands_where_more_similarity_is_asked_for() -> None:
    writings = near_writings(CELECOXIB, True)
    lengths = [
        np.mean([len(cut(writings, 1, asked, np.random.default_rng(seed))[0].tokens) for seed in range(40)])
        for asked in (0.1, 0.5, 0.9)
    ]
    assert lengths == sorted(lengths)
    assert lengths[2] > 1.3 * lengths[0]


def test_the_verdict_tells_the_molecule_itself_its_kin_and_strangers_apart() -> None:
    settings = MoleculeSettings(near=PARACETAMOL, similarity=0.5)
    itself, kin, stranger = judged(settings, PARACETAMOL, "CCC(=O)Nc1ccc(O)cc1", "C1CCNCC1")
    assert [c.verdict("near").passed for c in (itself, kin, stranger)] == [False, True, False]  # type: ignore[union-attr]
    assert "same scaffold" in kin.verdict("near").reason  # type: ignore[union-attr]
    assert "another scaffold" in stranger.verdict("near").reason  # type: ignore[union-attr]
    assert itself.value(SIMILARITY) == 1.0


def test_a_molecule_that_the_domain_does_not_hold_is_said() -> None:
    kind = load_kind("molecules")
    (warning,) = kind.cautions(Target(), MoleculeSettings(near=PARACETAMOL))
    assert "151.2 g/mol: the domain lead-like contains no such molecule" in warning
    assert kind.cautions(Target(), MoleculeSettings(near=PARACETAMOL, domain="drug-like")) == ()


# --------------------------------------------------------------------------------------------------- fragments, parts


def test_every_molecule_kept_is_both_fragments_with_a_link() -> None:
    found = kept(MoleculeSettings(fragments=FRAGMENTS, cap=20), 10)
    assert len(found) >= 10
    check = check_linked(FRAGMENTS)
    assert all(check(parse(c.material.smiles)).passed for c in found)
    assert len({c.material.smiles for c in found}) == len(found)


def test_links_are_written_with_each_fragment_first_and_are_molecules() -> None:
    found = links("Cc1nc(*)sc1.*n1cccc1")
    assert {link.turned for link in found} == {True, False}
    able = [link for link in found if first_illegal([*link.example[1:], EOS]) is None]
    assert {link.turned for link in able} == {True, False}
    assert {Chem.CanonSmiles(decode(link.example)) for link in able} == {Chem.CanonSmiles("Cc1nc(Cn2cccc2)sc1")}


@pytest.mark.parametrize(
    ("smiles", "linked"),
    [
        ("c1ccccc1CN1CCOCC1", True),
        ("c1ccccc1CCCN1CCOCC1", True),
        ("c1ccccc1N1CCOCC1", False),  # no atom between them
        ("c1ccccc1CCN1CCCCC1", False),
        ("c1ccccc1CC1COCCN1", False),  # linked at another atom
    ],
)
def test_what_is_a_link(smiles: str, linked: bool) -> None:
    assert check_linked(FRAGMENTS)(Chem.MolFromSmiles(smiles)).passed is linked


def test_a_part_of_a_molecule_is_replaced_and_the_rest_stays() -> None:
    assert without_part(PARACETAMOL, "[OH]") == "*c1ccc(NC(C)=O)cc1"
    assert without_part(PARACETAMOL, "C(=O)N") == "*C.*c1ccc(O)cc1"
    found = kept(MoleculeSettings(near=CELECOXIB, replace="S(N)(=O)=O", similarity=0.1, cap=20), 8)
    rest = Chem.MolFromSmarts("Cc1ccc(cc1)-c1cc(nn1-c1ccc(*)cc1)C(F)(F)F")
    assert len(found) >= 8
    assert all(parse(c.material.smiles).HasSubstructMatch(rest) for c in found)


def test_of_several_places_the_first_that_can_be_replaced_is_and_the_user_is_told() -> None:
    aspirin, kind = "CC(=O)Oc1ccccc1C(=O)O", load_kind("molecules")
    (said,) = kind.cautions(Target(), MoleculeSettings(near=aspirin, replace="C(=O)O", domain="drug-like"))
    assert "stands at 2 places" in said
    assert f"without which {without_part(aspirin, 'C(=O)O')} is left" in said
    acid = MoleculeSettings(near=aspirin, replace="C(=O)[OH]", domain="drug-like")
    assert (kind.cautions(Target(), acid), without_part(aspirin, acid.replace)) == ((), "*c1ccccc1OC(C)=O")
    assert kind.cautions(Target(), MoleculeSettings(near="Cc1ccc(C)cc1", replace="[CH3]", domain="any")) == ()
    assert without_part("C1CC1CCO", "CC") == "*C1CC1.*O", "the first place in a ring is passed over"


@pytest.mark.parametrize(
    ("settings", "contains"),
    [
        ({"scaffold": "c1ccncc1*", "forbid": "n"}, True),
        ({"fragments": "c1ccccc1*.*N1CCOCC1", "forbid": "O"}, True),
        ({"require": "C(=O)N", "forbid": "C=O"}, True),
        ({"near": "Clc1ccccc1CCO", "replace": "[OH]", "forbid": "Cl"}, True),
        ({"near": "Clc1ccccc1CCO", "replace": "Cl", "forbid": "Cl"}, False),
        ({"scaffold": "c1ccncc1*", "forbid": "Cl"}, False),
        ({"near": "Clc1ccccc1CCO", "forbid": "Cl"}, False),
    ],
)
def test_what_must_be_there_and_must_not_is_said_before_the_run(settings: dict[str, str], contains: bool) -> None:
    said = start_cautions(MoleculeSettings(**settings))  # type: ignore[arg-type]
    assert [f"contains {settings['forbid']}, which none may" in one for one in said] == [True] * contains


def test_of_molecules_that_meet_the_goals_alike_the_most_similar_stands_first() -> None:
    settings = MoleculeSettings(near=PARACETAMOL, similarity=0.1)
    found = judged(settings, "CCc1ccccc1", "CC(=O)Nc1ccccc1", "CC(=O)Nc1ccc(OC)cc1")
    ranked = load_kind("molecules").rank(found, Target())
    values = [candidate.value(SIMILARITY) for candidate in ranked]
    assert values == sorted(values, reverse=True)
    assert values[0] != found[0].value(SIMILARITY)


def test_a_nitrogen_of_a_ring_can_be_grown_from() -> None:
    found = kept(MoleculeSettings(scaffold="n1(*)cccc1", cap=20), 6)
    pattern = Chem.MolFromSmarts("[#6,#7,#8,#16]n1cccc1")
    assert len(found) >= 6
    assert all(parse(c.material.smiles).HasSubstructMatch(pattern) for c in found)


# -------------------------------------------------------------------------------------------------------- guarantees


def test_no_molecule_is_kept_that_lacks_the_required_or_holds_the_forbidden() -> None:
    settings = MoleculeSettings(require="[F,Cl]", forbid="C(=O)N", cap=50)
    found = kept(settings, 6)
    assert len(found) >= 6
    for candidate in found:
        molecule = parse(candidate.material.smiles)
        assert molecule.HasSubstructMatch(Chem.MolFromSmarts("[F,Cl]"))
        assert not molecule.HasSubstructMatch(Chem.MolFromSmarts("C(=O)N"))


# --------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"near": "CC(=O)[O-].[Na+]"}, "give one part"),
        ({"near": "CCO"}, "too small to be varied"),
        ({"near": "C[Ge](C)(C)CC"}, "vocabulary"),
        ({"near": "c1ccccc1*"}, "open end"),
        ({"near": "C1CC"}, "not a molecule"),
        ({"near": PARACETAMOL, "scaffold": "CC"}, "cannot be used together"),
        ({"near": PARACETAMOL, "similarity": 2.0}, "similarity 2"),
        ({"replace": "C=O"}, "without its molecule"),
        ({"near": PARACETAMOL, "replace": "[Br]"}, "does not occur"),
        ({"near": PARACETAMOL, "replace": PARACETAMOL}, "is all of"),
        ({"near": PARACETAMOL, "replace": "ccc"}, "joined by a ring or a double bond"),
        ({"near": "CN(CC)CCC", "replace": "N"}, "3 pieces are left"),
        ({"near": PARACETAMOL, "replace": "(("}, "part to replace"),
        ({"fragments": "c1ccccc1*"}, "holds 1 fragments"),
        ({"fragments": "c1ccccc1.*C"}, "has 0 marks"),
        ({"fragments": "*c1ccccc1*.*C"}, "has 2 marks"),
        ({"fragments": "C1CC*.*C"}, "not a molecule"),
        ({"fragments": "C=*.*C"}, "does not hang on one atom by a single bond"),
        ({"fragments": "*.*"}, "does not hang on one atom by a single bond"),
        ({"fragments": "C[Na]*.*C"}, "[Na]"),
        ({"scaffold": "FC(F)(F)F"}, "no open place"),
        ({"scaffold": "CC(=O)[O-].[Na+]"}, "give one part"),
        ({"scaffold": "CC=*"}, "single bond"),
        ({"scaffold": "*"}, "*"),
    ],
)
def test_what_cannot_be_started_from_is_said_with_the_remedy(settings: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_molecules(Target(), 1, MoleculeSettings(**settings))  # type: ignore[arg-type]
    assert said in str(caught.value)
