"""Words of ``matgen_core`` that pages show through ``_``: they stand in no page, but belong into the catalogues."""

from __future__ import annotations

from matgen_core.chem.crystals.symmetry import CRYSTAL_SYSTEMS
from matgen_core.chem.formulas.hazards import CAUTION, TOXIC
from matgen_core.core.admet import PARTS
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.settings import (
    DOMAINS,
    UNTIL,
    Budget,
    CompositionSettings,
    ConstraintTexts,
    CrystalSettings,
    MoleculeSettings,
    Rules,
    TuneSettings,
    declared,
)
from matgen_core.kinds.crystals.generate import trained_engines
from matgen_core.lessons.diffusion import SCHEDULES


def words() -> list[str]:
    """English words, each once."""
    found = [text for record in PROPERTIES.values() for text in (record.label, record.short)]
    found += [record.note for record in PROPERTIES.values() if not isinstance(record.note, Message)]
    found += trained_engines()
    for settings in (CrystalSettings, MoleculeSettings, CompositionSettings, Budget, Rules, TuneSettings):
        found += [text for _field, setting in declared(settings).values() for text in (setting.label, setting.help)]
    for name in (
        "subsets",
        "space_group",
        "oxidation",
        "dimensionality",
        "structure_type",
    ):  # the others have controls of their own
        setting = declared(ConstraintTexts)[name][1]
        found += [setting.label, setting.help]
    found += [*CRYSTAL_SYSTEMS, *SCHEDULES, *UNTIL, *DOMAINS, "value", "range", "valid", "internal diversity"]
    found += ["the latent", "predicted clean", "unconditional", "conditional"]
    found += ["engine", "kind of material"]  # of registries
    found += ["on target", "diversity", "different formulas", "mean score", "at least", "at most"]
    found += [*TOXIC.values(), *CAUTION.values(), "included", "excluded", "scaffold", "prefix", "required SMARTS"]
    found += ["forbidden SMARTS", "ESOL on RDKit descriptors (estimated)", "RDKit Contrib, SA score", "estimated"]
    found += [*PARTS, "probability", "value"]
    found += ["metal with probability {zero:.2f}", "non-magnetic with probability {zero:.2f}"]
    # Of runs of former versions; today's sentence has one value less, so that it cannot stand for this one.
    found.append("{judged:.3g} {unit} by the judging predictor, {steered:.3g} by the steering one, asked for {goal}")
    return list(dict.fromkeys(word for word in found if word))
