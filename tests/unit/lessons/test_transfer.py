"""The truth is shown with its rank, weights are counted apart, no encoder is tested on what it was taught."""

from __future__ import annotations

import pytest

from benchmarks.lesson_measures import measure_hidden
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.lessons.measured import load_measured
from matgen_core.lessons.transfer import (
    chapter_parameters,
    count_parameters,
    demo_table,
    guess_masked,
    reorder,
    same_reading,
    self_supervision,
)
from matgen_core.workflows.own_properties.finetune import TAUGHT, beginnings_for


@pytest.mark.parametrize("formula", ["NaCl", "LiFePO4", "GaAs", "BaTiO3", "CaCO3", "SrTiO3"])
def test_the_truth_is_among_the_bars_with_its_rank(formula: str) -> None:
    for most in (3, 8):
        guess = guess_masked(formula, [1], most)[0]
        assert len(guess.options) == most
        assert (guess.options[-1][0] == guess.truth) or guess.rank < most
        chances = [chance for _name, chance in guess.options]
        assert chances == sorted(chances, reverse=True)
        assert 1 <= guess.rank <= guess.of


def test_a_lone_element_is_hardly_found_and_a_repeated_one_mostly() -> None:
    found = load_measured().hidden
    assert found is not None
    assert found.alone < found.commonest < found.found < found.repeated
    again = measure_hidden(["Fe2O3", "NaCl", "CsPbI3", "LiCoO2", "GaAs"], seed=1)
    assert (again.of, again.alone) == (found.of, 0.0)
    assert again.alone_rank > 1
    assert again.repeated == 1.0, "another atom of the element is left in the formula"


def test_the_head_is_counted_apart() -> None:
    counts = count_parameters(32, 8)
    assert counts["adapter"].inside == 4 * (2 * 128 + 2 * 128 * 32 + 32 + 128)
    assert counts["lora"].inside == 4 * 2 * 2 * 8 * 128 == 16_384
    assert {count.head for count in counts.values()} == {33_283}
    assert counts["full"].frozen == 0


def test_at_the_chapters_size_the_shares_are_the_chapters() -> None:
    counts = chapter_parameters(64, 8)
    assert counts["adapter"].inside == 12 * (2 * 768 + 2 * 768 * 64 + 64 + 768)
    assert counts["lora"].inside == 12 * 2 * 2 * 8 * 768 == 294_912
    assert 0.01 < counts["adapter"].share < 0.02
    assert 0.001 < counts["lora"].share < 0.01


def test_no_encoder_is_offered_for_what_it_was_taught() -> None:
    for column in TAUGHT:
        assert "properties" not in beginnings_for(column, "formula")
    assert "properties" in beginnings_for("volume", "formula")
    assert "volume" not in TAUGHT


def test_the_volume_is_that_of_an_atom() -> None:
    formulas, volumes = demo_table("volume", 22_364)
    found = dict(zip(formulas, volumes, strict=True))
    assert found["NaCl"] == pytest.approx(23.0, abs=1.0)
    assert 10 < sorted(volumes)[len(volumes) // 2] < 30


def test_what_self_supervision_brought_is_said_by_the_figures() -> None:
    def ways(nothing: float, formulas: float) -> dict[str, object]:
        return {
            "ways": [
                {"beginning": "nothing", "strategy": "full", "mae": nothing},
                {"beginning": "formulas", "strategy": "full", "mae": formulas},
            ]
        }

    assert self_supervision(ways(0.6, 0.3)) == "half the error"
    assert self_supervision(ways(0.6, 0.58)) == "a little or nothing"
    assert self_supervision(ways(0.6, 0.7)) == "a larger error"


@pytest.mark.parametrize("formula", ["Fe2O3", "LiFePO4", "Si", "Ca(OH)2"])
def test_another_order_of_the_elements_is_the_same_formula(formula: str) -> None:
    other = reorder(formula)
    assert count_atoms(other) == count_atoms(formula)
    assert list(count_atoms(other)) == list(count_atoms(formula))[::-1]
    assert same_reading(formula, other)
    assert not same_reading(formula, "NaCl")
