"""Notes to the chapter: what a careful reader stumbles over, with checks that run."""

from __future__ import annotations

import streamlit as st

from matgen_core.lessons import notes
from matgen_core.lessons.notes import SOURCES
from pages.i18n.formatting import number
from pages.i18n.language import _
from pages.lessons.numbers import percent


def source(*names: str) -> None:
    """Where it can be checked; the address is text, since nothing here asks the network."""
    for name in names:
        st.caption(f"{SOURCES[name].text}. doi:{SOURCES[name].doi}")


def diffusion() -> None:
    st.markdown(
        _(
            "A chapter must be short; these are the places where a careful reader stumbles, each checked as the page "
            "opens where that is possible."
        )
    )
    with st.expander(_("4.2 With 100 steps the noise is not complete"), expanded=True, key="note-steps-panel"):
        st.markdown(
            _(
                "The example sets num_timesteps=100 but keeps the betas of 1,000 steps. Then ᾱ_T is **{short}** (with "
                "1,000 steps {whole}): sampling begins from pure noise, where training never was. Remedy: multiply "
                "the betas by 1000 / T."
            ).format(short=number(notes.signal_left(100), 2), whole=number(notes.signal_left(1000), 5))
        )
        source("ddpm")
    with st.expander(_("4.2 The betas stay behind on a GPU"), key="note-betas-panel"):
        plain, buffer = notes.buffers_move()
        st.markdown(
            _(
                "They are plain attributes, so that model.to(device) does not move them and the first step fails "
                "there. Registered as buffers they follow. Checked just now by a change of type: attribute "
                "**{plain}**, buffer **{buffer}**."
            ).format(plain=_("moved") if plain else _("stayed"), buffer=_("moved") if buffer else _("stayed"))
        )
    with st.expander(_("4.2 The training data are random numbers"), key="note-data-panel"):
        st.markdown(
            _(
                "torch.randn stands for the descriptors of 64 molecules, so there is nothing to learn but the normal "
                "law. The lesson on diffusion trains the same network on a spiral, on 128 descriptors of real "
                "molecules "
                "and on the latents of known crystals instead."
            )
        )
    with st.expander(_("Exercise 2: two conditions for a model of three"), key="note-conditions-panel"):
        st.markdown(
            _("The answer passes two conditions to conditional_model, which was built for three. PyTorch says:")
        )
        st.code(notes.two_for_three(), language=None)


def language() -> None:
    with st.expander(_("4.4 Which token begins a molecule"), expanded=True, key="note-first-token-panel"):
        st.markdown(
            _(
                "generate_smiles takes the first token as an argument, and the chapter names none. Give it a token "
                "that means only the beginning: of the included generator's strings {share} begin with C, and what "
                "begins with C can never write the others."
            ).format(share=percent(notes.begins_with_carbon()))
        )
    with st.expander(_("4.4 Conditions on different scales"), key="note-scales-panel"):
        st.markdown(
            _(
                "The example hands [1.5, 10, 250, 2, 3] to one linear layer: 250 g/mol drowns a logP of 1.5. "
                "Divide each "
                "by its spread first."
            )
        )


def transfer() -> None:
    with st.expander(_("Pretraining: the three shares of masking overlap"), expanded=True, key="note-masking-panel"):
        theirs, ours = notes.chapter_shares(), notes.our_shares()
        st.markdown(
            _(
                "The random atoms are drawn apart from the masked ones and overwrite some of them. Of the chosen "
                "atoms {a} read [MASK], {b} a random atom and {c} stay, instead of 80, 10 and 10 %. One number for "
                "each atom makes the shares exclusive: {d}, {e}, {f}."
            ).format(**{k: percent(v) for k, v in zip("abcdef", (*theirs.values(), *ours.values()), strict=True)})
        )
        source("bert")
    with st.expander(_("Pretraining: labels of −100 and ignore_index=0"), key="note-labels-panel"):
        st.markdown(_("mask_atoms labels what is not asked with −100, but the loss ignores 0. PyTorch says:"))
        st.code(notes.labels_clash(), language=None)
    with st.expander(_("Transfer: adapters after the frozen pass"), key="note-adapters-panel"):
        st.markdown(
            _(
                "The adapters run on the finished hidden states, so that no later layer sees what they did; in the "
                "paper they stand inside each block. And hidden_states is a tuple, into which the loop writes:"
            )
        )
        st.code(notes.writing_into_a_tuple(), language=None)
        source("adapters")
    with st.expander(_("Transfer: LoRA's forward pass is empty"), key="note-lora-panel"):
        st.markdown(
            _(
                "MatBERTWithLoRA.forward is left out, so it returns nothing. Here LoRA is trained on query and value "
                "inside the attention; a kept predictor is merged when it is opened."
            )
        )
        source("lora")
    with st.expander(_("MatGPT: token 101 is mendelevium"), key="note-token-101-panel"):
        st.markdown(
            _(
                "The vocabulary has 120 tokens, of which 1 to 118 are atomic numbers; [CLS] = 101 is then the "
                "element Md. "
                "Give [CLS] a number that is no element's, such as 119."
            )
        )
    with st.expander(
        _("Transfer: what full_finetuning and ContrastiveLearning leave open"), key="note-left-open-panel"
    ):
        st.markdown(
            _(
                "epochs and evaluate are not defined in full_finetuning. ContrastiveLearning takes labels and does not "
                "use them. mask[:, −1] spares the [SEP] of the longest row only, and padding is masked, too."
            )
        )


def design() -> None:
    with st.expander(_("4.5 An average over different units"), expanded=True, key="note-units-panel"):
        st.markdown(
            _(
                "The error is the mean over eV, eV/atom and µB. A gap that is 0.25 eV off with the others exact "
                "gives **{mean}** and passes the threshold of 0.1; and 0.1 µB weighs as much as 0.1 eV. Here each "
                "distance is in units of its own tolerance, and every target must be met."
            ).format(mean=number(notes.averaged_miss(), 3))
        )
    with st.expander(_("4.5 The predictor is random"), key="note-predictor-panel"):
        st.markdown(
            _(
                "lambda x: torch.randn(…) stands for a predictor. By it a candidate passes with a probability of "
                "**{share}**, whatever it is: none of fifty will."
            ).format(share=percent(notes.chance_of_random(), 4))
        )


def claims() -> None:
    with st.expander(
        _("4.6 Halicin (2020) was not made by a diffusion model"), expanded=True, key="note-halicin-panel"
    ):
        st.markdown(
            _(
                "It was found by a message-passing network that predicts antibacterial activity, screening a library "
                "of known compounds. The molecule was known; its use was new."
            )
        )
        source("halicin")
    with st.expander(_("The published MatBERT was pretrained on papers"), key="note-matbert-panel"):
        st.markdown(
            _(
                "MatBERT is the name of a BERT pretrained on two million materials science papers, not on "
                "formulas. What the chapter builds, and this app includes, is a BERT over the atoms of a formula."
            )
        )
        source("matbert")
    with st.expander(_("4.6 Other success stories"), key="note-stories-panel"):
        st.markdown(
            _(
                "The battery electrolyte of 2022 and the catalyst of 2023 are given without a reference and could not "
                "be traced: **not verified**. The salaries and the funding are likewise without a source."
            )
        )
