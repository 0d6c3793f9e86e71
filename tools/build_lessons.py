"""Makes what the lessons show at once: descriptors of molecules, networks trained longer, and what was measured.

    python tools/build_lessons.py [descriptors] [pupils] [ways] [priors] [hidden] [conditions]

Without names all of it, about an hour on one core. The seconds of the samplers are processor time, but a busy machine
lengthens them too: ``seconds`` measures them again, on a quiet one. ``hidden`` wants training/rows/formulas.csv.gz
(``matgen data formulas``).
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
#: Draws of each measurement: the scatter between them is shown.
SEEDS = range(6)


def main() -> None:
    import torch

    from benchmarks import lesson_measures
    from matgen_core.kinds.compositions.rows import count_atoms, load_formula_rows
    from matgen_core.kinds.crystals.writing.embed import load_autoencoder
    from matgen_core.kinds.molecules.reference import load_molecule_reference
    from matgen_core.lessons import measured as lessons_measured

    torch.set_num_threads(1)
    wanted = sys.argv[1:] or ["descriptors", "pupils", "seconds", "ways", "priors", "hidden", "conditions"]
    if "descriptors" in wanted:
        lesson_measures.build_descriptors(load_molecule_reference().smiles[:2000])
    if "pupils" in wanted:
        lesson_measures.build_pupils(lambda said: print(said, flush=True))
    try:
        measured = lessons_measured.load_measured()
    except ValueError:
        measured = lessons_measured.Measured("", (), ())
    if "ways" in wanted:
        ways, before = [], {(way.method, way.steps): way.seconds for way in measured.ways}
        for way in lessons_measured.WAYS:
            seconds = None if "seconds" in wanted else before.get(way)
            ways.append(lesson_measures.measure_way(*way, seeds=SEEDS, seconds=seconds))
            print(ways[-1], flush=True)
        measured = replace(measured, ways=tuple(ways))
    if "priors" in wanted:
        measured = replace(measured, priors=lesson_measures.measure_priors(seeds=SEEDS))
        print(measured.priors, flush=True)
    if "hidden" in wanted:
        rows = load_formula_rows(ROOT / "training" / "rows" / "formulas.csv.gz")
        held = sorted(
            {f for f, out in zip(rows.formulas, rows.held, strict=True) if out and sum(count_atoms(f).values()) <= 50}
        )
        measured = replace(measured, hidden=lesson_measures.measure_hidden(held[:: max(1, len(held) // 1000)][:1000]))
    if "conditions" in wanted:
        guided = []
        for key, values in lessons_measured.TARGETS.items():
            for value in values:
                for guidance in lessons_measured.GUIDANCES:
                    guided.append(lesson_measures.measure_condition(key, value, guidance))
                    print(guided[-1], flush=True)
        measured = replace(measured, guided=tuple(guided))
    lesson_measures.save_measured(replace(measured, autoencoder=load_autoencoder()[2]))


if __name__ == "__main__":
    main()
