"""A card for each shipped model: what it is for, what it learnt from, what it reaches, where it fails."""

from __future__ import annotations

import json
import re

import streamlit as st

from matgen_core.learning.checkpoints import FOLDER, available
from pages.i18n.language import N_, _

#: What each is for, in a line; the card itself is the checkpoint's README.
_PURPOSE = {
    "crystal-gpt": N_("Crystals: writes space group, sites and elements for targets"),
    "crystal-proposal": N_("Crystals: first guess at cell and coordinates"),
    "crystal-geometry": N_("Crystals: refines the geometry by diffusion"),
    "crystal-vae": N_("Crystals: latent space, reads and writes crystals"),
    "crystal-diffusion": N_("Crystals: diffusion over the latents, for targets"),
    "skeleton-critic": N_("Crystals: expects the properties of a draft before it has a geometry"),
    "crystal-gap": N_("Crystals: judges the gap by formula and structure"),
    "matbert": N_("Reads gap, formation energy and moment of formulas"),
    "matbert-atoms": N_("MatBERT as in the chapter, pretrained only, for the lesson"),
    "matgpt": N_("Compositions: writes formulas for targets"),
    "smiles-gpt": N_("Molecules: writes SMILES for targets"),
    "smiles-bert": N_("Molecules: a vector for a SMILES"),
}
_LICENCES = {
    "smiles": N_("Weights MIT. Learnt from MOSES (MIT): Polykovskiy et al., Front. Pharmacol. 11, 565644 (2020)."),
    "other": N_(
        "Weights MIT. Learnt from Materials Project (CC BY 4.0): Jain et al., APL Mater. 1, 011002 (2013), through the "
        "benchmark sets named in the card."
    ),
}

#: Models whose weights come in a package of their own.
_OTHERS = (
    N_(
        "**CHGNet 0.3.0** (Modified BSD): energies, moments and forces; it relaxes crystals, so it steers. Deng et "
        "al., Nat. Mach. Intell. 5, 1031 (2023)."
    ),
    N_(
        "**SevenNet-l3i5** (MIT): energies only; it judges what CHGNet steered. Park et al., J. Chem. Theory Comput. "
        "20, 4857 (2024)."
    ),
)


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
        st.metric(_("Trained on a CPU"), _("{n} min").format(n=minutes) if trained.get("seconds") else "–", width=170)
    st.caption(_(_LICENCES["smiles" if name.startswith("smiles") else "other"]))
    text = (folder / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"<!--.*?-->\n?", "", text)
    with st.container(key="card"):
        st.markdown(re.sub(r"^# .*\n", "", text))
    with st.expander(_("How to cite")):
        st.code(f"MatGen, checkpoint {name}, digest {record.get('digest', '–')}", language=None)


st.title(_("Models"), anchor=False)
st.caption(
    _("Every model that ships, with its own card: data, figures beside the peers', limits. The cards are in English.")
)
names = [name for name in _PURPOSE if name in available()] + [n for n in available() if n not in _PURPOSE]
chosen = st.selectbox(
    _("Model"), names, format_func=lambda n: f"{n} · {_(_PURPOSE[n])}" if n in _PURPOSE else n, key="model"
)
show(chosen)
with st.expander(_("Models of others that come with the app")):
    for line in _OTHERS:
        st.markdown(_(line))
