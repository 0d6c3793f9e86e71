"""Judgement of each string: whether it is a molecule, its properties, and a verdict of every rule asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

from rdkit import Chem

from matgen_core.chem.molecules.alerts import check_alerts, check_forbidden, check_required, check_scaffold
from matgen_core.chem.molecules.molecule import ON_REQUEST, accessibility, canonical, parse, properties, read_pattern
from matgen_core.core.goal_probability import cost_of_goals
from matgen_core.core.goals import Target
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Molecule, Prediction, Verdict
from matgen_core.core.settings import FILTERS, MoleculeSettings
from matgen_core.kinds.crystals.judge import check_goals
from matgen_core.kinds.molecules.fragments import check_linked
from matgen_core.kinds.molecules.near import SIMILARITY, check_near
from matgen_core.kinds.molecules.reference import MoleculeReference
from matgen_core.kinds.molecules.scaffolds import grown_pattern, read_scaffold
from matgen_core.kinds.molecules.starts import what_stands
from matgen_core.kinds.surplus import SURPLUS

#: Rules of the structure that was asked for: a molecule that fails one is none of those asked for, whatever counts.
STRUCTURE = ("scaffold", "link", "near", "require", "forbid")
#: Rules whose failure makes a molecule not one of those asked for, besides the targets.
REJECTING = ("valid", "duplicate", *STRUCTURE, *FILTERS, "sa_score", SURPLUS)
_METHODS = {
    "logp": "RDKit, Crippen",
    "solubility": "ESOL on RDKit descriptors (estimated)",
    "weight": "RDKit",
    "donors": "RDKit, Lipinski",
    "acceptors": "RDKit, Lipinski",
    "tpsa": "RDKit, Ertl",
    "rotatable": "RDKit",
    "qed": "RDKit, QED",
    "sa_score": "RDKit Contrib, SA score",
}
#: Fitted to measured values or to known molecules; the others are counted from the formula.
_FITTED = ("logp", "solubility", "sa_score")
Check = Callable[[Chem.Mol], Verdict]


class Judge:
    """Judges the strings of one run; remembers what came before to tell duplicates.

    Args:
        target: the goals.
        settings: the rules.
        reference: the known molecules.
        seen: SMILES of the run so far with the id that had each first, where it goes on.
    """

    def __init__(
        self,
        target: Target,
        settings: MoleculeSettings,
        reference: MoleculeReference,
        seen: dict[str, str] | None = None,
    ) -> None:
        self.target, self.settings, self.reference = target, settings, reference
        self._seen = {} if seen is None else seen
        self._checks = _checks(settings)
        self._near = check_near(settings) if settings.near.strip() else None

    def __call__(self, candidates: Sequence[Candidate[Molecule]]) -> tuple[Candidate[Molecule], ...]:
        """The same candidates, in canonical writing, with predictions and verdicts."""
        return self.judge(self.read(candidates))

    def read(self, candidates: Sequence[Candidate[Molecule]]) -> tuple[Candidate[Molecule], ...]:
        """The same candidates; those that are molecules in canonical writing, with their predictions."""
        return tuple(map(self._read, candidates))

    def judge(self, candidates: Sequence[Candidate[Molecule]]) -> tuple[Candidate[Molecule], ...]:
        """The same candidates with their verdicts."""
        return tuple(map(self._judge, candidates))

    def check_repeat(self, candidate: Candidate[Molecule]) -> Verdict:
        """Verdict "duplicate": whether the run has the molecule already; it is taken in."""
        first = self._seen.setdefault(candidate.material.smiles, candidate.id)
        same = "" if first == candidate.id else Message("same as {first}", first=first)
        return Verdict("duplicate", not same, same)

    def _read(self, candidate: Candidate[Molecule]) -> Candidate[Molecule]:
        molecule = parse(candidate.material.smiles)
        if molecule is None:
            return candidate
        material = Molecule(canonical(molecule), candidate.material.written)
        return replace(candidate, material=material).add_predictions(*read_molecule(molecule, asked=self.target.goals))

    def _judge(self, candidate: Candidate[Molecule]) -> Candidate[Molecule]:
        molecule = parse(candidate.material.smiles)
        if molecule is None:
            reason = Message("invalid: brackets, rings or valences are wrong")
            return candidate.add_verdicts(Verdict("valid", False, reason))
        verdicts = [check(molecule) for check in self._checks]
        if self._near is not None:
            similarity, verdict = self._near(molecule)
            candidate = candidate.add_predictions(similarity)
            verdicts.insert(0, verdict)
        return candidate.add_verdicts(
            Verdict("valid", True, "RDKit can read it"),
            self.check_repeat(candidate),
            self.reference.novelty(candidate.material),
            *verdicts,
            *check_accessibility(candidate.value("sa_score") or 0.0, self.settings.max_sa),
            *check_goals(candidate, self.target),
        )


def predict_by_rdkit(
    candidates: Sequence[Candidate[Molecule]], on_progress: object = None, cancelled: object = None
) -> list[list[Prediction]]:
    """What RDKit reads of each; nothing of a string that is no molecule. It takes a millisecond each."""
    molecules = (parse(candidate.material.smiles) for candidate in candidates)
    return [[] if molecule is None else read_molecule(molecule) for molecule in molecules]


def read_molecule(molecule: Chem.Mol, outside: str | None = None, asked: Collection[str] = ()) -> list[Prediction]:
    """What RDKit reads of a molecule.

    Args:
        molecule: to be read.
        outside: why it is unlike the training molecules, where it is.
        asked: properties that are asked for; some are computed only then.
    """
    values = {**properties(molecule), "sa_score": accessibility(molecule)}
    values |= {key: compute(molecule) for key, compute in ON_REQUEST.items() if key in asked}
    outside_of = {key: outside if key in _FITTED else None for key in values}  # a count holds for any molecule
    return [
        Prediction(
            key,
            value,
            None,
            PROPERTIES[key].unit,
            _METHODS[key],
            False if outside_of[key] else None,
            outside_of[key] or "",
        )
        for key, value in values.items()
    ]


def _checks(settings: MoleculeSettings) -> list[Check]:
    checks: list[Check] = []
    settings = what_stands(settings)
    if fragments := settings.fragments.strip():
        checks.append(check_linked(fragments))
    if text := settings.scaffold.strip():
        pattern, marks = grown_pattern(text), len(read_scaffold(text)[1])
        checks.append(lambda m: check_scaffold(m, pattern, text, marks))
    if required := settings.require.strip():
        wanted = read_pattern(required, "required SMARTS")
        checks.append(lambda m: check_required(m, wanted, required))
    if forbidden := settings.forbid.strip():
        unwanted = read_pattern(forbidden, "forbidden SMARTS")
        checks.append(lambda m: check_forbidden(m, unwanted, forbidden))
    return [*checks, *(partial(check_alerts, name=name) for name in settings.filters)]


def check_accessibility(value: float, most: float | None) -> list[Verdict]:
    """Verdict "sa_score", where a largest score is asked for."""
    if most is None:
        return []
    return [
        Verdict(
            "sa_score",
            value <= most,
            Message("SA score {value:.2f}, at most {most:g} allowed", value=value, most=most),
        )
    ]


def counts_for(candidate: Candidate[Molecule], until: str) -> bool:
    """Whether it is one of those a run was asked for: see :attr:`MoleculeSettings.until`."""
    return rejecting_rule(candidate, until) is None


def rejecting_rule(candidate: Candidate[Molecule], until: str) -> str | None:
    """The first rule for which it is none of those asked for; None where it is one."""
    if candidate.failed(SURPLUS):
        return SURPLUS
    needed = {"drawn": (), "valid": ("valid",), "unique": ("valid", "duplicate")}.get(
        until, ("valid", "duplicate", "novelty")
    )
    missing = next((rule for rule in needed if not candidate.passed(rule)), None)
    if missing is None and until != "drawn":
        missing = next((rule for rule in STRUCTURE if candidate.failed(rule)), None)
    if missing is not None or until != "passing":
        return missing
    return next((v.rule for v in candidate.verdicts if v.passed is False), None)


def score(candidate: Candidate[Molecule], target: Target) -> float:
    """Sum of distances to the goals, each in units of its tolerance (1 for counts); lower is better.

    A missing prediction costs as much as a miss by ten tolerances, a rejection a thousand.
    """
    return cost_of_goals(candidate, target) + 1000.0 * sum(
        v.passed is False for v in candidate.verdicts if v.rule in REJECTING
    )


def rank_molecules(candidates: Sequence[Candidate[Molecule]], target: Target) -> tuple[Candidate[Molecule], ...]:
    """The same candidates, best first, each with its score; of equal ones the most similar to a molecule given."""
    scored = [(score(candidate, target), candidate) for candidate in candidates]
    scored.sort(key=lambda pair: (pair[0], -(pair[1].value(SIMILARITY) or 0.0), pair[1].id))
    return tuple(replace(candidate, score=value) for value, candidate in scored)


def summarise_molecules(candidates: Sequence[Candidate[Molecule]]) -> dict[str, int]:
    """How many were drawn, are valid, unique and new."""

    def passed(rule: str) -> int:
        return sum(c.passed(rule) for c in candidates)

    novel = sum(all(c.passed(rule) for rule in ("valid", "duplicate", "novelty")) for c in candidates)
    return {
        "drawn": len(candidates),
        "valid": passed("valid"),
        "unique": passed("duplicate"),
        "novel": novel,
    }
