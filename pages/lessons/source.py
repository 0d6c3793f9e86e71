"""The code of the diffusion lesson, read from the package, each piece beside its equation."""

from __future__ import annotations

import inspect

import streamlit as st

from matgen_core.diffusion import process, samplers
from matgen_core.diffusion.schedules import linear_schedule
from matgen_core.lessons.diffusion import schedule_of
from matgen_core.models import denoiser
from pages.i18n.formatting import number
from pages.i18n.language import _


def code() -> None:
    st.markdown(_("This is the code that runs on this page, read from the package."))
    for name, thing, equation in _CODE:
        with st.expander(f"`{name}`", expanded=name == "diffusion_loss", key=f"code-{name}-panel"):
            st.latex(equation)
            st.code(inspect.getsource(thing), language="python", wrap_lines=True)
    whole, short = float(schedule_of("linear").alpha_bar[-1]), float(linear_schedule(100).alpha_bar[-1])
    st.markdown(
        _(
            "A note to the chapter: with 1,000 steps its betas leave {whole} of the signal's variance at the end, with "
            "100 steps {short}. Sampling that begins from pure noise then begins where training never was, so the "
            "betas are scaled by 1000 / T here."
        ).format(whole=number(whole, 5), short=number(short, 2))
    )


#: Equation beside code, in the order in which they are used.
_CODE = (
    (
        "add_noise",
        process.add_noise,
        r"q(x_t \mid x_0):\quad x_t = \sqrt{\bar\alpha_t}\,x_0 + "
        r"\sqrt{1-\bar\alpha_t}\,\varepsilon",
    ),
    (
        "diffusion_loss",
        process.diffusion_loss,
        r"L = E_{x_0,\varepsilon,t}\,\lVert \varepsilon - "
        r"\varepsilon_\theta(x_t, t)\rVert^2",
    ),
    (
        "SimpleDiffusionModel",
        denoiser.SimpleDiffusionModel,
        r"\varepsilon_\theta(x_t, t) = "
        r"\mathrm{MLP}\big([x_t,\ t/T]\big)",
    ),
    (
        "ConditionalDiffusionModel",
        denoiser.ConditionalDiffusionModel,
        r"\varepsilon_\theta(x_t, t, c) = "
        r"\mathrm{MLP}\big([x_t,\ e(c),\ t/T]\big)",
    ),
    (
        "linear_schedule",
        linear_schedule,
        r"\beta_t = 10^{-4} + \tfrac{t}{T-1}\,(0.02 - 10^{-4}),\qquad "
        r"\bar\alpha_t = \prod_{s\le t}(1-\beta_s)",
    ),
    ("sample", samplers.sample, r"p_\theta(x_{t-1} \mid x_t):\quad x_T \sim N(0, I),\quad t = T, \dots, 1"),
    (
        "guide",
        samplers.guide,
        r"\hat\varepsilon = \varepsilon_\varnothing + w\,(\varepsilon_c - "
        r"\varepsilon_\varnothing)",
    ),
)
