"""Names of the checks of a candidate, for a reader of any language."""

from __future__ import annotations

from collections.abc import Mapping

from matgen_core.core.messages import Message, Text
from matgen_core.core.properties import PROPERTIES

RULE_NAMES: Mapping[str, Message] = {
    "distances": Message("Distances"),
    "constraints": Message("Constraints on elements and atoms"),
    "charge_balance": Message("Charge balance (SMACT)"),
    "novelty": Message("Novelty"),
    "duplicate": Message("Unique in this run"),
    "surplus": Message("Not needed: enough found before"),
    "oxidation": Message("Oxidation states"),
    "bonds": Message("Shortest bonds"),
    "packing": Message("Volume per atom"),
    "coordination": Message("Coordination"),
    "structure_type": Message("Structure type"),
    "solid_state": Message("Solid-state synthesis in air"),
    "pareto": Message("On the first Pareto front"),
    "known_elsewhere": Message("In public databases"),
    "hazards": Message("No toxic or radioactive element"),
    "formation": Message("Formation energy below zero"),
    "known_phases": Message("Enough known phases"),
    "hull": Message("Near the hull"),
    "agreement": Message("Both potentials agree"),
    "valid": Message("Valid"),
    "sa_score": Message("Easy to make (SA score)"),
    "PAINS": Message("PAINS alerts"),
    "BRENK": Message("BRENK alerts"),
    "LIPINSKI": Message("Lipinski's rule of five"),
    "scaffold": Message("Contains the scaffold"),
    "require": Message("Contains the required substructure"),
    "forbid": Message("No forbidden substructure"),
    "near": Message("Near the molecule given"),
    "link": Message("Links the fragments"),
    "neutral": Message("Charge-neutral"),
    "new": Message("New formula"),
    "relaxed": Message("Relaxed"),
    "stability": Message("Returns when displaced"),
    "unfinished": Message("Not finished"),
}


def rule_name(rule: str) -> Text:
    """The name of a check; of a target the label of its property; of a rule of others its own words.

    >>> rule_name("hull"), rule_name("target:band_gap"), rule_name("own_rule")
    ('Near the hull', 'Band gap', 'Own rule')
    """
    key = rule.removeprefix("target:")
    if rule in RULE_NAMES:
        return RULE_NAMES[rule]
    if key != rule:  # of one that a user's own predictor predicts, the predictor's name
        return Message(PROPERTIES[key].label) if key in PROPERTIES else key.partition(".")[2] or key
    return key.replace("_", " ").capitalize()
