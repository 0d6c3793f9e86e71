"""Names of kept runs for a reader: what the app wrote in his language, what a user wrote as it is."""

from __future__ import annotations

from functools import lru_cache

from matgen_core.chem.crystals.symmetry import symbol
from matgen_core.chem.formulas.hazards import RADIOACTIVE, RARE_EARTHS, TOXIC, is_scarce
from matgen_core.core.goals import Target
from matgen_core.core.messages import Message, join
from matgen_core.core.properties import PROPERTIES
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.runs.store import LONGEST_NAME, Run
from pages.i18n.formatting import goal_message, subscript
from pages.i18n.language import N_, _

#: Before the kind of material in the kind of a run of the loop.
LOOP = "design-"
#: Likewise of a run by a generator that was tuned towards a property of the user's own.
OWN = "own-"


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[str]]:
    """Groups of elements that can be left out, as far as the networks know them."""
    known = frozenset(ELEMENTS)
    return {
        N_("rare earths"): RARE_EARTHS & known,
        N_("toxic elements"): known.intersection(TOXIC),
        N_("radioactive elements"): RADIOACTIVE & known,
        N_("scarce elements"): frozenset(filter(is_scarce, ELEMENTS)),
    }


def made_by(kind: str) -> str:
    """What made a run."""
    from pages.kinds.registry import page_kinds  # the pages of the kinds import pages.runs

    names = {"screening": _("Screening"), "relaxation": _("Relaxation"), "merged": _("Merged shards")}
    for page in page_kinds():
        names |= {page.name: _(page.label), f"{LOOP}{page.name}": _(page.loop_label)}
        names[f"{OWN}{page.name}"] = _("Own property, {kind}").format(kind=_(page.name))
    return names.get(kind, _(kind))


def asked_message(target: Target, *more: str) -> Message:
    """What a run was asked for, in a line: its name until it has another, for a reader of any language."""
    rules = target.constraints
    parts = [subscript(rules.formula)] if rules.formula else []
    if rules.chemical_system:
        system = "-".join(sorted(rules.chemical_system))
        parts.append(Message("within {system}", system=system) if rules.subsets else system)
    if rules.include:
        parts.append(Message("with {elements}", elements=", ".join(sorted(rules.include))))
    left_out = rules.exclude
    for name, members in _groups().items():  # a group that is left out is named, not its elements
        if members <= rules.exclude:
            parts.append(Message("without {elements}", elements=Message(name)))
            left_out -= members
    if left_out:
        parts.append(Message("without {elements}", elements=", ".join(sorted(left_out))))
    parts += [rules.crystal_system or "", ", ".join(map(symbol, sorted(rules.space_groups)))]
    parts += [f"{element}{abs(state)}{'+' if state > 0 else '-'}" for element, state in rules.oxidation]
    if rules.structure_type is not None:
        parts.append(Message("{name} type", name=rules.structure_type))
    if rules.dimensionality is not None:
        parts.append(Message("{found}-dimensional", found=rules.dimensionality))
    parts += [join([PROPERTIES[key].label, goal_message(key, goal)], " ") for key, goal in target.goals.items()]
    parts += more
    return join(parts, " · ") or Message("no target")


def run_name(run: Run) -> str:
    """The name of a run."""
    begun = f" {run.created:%Y-%m-%d %H:%M}"
    if run.name == run.kind + begun:  # a former version named runs by kind and time
        return made_by(run.kind) + begun
    return (_(run.name) if isinstance(run.name, Message) else run.name)[:LONGEST_NAME]
