"""Each engine of a mixture has its share of what is placed and delivered, as far as its crystals pass the same bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor

from matgen_core.core.settings import Rules
from matgen_core.kinds.crystals.drafts import DRAFT_SHARE, Draft, share_drafts
from matgen_core.kinds.crystals.placing.placement import Placed, share_placed
from matgen_core.kinds.crystals.writing.grammar import Skeleton
from matgen_core.kinds.registry import load_kind
from tests.unit.chem.known_cells import salt

ENGINES = ("gpt", "exchange")


def draft(engine: str, number: int) -> Draft:
    return Draft(Skeleton(225, (("a", "Na"), ("b", "Cl"))), engine, "", number)


def share(chosen: Sequence[Draft], drafts: Sequence[Draft], scores: dict[int, float]) -> list[Draft]:
    def score(some: Sequence[Draft]) -> Tensor:
        return torch.tensor([scores[one.row] for one in some])

    def likeliest(some: Sequence[Draft], count: int) -> list[Draft]:
        return sorted(some, key=lambda one: -scores[one.row])[:count]

    return share_drafts(chosen, drafts, ENGINES, likeliest, score)


def test_an_engine_that_was_passed_over_places_its_best_drafts_beside_the_chosen_ones() -> None:
    chosen = [draft("exchange", i) for i in range(8)]
    others = [draft("gpt", 10 + i) for i in range(8)]
    scores = dict.fromkeys(range(8), -1.0) | {10 + i: -0.1 * i for i in range(8)}
    shared = share(chosen, [*chosen, *others], scores)
    assert shared[:8] == chosen, "none gives way"
    assert shared[8:] == others[: int(8 * DRAFT_SHARE)]


def test_drafts_below_the_lowest_that_was_chosen_have_no_share() -> None:
    chosen = [draft("exchange", i) for i in range(4)]
    others = [draft("gpt", 10), draft("gpt", 11)]
    scores = {0: -0.1, 1: -0.2, 2: -0.3, 3: -0.4, 10: -0.4, 11: -0.5}
    assert share(chosen, [*chosen, *others], scores)[4:] == [others[0]]
    assert share([], others, scores) == []


def placed(engine: str, number: int, above: float | None) -> Placed:
    return Placed(draft(engine, number), salt(), "", None, above, number)


def test_a_third_of_what_is_delivered_is_of_each_engine_where_it_lies_near_enough() -> None:
    entries = [placed("exchange", i, 0.0) for i in range(9)] + [placed("gpt", 9 + i, 0.04) for i in range(9)]
    kept = share_placed(entries, list(range(18)), 9, 0.34)
    assert Counter(entries[i].draft.engine for i in kept) == {"exchange": 6, "gpt": 3}
    assert kept == sorted(kept), "in the order of their merit"
    assert kept == [0, 1, 2, 3, 4, 5, 9, 10, 11], "the last of the others give way to the best of its own"


def test_what_lies_high_or_cannot_be_read_is_not_delivered_for_its_engine() -> None:
    entries = [placed("exchange", i, 0.0) for i in range(6)] + [placed("gpt", 6, 0.5), placed("gpt", 7, None)]
    assert share_placed(entries, list(range(8)), 6, 0.34) == list(range(6))
    assert share_placed(entries[:2], [1, 0], 6, 0.34) == [1, 0], "fewer than asked for"


def test_without_a_share_the_best_are_delivered_whichever_engine_made_them() -> None:
    entries = [placed("exchange", i, 0.0) for i in range(9)] + [placed("gpt", 9 + i, 0.04) for i in range(9)]
    assert share_placed(entries, list(range(18)), 9, 0.0) == list(range(9))
    kind = load_kind("crystals")
    assert kind.ruled(kind.settings(), Rules()).engine_share == 0.0, "the loop asks for as many as possible"
