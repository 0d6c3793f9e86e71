"""Protocol of a kind of material on a page: its controls, words, tables, cards and pictures.

Each kind fills it in ``pages/kinds/crystals.py``, ``compositions.py`` and ``molecules.py``, as ``kinds/*/kind.py`` fill
the core's; :mod:`pages.kinds.registry` finds them by name. No page knows any other difference between the kinds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import streamlit as st

from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.messages import Text
from matgen_core.core.records import Candidate
from matgen_core.kinds.registry import kind_of
from matgen_core.kinds.surplus import without_surplus
from matgen_core.runs.worker import Work
from matgen_core.workflows.evidence import Repeat
from matgen_core.workflows.spaces.space import Space
from pages.i18n.formatting import subscript
from pages.i18n.language import N_, _
from pages.runs.jobs import First
from pages.widgets.asking.url_settings import Rule
from pages.widgets.found.downloads import File
from pages.widgets.found.selection import Pick
from pages.widgets.maps.map_view import known_steps, read_place, show_known_rows, table_of

#: Names of candidates in work that are shown at most.
_NAMED = 12
#: Candidates of one kind.
Found = Sequence[Candidate[Any]]


@dataclass(frozen=True)
class View:
    """What stands around candidates that are shown.

    Args:
        target: what was asked for.
        pick: which of them is shown in full.
        settings: of the generator that drew them.
        now: as the controls stand now.
        run: id of their run in the store; empty where it is not kept.
        asked: what the run was asked for, as evidence says it.
    """

    target: Target
    pick: Pick
    settings: Any
    now: Any
    run: str = ""
    asked: Repeat = field(default_factory=Repeat)

    def repeat(self) -> Repeat:
        """What the run was asked for, and its id."""
        return replace(self.asked, run=self.run)


@dataclass(frozen=True)
class OtherWork:
    """A run of a page that its targets did not ask for.

    Args:
        work: what is done: a function of a module with its arguments, so that another process can do it.
        total: candidates asked for.
        name: what the run is called.
        target: that its candidates are shown against.
        settings: of the generator.
        repeat: what is asked for, as evidence says it.
    """

    work: Work
    total: int
    name: Text
    target: Target
    settings: Any
    repeat: Repeat


class PageKind(ABC):
    """One kind of material on the pages."""

    #: As the core, links and runs on disk name it.
    name: str
    #: Heads of its pages, and what its runs are called.
    title: str
    label: str
    loop_label: str
    #: What its name is called: a formula, a SMILES.
    key_label: str = N_("Formula")
    #: The stage of the loop in which the hull is asked.
    stable: str = N_("stable")
    #: Where elements and atoms stand on the page of the loop; empty where none are asked for.
    elements_title: str = ""
    #: What each setting of the address may be, on its own page and on the page of the loop.
    link: Mapping[str, Rule]
    loop_link: Mapping[str, Rule]
    #: Spaces of known ones by name, with what each is made of.
    spaces: ClassVar[Mapping[str, str]]
    #: How known ones are searched for, and what stands in the empty field.
    search_label: str = N_("Search by formula")
    example: str = "SrTiO3"
    #: What may be typed to be predicted, and what stands in the field at first; empty where nothing can be typed.
    typed_label: str = ""
    typed_example: str = ""
    #: Keys of controls that a new run sets anew.
    reset: tuple[str, ...] = ()
    #: Whether a run generates candidates that it does not list, so that a file of everything holds more.
    rejects: bool = True
    #: Whether a table of a screening draws each.
    drawn_in_tables: bool = False
    #: Whether ADMET can be predicted of it.
    has_endpoints: bool = False
    #: What is said of a run that found nothing, and where nothing that it found is shown.
    nothing: str
    nothing_shown: str = ""
    nothing_kept: str = ""

    # ---------------------------------------------------------------------------------------------------------- ask

    def prepare(self) -> First | None:
        """Begins to load what a run waits for."""
        return None

    def asked_domain(self) -> str:
        """The set of known materials that is asked for, over whose spread goals are set; empty for all."""
        return ""

    @abstractmethod
    def ask_constraints(self, hazards: bool = True) -> Constraints:
        """Elements and atoms; ``hazards``: whether toxic and radioactive elements are asked about here.

        Raises:
            BadTarget: for a text that cannot be read, once every control is drawn.
        """

    def constraints(self, hazards: bool = True) -> tuple[Constraints, str | None]:
        """Those of :meth:`ask_constraints`, and what is wrong with a text of them; then there are none."""
        try:
            return self.ask_constraints(hazards), None
        except BadTarget as error:
            return Constraints(), str(error)

    @abstractmethod
    def ask_sampling(self) -> tuple[int, int, Any]:
        """How many, which seed, and the settings of the generator."""

    def ask_loop_settings(self) -> Any | None:
        """Settings of the generator that the loop asks for; None for the usual ones."""
        return None

    def ask_other(self, busy: bool) -> OtherWork | None:
        """What else can be asked of its page, below the button that begins; None where nothing is."""
        return None

    def structure_asked(self, settings: Any) -> str:
        """What of a material the settings ask for by itself, such as a part of it; it stands in the name of the run."""
        return ""

    # --------------------------------------------------------------------------------------------------------- show

    @abstractmethod
    def invite(self) -> None:
        """What its page says before the first run."""

    @abstractmethod
    def cancelled(self, count: int) -> str:
        """What is said of a run that its user ended when so many were found."""

    @abstractmethod
    def found(self, candidates: Found) -> Found:
        """Those of a run that are listed."""

    @abstractmethod
    def show_shares(self, drawn: Found, found: Found, target: Target, settings: Any) -> None:
        """How many passed what."""

    def show_in_work(self, rows: Found, finished: Found) -> None:
        """The batch in work, while a run goes on: the names of what is drawn and not yet predicted."""
        names = list(dict.fromkeys(kind_of(one.material).written(one.material) for one in rows))
        shown = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
        st.caption(_("Generated, not yet predicted ({n}): {names}").format(n=len(rows), names=shown))

    def filter(self, candidates: Found, target: Target, settings: Any) -> Found:
        """Those that pass what the reader ticks."""
        return candidates

    @abstractmethod
    def show_found(self, found: Found, view: View) -> None:
        """The list of candidates, and the picked one in full."""

    @abstractmethod
    def show_loop(self, found: Found, view: View) -> None:
        """Those that passed everything in the loop, and the picked one in full."""

    @abstractmethod
    def show_near(self, candidate: Candidate[Any], view: View) -> None:
        """The rejected candidate of the loop that came nearest, in full."""

    def kept(self, candidates: Found) -> Found:
        """Those of a stored run that can be shown."""
        return without_surplus(candidates)

    def show_kept(self, found: Found, view: View) -> None:
        """Those of a stored run, and the picked one in full."""
        self.show_found(found, view)

    # ----------------------------------------------------------------------------------------------------- one of it

    def screened_files(self, candidates: Found) -> Sequence[File]:
        """Files of screened candidates beside the CSV."""
        return ()

    def picture(self, material: Any) -> str | None:
        """A drawing for a cell of a table, as data of an image; None where it has none."""
        return None

    @abstractmethod
    def show_small(self, candidate: Candidate[Any]) -> None:
        """Picture and name of one beside others."""

    def show_small_more(self, candidate: Candidate[Any]) -> None:
        """What is folded below one beside others."""
        return None

    def cells(self, material: Any) -> dict[str, object]:
        """What a table of rejected candidates says of a material beside its name."""
        return {}

    def key_text(self, key: str) -> str:
        """A material for the reader, by its name in the core: formulas with their numbers lowered."""
        return subscript(key)

    # -------------------------------------------------------------------------------------------------------- known

    @abstractmethod
    def show_known(self, space: Space, place: int) -> None:
        """A known material of a space."""

    def path_ends(self, space: Space) -> tuple[str, str]:
        """Names of two known materials, between which a first path leads."""
        return "NaCl", "SrTiO3"

    def known_place(self, space: Space, text: str) -> int:
        """The known material of a name as the end of a path.

        Raises:
            BadInput: where none is known.
        """
        return read_place(space, text)

    def show_path(self, space: Space, first: int, last: int, steps: int) -> None:
        """Known materials on the way from one to another."""
        self.show_steps(space, known_steps(space.kind, first, last, steps))
        st.caption(_("These vectors cannot be decoded; the nearest known materials along the line are shown."))

    def show_steps(self, space: Space, path: Sequence[tuple[int, float]]) -> None:
        """The known materials of a path, with their distances from it."""
        table = table_of(space, [place for place, _d in path], [distance for _p, distance in path])
        show_known_rows(space, table, _("Latent path"))
