"""Work that does not fit into memory, done in halves: every batch that is drawn or read passes through here.

A batch that was halved draws other random numbers than one that was not, so a run that met the limit of a machine's
memory is not repeated bit for bit on a larger one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from matgen_core.core.errors import MatGenError

T = TypeVar("T")
#: How torch's allocators say it; neither has a class of its own on every device.
_SAID = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate")


class TooLarge(MatGenError):
    """Not even one candidate fits into memory."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory was not enough.

    >>> [is_out_of_memory(error) for error in (MemoryError(), RuntimeError("CUDA out of memory"), RuntimeError("x"))]
    [True, True, False]
    """
    text = str(error).lower()
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(part in text for part in _SAID))


def split_on_oom(act: Callable[[int, int], Sequence[T]], first: int, count: int) -> list[T]:
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
        if not is_out_of_memory(error):
            raise
        if count <= 1:
            raise TooLarge(
                "memory is not enough for a single candidate; close other programs, or ask for fewer geometries, fewer "
                "skeletons or fewer atoms"
            ) from None
    # Outside the handler, so that the failed batch is free before its halves begin.
    half = count // 2
    return [*split_on_oom(act, first, half), *split_on_oom(act, first + half, count - half)]
