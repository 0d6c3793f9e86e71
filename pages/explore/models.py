"""A card for each shipped model: what it is for, what it learnt from, what it reaches, where it fails."""

from __future__ import annotations

import json
import re

import streamlit as st

from matgen_core.kinds.cards import CARDS, read_card
from matgen_core.learning.checkpoints import FOLDER, available
from pages.i18n.language import N_, _

#: What each is for, in a line; the card itself is the checkpoint's README.
_PURPOSE = {
    "crystal-gpt": N_("Crystals: generates space group, sites and elements for targets"),
    "crystal-proposal": N_("Crystals: proposes cell and coordinates"),
    "crystal-geometry": N_("Crystals: refines the geometry by diffusion"),
    "crystal-vae": N_("Crystals: autoencoder, encodes and decodes crystals"),
    "crystal-diffusion": N_("Crystals: diffusion in the latent space, conditioned on targets"),
    "skeleton-critic": N_("Crystals: critic, predicts the properties of a skeleton before it has coordinates; steers"),
    "crystal-gap": N_("Crystals: predicts the band gap from formula and structure; judges"),
    "matbert": N_("Compositions: predicts band gap, formation energy and moment from the formula"),
    "matbert-atoms": N_("MatBERT as in the chapter, pretrained only, for the lesson"),
    "matbert-formulas": N_("MatBERT pretrained on formulas alone, for the lesson on transfer"),
    "matgpt": N_("Compositions: generates formulas for targets"),
    "smiles-gpt": N_("Molecules: generates SMILES for targets"),
    "smiles-bert": N_("Molecules: encodes a SMILES as a vector"),
}
_LICENCES = {
    "smiles-gpt": N_(
        "Weights MIT. Trained on MOSES (MIT): Polykovskiy et al., Front. Pharmacol. 11, 565644 (2020); QM9: "
        "Ramakrishnan et al., Sci. Data 1, 140022 (2014); MoleculeNet: Wu et al., Chem. Sci. 9, 513 (2018); "
        "non-fullerene acceptors: Lopez et al., Joule 1, 857 (2017)."
    ),
    "smiles-bert": N_("Weights MIT. Trained on MOSES (MIT): Polykovskiy et al., Front. Pharmacol. 11, 565644 (2020)."),
    "other": N_(
        "Weights MIT. Trained on Materials Project data (CC BY 4.0): Jain et al., APL Mater. 1, 011002 (2013), "
        "from the benchmark sets named in the card."
    ),
}

#: What is not trained here, by its card.
_OTHERS = {
    "chgnet": N_("Other authors' model: energies, forces and moments; steers"),
    "sevennet-l3i5": N_("Other authors' model: energies; judges"),
    "admet-ai": N_("Other authors' model, optional: ADMET endpoints of molecules"),
    "hull": N_("Convex hull of known phases"),
    "cost-and-supply": N_("Tables of prices and of supply"),
    "hazards": N_("Table of toxic and radioactive elements"),
}


def show(name: str) -> None:
    """One model's card."""
    folder = FOLDER / name
    size = sum(f.stat().st_size for f in folder.iterdir() if f.suffix == ".safetensors") / 1e6
    path = folder / ("matgen.json" if (folder / "matgen.json").is_file() else "config.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    trained = record.get("trained", {})
    with st.container(horizontal=True, gap="small"):
        st.metric(_("Weights"), f"{trained.get('parameters', 0):,}" if trained.get("parameters") else "–", width=160)
        st.metric(_("On disk"), f"{size:.1f} MB", width=120)
        minutes = f"{trained.get('seconds', 0) / 60:.0f}"
        st.metric(_("Training time"), _("{n} min").format(n=minutes) if trained.get("seconds") else "–", width=170)
    st.caption(_(_LICENCES.get(name, _LICENCES["other"])))
    text = (folder / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"<!--.*?-->\n?", "", text)
    with st.container(key="card"):
        st.markdown(re.sub(r"^# .*\n", "", text))
    with st.expander(_("How to cite"), key="cite-panel"):
        st.code(f"MatGen, checkpoint {name}, digest {record.get('digest', '–')}", language=None)


st.title(_("Models"), anchor=False)
st.caption(
    _(
        "Every included model with its card: training data, results beside those of other methods, limits. The "
        "cards are in English."
    )
)
names = [name for name in _PURPOSE if name in available()] + [n for n in available() if n not in _PURPOSE]
purposes = {**_PURPOSE, **_OTHERS}
chosen = st.selectbox(
    _("Model"),
    [*names, *CARDS],
    format_func=lambda n: f"{n} · {_(purposes[n])}" if n in purposes else n,
    key="model",
)
if chosen in CARDS:
    with st.container(key="card"):
        st.markdown(re.sub(r"^# .*\n", "", read_card(chosen)))
else:
    show(chosen)
