"""The class's guesses: who does not share is not counted, no single guess is shown, and a class ends after hours."""

from __future__ import annotations

from pages.lessons.class_guesses import LEAST, ClassGuesses

WORDS = {"en": ("Which?", ("a", "b")), "ja": ("どれ", ("ア", "イ"))}


def test_a_question_is_shown_from_three_guesses_on_in_the_reader_s_language() -> None:
    found = ClassGuesses()
    for who in range(LEAST - 1):
        found.put("q", str(who), 0, {"en": WORDS["en"]}, now=0.0)
    assert found.counts("en", now=1.0) == []
    found.put("q", "last", 1, {"ja": WORDS["ja"]}, now=0.0)
    assert found.counts("en", now=1.0) == [("Which?", [("a", 2), ("b", 1)])]
    assert found.counts("ja", now=1.0) == [("どれ", [("ア", 2), ("イ", 1)])]


def test_a_changed_guess_replaces_the_former_and_old_ones_are_gone() -> None:
    found = ClassGuesses()
    for who in range(LEAST):
        found.put("q", str(who), 0, WORDS, now=0.0)
    found.put("q", "0", 1, WORDS, now=10.0)
    assert found.counts("en", now=20.0) == [("Which?", [("a", 2), ("b", 1)])]
    assert found.counts("en", now=4 * 3600.0) == []


def test_a_session_that_does_not_share_leaves_nothing() -> None:
    from streamlit.testing.v1 import AppTest

    def page() -> None:
        from pages.lessons.class_guesses import class_guesses
        from pages.lessons.notebook import guess

        class_guesses.clear()
        guess("which", "Which?", ["a", "b"])

    app = AppTest.from_function(page, default_timeout=60).run()
    app.radio(key="guess-which").set_value(0).run()
    assert not app.exception
    from pages.lessons.class_guesses import class_guesses

    assert class_guesses().questions == {}
    app.session_state["class-shared"] = True
    app.radio(key="guess-which").set_value(1).run()
    assert [[place for place, _when in q.guesses.values()] for q in class_guesses().questions.values()] == [[1]]
