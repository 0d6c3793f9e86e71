"""A link means the same in every language: a choice is read by its word in any of them, and kept without one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.properties import PROPERTIES
from matgen_core.kinds.registry import NAMES
from matgen_core.runs.store import open_store
from matgen_core.workflows.spaces.sources import SPACES
from pages.i18n.language import LANGUAGES, translations
from pages.kinds.registry import page_kind
from pages.lessons import teaching
from pages.widgets.asking.design_controls import RULES
from pages.widgets.asking.url_settings import OneOf, Rule
from pages.widgets.kept_runs.run_changes import link_to, page_of
from pages.widgets.screening.source import LINK

PAGES = Path(__file__).parents[2] / "pages"
#: Rules of the link of each page.
LINKS: Mapping[str, Mapping[str, Rule]] = {
    **{f"design/{name}": page_kind(name).link for name in NAMES},
    "design/inverse_design": RULES,
    "design/screening": LINK,
    "explore/embeddings": {"space": OneOf(SPACES.names)},
}
#: Choices of lessons: page, demonstration, setting, word in English, and what it stands for.
OF_LESSONS = (
    ("diffusion", "Noise", "schedule", "cosine", "cosine"),
    ("diffusion", "In motion", "motion-data", "my own drawing", "my own drawing"),
    ("diffusion", "Train it", "pupil-data", "latents of the known crystals", "latents"),
    ("diffusion", "Conditions", "guided-property", PROPERTIES["formation_energy"].label, "formation_energy"),
    ("inverse_problem", "Workflow", "box", "Generate", "Generate"),
    ("transfer", "Teach it yourself", "strategy", teaching.NAMES["full"], "full"),
)


def choices(rules: Mapping[str, Rule]) -> dict[str, OneOf]:
    """Settings whose words differ between the languages."""
    return {
        key: rule
        for key, rule in rules.items()
        if isinstance(rule, OneOf) and any(len(set(translations(option).values())) > 1 for option in rule.options)
    }


@pytest.mark.parametrize("page", LINKS)
def test_no_word_of_a_choice_means_two_options(page: str) -> None:
    for key, rule in choices(LINKS[page]).items():
        meant: dict[str, set[str]] = {}
        for option in rule.options:
            for code in LANGUAGES:
                meant.setdefault(rule.word(option, code), set()).add(option)
        assert {word: options for word, options in meant.items() if len(options) > 1} == {}, key


def opened(page: str, code: str, link: Mapping[str, str]) -> AppTest:
    test = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=300)
    test.query_params.update({**link, "lang": code})
    test.run()
    assert not test.exception, test.exception
    return test


@pytest.mark.parametrize("page", LINKS)
@pytest.mark.parametrize(("written", "read"), [("ja", "en"), ("en", "ja")])
def test_a_link_of_one_language_opens_in_the_other(page: str, written: str, read: str) -> None:
    rules = choices(LINKS[page])
    wanted = {
        key: [option for option in rule.options if len(set(translations(option).values())) > 1][:2][-1]
        for key, rule in rules.items()
    }
    test = opened(page, read, {key: rules[key].word(option, written) for key, option in wanted.items()})
    assert not [warning.value for warning in test.warning if "`" in warning.value]
    drawn = {key: option for key, option in wanted.items() if key in test.session_state}
    assert set(drawn) == set(wanted) or page == "design/inverse_design", "the loop shows one kind of three"
    assert drawn
    for key, option in drawn.items():
        value = test.session_state[key]
        assert option in (value if isinstance(value, list) else [value]), key


@pytest.mark.parametrize(("page", "lesson", "key", "word", "option"), OF_LESSONS)
def test_a_japanese_link_of_a_lesson_opens_in_english(page: str, lesson: str, key: str, word: str, option: str) -> None:
    shown = f"{translations(word)['ja']} ▸" if key == "box" else translations(word)["ja"]
    test = opened(f"learn/{page}", "en", {"lesson": translations(lesson)["ja"], key: shown})
    assert test.session_state[key] == option


def _begin() -> None:
    from pages.kinds.registry import page_kind
    from pages.runs.run_recorder import begin_record

    begin_record("compositions", 0, "mine", rules=page_kind("compositions").link)


def test_a_run_of_a_japanese_page_is_kept_and_shared_without_its_language() -> None:
    words = {"band_gap_ask": translations("value")["ja"], "band_gap_value": "2"}
    test = AppTest.from_function(_begin)
    test.query_params.update({**words, "lang": "ja"})
    assert not test.run().exception
    (run,) = open_store().list()
    assert run.settings == {"band_gap_ask": ["value"], "band_gap_value": ["2"]}
    former = open_store().begin("compositions", {key: [word] for key, word in words.items()}, 0)  # as it once was kept
    page = page_of("compositions")
    assert page is not None
    assert link_to(open_store().get(former), page).endswith("/compositions?band_gap_ask=value&band_gap_value=2")


def _tabs() -> None:
    from pages.i18n.language import N_
    from pages.widgets.tabs import show_tabs

    show_tabs([N_("Properties and checks"), N_("Cell and sites")], "details")


@pytest.mark.parametrize(("before", "after"), [("en", "ja"), ("ja", "en")])
def test_a_switch_of_the_language_keeps_the_tab(before: str, after: str) -> None:
    test = AppTest.from_function(_tabs)
    test.query_params["lang"] = before
    test.session_state["details"] = translations("Cell and sites")[before]
    assert not test.run().exception
    test.query_params["lang"] = after
    assert not test.run().exception
    assert test.session_state["details"] == translations("Cell and sites")[after]
