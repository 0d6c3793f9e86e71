"""Words of ``matgen_core`` that pages show through ``_``: they stand in no page, but belong into the catalogues."""

from __future__ import annotations

from matgen_core.chem.hazards import CAUTION, TOXIC
from matgen_core.chem.symmetry import CRYSTAL_SYSTEMS
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.settings import UNTIL, CompositionSettings, CrystalSettings, MoleculeSettings, declared
from matgen_core.lessons.diffusion import SCHEDULES


def words() -> list[str]:
    """English words, each once."""
    found = [text for record in PROPERTIES.values() for text in (record.label, record.short, record.note)]
    for settings in (CrystalSettings, MoleculeSettings, CompositionSettings):
        found += [text for _field, setting in declared(settings).values() for text in (setting.label, setting.help)]
    found += [*CRYSTAL_SYSTEMS, *SCHEDULES, *UNTIL, "any", "value", "range", "valid", "internal diversity"]
    found += ["the latent", "predicted clean", "told nothing", "told the value"]
    found += ["on target", "diversity", "different formulas"]
    return list(dict.fromkeys(word for word in found if word))


def said() -> list[str]:
    """Parts of sentences that ``matgen_core`` puts together elsewhere than where it says them; {0} is a value."""
    together = "no one of {0} sampled training molecules meets these together: {1}"
    return [
        *TOXIC.values(), *CAUTION.values(), *CRYSTAL_SYSTEMS, *(record.label for record in PROPERTIES.values()),
        "no stable isotope", "caution, {0}", "included", "excluded", "scaffold", "prefix", "required SMARTS",
        "forbidden SMARTS",
        "metal with probability {0}", "non-magnetic with probability {0}", "ESOL on RDKit descriptors (estimated)",
        "RDKit Contrib, SA score", "estimated", "row {0}: {1}", "no engine {0}; choose from: {1}",
        f"{together}. Expect few or no hits.",
        f"{together}. With the others as they are, log S is {{2}} to {{3}} for most. Expect few or no hits.",
    ]  # fmt: skip
