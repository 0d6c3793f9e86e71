"""Words of ``matgen_core`` that pages show through ``_``: they stand in no page, but belong into the catalogues."""

from __future__ import annotations

from matgen_core.chem.symmetry import CRYSTAL_SYSTEMS
from matgen_core.lessons import SCHEDULES
from matgen_core.properties import PROPERTIES
from matgen_core.stages.molecule_conditions import UNTIL


def words() -> list[str]:
    """English words, each once."""
    found = [text for record in PROPERTIES.values() for text in (record.label, record.note)]
    found += [
        *CRYSTAL_SYSTEMS,
        *SCHEDULES,
        *UNTIL,
        "any",
        "value",
        "range",
        "known",
        "picked",
        "before",
        "after",
        "MOSES",
    ]
    found += ["this run", "Intensity", "Step", "Loss", "candidates", "front", "trained", "frozen", "known formulas"]
    return list(dict.fromkeys(word for word in found if word))
