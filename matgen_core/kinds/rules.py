"""The chapter's questions of a candidate (4.5): reached? synthesizable? stable? new? Each rule a verdict with a reason.

Nothing here is a score: a stage is passed where none of its rules says no.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula, to_structure
from matgen_core.chem.energies.chgnet import METHOD as CHGNET
from matgen_core.chem.formulas.composition import formula_elements
from matgen_core.chem.formulas.formula_type import read_type
from matgen_core.chem.formulas.hazards import RADIOACTIVE, TOXIC, check_hazards
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Target
from matgen_core.core.messages import Message
from matgen_core.core.records import STEERING, Candidate, Formula, M, Prediction, Verdict
from matgen_core.core.settings import Rules as Rules
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.checks.coordination_rules import check_coordination, check_type
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.placing.geometry_rules import check_packing
from matgen_core.kinds.registry import kind_of
from matgen_core.kinds.solid_state import check_solid_state

#: The stages in their order, and the rules of each; "target" stands for every goal's.
STAGES: Mapping[str, tuple[str, ...]] = {
    "reached": ("distances", "constraints", "target", "valid", "scaffold", "require", "forbid"),
    "synthesizable": (
        "oxidation",
        "bonds",
        "packing",
        "coordination",
        "hazards",
        "solid_state",
        "sa_score",
        "PAINS",
        "BRENK",
        "LIPINSKI",
    ),
    "stable": ("formation", "known_phases", "hull"),
    "new": ("duplicate", "novelty"),
}


#: Counted like a rule: a run was cancelled before the candidate was judged.
UNFINISHED = "unfinished"
_STAGE_OF = {rule: stage for stage, rules in STAGES.items() for rule in rules}


def stage_of(verdict: Verdict) -> str | None:
    """The stage that asks a verdict's rule; None for one that no stage asks."""
    return _STAGE_OF.get("target" if verdict.rule.startswith("target:") else verdict.rule)


def stage_name(stage: str, rules: Rules) -> str:
    """The stage as it is counted: where what is known may be listed, the last one asks for repeats only."""
    return "unique" if stage == "new" and rules.known else stage


def failed(candidate: Candidate[M], stage: str, rules: Rules) -> list[Verdict]:
    """The verdicts for which a candidate does not pass a stage; a goal without a prediction is one of them."""
    return [verdict for verdict in candidate.verdicts if _stops(verdict, rules) and stage_of(verdict) == stage]


def objections(candidate: Candidate[M], rules: Rules) -> list[Verdict]:
    """The verdicts of every stage for which a candidate does not pass, in the order of the stages."""
    stopping = [verdict for verdict in candidate.verdicts if _stops(verdict, rules)]
    return [verdict for stage in STAGES for verdict in stopping if stage_of(verdict) == stage] if stopping else []


def _stops(verdict: Verdict, rules: Rules) -> bool:
    """Whether it stops a candidate at the stage that asks it, if any does."""
    if verdict.passed is True:
        return False
    if verdict.rule == "hull" or verdict.rule.startswith("target:"):  # without a prediction nothing says that it is met
        return True
    if verdict.rule == "novelty":  # what was not compared is not known to be new
        return not rules.known
    return verdict.passed is False and not (verdict.rule == "known_phases" and rules.shallow)


def passes(candidate: Candidate[M], rules: Rules) -> bool:
    """Whether a candidate passes every stage; one that is not finished passes none."""
    return not candidate.stage and not objections(candidate, rules)


# ---------------------------------------------------------------------------------------------------------- crystals


def judge_crystals(candidates: Sequence[Candidate], rules: Rules) -> tuple[Candidate, ...]:
    """Crystals that were read and assessed, with the verdicts of the stages "synthesizable" and "stable" added."""
    judged = []
    for candidate in candidates:
        crystal, formula = candidate.material, reduced_formula(candidate.material)
        structure = to_structure(crystal)
        judged.append(
            candidate.add_verdicts(
                check_packing(structure),
                check_coordination(structure),
                check_type(crystal),
                check_hazards(formula_counts(crystal), toxic=rules.toxic, radioactive=rules.radioactive),
                *([check_solid_state(formula)] if rules.solid_state else []),
                *check_energies(candidate, rules),
            )
        )
    return tuple(judged)


def judge_compositions(candidates: Sequence[Candidate[Formula]], rules: Rules) -> tuple[Candidate[Formula], ...]:
    """Compositions that were read and finished, with hazards by the rules and the verdicts of the stage "stable"."""
    return tuple(
        candidate.add_verdicts(
            check_hazards(count_atoms(candidate.material.reduced), toxic=rules.toxic, radioactive=rules.radioactive),
            *([check_solid_state(candidate.material.reduced)] if rules.solid_state else []),
            *check_energies(candidate, rules),
        )
        for candidate in candidates
    )


def check_energies(candidate: Candidate[M], rules: Rules) -> list[Verdict]:
    """Verdicts "formation" and "hull" by what the table knows of the material, or else by the predictions.

    An element is not asked for a negative formation energy: in its ground state it has none.
    """
    return [_check_formation(candidate), _check_hull(candidate, rules)]


def _check_formation(candidate: Candidate[M]) -> Verdict:
    formation = candidate.best("formation_energy")
    if len(elements_of(candidate)) == 1:
        return Verdict("formation", None, "an element needs no negative formation energy")
    if formation is None:
        return Verdict("formation", None, "no prediction")
    reason = Message("{formation:.3f} eV/atom relative to the elements", formation=formation)
    return Verdict("formation", formation < 0, reason)


def _check_hull(candidate: Candidate[M], rules: Rules) -> Verdict:
    prediction, above = candidate.predictions.get("e_above_hull"), candidate.best("e_above_hull")
    note = "" if prediction is None else prediction.note
    if prediction is None or above is None:
        return Verdict("hull", None, Message("no prediction: {note}", note=note))
    reason = _hull_reason(prediction, above, rules.max_e_above_hull)
    return Verdict("hull", above <= rules.max_e_above_hull, reason)


def _hull_reason(prediction: Prediction, above: float, most: float) -> Message:
    """The distance to the hull with its source: the table of known phases, the judge, or CHGNet, which steers."""
    if prediction.known is not None and prediction.value is not None and prediction.method != "by definition":
        return Message(
            "{above:.3f} eV/atom above the hull from the table of known phases, at most {most:g} allowed; "
            "predicted {predicted:.3f}",
            above=above,
            most=most,
            predicted=prediction.value,
        )
    if (judged := prediction.judged) is not None and judged.value is not None:
        return Message(
            "{above:.3f} eV/atom above the hull by {judge}, at most {most:g} allowed; {predicted:.3f} by {model}; "
            "{note}",
            above=above,
            judge=judged.method,
            most=most,
            model=CHGNET,
            predicted=prediction.value,
            note=judged.note,
        )
    if prediction.role == STEERING:
        return Message(
            "{above:.3f} eV/atom above the hull by {model} only, at most {most:g} allowed; {note}",
            above=above,
            model=CHGNET,
            most=most,
            note=prediction.note,
        )
    return Message(
        "{above:.3f} eV/atom above the hull, at most {most:g} allowed; {note}",
        above=above,
        most=most,
        note=prediction.note,
    )


def elements_of(candidate: Candidate[M]) -> set[str]:
    """Elements of a crystal or a composition; none of a molecule, which has no hull."""
    return kind_of(candidate.material).elements(candidate.material)


def allowed(target: Target, rules: Rules) -> Target:
    """The target with the elements that the rules exclude taken out before anything is generated.

    Raises:
        BadTarget: where the user asks for an element that the rules exclude.
    """
    out = frozenset(() if rules.toxic else TOXIC) | frozenset(() if rules.radioactive else RADIOACTIVE)
    constraints = target.constraints
    asked = constraints.required
    if constraints.formula is not None:
        asked |= formula_elements(constraints.formula)
    if asked & out:
        names = ", ".join(sorted(asked & out))
        raise BadTarget(
            "{names} is required, but excluded as toxic or radioactive; allow such elements, or remove it", names=names
        )
    if constraints.chemical_system is not None and not constraints.subsets:
        return target  # exactly these elements: nothing to exclude
    if constraints.formula is not None and read_type(constraints.formula) is None:
        return target  # likewise
    return replace(target, constraints=replace(constraints, exclude=constraints.exclude | (out & set(ELEMENTS))))


# ------------------------------------------------------------------------------------------------------------ funnel


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many got how far, and why the others did not.

    Args:
        counts: "generated", each of STAGES (as :func:`stage_name` names it), "listed", with how many got so far.
        reasons: rule and how many it stopped, the most first; a candidate counts once, for the first rule that failed,
            or as UNFINISHED.
    """

    counts: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]


def count_stages(candidates: Sequence[Candidate[M]], rules: Rules) -> Funnel:
    """The funnel of checked candidates."""
    stopped, reasons = dict.fromkeys(STAGES, 0), dict[str, int]()
    for candidate in candidates:
        if candidate.stage:
            stopped[next(iter(STAGES))] += 1
            reasons[UNFINISHED] = reasons.get(UNFINISHED, 0) + 1
        elif problems := objections(candidate, rules):
            first = problems[0]
            stopped[stage_of(first) or ""] += 1
            reasons[first.rule] = reasons.get(first.rule, 0) + 1
    left, counts = len(candidates), [("generated", len(candidates))]
    for stage, count in stopped.items():
        left -= count
        counts.append((stage_name(stage, rules), left))
    counts.append(("listed", left))
    return Funnel(tuple(counts), tuple(sorted(reasons.items(), key=lambda item: -item[1])))


def listed(candidates: Sequence[Candidate[M]], rules: Rules) -> tuple[Candidate[M], ...]:
    """Those that pass every stage, in the order given."""
    return tuple(candidate for candidate in candidates if passes(candidate, rules))
