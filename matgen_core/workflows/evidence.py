"""All that is known of one candidate as one record, for a colleague or a program: values, checks, how to repeat it.

The record follows ``assets/evidence.schema.json`` (JSON Schema 2020-12). Its ``sha256`` is of the record without that
field, as JSON with sorted keys and no blanks, so that a changed file is noticed.
"""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.chem.formulas.hazards import check_hazards, explain_supply, read_supply
from matgen_core.core.declaring import declared
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Prediction
from matgen_core.core.settings import Budget, Rules
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.files.candidate_files import cif_of
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.registry import KINDS, KindRecord, kind_of, name_of_kind, record_of
from matgen_core.runs.store import Run, versions

SCHEMA = "matgen-evidence-1"
#: What a screened file is called as an engine.


@dataclass(frozen=True)
class Repeat:
    """What a run was asked for.

    Args:
        target: goals and constraints; None where they are not known, and no command can be written.
        settings: of the generator, or those that a stored run holds; None where they are not known.
        run: id of the stored run; empty where it was not stored.
        loop: whether the run went on until enough passed, which ``matgen design`` does.
        count: candidates that a run for a count was asked to keep; None where it is not known.
        rules: of the loop; None where they are not known.
        budget: of the loop; None where it is not known.
        more: times that a run for a count went on for as many more.
        command: that asks for the same, where it is known already; empty where it follows from the rest.
    """

    target: Target | None = None
    settings: Any = None
    run: str = ""
    loop: bool = False
    count: int | None = None
    rules: Rules | None = None
    budget: Budget | None = None
    more: int = 0
    command: str = ""


def asked_record(kind: str, repeat: Repeat, seed: int) -> dict[str, Any]:
    """What the store keeps of what a run was asked for: the command that asks for the same, and all settings.

    Args:
        kind: of the materials.
        repeat: what the run was asked for.
        seed: of the run.
    """
    command = repeat.command or (write_command(kind, repeat, seed) if repeat.target is not None else "")
    record: dict[str, Any] = _plain({"command": command or None, "settings": _settings(repeat.settings)})
    return record


def stored_repeat(run: Run) -> Repeat:
    """What a stored run was asked for; of a run of a former version its page's settings alone are known."""
    asked = run.asked or {}
    return Repeat(None, asked.get("settings") or run.settings, run.id, command=asked.get("command") or "")


def collect_evidence(candidate: Candidate[Any], repeat: Repeat | None = None) -> dict[str, Any]:
    """The record of one candidate, with its hash."""
    kind, repeat = name_of_kind(candidate.material), repeat or Repeat()
    named = write_formula if record_of(candidate.material).has_formula else str
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": kind,
        "id": candidate.id,
        "name": candidate.name or None,
        "formula_or_smiles": kind_of(candidate.material).written(candidate.material),
        "cif": cif_of(candidate) if record_of(candidate.material).has_geometry else None,
        "score": candidate.score,
        "properties": [_property(p) for p in candidate.predictions.values()],
        "computed": [{"property": key, "value": c.value, "method": c.method} for key, c in candidate.computed.items()],
        "checks": [
            {"rule": v.rule, "passed": v.passed, "reason": v.reason, "probability": v.chance}
            for v in candidate.verdicts
        ],
        "nearest_known": [
            {"name": named(near.name), "id": near.id or None, "likeness": near.likeness, "value": near.value}
            for near in kind_of(candidate.material).nearest(candidate.material)
        ],
        **_inorganic(candidate),
        "repeat": _repeat(candidate, repeat),
    }
    record = _plain(record)
    return {**record, "sha256": digest(record)}


def _property(prediction: Prediction) -> dict[str, Any]:
    judged = prediction.judged
    record = PROPERTIES.get(prediction.property)
    return {
        "property": prediction.property,
        "label": record.label if record else prediction.property,
        "value": prediction.value,
        "uncertainty": prediction.spread,
        "unit": prediction.unit,
        "method": prediction.method,
        "role": prediction.role or None,
        "in_domain": prediction.in_domain,
        "note": prediction.note or None,
        "table_of_known_phases": prediction.known,
        "judge": None
        if judged is None
        else {
            "value": judged.value,
            "uncertainty": judged.spread,
            "method": judged.method,
            "role": judged.role,
            "note": judged.note or None,
        },
    }


def _inorganic(candidate: Candidate[Any]) -> dict[str, Any]:
    """Hull, cost and hazards of what has a formula; None each of a molecule."""
    if not record_of(candidate.material).has_formula:
        return {"hull": None, "supply": None, "hazards": None}
    formula = kind_of(candidate.material).key(candidate.material)
    supply, hazards = read_supply(formula), check_hazards(count_atoms(formula))
    above = candidate.predictions.get("e_above_hull")
    return {
        "hull": {
            "e_above_hull": None if above is None else above.value,
            "judge_e_above_hull": None if above is None or above.judged is None else above.judged.value,
            "unit": "eV/atom",
            "phases": _phases(candidate, formula),
        },
        "supply": {
            "price_usd_per_kg": supply.price,
            "hhi_production": supply.production,
            "hhi_reserves": supply.reserve,
            "scarcest_element": None if supply.scarcest is None else supply.scarcest[0],
            "scarcest_mg_per_kg_of_crust": None if supply.scarcest is None else supply.scarcest[1],
            "unknown": {name: str(reason) for name, reason in explain_supply(formula).items()},
        },
        "hazards": {"passed": hazards.passed, "reason": hazards.reason},
    }


def _phases(candidate: Candidate[Any], formula: str) -> list[dict[str, Any]]:
    """The mixture of known phases that it would decompose into."""
    energy, counts = candidate.best("formation_energy"), count_atoms(formula)
    if energy is None or len(counts) < 2:
        return []
    hull = load_reference().hull
    return [
        {"formula": write_formula(name), "share_of_atoms": share, "formation_energy": hull.energy_of(name)}
        for name, share in hull.read(counts, energy).products
    ]


def _repeat(candidate: Candidate[Any], repeat: Repeat) -> dict[str, Any]:
    origin, settings = candidate.origin, repeat.settings
    command = repeat.command
    if not command and repeat.target is not None:
        command = write_command(name_of_kind(candidate.material), repeat, origin.seed)
    return {
        "command": command if command and origin.is_proposed else None,
        "engine": origin.engine,
        "checkpoint": origin.checkpoint or None,
        "seed": origin.seed,
        "index": origin.index,
        "run": repeat.run or None,
        "settings": _settings(settings),
        "versions": versions(),
    }


def _settings(settings: Any) -> dict[str, Any]:
    if settings is None or isinstance(settings, Mapping):
        return dict(settings or {})
    return {f.name: getattr(settings, f.name) for f in fields(settings)}


def write_command(kind: str, repeat: Repeat, seed: int | None) -> str:
    """The command that asks for the same: goals, constraints, the seed, and what is not usual of the rest.

    It writes rejected candidates, too, so that every candidate of the run is found by its id.

    >>> from matgen_core.core.goals import Goal
    >>> write_command("crystals", Repeat(Target({"band_gap": Goal.at_least(3.0)})), 7)
    'matgen crystals --band-gap 3: --seed 7 --all'
    """
    words, target = ["matgen", *(["design"] if repeat.loop else []), kind], repeat.target or Target()
    for key, goal in target.goals.items():
        words += [_option(key), str(goal)]
    words += _constraint_words(kind, target.constraints)
    record = KINDS[kind]
    left_out = record.ruled if repeat.loop else ()
    if repeat.settings is not None and not isinstance(repeat.settings, Mapping):
        words += _unusual(repeat.settings, type(repeat.settings)(), left_out)
    if repeat.loop:
        for given, usual in ((repeat.budget, record.budget), (repeat.rules, Rules())):
            words += [] if given is None else _unusual(given, usual, set(declared(given)) - _offered(record, given))
    elif repeat.count is not None:
        words += ["--count", str(repeat.count), *(["--more", str(repeat.more)] if repeat.more else [])]
    words += [] if seed is None else ["--seed", str(seed)]
    return shlex.join([*words, *(["--everything", "all.csv"] if repeat.loop else ["--all"])])


def _offered(record: KindRecord, given: Budget | Rules) -> set[str]:
    """Names that the command of a loop has options for."""
    return set(record.rules) if isinstance(given, Rules) else set(declared(given))


def _unusual(given: Any, usual: Any, left_out: Collection[str]) -> list[str]:
    """What differs from the usual, as options."""
    words = list[str]()
    for name in declared(given):
        if name not in left_out and (value := getattr(given, name)) != getattr(usual, name):
            words += _setting_words(name, value)
    return words


def _constraint_words(kind: str, asked: Constraints) -> list[str]:
    """Constraints as options; toxic elements that are left out are among the excluded ones."""
    offered = KINDS[kind].constraints
    usual = Constraints()
    texts: dict[str, Any] = {
        "include": ",".join(sorted(asked.include)),
        "exclude": ",".join(sorted(asked.exclude)),
        "system": "-".join(sorted(asked.chemical_system or ())),
        "formula": asked.formula or "",
    }
    texts["space_group"] = ",".join(map(str, sorted(asked.space_groups)))
    texts["oxidation"] = ",".join(f"{element}{abs(n)}{'+' if n > 0 else '-'}" for element, n in asked.oxidation)
    for name in ("min_atoms", "max_atoms", "crystal_system", "dimensionality", "structure_type"):
        if getattr(asked, name) != getattr(usual, name):
            texts[name] = str(getattr(asked, name))
    named = {name: str(value) for name, value in texts.items() if value and name in offered}
    words = [word for name, value in named.items() for word in (_option(name), value)]
    return [*words, *([_option("subsets")] if asked.subsets and "subsets" in offered else [])]


def _setting_words(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [_option(name) if value else f"--no-{name.replace('_', '-')}"]
    return [_option(name), ",".join(value) if isinstance(value, tuple) else str(value)]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


# ---------------------------------------------------------------------------------------------------------- as JSON


def to_evidence_json(candidate: Candidate[Any], repeat: Repeat | None = None) -> str:
    """The record as a file."""
    return json.dumps(collect_evidence(candidate, repeat), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def digest(record: Mapping[str, Any]) -> str:
    """SHA-256 of a record without its own hash."""
    bare = {key: value for key, value in record.items() if key != "sha256"}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """What JSON takes: messages as their sentences, no NaN, numbers as they are read back."""
    if isinstance(value, str):
        return "".join(value)  # a message as its English sentence
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, Sequence):
        return [_plain(entry) for entry in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
