"""The grammar forbids no molecule as RDKit writes it, and what it allows RDKit reads."""

from __future__ import annotations

import random

import partialsmiles
import pytest
from rdkit import Chem, rdBase

from matgen_core.kinds.molecules.grammar import Writing, first_illegal
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.smiles import (
    EOS,
    UNKNOWN,
    VOCABULARY,
    WIDE_SYMBOLS,
    decode,
    encode,
)

SAMPLE = load_molecule_reference().smiles
#: What a chemist may ask for and MOSES does not hold: charges, stereo, iodine, P, B, Si, Se, small and large molecules.
CHEMISTS = (
    "CC(=O)Oc1ccccc1C(=O)O",
    "CC(C)Cc1ccc(C(C)C(=O)O)cc1",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "CN(C)C(=N)NC(=N)N",
    "C[C@@H](N)C(=O)O",
    "[NH3+][C@@H](Cc1ccccc1)C(=O)[O-]",
    "C[N+](C)(C)CCO",
    "O=[N+]([O-])c1ccccc1",
    "[N-]=[N+]=NCC",
    "C/C=C/C",
    "F/C=C\\F",
    "OB(O)c1ccccc1",
    "CP(=O)(O)O",
    "C[Si](C)(C)C#C",
    "Ic1ccccc1",
    "C[Se]C",
    "c1cc[se]c1",
    "C[n+]1ccccc1",
    "[O-][n+]1ccccc1",
    "c1cc[nH+]cc1",
    "c1cc[o+]cc1",
    "c1nn[n-]n1",
    "C[S+](C)C",
    "[C-]#[N+]C",
    "C",
    "C[P+](C)(C)C",
    "F[B-](F)(F)F",
    "CC(C)(C)OC(=O)N[C@@H](CO)C(=O)O",
    "C[C@]12CC[C@H]3[C@@H](CCc4cc(O)ccc43)[C@@H]1CC[C@@H]2O",
    "c1ccc2c(c1)[Si](C)(C)c1ccccc1-2",
    "O",
    "C#N",
    "CC1(C)[C@@H](C(=O)O)N2C(=O)[C@@H](NC(=O)Cc3ccccc3)[C@H]2S1",
    "C1=C[SiH](C)C=C1",
    "CO[PH](=O)OC",
    "[O-]S(=O)(=O)c1ccccc1",
    "C=[N+]=[N-]",
    "c1ccc2[nH]c3ccccc3c2c1",
    "CC(=O)[O-]",
    "C[NH+](C)C",
)


def refused(text: str) -> str | None:
    tokens = encode(text)[1:]
    place = first_illegal(tokens)
    return None if place is None else f"{decode(tokens[:place])}|{VOCABULARY[tokens[place]]} of {text}"


def test_every_known_molecule_may_be_written() -> None:
    assert [said for text in SAMPLE if (said := refused(text))] == []


@pytest.mark.parametrize("text", CHEMISTS)
def test_so_may_every_molecule_of_the_wider_domain(text: str) -> None:
    molecule = Chem.MolFromSmiles(text)
    written = Chem.MolToSmiles(molecule)
    assert refused(written) is None
    for root in range(molecule.GetNumAtoms()):
        assert refused(Chem.MolToSmiles(molecule, rootedAtAtom=root)) is None
    assert Chem.MolToSmiles(Chem.MolFromSmiles(decode(encode(written)))) == written


def test_so_may_it_from_any_other_atom() -> None:
    rng = random.Random(0)
    for text in SAMPLE[::5]:
        molecule = Chem.MolFromSmiles(text)
        root = rng.randrange(molecule.GetNumAtoms())
        assert refused(Chem.MolToSmiles(molecule, rootedAtAtom=root)) is None
        assert refused(Chem.MolToSmiles(molecule, doRandom=True)) is None


@pytest.mark.parametrize(
    ("written", "token"),
    [
        ("", ")"),
        ("", "="),
        ("", "1"),
        ("C", ")"),
        ("C(", ")"),
        ("C(", "("),
        ("C(C)", "1"),
        ("C(C)", "<eos>"),
        ("C=", "F"),
        ("C#", "O"),
        ("C=", "="),
        ("FF", "F"),
        ("FC(F)(F)", "("),
        ("OO", "="),
        ("C1", "1"),
        ("C1C", "1"),
        ("C1CC", "<eos>"),
        ("C(C", "<eos>"),
        ("c", "C"),
        ("c", "c"),
        ("c", "<eos>"),
        ("c1cccc1", "<eos>"),
        ("C1C", "F"),
        ("c1ccs", "1"),
        ("N(C)(C)", "("),
        ("C=N", "="),
        ("c1ccccc1", "="),
        ("c1cc", "#"),
        ("C(=O)(O)(", "C"),
        ("CC(C)(C)(C)", "C"),
        ("C", "<pad>"),
        ("C", "<bos>"),
        ("c1ccc(c", ")"),
        ("c1ccc2c(c1)c", "<eos>"),
        ("c1(c", "F"),
        ("C[N+](C)", "C"),
        ("C[O-]", "C"),
        ("C[N+]", "C"),
        ("[NH3+]", "<eos>"),
        ("C[N+](C)(C)(", "C"),
        ("C[Si]", "="),
        ("C[C@H]", "="),
        ("C[C@H](N)", "<eos>"),
        ("[n+]1", "c"),
        ("C/", "1"),
        ("C/", "="),
        ("C=C/", ")"),
        ("C[C@@](N)(O)", "<eos>"),
        ("c1cc[nH+]", "("),
        ("C[Se]", "<eos>"),
        ("C=[Se]", "C"),
        ("C[N-]", "<eos>"),
        ("CI", "C"),
        ("C[NH+](", "="),
    ],
)
def test_what_cannot_be_finished_may_not_stand(written: str, token: str) -> None:
    writing = Writing(encode(written, end=False)[1:])
    assert not writing.allows(VOCABULARY.index(token))


def walk(rng: random.Random, longest: int = 64) -> tuple[list[int], bool]:
    """A string of tokens drawn among what is allowed, and whether it came to its end."""
    weights = [rng.random() ** 2 for _ in VOCABULARY]
    weights[EOS] = 1 + 3 * rng.random()
    for symbol in (*"-3456", *WIDE_SYMBOLS):
        weights[VOCABULARY.index(symbol)] *= 0.2
    writing, written = Writing(longest=longest), []
    while True:
        options = [token for token, may in enumerate(writing.allowed()) if may]
        if not options:
            return written, False
        (token,) = rng.choices(options, [weights[option] + 1e-9 for option in options])
        if token == EOS:
            return written, True
        writing.add(token)
        written.append(token)


def test_whatever_may_be_written_is_a_molecule() -> None:
    rng, ended = random.Random(1), 0
    with rdBase.BlockLogs():
        for _ in range(300):
            written, finished = walk(rng)
            assert len(written) + 2 <= 64
            ended += finished
            molecule = Chem.MolFromSmiles(decode(written)) if finished else None
            assert not finished or molecule is not None, decode(written)
            radicals = sum(atom.GetNumRadicalElectrons() for atom in molecule.GetAtoms()) if molecule else 0
            assert radicals == 0, decode(written)
    assert ended > 150  # of strings that nobody would write: most of the others are one endless aromatic ring


def refused_by_oracle(tokens: list[int], partial: bool) -> str | None:
    """What another parser, which also reads strings that are not finished, has against a string; None for nothing."""
    if decode(tokens) == "[H]":  # it wants the atom of a bracket to be bonded at once
        return None
    try:
        partialsmiles.ParseSmiles(decode(tokens), partial=partial)
    except partialsmiles.Error as error:
        return f"{decode(tokens)}: {error.message}"
    return None


def test_each_beginning_of_what_may_be_written_may_go_on_for_another_parser() -> None:
    rng, wrong, beginnings = random.Random(2), [], 0
    for _ in range(200):
        written, finished = walk(rng)
        if not finished:
            continue
        beginnings += len(written)
        wrong += [said for n in range(1, len(written)) if (said := refused_by_oracle(written[:n], partial=True))]
        wrong += [said] if (said := refused_by_oracle(written, partial=False)) else []
    assert beginnings > 1000
    assert wrong == []


def test_what_another_parser_refuses_may_not_be_written() -> None:
    """Where that parser says that no molecule can begin so, the grammar must not allow it."""
    rng, wrong, refusals = random.Random(3), [], 0
    for text in rng.sample(list(SAMPLE), 20):
        tokens = encode(text)[1:-1]
        for n in range(len(tokens)):
            writing = Writing(tokens[:n])
            for token in range(UNKNOWN + 1, len(VOCABULARY)):
                if said := refused_by_oracle([*tokens[:n], token], partial=True):
                    refusals += 1
                    wrong += [said] if writing.allows(token) else []
    assert refusals > 1000
    assert wrong == []


def test_a_string_is_closed_in_time() -> None:
    writing = Writing(encode("CC(C1", end=False)[1:], longest=15)
    assert not writing.allows(VOCABULARY.index("("))
    assert writing.allows(VOCABULARY.index("C"))


def test_a_long_chain_costs_little() -> None:
    text = "c1" + "n" * 40
    tokens = encode(text, end=False)[1:]
    writing = Writing()
    for token in tokens:
        if not writing.allows(token):
            break
        writing.add(token)
    assert sum(writing.allowed()) < len(VOCABULARY)
