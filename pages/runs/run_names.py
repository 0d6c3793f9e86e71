"""Names of kept runs for a reader: what the app wrote in his language, what a user wrote as it is."""

from __future__ import annotations

from matgen_core.core.goals import Target
from matgen_core.core.messages import Message, join
from matgen_core.core.properties import PROPERTIES
from matgen_core.runs.store import LONGEST_NAME, Run
from pages.i18n.formatting import goal_message, subscript
from pages.i18n.language import _

#: Before the kind of material in the kind of a run of the loop.
LOOP = "design-"
#: Likewise of a run by a generator that was tuned towards a property of the user's own.
OWN = "own-"


def made_by(kind: str) -> str:
    """What made a run."""
    from pages.kinds.registry import page_kinds  # the pages of the kinds import pages.runs

    names = {"screening": _("Screening"), "relaxation": _("Relaxation")}
    for page in page_kinds():
        names |= {page.name: _(page.label), f"{LOOP}{page.name}": _(page.loop_label)}
        names[f"{OWN}{page.name}"] = _("Own property, {kind}").format(kind=_(page.name))
    return names.get(kind, _(kind))


def asked_message(target: Target, *more: str) -> Message:
    """What a run was asked for, in a line: its name until it has another, for a reader of any language."""
    rules = target.constraints
    parts = [subscript(rules.formula)] if rules.formula else []
    if rules.chemical_system:
        parts.append("-".join(sorted(rules.chemical_system)))
    if rules.include:
        parts.append(Message("with {elements}", elements=", ".join(sorted(rules.include))))
    if rules.exclude:
        parts.append(Message("without {elements}", elements=", ".join(sorted(rules.exclude))))
    parts += [rules.crystal_system or ""]
    parts += [join([PROPERTIES[key].label, goal_message(key, goal)], " ") for key, goal in target.goals.items()]
    parts += more
    return join(parts, " · ") or Message("no target")


def run_name(run: Run) -> str:
    """The name of a run."""
    begun = f" {run.created:%Y-%m-%d %H:%M}"
    if run.name == run.kind + begun:  # a former version named runs by kind and time
        return made_by(run.kind) + begun
    return (_(run.name) if isinstance(run.name, Message) else run.name)[:LONGEST_NAME]
