"""The way through the lessons: their order, one demonstration at a time, links to each, and the lecture mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.errors import StreamlitAPIException

from matgen_core.core.errors import MatGenError
from pages.i18n.language import N_, _, language
from pages.lessons.notebook import read_from_browser
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import URL, OneOf, localise_link
from pages.widgets.tabs import follow_language

#: Key of the tabs, and of the demonstration in a link: ``/diffusion?lesson=Samplers``.
LESSON, LECTURE = "lesson", "lecture"
#: 18 px and more everywhere, and no title, so that control and effect fit on a projector's screen.
_LECTURE_STYLE = """<style>
html { font-size: 18px; }
[data-testid="stMain"] :is(p, li, label, button, input, textarea, td, th, pre, code, [data-testid^="stSlider"] div) {
  font-size: 18px !important; }
:is(header, [data-testid^="stFileUploader"]) :is(p, span:not([data-testid="stIconMaterial"]), small) {
  font-size: 18px !important; }
.katex { font-size: 25.8px; }  /* its exponents, seven tenths of it, have 18 px */
[data-testid="InputInstructions"] { display: none; }
.attended { max-height: 150px; }
/* A table draws its text itself, at 14 px where it stood there before the lecture began. */
[data-testid="stElementContainer"]:has([data-testid="stDataFrame"]) { zoom: 1.29; }
:is([data-testid="stDataFrame"], [data-testid="stDataFrameResizable"]) { max-width: 100% !important; }
[data-testid="stMainBlockContainer"] { padding: 3.4rem 1rem 1rem; }
[data-testid="stMainBlockContainer"] h1, .st-key-path-source, .st-key-foot { display: none; }
@media (min-width: 800px) {
  .st-key-path-head { position: fixed; top: 11px; right: 234px; width: auto; z-index: 1000001; }
  /* What shows nothing here leaves no gap above the demonstration. */
  [data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] > :is(
    [data-testid="stElementContainer"]:has(h1, style),
    [data-testid="stLayoutWrapper"]:has(> :is(.st-key-head, .st-key-path-head, .st-key-notebook-read))) {
    position: absolute; }
}
/* Control and effect first; the sentence and the formula that introduce them stand below. A lesson that is drawn apart
   has a block of its own. */
:is(.st-key-path-lesson, .st-key-path-lesson > :first-child > [data-testid="stVerticalBlock"])
  > :nth-child(-n+3):is([data-testid="stElementContainer"]:has(.stMarkdown, .katex-display),
    [data-testid="stLayoutWrapper"]:has(.katex-display):not(:has(input))) { order: 1; }
.st-key-path-lesson > [data-testid="stLayoutWrapper"]:has(> .st-key-path-way) { order: 2; }
</style>"""


#: Inks of code by scheme, each at 4.5:1 or more on its ground: words of the language, names, text, numbers, comments.
_CODE_INKS = {
    "light": ("#0b5d53", "#1a4f8b", "#6f4300", "#8a3b00", "#56605e"),
    "dark": ("#7fd6c8", "#9cc7f5", "#e6b97a", "#f0a070", "#aab4b2"),
}


def _code_style(scheme: str) -> str:
    """Style of code for one scheme: Streamlit's own inks are too pale to read from afar."""
    keyword, name, text, number, comment = _CODE_INKS.get(scheme, _CODE_INKS["light"])
    return f"""<style>
[data-testid="stCode"] .token {{ color: inherit !important; }}
[data-testid="stCode"] .token:is(.keyword) {{ color: {keyword} !important; }}
[data-testid="stCode"] .token:is(.function, .class-name, .decorator, .builtin) {{ color: {name} !important; }}
[data-testid="stCode"] .token:is(.string, .triple-quoted-string) {{ color: {text} !important; }}
[data-testid="stCode"] .token:is(.number, .boolean) {{ color: {number} !important; }}
[data-testid="stCode"] .token:is(.comment) {{ color: {comment} !important; }}
</style>"""


@dataclass(frozen=True)
class Step:
    """One page of the way.

    Args:
        script: of the page.
        title: as the menu gives it.
        heading: of the page.
        section: of the chapter.
        lessons: names of its demonstrations, in order.
    """

    script: str
    title: str
    heading: str
    section: str
    lessons: tuple[str, ...]


PATH = (
    Step(
        "pages/learn/inverse_problem.py",
        N_("Inverse problem"),
        N_("From structure to property, and back"),
        "4.1, 4.5",
        (N_("Forward and inverse"), N_("Workflow")),
    ),
    Step(
        "pages/learn/diffusion.py",
        N_("Diffusion"),
        N_("Diffusion, live"),
        "4.2, 4.3",
        (
            N_("Noise"),
            N_("Train it"),
            N_("In motion"),
            N_("From noise"),
            N_("Samplers"),
            N_("Conditions"),
            N_("Descriptors"),
            N_("Code"),
        ),
    ),
    Step(
        "pages/learn/language_models.py",
        N_("Language models"),
        N_("Language models, live"),
        "4.4",
        (N_("Tokens"), N_("The next token"), N_("Write one"), N_("Attention"), N_("Temperature"), N_("Conditions")),
    ),
    Step(
        "pages/learn/encoders.py",
        N_("Transformers"),
        N_("Transformers for materials"),
        "",
        (N_("ChemBERTa"), N_("MatBERT"), N_("MatGPT")),
    ),
    Step(
        "pages/learn/transfer.py",
        N_("Transfer"),
        N_("Pretraining and transfer"),
        "",
        (N_("Hide and guess"), N_("Two views"), N_("Three ways to teach"), N_("Teach it yourself")),
    ),
    Step(
        "pages/learn/exercises.py",
        N_("Exercises"),
        N_("Exercises"),
        "",
        (
            N_("1 Concepts"),
            N_("2 Implementation"),
            N_("Write code"),
            N_("3 Application"),
            N_("Check yourself"),
            N_("Class"),
        ),
    ),
    Step(
        "pages/learn/notes.py",
        N_("Notes"),
        N_("Notes to the chapter"),
        "",
        (N_("Diffusion"), N_("Language models"), N_("Inverse design"), N_("Transfer"), N_("Claims")),
    ),
    Step(
        "pages/learn/chapter.py",
        N_("The chapter's code"),
        N_("The chapter's code, by its names"),
        "",
        (N_("Table"), N_("Run it")),
    ),
)


def step_of(script: str) -> Step:
    """The step of a page, by the end of its path."""
    return next(step for step in PATH if script.endswith(step.script))


def neighbours(step: Step, lesson: str) -> tuple[tuple[Step, str] | None, tuple[Step, str] | None]:
    """The demonstration before this one and the one after it; None at the ends of the way."""
    every = [(each, name) for each in PATH for name in each.lessons]
    place = every.index((step, lesson))
    return (every[place - 1] if place else None), (every[place + 1] if place + 1 < len(every) else None)


def show_lessons(
    script: str, shown: Mapping[str, Callable[[], object]], words: Mapping[str, OneOf] | None = None
) -> None:
    """A page of the way: its heading, its demonstrations as tabs of which one is computed, and the way on.

    Args:
        script: ``__file__`` of the page.
        shown: function by name of the demonstration, in the order of its step.
        words: settings that a link holds by the words of a language, by key.
    """
    step = step_of(script.replace("\\", "/"))
    read_from_browser()
    st.title(_(step.heading), anchor=False)
    with st.container(key="path-head", horizontal=True, vertical_alignment="center"):
        with st.container(key="path-source"):
            st.caption(_source(step))
        st.toggle(
            _("Lecture mode"),
            key=LECTURE,
            bind=URL,
            help=_("Larger text, also in figures, and no title"),
            width="content",
        )
    st.html(_code_style(st.context.theme.type or "light"))
    if st.session_state.get(LECTURE):
        st.html(_LECTURE_STYLE)
    names = [_(name) for name in step.lessons]
    _follow_language(step, words or {})
    tabs = st.tabs(names, key=LESSON, bind=URL)
    for name, tab in zip(step.lessons, tabs, strict=True):
        if tab.open:
            with tab, st.container(key="path-lesson"):
                _guarded(shown[name])
                _show_way(step, name)


def _source(step: Step) -> str:
    if step.section:
        return _("Textbook of 橋本佑介, Tohoku University (CC BY 4.0), section {section}").format(section=step.section)
    return _("Textbook of 橋本佑介, Tohoku University (CC BY 4.0), chapter 4")


def _follow_language(step: Step, words: Mapping[str, OneOf]) -> None:
    """Turns words of a link, and this session's demonstration, into the reader's language; drops another page's."""
    localise_link({LESSON: OneOf(step.lessons), **words})
    follow_language(LESSON, step.lessons)


def _show_way(step: Step, lesson: str) -> None:
    before, after = neighbours(step, lesson)
    with st.container(key="path-way", horizontal=True, horizontal_alignment="distribute"):
        for place, mark in ((before, "← {name}"), (after, "{name} →")):
            if place is not None:
                _link(*place, mark)


def _link(step: Step, lesson: str, mark: str) -> None:
    label = mark.format(name=_(lesson) if len(step.lessons) > 1 else _(step.title))
    params = {LESSON: _(lesson), "lang": language()}
    if st.session_state.get(LECTURE):
        params[LECTURE] = "true"
    try:
        st.page_link(step.script, label=label, query_params=params)
    except StreamlitAPIException:  # a page that is opened alone knows no others
        st.caption(label)


def link_to(lesson: str, label: str) -> None:
    """A link to a demonstration, by its name."""
    step = next(each for each in PATH if lesson in each.lessons)
    try:
        st.page_link(step.script, label=label, query_params={LESSON: _(lesson), "lang": language()})
    except StreamlitAPIException:
        st.caption(label)


def _guarded(show: Callable[[], object]) -> None:
    """Shows a demonstration; what its user or a missing file brings is said in words."""
    try:
        show()
    except MatGenError as error:
        show_error(_(str(error)))
