"""Which candidate of a run is the same structure as one before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from matgen_core.chem.crystals.matching import match
from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.records import Candidate, Crystal


@dataclass
class SeenStructures:
    """The different structures of a run so far, by formula; only crystals of one formula are compared.

    Args:
        formulas: reduced formula: id and crystal of each different structure of it.
    """

    formulas: dict[str, list[tuple[str, Crystal]]] = field(default_factory=dict)

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> SeenStructures:
        """Those of a run that goes on; what was a duplicate then is passed over."""
        seen = cls()
        for candidate in candidates:
            if not candidate.failed("duplicate"):
                seen.formulas.setdefault(reduced_formula(candidate.material), []).append(
                    (candidate.id, candidate.material)
                )
        return seen

    def add(self, name: str, crystal: Crystal) -> str | None:
        """Takes a crystal in; the id of the one before it that has the same structure, or None for a new one."""
        known = self.formulas.setdefault(reduced_formula(crystal), [])
        for other, before in known:
            if match(crystal, before):
                return None if other == name else other
        known.append((name, crystal))
        return None
