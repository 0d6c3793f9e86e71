"""The lesson without a browser: every tab answers, training leaves a curve and samples, bad input is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.lessons.diffusion import pupil_of

APP = str(Path(__file__).parents[2] / "pages" / "learn" / "diffusion.py")


@pytest.fixture(scope="module")
def page() -> AppTest:
    return AppTest.from_file(APP, default_timeout=300).run()


def test_it_opens(page: AppTest) -> None:
    assert not page.exception
    assert not page.error
    assert len(page.latex) >= 9, "the equations beside the code"
    assert "class SimpleDiffusionModel" in " ".join(code.value for code in page.code)
    assert "0.36" in " ".join(text.value for text in page.markdown), "the note to the chapter"
    assert "NaCl** → " in " ".join(text.value for text in page.caption), "the crystal, and what becomes of it"


def test_the_sliders_answer(page: AppTest) -> None:
    page.slider(key="forward-t").set_value(999).run()
    assert not page.exception
    assert any("ᾱ = 0.0000" in text.value for text in page.caption)
    page.selectbox(key="told").set_value("band_gap").run()
    assert not page.exception
    assert [s for s in page.slider if s.key == "told-value"]


def test_a_crystal_that_is_not_known_is_said() -> None:
    page = AppTest.from_file(APP, default_timeout=300).run()
    page.text_input(key="dissolve").set_value("<script>").run()
    assert not page.exception
    assert page.error


@pytest.mark.parametrize("conditional", [False, True])
def test_training_leaves_a_curve_and_samples(conditional: bool) -> None:
    page = AppTest.from_file(APP, default_timeout=300)
    pupil = pupil_of("spiral", conditional)
    for _share in pupil.learn(600.0, report_every=-1.0):
        if len(pupil.losses) >= 60:
            break
    page.session_state["pupil"] = (("spiral", conditional), pupil)
    page.session_state["conditional"] = conditional
    page.run()
    assert not page.exception
    assert any("60 steps" in text.value for text in page.caption)
    assert bool([s for s in page.slider if s.key == "c-0"]) is conditional


def test_a_condition_and_its_guidance_answer_at_once(page: AppTest) -> None:
    page.selectbox(key="guided-property").set_value("formation_energy").run()
    page.select_slider(key="guided-weight").set_value(8.0).run()
    assert not page.exception
    assert any("0.25 eV/atom" in text.value for text in page.caption)


def test_descriptors_of_a_molecule_and_of_none(page: AppTest) -> None:
    page.text_input(key="described").set_value("CCOC(=O)c1ccccc1").run()
    assert not page.exception
    page.text_input(key="described").set_value("C(").run()
    assert not page.exception
    assert any("not a molecule" in error.value for error in page.error)
