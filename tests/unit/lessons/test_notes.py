"""Each note's check says what the note says."""

from __future__ import annotations

import pytest

from matgen_core.lessons import notes


def test_a_hundred_steps_leave_a_third_of_the_signal() -> None:
    assert notes.signal_left(100) == pytest.approx(0.36, abs=0.01)
    assert notes.signal_left(1000) < 1e-4


def test_buffers_follow_and_attributes_do_not() -> None:
    assert notes.buffers_move() == (False, True)


def test_two_conditions_do_not_fit_a_model_of_three() -> None:
    assert "cannot be multiplied" in notes.two_for_three()


def test_the_chapters_shares_overlap_and_ours_do_not() -> None:
    theirs, ours = notes.chapter_shares(), notes.our_shares()
    assert theirs["mask"] == pytest.approx(0.72, abs=0.01)
    assert theirs["same"] == pytest.approx(0.18, abs=0.01)
    assert ours["mask"] == pytest.approx(0.8, abs=0.01)
    assert ours["random"] == ours["same"] == pytest.approx(0.1, abs=0.01) or abs(ours["random"] - ours["same"]) < 0.02
    assert sum(ours.values()) == pytest.approx(1.0)


def test_errors_are_those_that_python_and_torch_raise() -> None:
    assert "-100" in notes.labels_clash()
    assert "does not support item assignment" in notes.writing_into_a_tuple()


def test_averages_and_chance() -> None:
    assert notes.averaged_miss(0.25) < 0.1 < notes.averaged_miss(0.31)
    assert notes.chance_of_random() == pytest.approx(7.42e-5, rel=0.01), "7 of 100,000"
    assert 0.5 < notes.begins_with_carbon() < 1.0


def test_every_source_has_a_doi() -> None:
    assert all(source.doi.startswith("10.") for source in notes.SOURCES.values())
