"""Fifty things to know and to do, by the chapter's headings, each with a link to where it is learnt."""

from __future__ import annotations

import streamlit as st

from pages.i18n.language import N_, _
from pages.lessons.notebook import keep_in_browser, show_export, tick
from pages.lessons.path import link_to

#: By heading, (what one can say or do, the demonstration in which it is learnt).
CHECKLIST = {
    N_("Concepts"): (
        (N_("I can tell forward design from inverse design by an example of my own"), "Forward and inverse"),
        (N_("I can say why noise that is added in many steps can be added in one"), "Noise"),
        (N_("I can find the step at which noise becomes the larger part"), "Noise"),
        (N_("I can say what a network that predicts noise has to do with a mean"), "From noise"),
        (N_("I can say what a condition changes in the network's input"), "Conditions"),
        (N_("I can say what guidance exaggerates"), "Conditions"),
        (N_("I can say what a token is, of a SMILES and of a formula"), "Tokens"),
        (N_("I can say what the rows of an attention map sum to, and why"), "Attention"),
        (N_("I can say why 128 descriptors give no molecule back"), "Descriptors"),
        (N_("I can draw the workflow of inverse design from memory"), "Workflow"),
    ),
    N_("Implementation"): (
        (N_("I trained the chapter's network and drew from it"), "Train it"),
        (N_("I let the network answer v instead of ε and saw what changed"), "Train it"),
        (N_("I trained a conditional network and moved its condition"), "Train it"),
        (N_("I changed the sampler and the number of steps and saw what it costs"), "From noise"),
        (N_("I read the loss in the code and found the noise in it"), "Code"),
        (N_("I wrote a condition with two targets and one any"), "2 Implementation"),
        (N_("I ran SimpleDiffusionModel of the chapter with 100 steps"), "Run it"),
        (N_("I ran MatBERT of the chapter with 12 layers of width 768"), "Run it"),
        (N_("I wrote a molecule token by token"), "Write one"),
        (N_("I changed the temperature and saw the probabilities move"), "The next token"),
        (N_("I hid an atom and read the network's guesses"), "Hide and guess"),
        (N_("I made two views of a formula of my own"), "Two views"),
        (N_("I counted the weights that an adapter adds"), "Three ways to teach"),
        (N_("I counted the weights of LoRA for another rank"), "Three ways to teach"),
        (N_("I wrote formulas with MatGPT for a target"), "MatGPT"),
    ),
    N_("Debugging"): (
        (N_("I can find out why sampling drifts when the schedule is too short"), "Code"),
        (N_("I know why samples in 128 dimensions fly apart"), "Train it"),
        (N_("I know why betas must be buffers"), "Diffusion"),
        (N_("I can explain the error of two conditions for a model of three"), "Diffusion"),
        (N_("I know what to look for when every sample is the same"), "Conditions"),
    ),
    N_("Application"): (
        (N_("I found a candidate for a target of my own and know what speaks against it"), "Workflow"),
        (N_("I ordered criteria and saw another winner"), "3 Application"),
        (N_("I taught a predictor from a table of my own"), "Teach it yourself"),
        (N_("I compared two molecules by their vectors"), "ChemBERTa"),
        (N_("I predicted the band gap of a formula with its spread"), "MatBERT"),
    ),
    N_("Data"): (
        (N_("I know what the models here learnt from, and what they never saw"), "MatBERT"),
        (N_("I know why rows of one formula must lie in one split"), "Teach it yourself"),
        (N_("I know why an encoder that was taught a property must not be tested on it"), "Teach it yourself"),
        (N_("I can say what is masked, and in which shares"), "Hide and guess"),
        (N_("I know why random numbers teach a model nothing but their law"), "Diffusion"),
    ),
    N_("Evaluation"): (
        (N_("I compare a hit rate with chance before I believe it"), "2 Implementation"),
        (N_("I compare an error with that of the median"), "Three ways to teach"),
        (N_("I ask for several seeds before I rank samplers"), "Samplers"),
        (N_("I can say why the judge must not be the generator"), "Workflow"),
        (N_("I found a figure in which the expected winner loses"), "1 Concepts"),
    ),
    N_("Theory"): (
        (N_("I can write the loss of the noise predictor and say what it bounds"), "Code"),
        (N_("I can say what alpha-bar, alpha and sigma mean, and which is which"), "Noise"),
        (N_("I can explain what classifier-free guidance multiplies"), "Conditions"),
        (N_("I can write InfoNCE and say what the temperature does"), "Two views"),
        (N_("I can say by what an error of the noise is multiplied, and where most"), "Train it"),
    ),
}


def checklist() -> None:
    st.caption(
        _(
            "The chapter's headings and numbers of items; the items are ours, since its own are lost in the text. "
            "Finished is who can tick forty."
        )
    )
    bar = st.empty()
    done = total = 0
    for number, (heading, items) in enumerate(CHECKLIST.items()):
        st.markdown(f"**{_(heading)}**")
        for place, (item, lesson) in enumerate(items):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                done += tick(f"{number}-{place}", _(item))
                link_to(lesson, f"→ {_(lesson)}")
            total += 1
    keep_in_browser("checklist")
    bar.progress(done / total, _("{done} of {total}").format(done=done, total=total))
    show_export()
