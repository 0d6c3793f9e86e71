"""What has come often enough earns nothing more; what is not good does not fill a bucket."""

from __future__ import annotations

from matgen_core.workflows.tuning.diversity_filter import DiversityFilter


def test_a_full_group_scores_nothing_and_others_go_on() -> None:
    judge = DiversityFilter(bucket=2, good=0.4)
    assert judge(["a", "a", "b", "a"], [0.9, 0.8, 0.7, 0.9]) == [0.9, 0.8, 0.7, 0.0]
    assert judge(["a", "b"], [1.0, 0.5]) == [0.0, 0.5]


def test_poor_ones_and_what_is_no_material_fill_no_bucket() -> None:
    judge = DiversityFilter(bucket=1, good=0.4)
    assert judge(["a", "a", None], [0.1, 0.3, 0.0]) == [0.1, 0.3, 0.0]
    assert judge(["a"], [0.5]) == [0.5]
