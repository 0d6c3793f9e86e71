"""Work that does not fit into memory, done in halves: every batch that is drawn or read passes through here.

A batch that was halved draws other random numbers than one that was not, so a run that met the limit of a machine's
memory is not repeated bit for bit on a larger one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from matgen_core.types import MatGenError

T = TypeVar("T")
#: How torch's allocators say it; neither has a class of its own on every device.
_SAID = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate")


class TooLarge(MatGenError):
    """Not even one candidate fits into memory."""


def fits_not(error: BaseException) -> bool:
    """Whether an error says that memory was not enough.

    >>> fits_not(MemoryError()), fits_not(RuntimeError("CUDA out of memory")), fits_not(RuntimeError("shapes"))
    (True, True, False)
    """
    text = str(error).lower()
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(part in text for part in _SAID))


def in_halves(act: Callable[[int, int], Sequence[T]], first: int, count: int) -> list[T]:
    """``act(first, count)``; where that does not fit into memory, each half by itself, and so on down to one.

    Args:
        act: does the work of ``count`` things from number ``first`` on; called again after it failed.
        first: number of the first.
        count: how many.

    Raises:
        TooLarge: where a single one does not fit.
    """
    try:
        return list(act(first, count))
    except (MemoryError, RuntimeError) as error:
        if not fits_not(error):
            raise
        if count <= 1:
            raise TooLarge(
                "memory is not enough for a single candidate; close other programs, or ask for fewer geometries, fewer "
                "skeletons or fewer atoms"
            ) from None
    # Outside the handler, so that the failed batch is free before its halves begin.
    half = count // 2
    return [*in_halves(act, first, half), *in_halves(act, first + half, count - half)]
