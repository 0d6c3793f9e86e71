"""The lesson without a browser: every tab answers, training leaves a curve and samples, bad input is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.lessons.training import pupil_of

APP = str(Path(__file__).parents[2] / "pages" / "learn" / "diffusion.py")


def open_lesson(name: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    page.query_params["lesson"] = name
    page.run()
    assert not page.exception
    assert not page.error
    return page


def test_the_noise_opens_and_answers() -> None:
    page = open_lesson("Noise")
    assert "NaCl** → " in " ".join(text.value for text in page.caption), "the crystal, and what becomes of it"
    page.slider(key="forward-t").set_value(999).run()
    assert any("ᾱ = 4.04·10⁻⁵" in text.value for text in page.caption)
    page.text_input(key="dissolve").set_value("<script>").run()
    assert not page.exception
    assert page.error


def test_the_code_stands_below_its_equation() -> None:
    page = open_lesson("Code")
    assert len(page.latex) == 7
    assert "class SimpleDiffusionModel" in " ".join(code.value for code in page.code)
    assert "0.36" in " ".join(text.value for text in page.markdown), "the note to the chapter"


def test_a_film_takes_a_condition() -> None:
    page = open_lesson("From noise")
    page.selectbox(key="film-condition").set_value("band_gap").run()
    assert not page.exception
    assert [s for s in page.slider if s.key == "film-band_gap"]


@pytest.mark.parametrize("conditional", [False, True])
def test_training_leaves_a_curve_and_samples(conditional: bool) -> None:
    page = AppTest.from_file(APP, default_timeout=300)
    pupil = pupil_of("spiral", conditional)
    assert list(pupil.learn(60))[-1] == 1.0
    page.session_state["pupil"] = (("spiral", conditional, "eps", 0), pupil)
    page.session_state["conditional"] = conditional
    page.query_params["lesson"] = "Train it"
    page.run()
    assert not page.exception
    assert any("after 60 steps" in text.value for text in page.markdown)
    assert bool([s for s in page.slider if s.key == "c-spiral-0"]) is conditional


def test_the_chapters_condition_of_crystals_is_a_button() -> None:
    page = AppTest.from_file(APP, default_timeout=300)
    pupil = pupil_of("latents", True)
    assert list(pupil.learn(20))[-1] == 1.0
    page.session_state["pupil"] = (("latents", True, "v", 0), pupil)
    page.session_state["pupil-data"], page.session_state["conditional"] = "latents", True
    page.query_params["lesson"] = "Train it"
    page.run()
    page.button(key="c-chapter").click().run()
    assert not page.exception
    assert any("band gap 2.0 eV, formation energy −0.5 eV/atom" in text.value for text in page.caption)


def test_the_failure_of_the_noise_in_128_dimensions_is_said() -> None:
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["pupil"] = (("descriptors", False, "eps", 1000), pupil_of("descriptors", False, "eps", 1000))
    page.session_state["pupil-data"], page.session_state["predicts-descriptors"] = "descriptors", "eps"
    page.session_state["begun-False"] = 1000
    page.query_params["lesson"] = "Train it"
    page.run()
    assert not page.exception
    assert any("157 times" in text.value for text in page.warning)


def test_a_condition_and_its_guidance_answer_at_once() -> None:
    page = open_lesson("Conditions")
    page.selectbox(key="guided-property").set_value("formation_energy").run()
    page.select_slider(key="guided-weight").set_value(8.0).run()
    assert not page.exception
    assert any("0.25 eV/atom" in text.value for text in page.caption)


def test_descriptors_of_a_molecule_and_of_none() -> None:
    page = open_lesson("Descriptors")
    page.text_input(key="described").set_value("CCOC(=O)c1ccccc1").run()
    assert not page.exception
    page.text_input(key="described").set_value("C(").run()
    assert not page.exception
    assert any("not a molecule" in error.value for error in page.error)
