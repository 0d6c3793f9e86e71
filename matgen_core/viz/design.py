"""Figures of the loop: how many got how far, and where one candidate stands among the known phases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from matgen_core.chem.formulas.formula_writing import write_formulas_in
from matgen_core.chem.formulas.stability import Hull
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal, Formula
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.registry import kind_of
from matgen_core.kinds.rules import Funnel
from matgen_core.viz.style import ACCENT, BAD, Translate, frame

#: More elements than this have no diagram that can be read on paper; their phases are listed.
MOST_ELEMENTS = 3


def draw_funnel(funnel: Funnel, names: Mapping[str, str], *, translate: Translate = str) -> go.Figure:
    """The stages from the top down, each with how many passed it and the share of all.

    Args:
        funnel: the counts.
        names: of the stages, for the reader.
        translate: turns English words into the reader's.
    """
    stages = [name for name, _count in funnel.counts]
    figure = go.Figure(
        go.Funnel(
            y=[names.get(stage, stage) for stage in stages],
            x=[count for _name, count in funnel.counts],
            textinfo="value+percent initial",
            marker={"color": ACCENT},
            opacity=0.85,
            connector={"line": {"width": 0}, "fillcolor": "rgba(128,128,128,0.15)"},
            hovertemplate=f"%{{y}}: %{{x}} {translate('candidates')}<extra></extra>",
        )
    )
    figure = frame(figure, 40 * len(stages) + 20)
    return figure.update_layout(margin={"l": 0, "r": 10, "t": 5, "b": 5}, showlegend=False)


@dataclass(frozen=True, slots=True)
class KnownPhase:
    """A known phase beside a candidate.

    Args:
        formula: reduced formula, as pymatgen writes it.
        energy: formation energy, eV/atom.
        share: of the atoms, in the mixture that the candidate would decompose into; 0 where it is not in it.
    """

    formula: str
    energy: float
    share: float


def list_phases(candidate: Candidate[Crystal] | Candidate[Formula], hull: Hull) -> list[KnownPhase]:
    """The compounds on the hull of a candidate's elements: its own mixture first, then by energy; elements left out."""
    material = candidate.material
    counts = count_atoms(kind_of(material).key(material))
    energy = candidate.value("formation_energy")
    if energy is None or len(counts) < 2:
        return []
    shares = dict(hull.read(counts, energy).products)
    found = [
        KnownPhase(formula, value, shares.get(formula, 0.0))
        for formula, fractions, value in hull.phases(sorted(counts))
        if sum(share > 0 for share in fractions.values()) > 1 or formula in shares
    ]
    return sorted(found, key=lambda phase: (-phase.share, phase.energy))


def draw_hull(
    candidate: Candidate[Crystal] | Candidate[Formula],
    hull: Hull,
    *,
    translate: Translate = str,
) -> go.Figure | None:
    """The known phases of a candidate's elements with the candidate among them (pymatgen's PDPlotter).

    None where there is no diagram: an element alone, more than MOST_ELEMENTS, or no predicted energy. The axes of
    two elements are named by way of ``translate``.
    """
    from pymatgen.analysis.phase_diagram import PDEntry, PDPlotter, PhaseDiagram
    from pymatgen.core import Composition

    material = candidate.material
    formula = kind_of(material).key(material)
    counts = count_atoms(formula)
    energy = candidate.value("formation_energy")
    if energy is None or not 2 <= len(counts) <= MOST_ELEMENTS:
        return None
    entries = []
    for phase, _fractions, value in hull.phases(sorted(counts)):
        composition = Composition(phase)
        entries.append(PDEntry(composition, value * composition.num_atoms))
        entries[-1].entry_id = "known"
    own = Composition(formula)
    entries.append(PDEntry(own, energy * own.num_atoms))
    entries[-1].entry_id = candidate.id
    # The reference holds vertices only, so all that lies above the hull is the candidate, however far.
    plotter = PDPlotter(PhaseDiagram(entries), show_unstable=100.0, backend="plotly", ternary_style="2d")
    figure: go.Figure = plotter.get_plot(label_unstable=False)
    for trace in figure.data:
        _mark(trace, candidate.id)
        _write_formulas(trace)
    for label in figure.layout.annotations:
        label.text = _written(label.text)
    figure = frame(figure, 420)
    if len(counts) == 2:
        element = str(figure.layout.xaxis.title.text).removesuffix(")").split()[-1]  # "Composition (Fraction Cl)"
        label = translate(PROPERTIES["formation_energy"].label)
        figure.update_xaxes(title=translate("Share of {element}").format(element=element))
        figure.update_yaxes(title=f"{label} ({PROPERTIES['formation_energy'].unit})")
    top = 52 if len(counts) == 3 else 30  # the element at the top of a triangle stands above it
    return figure.update_layout(margin={"l": 50, "r": 50, "t": top, "b": 40}, showlegend=False)


def _write_formulas(trace: object) -> None:
    """Labels as chemists write formulas, without pymatgen's marks of a web page."""
    for name in ("name", "text", "hovertext"):
        texts = getattr(trace, name, None)
        if texts is not None:
            setattr(trace, name, _written(texts) if isinstance(texts, str) else [_written(text) for text in texts])


def _written(text: object) -> str:
    return write_formulas_in(re.sub(r"</?sub>", "", str(text)))


def _mark(trace: object, name: str) -> None:
    """Makes the candidate's point larger and another colour; the known phases share one."""
    texts = list(getattr(trace, "hovertext", None) or ())
    if not texts:
        return
    own = [f"({name})" in str(text) for text in texts]
    trace.marker.showscale = False  # type: ignore[attr-defined]
    trace.marker.color = [BAD if mine else ACCENT for mine in own]  # type: ignore[attr-defined]
    trace.marker.size = [18 if mine else 9 for mine in own]  # type: ignore[attr-defined]
    trace.marker.symbol = ["diamond" if mine else "circle" for mine in own]  # type: ignore[attr-defined]
