"""A run of molecules as shares, drawings, a table and histograms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import pandas as pd
import streamlit as st

from matgen_core.chem.molecules.molecule import fingerprint, internal_diversity, parse
from matgen_core.core.admet import KEYS as ENDPOINTS
from matgen_core.core.admet import MOST_USED
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import MOLECULE_CONDITIONS, PROPERTIES, columns_of
from matgen_core.core.records import Candidate, Molecule
from matgen_core.core.settings import DOMAINS, MoleculeSettings
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.kinds.molecules.judge import counts_for, summarise_molecules
from matgen_core.kinds.molecules.near import SIMILARITY
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.starts import what_stands
from matgen_core.viz.molecules import draw_comparison
from pages.i18n.formatting import goal_text, mark, number, plain
from pages.i18n.language import N_, _
from pages.kinds.molecule_order import GRID_PAGE, ask_order, sort_molecules
from pages.kinds.molecule_view import drawing
from pages.widgets.charts import plot_config
from pages.widgets.found.empty_cells import EMPTY, add_reasons
from pages.widgets.found.number_table import Columns
from pages.widgets.found.prediction_columns import asked_first, property_column, score_column
from pages.widgets.found.selection import Pick
from pages.widgets.found.share_boxes import Box, show_boxes

Found = Sequence[Candidate[Molecule]]
_PAGE = 12
COLUMNS = columns_of("molecules")
#: What a score is made of.
_SCORE = N_(
    "Lower is better; rows are sorted by it. The score is a sum. For each target: its distance in units of the "
    "tolerance (1 for counts; at most 10; 10 without a value). 1000 for each filter that it fails."
)


def shown_columns(candidates: Found, target: Target) -> tuple[str, ...]:
    """Properties that tables and drawings show.

    The similarity where molecules near a given one were asked for, and the endpoints of ADMET that were asked for.
    """
    similarity = (SIMILARITY,) if any(SIMILARITY in c.predictions for c in candidates) else ()
    return (*COLUMNS, *similarity, *(key for key in ENDPOINTS if key in target.goals))


def _choose_endpoints(candidates: Found, target: Target) -> tuple[str, ...]:
    """Further endpoints that the reader chooses, where the run predicted them."""
    there = [key for key in ENDPOINTS if key not in target.goals and any(key in c.predictions for c in candidates)]
    if not there:
        return ()
    chosen = st.multiselect(
        _("ADMET columns"),
        there,
        [key for key in there if key in MOST_USED],
        key="admet-columns",
        format_func=lambda key: _(PROPERTIES[key].label),
        placeholder=_("none"),
    )
    return tuple(key for key in there if key in chosen)


def asked_part(settings: MoleculeSettings) -> str:
    """The part of every molecule that is marked in its drawing, as SMARTS: what was asked for, or stands."""
    stands = what_stands(settings)
    return stands.require or stands.scaffold or stands.fragments


def keep_molecules(candidates: Found) -> list[Candidate[Molecule]]:
    """Valid molecules with the structure that was asked for, each once; others are counted, not shown."""
    return [c for c in candidates if counts_for(c, "unique")]


# ----------------------------------------------------------------------------------------------------------- shares


@st.cache_data(max_entries=20, show_spinner=False)
def _diversity(strings: tuple[str, ...]) -> float | None:
    prints = [fingerprint(molecule) for text in strings if (molecule := parse(text)) is not None]
    return internal_diversity(prints)


def show_shares(candidates: Found, target: Target, settings: MoleculeSettings) -> None:
    """Validity, uniqueness, novelty, diversity, and how many met each goal; validity is no merit where the grammar
    lets nothing else be written, and the box says so."""
    counts, kept = summarise_molecules(candidates), keep_molecules(candidates)
    certain = settings.grammar and counts["valid"] == counts["drawn"]
    boxes = [
        Box(_("Valid"), counts["valid"], counts["drawn"], instead=_("by the grammar") if certain else ""),
        Box(_("Unique"), counts["unique"], counts["valid"]),
        Box(_("Not in the training data"), counts["novel"], counts["unique"]),
    ]
    if len(target.goals) > 1:
        boxes.append(Box(_("Meets every target"), sum(map(met_all, kept)), len(kept)))
    for key, goal in target.goals.items():
        met = sum(c.passed(f"target:{key}") for c in kept)
        boxes.append(Box(f"{_(PROPERTIES[key].short)} {goal_text(key, goal)}", met, len(kept)))
    diversity = _diversity(tuple(c.material.smiles for c in kept[:1000]))
    with st.container(key="molecule-shares", horizontal=True, gap="small"):
        show_boxes(boxes, 128)
        if diversity is not None:
            st.metric(
                _("Internal diversity"),
                f"{diversity:.3f}",
                _("MOSES: 0.857") if settings.domain == DOMAINS[0] else None,
                delta_color="off",
                delta_arrow="off",
                width=128,
                help=_("1 minus the mean Tanimoto similarity of all pairs (Morgan, radius 2)"),
            )


def filter_molecules(candidates: Found, target: Target, settings: MoleculeSettings) -> list[Candidate[Molecule]]:
    """Those that pass what the reader ticks."""
    names = {"target": _("on target"), "new": _("not in the training data"), "rules": _("passing all filters")}
    if not target.goals:
        del names["target"]
    ruled = settings.filters or settings.max_sa  # whoever lacks the structure asked for is not kept at all
    if not ruled:
        del names["rules"]
    ticked = st.pills(
        _("Show only"),
        list(names),
        selection_mode="multi",
        key="molecules-only",
        format_func=names.__getitem__,
        label_visibility="collapsed",
        wrap=True,
        default=["rules"] if ruled else None,
    )

    def passes(candidate: Candidate[Molecule], key: str) -> bool:
        if key == "target":
            return met_all(candidate)
        if key == "new":
            return counts_for(candidate, "novel")
        skip = ("target:", "novelty")
        return all(v.passed is not False for v in candidate.verdicts if not v.rule.startswith(skip))

    return [c for c in candidates if all(passes(c, key) for key in ticked)]


# ------------------------------------------------------------------------------------------------------------- grid


def show_grid(
    candidates: Found,
    target: Target,
    settings: MoleculeSettings,
    pick: Pick,
    show_picked: Callable[[Candidate[Molecule]], None] | None = None,
) -> None:
    """Drawings with name-tagged properties, a page of them at a time, and the picked one in full among them.

    The style sheet puts it in a column beside the drawings that stays in view; on a phone it comes right after its
    drawing, or first where its drawing is on another page.

    Args:
        candidates: all of them.
        target: what was asked for.
        settings: what must be in every molecule is marked in its drawing.
        pick: which one is shown.
        show_picked: shows one molecule in full, in a narrow column; None where it is shown elsewhere.
    """
    pages = -(-len(candidates) // _PAGE)
    page = 1
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="grid-order"):
        candidates = sort_molecules(candidates, *ask_order(shown_columns(candidates, target)))
        if pages > 1:
            label = _("Page (of {pages})").format(pages=pages)
            page = int(st.number_input(label, 1, pages, 1, key=GRID_PAGE, width=140))
    shown = candidates[(page - 1) * _PAGE : page * _PAGE]
    mark_part = asked_part(settings)
    picked = pick.of(candidates)
    with st.container(horizontal=True, gap="small", key="molecule-grid"):
        if show_picked and picked not in shown:
            _show_beside(picked, show_picked)
        for candidate in shown:
            name = "picked" if candidate.id == pick.shown else "card"
            with st.container(border=True, width=222, gap=None, key=f"molecule-{name}-{candidate.id}"):
                st.html(drawing(candidate.material.smiles, highlight=mark_part) + tags(candidate, target))
                st.button(
                    _("Showing") if name == "picked" else _("Show"),
                    key=f"pick-{candidate.id}",
                    on_click=pick.choose,
                    args=(candidate.id,),
                    type="tertiary",
                    width="stretch",
                    help=candidate.material.smiles,
                )
            if show_picked and name == "picked":
                _show_beside(candidate, show_picked)


def _show_beside(candidate: Candidate[Molecule], show_picked: Callable[[Candidate[Molecule]], None]) -> None:
    with st.container(border=True, key="molecule-beside"):
        show_picked(candidate)


def tags(candidate: Candidate[Molecule], target: Target) -> str:
    """Properties by name, what was asked for beside what was read."""
    rows = []
    for key in shown_columns([candidate], target):
        value = candidate.value(key)
        text = "–" if value is None else number(value, PROPERTIES[key].decimals)
        goal = target.goals.get(key)
        asked = ""
        if goal is not None:
            verdict = candidate.verdict(f"target:{key}")
            kind = "yes" if verdict is not None and verdict.passed else "no"
            met = "" if value is None else f' <span class="{kind}">{mark(verdict)}</span>'  # one dash is enough
            asked = f'{met} <span class="quiet">{escape(_short(goal))}</span>'
        rows.append(f"<span><b>{escape(_(PROPERTIES[key].short))}</b> {escape(text)}{asked}</span>")
    return f'<div class="tags">{"".join(rows)}</div>'


def _short(goal: Goal) -> str:
    """What is asked for, as short as it can be said: "2", "1–3", "≤ 3"."""
    if goal.is_value:
        return f"◎ {plain(goal.low or 0.0)}"
    if goal.low is None or goal.high is None:
        return f"◎ ≥ {plain(goal.low)}" if goal.low is not None else f"◎ ≤ {plain(goal.high or 0.0)}"
    return f"◎ {plain(goal.low)} – {plain(goal.high)}"


# ------------------------------------------------------------------------------------------------------------ table


def show_molecule_table(candidates: Found, target: Target, pick: Pick) -> None:
    """One molecule a row; a row picks it."""
    words = st.column_config.TextColumn
    config: Columns = {
        "smiles": words("SMILES", pinned=True, width=190),
        "met": words(_("Met"), width=45),
        "score": score_column(_SCORE),
        "novelty": words(_("New"), width=55, help=_("✓: not among the training molecules")),
        "id": words("id", width=80),
    }
    columns = (*shown_columns(candidates, target), *_choose_endpoints(candidates, target))
    for name in columns:
        record = PROPERTIES[name]
        text = f"{_(record.label)}: {_(record.note)}"
        config[name] = property_column(name, target, text, places=record.decimals, width=105)
    table = asked_first(pd.DataFrame([_row(c, target, columns) for c in candidates]), target.goals, ("smiles",))
    config[EMPTY] = add_reasons(table, candidates, {key: _(PROPERTIES[key].short) for key in columns})
    pick.show_table(table, "molecule-table", 423, config, _("Molecules, one per row"))


def _row(candidate: Candidate[Molecule], target: Target, columns: Sequence[str]) -> dict[str, object]:
    row: dict[str, object] = {"smiles": candidate.material.smiles}
    if target.goals:
        row["met"] = "✓" if met_all(candidate) else "✗"
        row["score"] = candidate.score
    row |= {key: candidate.value(key) for key in columns}
    rules = dict.fromkeys(
        v.rule for v in candidate.verdicts if not v.rule.startswith("target:") and v.rule not in ("valid", "duplicate")
    )
    row |= {rule: mark(candidate.verdict(rule)) for rule in rules if rule not in columns}
    return row | {"id": candidate.id}


# ------------------------------------------------------------------------------------------------------- histograms


def show_histograms(candidates: Found, target: Target, domain: str) -> None:
    """Each property of the run against the sampled training molecules of the domain."""
    known = load_molecule_reference().sampled(domain)
    columns = st.columns(2, gap="small")
    for place, key in enumerate(MOLECULE_CONDITIONS):
        values = [value for c in candidates if (value := c.value(key)) is not None]
        if values:
            chart = draw_comparison(values, known[key], key, target.goals.get(key), translate=_)
            alt = _("{label} of this run and of known molecules").format(label=_(PROPERTIES[key].label))
            columns[place % 2].plotly_chart(chart, key=f"compare-{key}", config=plot_config(key, tools=False), alt=alt)
