"""The kinds of material by name. Each is loaded when it is asked for, so that a command loads no other's networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message, join
from matgen_core.core.records import Candidate, Crystal, Formula, Molecule
from matgen_core.core.registry import Registry, load
from matgen_core.core.settings import Budget, CompositionSettings, ConstraintTexts, CrystalSettings, MoleculeSettings

if TYPE_CHECKING:
    from matgen_core.kinds.protocol import Kind


@dataclass(frozen=True, slots=True)
class KindRecord:
    """What is known of a kind before its networks are loaded; commands are built from it.

    Args:
        path: of its :class:`matgen_core.kinds.protocol.Kind`, as "module:name".
        material: record of one material.
        column: of a table that holds it: "cif", "formula" or "smiles".
        key_is: what its name in the core is: "formula" or "smiles".
        settings: of its generator.
        count: candidates that a run for a count keeps, where nothing else is said.
        counted: which candidates it keeps.
        budget: of a run until enough pass.
        ruled: settings that rules and budget replace in such a run.
        rules: names of the rules that it can be checked by.
        constraints: names of the constraints that it can be asked for.
        endings: of its files; the first is the usual one.
        measured: file of measured hit rates, of each engine where there are several, and what the rate is called there.
        quick: whether a usual run takes seconds, so that it need not wait for runs of minutes.
    """

    path: str
    material: type[Crystal] | type[Formula] | type[Molecule]
    column: str
    key_is: str
    settings: type[CrystalSettings] | type[CompositionSettings] | type[MoleculeSettings]
    count: int
    counted: str
    budget: Budget
    ruled: tuple[str, ...]
    rules: tuple[str, ...]
    constraints: tuple[str, ...]
    endings: tuple[str, ...]
    measured: tuple[str, str]
    quick: bool = True

    @property
    def has_formula(self) -> bool:
        """Whether it is named by its formula, which a hull and a database know."""
        return self.key_is == "formula"

    @property
    def has_geometry(self) -> bool:
        """Whether it has a geometry, which can be relaxed."""
        return self.column == "cif"


_ALL = tuple(field.name for field in fields(ConstraintTexts))
#: Constraints that only a structure can keep.
_OF_STRUCTURE = ("crystal_system", "space_group", "dimensionality", "structure_type")
_INORGANIC = ("max_e_above_hull", "toxic", "radioactive", "known", "solid_state", "shallow")
#: Kinds in the order in which they are offered.
KINDS = Registry[KindRecord](Message("kind of material"))
KINDS.add(
    "crystals",
    KindRecord(
        path="matgen_core.kinds.crystals.kind:KIND",
        material=Crystal,
        column="cif",
        key_is="formula",
        settings=CrystalSettings,
        count=16,
        counted="without failed distances, failed constraints or duplicate",
        budget=Budget(),
        ruled=("cap", "engine_share"),
        rules=_INORGANIC,
        constraints=_ALL,
        endings=("csv", "zip", "json"),
        measured=("crystals-{engine}.json", "hits"),
        quick=False,
    ),
)
KINDS.add(
    "compositions",
    KindRecord(
        path="matgen_core.kinds.compositions.kind:KIND",
        material=Formula,
        column="formula",
        key_is="formula",
        settings=CompositionSettings,
        count=50,
        counted="different ones within the constraints; neutral and new where the settings say so",
        budget=Budget(want=50, draws=10_000),
        ruled=("neutral", "new", "cap"),
        rules=_INORGANIC,
        constraints=tuple(name for name in _ALL if name not in _OF_STRUCTURE),
        endings=("csv",),
        measured=("compositions.json", "hits"),
    ),
)
KINDS.add(
    "molecules",
    KindRecord(
        path="matgen_core.kinds.molecules.kind:KIND",
        material=Molecule,
        column="smiles",
        key_is="smiles",
        settings=MoleculeSettings,
        count=100,
        counted="as --until says",
        budget=Budget(want=100, draws=10_000),
        ruled=("until", "filters", "max_sa", "cap"),
        rules=("known", "max_sa", "filters"),
        constraints=(),
        endings=("csv", "sdf", "3d.sdf", "smi"),
        measured=("molecules.json", "met_all"),
    ),
)
NAMES = KINDS.names


@lru_cache
def load_kind(name: str) -> Kind[Any, Any]:
    """The kind of that name.

    Raises:
        BadInput: for an unknown name.
    """
    kind: Kind[Any, Any] = load(KINDS[name].path)
    return kind


def name_of_kind(material: object) -> str:
    """The name of the kind that a material is of."""
    return next(name for name, record in KINDS.items() if isinstance(material, record.material))


def record_of(material: object) -> KindRecord:
    """What is known of the kind that a material is of, without its networks."""
    return KINDS[name_of_kind(material)]


def kind_of(material: object) -> Kind[Any, Any]:
    """The kind that a material is of."""
    return load_kind(name_of_kind(material))


def ending_of(kind: str, name: str) -> str:
    """The ending of a file's name as the kind's writers know it: "3d.sdf" of "found.3d.sdf".

    >>> ending_of("molecules", "found.3d.sdf"), ending_of("molecules", "a.b.csv"), ending_of("crystals", "found")
    ('3d.sdf', 'csv', '')
    """
    name = name.lower()
    known = [ending for ending in KINDS[kind].endings if name.endswith(f".{ending}")]
    return max(known, key=len) if known else name.rpartition(".")[2] if "." in name else ""


def check_ending(kind: str, ending: str) -> None:
    """Raises BadInput, before the work, for an ending of files that the kind is not written as."""
    if ending not in (endings := KINDS[kind].endings):
        raise BadInput(
            "{kind} are not written as {ending!r}; choose from: {writers}",
            kind=kind,
            ending=ending,
            writers=join(endings, ", "),
        )


def write(kind: str, candidates: Sequence[Candidate[Any]], ending: str = "csv") -> str | bytes:
    """Candidates of a kind as the content of a file.

    Args:
        kind: "crystals", "compositions" or "molecules".
        candidates: to write.
        ending: "csv" of any kind; "zip" (CIFs) or "json" of crystals; "sdf", "3d.sdf" or "smi" of molecules.

    Raises:
        BadInput: for a kind or an ending that is not there.
    """
    check_ending(kind, ending)
    return load_kind(kind).writers()[ending](candidates)
