"""How the generator writes: one token after the other, and what else could have come (chapter 4.4)."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st
import torch

from matgen_core.chem.molecules.molecule import canonical, outside_domain, read
from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Target
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.core.records import Candidate, Molecule
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.generate import WritingStep, explain, load_writer, with_domain
from matgen_core.viz.molecules import draw_options
from pages.i18n.formatting import number
from pages.i18n.language import _
from pages.widgets.asking.refusal import show_error
from pages.widgets.charts import plot_config


def show_writing(candidate: Candidate[Molecule], target: Target, settings: MoleculeSettings) -> None:
    """The picked molecule, or one that is typed, token by token under the settings of the controls."""
    own = candidate.material.written or candidate.material.smiles
    typed = st.text_input(
        _("Molecule (SMILES)"),
        own,
        key=f"writing-{candidate.id}",
        max_chars=200,
        help=_("The selected molecule, token by token; enter another to see how likely the generator would write it"),
    )
    try:
        molecule = read(typed)
        smiles = own if typed == own else canonical(molecule)
        plain = replace(settings, prefix="", scaffold="", near="", fragments="")
        steps = _steps(smiles, _conditions(candidate, target), plain)
    except MatGenError as error:
        show_error(_(str(error)))
        return
    if note := outside_domain(molecule):
        st.warning(_("This molecule is outside the generator's domain: {note}.").format(note=note))
    names = [step.drawn if step.drawn != "<eos>" else _("end") for step in steps]
    place = int(st.slider(_("Token"), 1, len(steps), 1, key="writing-token")) - 1
    cells = "".join(
        f'<span class="{"now" if i == place else "then" if i < place else "later"}">{escape(name)}</span>'
        for i, name in enumerate(names)
    )
    st.html(f'<div class="tokens">{cells}</div>')
    st.plotly_chart(
        draw_options(steps[place], translate=_),
        key="writing-options",
        config=plot_config("tokens", tools=False),
        alt=_("Probabilities of the next token before and after guidance, temperature, top-k, top-p and grammar"),
    )
    likely = float(np.mean([np.log(max(1e-12, _share(step))) for step in steps]))
    st.caption(
        _(
            "Before: the network's own probabilities. After: with guidance {guidance:g}, temperature "
            "{temperature:g}, top-k {top_k}, top-p {top_p:g} and grammar {grammar}, as in the controls. Mean "
            "log-probability per token: {likely}. The network is conditioned on the targets (for a range, on the "
            "value in it nearest to this molecule)."
        ).format(
            temperature=settings.temperature,
            top_k=settings.top_k or _("off"),
            top_p=settings.top_p,
            likely=number(likely),
            guidance=settings.guidance,
            grammar=_("on") if settings.grammar else _("off"),
        )
    )


def _share(step: WritingStep) -> float:
    return next((before for name, before, _after in step.options if name == step.drawn), 0.0)


def _conditions(candidate: Candidate[Molecule], target: Target) -> tuple[float, ...]:
    conditions = []
    for key in MOLECULE_CONDITIONS:
        goal, value = target.goals.get(key), candidate.value(key)
        if goal is None:
            conditions.append(float("nan"))
            continue
        low, high = goal.interval()
        conditions.append(float(np.clip(value if value is not None else low, low, high)))
    return tuple(conditions)


@st.cache_data(max_entries=200, show_spinner=False)
def _steps(smiles: str, asked: tuple[float, ...], settings: MoleculeSettings) -> list[WritingStep]:
    network, _checkpoint = load_writer()
    conditions = torch.tensor([asked], device=next(network.parameters()).device)
    return explain(network, smiles, with_domain(network, conditions, settings.domain), settings)
