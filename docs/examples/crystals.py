"""Crystals for a target: oxides with a wide gap, without lead and cadmium, as a table and as CIFs.

python docs/examples/crystals.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from matgen_core import Constraints, CrystalSettings, Goal, Target, design, to_cif, to_csv


def main(folder: Path) -> None:
    """Writes ``found.csv`` and a CIF for each candidate that meets the targets."""
    # A goal is a value, Goal.at(2.0), or a range. What is not named may have any value.
    target = Target(
        {"band_gap": Goal(2.0, 5.0), "formation_energy": Goal(-4.0, -1.5)},
        Constraints(include=frozenset({"O"}), exclude=frozenset({"Pb", "Cd"}), max_atoms=12),
    )
    # The same target, count, seed and settings give the same candidates. More skeletons and geometries take longer and
    # give better crystals; these are few, so that the example is quick.
    settings = CrystalSettings(skeletons=1, geometries=2, refined=1)
    found = design("crystals", target, 6, seed=7, settings=settings)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "found.csv").write_text(to_csv(found), encoding="utf-8")
    for candidate in found:  # best first
        # A prediction that failed has the value None and says why in its note.
        values = [f"{p.property} {p.value:.2f} {p.unit}" for p in candidate.predictions.values() if p.value is not None]
        print(f"{candidate.id}: space group {candidate.material.space_group}, {', '.join(values)}")
        # Every rule leaves a verdict with its reason: True, False, or None where it cannot tell.
        rejected = [f"{verdict.rule}: {verdict.reason}" for verdict in candidate.verdicts if verdict.passed is False]
        if not rejected:
            (folder / f"{candidate.id}.cif").write_text(to_cif(candidate), encoding="utf-8")
        print("   ", "; ".join(rejected) or "no rule rejects it")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "crystals"))
