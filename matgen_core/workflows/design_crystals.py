"""The chapter's workflow (4.5): target, generate, predict, assess, rank."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matgen_core.core.errors import BadTarget, Cancelled
from matgen_core.core.goals import Target, meets
from matgen_core.core.records import Candidate, Progress
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.conditions import check_target
from matgen_core.kinds.crystals.duplicates import SeenStructures
from matgen_core.kinds.crystals.generate import check_settings, generate, load_engine
from matgen_core.kinds.crystals.grammar import Grammar
from matgen_core.kinds.crystals.judge import assess
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.crystals.predict import prepare as prepare_readings
from matgen_core.kinds.crystals.rank import rank
from matgen_core.kinds.crystals.reference import load_reference
from matgen_core.workflows.loop import CRYSTALS

_MOST = 10_000


def design(
    target: Target,
    count: int = 16,
    *,
    seed: int = 0,
    settings: CrystalSettings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Candidate, ...]:
    """Draws crystals for a target and says of each what it is.

    Works in batches; a run that is cancelled keeps what has a structure.

    Args:
        target: goals and constraints.
        count: candidates to draw.
        seed: the same seed, settings and versions give the same candidates.
        settings: engine, sampler and their numbers.
        on_progress: called after each stage of each batch, with everything found so far.
        cancelled: asked often; once it says yes, what was found is returned.

    Raises:
        BadTarget: for goals, constraints or counts that cannot be asked for.
    """
    check_target(target)
    if not 1 <= count <= _MOST:
        raise BadTarget(f"{count} candidates cannot be drawn; ask for 1 to {_MOST:,}")
    settings = settings or CrystalSettings()
    check_settings(settings)
    found: tuple[Candidate, ...] = ()
    seen = SeenStructures()
    report = on_progress or (lambda progress: None)
    first = 0
    while first < count:
        size = min(CRYSTALS.size(first), count - first)
        report(Progress("generate", first, count, found))
        try:
            batch = generate(target, size, seed=seed, settings=settings, first=first, cancelled=cancelled)
        except Cancelled:
            break
        report(Progress("predict", first, count, found))
        # Not asked whether to stop: what has a structure is predicted, which takes seconds.
        found = rank((*found, *assess(predict(batch), target, seen)), target)
        first += size
        report(Progress("assess", first, count, found))
        if cancelled and cancelled():
            break
    report(Progress("done", len(found), count, found))
    return found


def prepare(engine: str = CrystalSettings().engine) -> None:
    """Loads networks and reference, so that the first run does not wait for them.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint, MissingReference: where one is not there or not whole.
    """
    load_engine(engine)
    Grammar()  # the tables of every space group are made once, which takes seconds
    prepare_readings()


def base_rates(target: Target) -> Mapping[str, float | None]:
    """The share of unconditional candidates that meet each goal by chance; None where that was not measured.

    Read from the readings of the evaluation's unconditional samples (``matgen evaluate crystals``).
    """
    samples = load_reference().samples
    rates: dict[str, float | None] = {}
    for key, goal in target.goals.items():
        values = [float(value) for value in samples.get(key, ())]
        rates[key] = sum(bool(meets(key, goal, value)) for value in values) / len(values) if values else None
    return rates
