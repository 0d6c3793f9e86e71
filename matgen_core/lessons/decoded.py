"""Crystals decoded from latents, and the rules' verdicts on them: counts, so that seeds can be put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.distances import check_overlap
from matgen_core.chem.crystals.structure import reduced_formula, to_structure
from matgen_core.chem.formulas.composition import check_charges
from matgen_core.kinds.compositions.predict import predict_texts
from matgen_core.kinds.crystals.writing.embed import decode_latents

#: eV/atom above the hull, as MatBERT expects it of a formula, that counts as near.
NEAR = 0.1


@dataclass(frozen=True)
class Decoded:
    """What came of latents.

    Args:
        drawn: latents.
        finished: of which the decoder wrote a crystal.
        apart: of these, without overlapping atoms.
        charged: of the finished, SMACT-valid.
        near: of the finished, expected within NEAR of the hull by their formula.
        different: different formulas.
        formulas: some of them, or all of them where that is asked for.
    """

    drawn: int
    finished: int
    apart: int
    charged: int
    near: int
    different: int
    formulas: tuple[str, ...]


def judge_latents(latents: NDArray[np.float32]) -> Decoded:
    """Decodes latents (N, D), in the autoencoder's units, with one geometry each, and judges the crystals."""
    crystals = [c for c in decode_latents(np.asarray(latents, dtype=np.float32)) if c is not None]
    formulas = [reduced_formula(c) for c in crystals]
    read = [{p.property: p.value for p in each} for each in predict_texts(formulas)]
    hulls = [values.get("e_above_hull") for values in read]
    return Decoded(
        len(latents),
        len(crystals),
        sum(check_overlap(to_structure(c)).passed is True for c in crystals),
        sum(check_charges(f).passed is True for f in formulas),
        sum(hull is not None and hull < NEAR for hull in hulls),
        len(set(formulas)),
        tuple(dict.fromkeys(formulas)),
    )


def pool(found: Sequence[Decoded], kept: int = 8) -> Decoded:
    """Several draws as one; ``kept`` of their formulas stay."""
    formulas = tuple(dict.fromkeys(f for each in found for f in each.formulas))
    counts = {
        name: sum(getattr(each, name) for each in found) for name in ("drawn", "finished", "apart", "charged", "near")
    }
    return Decoded(**counts, different=len(formulas), formulas=formulas[:kept])


def read_decoded(record: Mapping[str, Any]) -> Decoded:
    """Back from JSON."""
    return Decoded(**{**record, "formulas": tuple(record["formulas"])})
