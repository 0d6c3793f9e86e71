"""Molecules by RDKit: validity, canonical string, properties.

Properties: logP (Wildman & Crippen 1999), molecular weight (g/mol), hydrogen-bond donors and acceptors (Lipinski
counts), and log S (mol/L) by ESOL (Delaney 2004). Delaney fitted ESOL on another logP, so its error on measured
solubilities is part of ``matgen evaluate molecules``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from rdkit import Chem, DataStructs, rdBase
from rdkit.Chem import QED, Crippen, Descriptors, rdFingerprintGenerator, rdMolDescriptors

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, Text, join
from matgen_core.core.typed_text import plain_text

#: Longest string that is looked at: RDKit's time grows faster than the string.
LONGEST = 400
#: Characters of RDKit's own words that a message repeats.
_SAID = 120
#: Of the molecules that the generator was trained on, and their weights in g/mol.
ELEMENTS = ("C", "N", "O", "S", "F", "Cl", "Br", "I", "P", "B", "Si", "Se", "H")
LIGHTEST, HEAVIEST = 50.0, 700.0


def parse(smiles: str) -> Chem.Mol | None:
    """The molecule, or None where the string is none (empty, too long, more than one piece, any bond, unreadable)."""
    if not smiles or len(smiles) > LONGEST or not smiles.isascii() or "." in smiles or "~" in smiles:
        return None
    with rdBase.BlockLogs():  # complaints about strings a network drew are no news
        return Chem.MolFromSmiles(smiles)


def read(smiles: str, name: str = "SMILES", *, ends: bool = False) -> Chem.Mol:
    """The molecule a user typed, or a cell of a table.

    Args:
        smiles: the string.
        name: what it is called in errors.
        ends: whether it may have open ends (*); only then the labels of its atoms, as [CH3:1], are kept.

    Raises:
        BadInput: naming the string and what is wrong with it, as RDKit says it.
    """
    text, shown = plain_text(smiles).strip(), quote(smiles)
    if not text:
        raise BadInput("the {name} is empty; write one such as c1ccccc1", name=name)
    if len(text) > LONGEST:
        raise BadInput(
            "the {name} {shown} is too long; write at most {longest} characters",
            name=name,
            shown=shown,
            longest=LONGEST,
        )
    molecule = parse(text)
    if molecule is None or molecule.GetNumAtoms() == 0:
        raise BadInput(
            "the {name} {shown} is not a molecule: {problem}", name=name, shown=shown, problem=_problem(text)
        )
    if ends:
        return molecule
    if any(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms()):
        raise BadInput(
            "the {name} {shown} is not a molecule: it has an open end (*); write the atom there",
            name=name,
            shown=shown,
        )
    if any(atom.GetAtomMapNum() for atom in molecule.GetAtoms()):
        for atom in molecule.GetAtoms():
            atom.SetAtomMapNum(0)
        molecule = Chem.MolFromSmiles(canonical(molecule))
    return molecule


def _problem(text: str) -> str:
    """Why a string is no molecule: pieces, a reaction, or what RDKit says of a ring, a valence or the writing."""
    reason: Text
    if not text.isascii():
        odd = next(c for c in text if not c.isascii())
        reason = Message("{odd} cannot be part of SMILES", odd=quote(odd))
    elif ">>" in text:
        reason = Message("it is a reaction; give each molecule in a row of its own")
    elif "~" in text:
        reason = Message("it has a bond of unspecified order (~); write its order")
    else:
        with rdBase.CaptureErrorLog() as log:
            bare = Chem.MolFromSmiles(text, sanitize=False)
        reason = _writing(log.messages) if bare is None else problem(bare)
    return reason


def _writing(log: str) -> str:
    """What RDKit says of a string that it cannot read at all."""
    found = re.search(r"SMILES Parse Error: (.*?)(?: for input| while parsing)?(?::|$)", log, re.MULTILINE)
    place = re.search(r"around position (\d+)", log)
    if found and place:
        reason = Message("RDKit says: {found} (character {place})", found=quote(found[1], _SAID), place=place[1])
    else:
        reason = (
            Message("RDKit says: {found}", found=quote(found[1], _SAID)) if found else Message("RDKit cannot read it")
        )
    return reason


def problem(molecule: Chem.Mol) -> str:
    """Why a molecule that was read without a check is none that can be used; empty where it can.

    Args:
        molecule: not sanitised.
    """
    pieces = len(Chem.GetMolFrags(molecule))
    if molecule.GetNumAtoms() == 0:
        return "it has no atoms"
    if pieces > 1:
        reason = Message(
            "it has {pieces} separate parts, like a salt or a solvate; the models take one molecule, so give one part",
            pieces=pieces,
        )
        return reason
    with rdBase.BlockLogs():
        found = Chem.DetectChemistryProblems(molecule)
    if not found:
        return ""
    said = quote(found[0].Message().replace("  ", " "), _SAID)
    if "kekulize" in found[0].GetType().lower():
        reason = Message(
            "a ring of it cannot be kekulized (RDKit says: {said}); an aromatic nitrogen with hydrogen is written [nH]",
            said=said,
        )
    else:
        reason = Message("RDKit says: {said}", said=said)
    return reason


def split_extension(text: str) -> tuple[str, str, str]:
    """SMILES, CXSMILES extension and name of a line or cell such as ``C[C@H](F)Cl |o1:1| halo``.

    >>> split_extension("C[C@H](F)Cl |o1:1| halo"), split_extension("CCO ethanol")
    (('C[C@H](F)Cl', '|o1:1|', 'halo'), ('CCO', '', 'ethanol'))
    """
    smiles, _, rest = text.strip().replace("\t", " ").partition(" ")
    found = re.match(r"\s*(\|[^|]*\|)?(.*)", rest, re.DOTALL)
    assert found is not None
    return smiles, found[1] or "", found[2].strip()


def read_pattern(smarts: str, name: str = "SMARTS") -> Chem.Mol:
    """The substructure pattern a user typed.

    Raises:
        BadInput: naming the string.
    """
    text = plain_text(smarts).strip()
    if not text or len(text) > LONGEST or not text.isascii():
        raise BadInput(
            "the {name} {smarts} cannot be used; write 1 to {longest} plain characters",
            name=name,
            smarts=quote(smarts),
            longest=LONGEST,
        )
    with rdBase.BlockLogs():  # complaints about strings a network drew are no news
        pattern = Chem.MolFromSmarts(text)
    if pattern is None or pattern.GetNumAtoms() == 0:
        raise BadInput(
            "the {name} {smarts} is not a pattern that RDKit can read; try C(=O)[OH], for example",
            name=name,
            smarts=quote(smarts),
        )
    return pattern


def canonical(molecule: Chem.Mol) -> str:
    """RDKit's canonical SMILES."""
    return str(Chem.MolToSmiles(molecule))


def properties(molecule: Chem.Mol) -> dict[str, float]:
    """logP, log S (mol/L, estimated), weight (g/mol), donors, acceptors, TPSA (Å²), rotatable bonds, by key.

    >>> round(properties(Chem.MolFromSmiles("CCO"))["weight"], 2)
    46.07
    """
    logp, weight = float(Crippen.MolLogP(molecule)), float(Descriptors.MolWt(molecule))  # type: ignore[attr-defined]
    return {
        "logp": logp,
        "solubility": esol(molecule, logp, weight),
        "weight": weight,
        "donors": float(rdMolDescriptors.CalcNumHBD(molecule)),
        "acceptors": float(rdMolDescriptors.CalcNumHBA(molecule)),
        "tpsa": float(rdMolDescriptors.CalcTPSA(molecule)),
        "rotatable": float(rdMolDescriptors.CalcNumRotatableBonds(molecule)),
    }


def drug_likeness(molecule: Chem.Mol) -> float:
    """QED, 0 to 1 (Bickerton et al., Nat. Chem. 4, 90, 2012)."""
    return float(QED.qed(molecule))  # type: ignore[no-untyped-call]


#: Properties that take milliseconds, so that they are computed only where they are asked for.
ON_REQUEST: Mapping[str, Callable[[Chem.Mol], float]] = {"qed": drug_likeness}


def esol(molecule: Chem.Mol, logp: float, weight: float) -> float:
    """log10 of the aqueous solubility in mol/L (Delaney, J. Chem. Inf. Comput. Sci. 2004, 44, 1000, table 4).

    Args:
        molecule: what dissolves.
        logp: octanol-water coefficient (Delaney used Daylight's; here it is Crippen's).
        weight: g/mol.
    """
    rotatable = rdMolDescriptors.CalcNumRotatableBonds(molecule)
    aromatic = sum(a.GetIsAromatic() for a in molecule.GetAtoms()) / max(1, molecule.GetNumHeavyAtoms())
    return float(0.16 - 0.63 * logp - 0.0062 * weight + 0.066 * rotatable - 0.74 * aromatic)


@cache
def _scorer() -> Any:
    from rdkit.Contrib.SA_Score import sascorer

    return sascorer


def accessibility(molecule: Chem.Mol) -> float:
    """Synthetic accessibility score, 1 (easy) to 10 (hard) (Ertl & Schuffenhauer 2009, RDKit Contrib)."""
    return float(_scorer().calculateScore(molecule))


@lru_cache(maxsize=1)
def _morgan() -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1024)


def fingerprint(molecule: Chem.Mol) -> DataStructs.ExplicitBitVect:
    """Morgan fingerprint of radius 2, 1024 bits."""
    bits: DataStructs.ExplicitBitVect = _morgan().GetFingerprint(molecule)
    return bits


def similarities(one: DataStructs.ExplicitBitVect, many: Sequence[DataStructs.ExplicitBitVect]) -> list[float]:
    """Tanimoto similarity of one fingerprint to each of many."""
    return [float(value) for value in DataStructs.BulkTanimotoSimilarity(one, list(many))]


def internal_diversity(prints: Sequence[DataStructs.ExplicitBitVect]) -> float | None:
    """1 minus the mean Tanimoto similarity over all ordered pairs, each with itself too, as MOSES defines IntDiv."""
    if not prints:
        return None
    total = sum(sum(similarities(one, prints)) for one in prints)
    return 1.0 - total / len(prints) ** 2


def outside_domain(molecule: Chem.Mol) -> str | None:
    """Why the molecule is unlike what the generator was trained on, or None.

    >>> outside_domain(Chem.MolFromSmiles("C[Ge](C)(C)C"))
    'it contains Ge'
    """
    weight = float(Descriptors.MolWt(molecule))  # type: ignore[attr-defined]
    odd = sorted({a.GetSymbol() for a in molecule.GetAtoms()} - set(ELEMENTS))
    reasons = [Message("it contains {odd}", odd=join(odd, ", "))] if odd else []
    if not LIGHTEST - 0.5 <= weight <= HEAVIEST + 0.5:
        reasons.append(
            Message(
                "its weight of {weight:.0f} g/mol is outside {low:.0f} to {high:.0f}",
                weight=weight,
                low=LIGHTEST,
                high=HEAVIEST,
            )
        )
    return join(reasons) or None


def contains(molecule: Chem.Mol, pattern: Chem.Mol) -> bool:
    """Whether the pattern occurs in the molecule."""
    return bool(molecule.HasSubstructMatch(pattern))
