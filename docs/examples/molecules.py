"""Molecules for a target: pyridines of 250 to 350 g/mol with logP of at most 3, as a table, SMILES and SDF.

python docs/examples/molecules.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from matgen_core import Goal, MoleculeSettings, Target, design, write


def main(folder: Path) -> None:
    """Writes ``found.csv``, ``found.smi`` and ``found.sdf``."""
    target = Target({"logp": Goal.at_most(3.0), "weight": Goal(250.0, 350.0)})
    # A temperature below 1 follows the training molecules more closely; a scaffold is grown where its * stands.
    settings = MoleculeSettings(temperature=0.9, scaffold="c1ccncc1*")
    found = design("molecules", target, 20, seed=7, settings=settings)

    # A string that is rejected comes back, too: its verdicts say why.
    kept = [candidate for candidate in found if all(verdict.passed is not False for verdict in candidate.verdicts)]
    for candidate in kept[:5]:
        print(candidate.material.smiles, *(f"{p.property} {p.value:.3g}" for p in candidate.predictions.values()))
    print(f"{len(kept)} of {len(found)} strings meet every target and pass every filter")

    folder.mkdir(parents=True, exist_ok=True)
    for ending in ("csv", "smi", "sdf"):
        content = write("molecules", kept, ending)
        assert isinstance(content, str)
        (folder / f"found.{ending}").write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "molecules"))
