"""Molecules beyond MOSES as training rows: what is kept of each source, what is left out, and why.

A salt loses its counter-ions and is neutralised; of a mixture nothing is kept. Isotopes, radicals, elements and tokens
outside the vocabulary, more than 126 tokens and more than 900 g/mol are left out, each with its reason. Of every set a
fixed share, chosen by the molecule itself, is withheld from training.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from matgen_core.chem.molecules.molecule import ELEMENTS, canonical, properties, read
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import join
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.core.settings import DOMAINS
from matgen_core.kinds.molecules.rows import MoleculeRows
from matgen_core.kinds.molecules.smiles import encode

#: Percent of each set that is withheld.
HELD_SHARE = 4
HEAVIEST = 900.0
#: Domain of each source of the wide set.
SOURCES = {
    "qm9": "small",
    "nonfullerene": "conjugated",
    **dict.fromkeys(("muv", "hiv", "tox21", "bbbp", "bace", "clintox", "sider"), "drug-like"),
}


def read_table(path: Path, domain: str = "drug-like") -> Iterator[tuple[str, str, str]]:
    """SMILES, source and domain of each row of a file.

    Args:
        path: a CSV with a column ``smiles`` (and ``source``, whose domains are known), or one SMILES a line, with or
            without a name behind it; either may be compressed (.gz).
        domain: of rows without a known source.

    Raises:
        BadInput: where it cannot be read.
    """
    check_domain(domain)
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = raw.decode("utf-8-sig").splitlines()
    except (OSError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise BadInput(
            "{path} cannot be read ({reason}); give a CSV with a column smiles, or one SMILES per line",
            path=path,
            reason=error,
        ) from None
    header = [name.strip().lower() for name in next(csv.reader(lines[:1]), [])]
    if "smiles" not in header:
        for line in lines:
            if line.strip():
                yield line.split()[0], path.name, domain
        return
    column, source = header.index("smiles"), header.index("source") if "source" in header else None
    for row in csv.reader(lines[1:]):
        if len(row) > column:
            name = row[source] if source is not None and len(row) > source else path.name
            yield row[column], name, SOURCES.get(name, domain)


def check_domain(domain: str) -> None:
    """Raises BadInput for what is no domain of rows."""
    if domain not in DOMAINS[:-1]:
        raise BadInput("no domain {domain!r}; choose from: {domains}", domain=domain, domains=join(DOMAINS[:-1], ", "))


def settle(text: str) -> Chem.Mol:
    """The molecule that a row is kept as.

    Raises:
        BadInput: with the reason for which it is left out.
    """
    pieces = text.strip().split(".")
    molecule = read(text) if len(pieces) == 1 else _without_ions(pieces)
    atoms = list(molecule.GetAtoms())
    if any(atom.GetIsotope() for atom in atoms):
        raise BadInput("isotopes")
    if any(atom.GetNumRadicalElectrons() for atom in atoms):
        raise BadInput("a radical")
    if {atom.GetSymbol() for atom in atoms} - set(ELEMENTS):
        raise BadInput("an element outside the vocabulary")
    return molecule


def _without_ions(pieces: Sequence[str]) -> Chem.Mol:
    """The largest piece of a salt or solvate, neutralised."""
    molecules = sorted((read(piece) for piece in pieces), key=lambda m: -m.GetNumHeavyAtoms())
    largest = molecules[0].GetNumHeavyAtoms()
    if not any(atom.GetSymbol() == "C" for atom in molecules[0].GetAtoms()):
        raise BadInput("a salt without an organic piece")
    if len({canonical(m) for m in molecules if m.GetNumHeavyAtoms() == largest}) > 1:
        raise BadInput("a mixture of pieces of one size")
    return read(canonical(rdMolStandardize.Uncharger().uncharge(molecules[0])))


def withheld(smiles: str) -> bool:
    """Whether a molecule belongs to the share that is never trained on; the same for every file that holds it."""
    return int.from_bytes(blake2b(smiles.encode(), digest_size=4).digest(), "big") % 100 < HELD_SHARE


def add_rows(
    rows: MoleculeRows, table: Iterable[tuple[str, str, str]], apart: Iterable[str] = ()
) -> tuple[MoleculeRows, Counter[str]]:
    """The rows with those of a table behind them, each molecule once.

    Args:
        rows: what is there already; may be empty.
        table: SMILES, source and domain, as :func:`read_table` gives them.
        apart: canonical strings that must not be learnt, such as a test set.

    Returns:
        All rows, and how many of each source were kept or left out, by "source: kept" and "source: reason".
    """
    seen, apart = {rows.smiles(i) for i in range(len(rows))}, set(apart)
    said: Counter[str] = Counter()
    tokens: list[int] = []
    starts, labels, domains, held = [int(rows.starts[-1])], [], [], []
    for text, source, domain in table:
        try:
            molecule = settle(text)
            smiles, values = canonical(molecule), properties(molecule)
            reason = _reason(smiles, values["weight"], seen, apart)
            written = [] if reason else encode(smiles)
        except BadInput as error:
            reason = _short(str(error))
        if reason:
            said[f"{source}: {reason}"] += 1
            continue
        seen.add(smiles)
        tokens += written
        starts.append(int(rows.starts[-1]) + len(tokens))
        labels.append([values[key] for key in MOLECULE_CONDITIONS])
        domains.append(DOMAINS.index(domain))
        held.append(withheld(smiles))
        said[f"{source}: kept"] += 1
    return _behind(rows, tokens, starts, labels, domains, held), said


def _behind(
    rows: MoleculeRows,
    tokens: list[int],
    starts: list[int],
    labels: list[list[float]],
    domains: list[int],
    held: list[bool],
) -> MoleculeRows:
    table = np.array(labels, dtype=np.float32).reshape(-1, len(MOLECULE_CONDITIONS))
    return MoleculeRows(
        np.concatenate([rows.tokens, np.array(tokens, dtype=np.uint8)]),
        np.concatenate([rows.starts, np.array(starts[1:], dtype=np.int64)]),
        np.concatenate([rows.labels, table]),
        np.concatenate([rows.domain, np.array(domains, dtype=np.uint8)]),
        np.concatenate([rows.withheld, np.array(held, dtype=bool)]),
    )


def _reason(smiles: str, weight: float, seen: set[str], apart: set[str]) -> str:
    """Why a molecule that can be read is left out; empty where it is kept."""
    if smiles in seen:
        return "already there"
    if smiles in apart:
        return "in a test set"
    return f"heavier than {HEAVIEST:.0f} g/mol" if weight > HEAVIEST else ""


def _short(text: str) -> str:
    """The reason of a refusal in a few words, so that rows can be counted by it."""
    for words, reason in (
        ("kekulize", "cannot be kekulised"),
        ("valence", "a valence that cannot be"),
        ("outside the model", "a token outside the vocabulary"),
        ("tokens; the model", "longer than 126 tokens"),
        ("open end", "an open end"),
        ("not a molecule", "not a molecule"),
    ):
        if words in text:
            return reason
    return text[:60]
