"""Makes what the lessons show at once: descriptors of molecules, and samplers and conditions measured.

    python tools/build_lessons.py [descriptors] [ways] [conditions]

Without names all of it, 10 minutes on one core. The seconds of the samplers are processor time, but a busy machine
lengthens them too: measure them alone.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    import torch

    from matgen_core.kinds.crystals.embed import load_autoencoder
    from matgen_core.kinds.molecules.reference import load_molecule_reference
    from matgen_core.lessons import descriptors as lessons_descriptors
    from matgen_core.lessons import sampling as lessons_sampling

    torch.set_num_threads(1)
    wanted = sys.argv[1:] or ["descriptors", "ways", "conditions"]
    if "descriptors" in wanted:
        lessons_descriptors.build_descriptors(load_molecule_reference().smiles[:2000])
    try:
        measured = lessons_sampling.load_measured()
    except ValueError:
        measured = lessons_sampling.Measured("", (), ())
    if "ways" in wanted:
        ways = []
        for method, steps in lessons_sampling.WAYS:
            ways.append(lessons_sampling.measure_way(method, steps))
            print(ways[-1], flush=True)
        measured = replace(measured, ways=tuple(ways))
    if "conditions" in wanted:
        told = []
        for key, values in lessons_sampling.TARGETS.items():
            for value in values:
                for guidance in lessons_sampling.GUIDANCES:
                    told.append(lessons_sampling.measure_condition(key, value, guidance))
                    print(told[-1], flush=True)
        measured = replace(measured, told=tuple(told))
    lessons_sampling.save_measured(replace(measured, autoencoder=load_autoencoder()[2]))


if __name__ == "__main__":
    main()
