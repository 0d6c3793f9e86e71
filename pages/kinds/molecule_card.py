"""One molecule in full: flat, in 3D, predictions, verdicts, nearest known, how it was written, files."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from matgen_core.chem.molecules.alerts import check_alerts
from matgen_core.chem.molecules.molecule import parse
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Molecule, Verdict
from matgen_core.core.settings import FILTERS, MoleculeSettings
from matgen_core.kinds.molecules.files import sdf_name, to_sdf
from matgen_core.kinds.molecules.near import SIMILARITY
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.workflows.evidence import Repeat
from pages.i18n.formatting import goal_text, number
from pages.i18n.language import N_, _
from pages.kinds.endpoint_view import show_endpoints
from pages.kinds.molecule_results import COLUMNS, asked_part
from pages.kinds.molecule_view import drawing, show_conformer
from pages.kinds.writing_view import show_writing
from pages.widgets.found.evidence import offer_evidence
from pages.widgets.found.facts import show_facts, show_origin, verdict_row
from pages.widgets.tabs import show_tabs

_TABS = (N_("Properties and checks"), N_("ADMET"), N_("Nearest known"), N_("How it was generated"), N_("Files"))


def show_molecule(
    candidate: Candidate[Molecule],
    target: Target,
    settings: MoleculeSettings,
    run: str = "",
    narrow: bool = False,
    repeat: Repeat | None = None,
) -> None:
    """The picked molecule.

    Args:
        candidate: the picked one.
        target: what was asked for.
        settings: how it was written.
        run: id of its run in the store, which stands in the names of its files.
        narrow: whether it stands in a column beside the drawings, so that all of it is one below the other.
        repeat: what its run was asked for; None where that is not known.
    """
    smiles = candidate.material.smiles
    left, right = (st.container(), st.container()) if narrow else st.columns([5, 7], gap="medium")
    with left:
        st.html(drawing(smiles, 380, 210, asked_part(settings)))
        st.code(smiles, language=None, wrap_lines=True)
        show_conformer(smiles)
    with right:
        predictions, endpoints, known, writing, files = show_tabs(_TABS, "molecule-details")
        with predictions:
            _show_predictions(candidate, target)
            _show_verdicts(candidate)
        with endpoints:
            if endpoints.open:  # the networks take seconds to load
                show_endpoints(candidate, target)
        with known:
            _show_nearest(smiles)
        with writing:
            show_writing(candidate, target, settings)
        with files:
            _offer(candidate, run)
            stem = sdf_name(candidate, run).removesuffix("-flat.sdf")
            offer_evidence(candidate, repeat or Repeat(run=run), stem)
        show_origin(candidate)


def _show_predictions(candidate: Candidate[Molecule], target: Target) -> None:
    rows = []
    for key in dict.fromkeys((*COLUMNS, SIMILARITY, *target.goals)):
        prediction = candidate.predictions.get(key)
        if prediction is None or prediction.value is None:
            continue
        asked = f" · {_('target')} {goal_text(key, target.goals[key])}" if key in target.goals else ""
        value = f"{number(prediction.value, PROPERTIES[key].decimals)} {prediction.unit}".strip()
        rows.append(
            f'<tr><th>{escape(_(PROPERTIES[key].label))}</th><td><span class="number">{escape(value)}</span>'
            f'{escape(asked)}<br><span class="quiet">{escape(_(prediction.method))}</span></td></tr>'
        )
    show_facts(rows)


def _show_verdicts(candidate: Candidate[Molecule]) -> None:
    verdicts = [v for v in candidate.verdicts if v.rule not in FILTERS]
    names = {"valid": _("Valid"), **{alert: alert for alert in FILTERS}}
    rows = [
        verdict_row(v, candidate.material, names.get(v.rule, ""))
        for v in (*verdicts, *_alerts(candidate.material.smiles))
    ]
    show_facts(rows)


@st.cache_data(max_entries=500, show_spinner=False)
def _alerts(smiles: str) -> list[Verdict]:
    molecule = parse(smiles)
    return [] if molecule is None else [check_alerts(molecule, name) for name in FILTERS]


@st.cache_data(max_entries=500, show_spinner=False)
def _nearest(smiles: str) -> list[tuple[str, float]]:
    return load_molecule_reference().nearest(smiles)


def _show_nearest(smiles: str) -> None:
    sample = len(load_molecule_reference().smiles)
    st.caption(
        _("Most similar among {count:,} sampled training molecules (Morgan fingerprint, Tanimoto).").format(
            count=sample
        )
    )
    with st.container(horizontal=True, gap="small"):
        for other, likeness in _nearest(smiles):
            with st.container(border=True, width=222, gap=None):
                st.html(drawing(other))
                st.caption(_("Tanimoto {value:.2f}").format(value=likeness))


def _offer(candidate: Candidate[Molecule], run: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, shaped in ((_("SDF, flat"), False), (_("SDF, 3D"), True)):
            st.download_button(
                label,
                partial(to_sdf, [candidate], conformers=shaped),
                sdf_name(candidate, run, conformers=shaped),
                key=f"one-sdf-{shaped}",
                on_click="ignore",
            )
