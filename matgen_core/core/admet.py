"""The endpoints that the optional package ``admet-ai`` predicts of a molecule: absorption, distribution, and so on.

One line of ``assets/admet.csv`` an endpoint; its record as a property, its controls, options, columns and files are
made from it. Of a class the prediction is a probability. Rows and errors are those that the package states in its own
table; a slider reaches about from the 1st to the 99th percentile of its predictions of 2,845 approved drugs, within
what is possible.
References: Swanson et al., Bioinformatics 40, btae416 (2024); data sets of the Therapeutics Data Commons, Huang et al.
(2021).
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass

from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import Message, Text

#: Group of these properties, before each of their keys.
GROUP, PREFIX = "ADMET", "admet_"
#: How the package is installed: by the app's own pip, since another one would install it elsewhere.
INSTALL = ".venv/bin/pip install admet-ai==2.0.1"
LOW, HIGH, OPEN = "low", "high", ""
_PROBABILITY = 0.1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    Args:
        name: as the package calls it.
        key: of the property, without PREFIX.
        label: for a reader.
        short: where there is little room.
        part: of ADMET.
        wish: what is usually wanted: LOW, HIGH, or OPEN where it depends on the purpose.
        source: data set of the Therapeutics Data Commons, with its authors where the package names them.
        rows: molecules in it.
        auroc: of withheld rows, of a class.
        error: mean absolute error on withheld rows, of a number.
        explained: R² of them; below 0 the mean of the rows is the better guess.
        unit: of a number.
        low: lower end of the slider.
        high: upper end.
        least: that is possible; what is predicted below is no value.
        most: that is possible.
    """

    name: str
    key: str
    label: str
    short: str
    part: str
    wish: str
    source: str
    rows: int
    auroc: float | None = None
    error: float | None = None
    explained: float | None = None
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    least: float = -math.inf
    most: float = math.inf

    @property
    def is_probability(self) -> bool:
        """Whether it is the probability of a class."""
        return self.auroc is not None

    @property
    def tolerance(self) -> float:
        """The stated error; a tenth of a probability."""
        return _PROBABILITY if self.error is None else round(self.error, 2)

    @property
    def step(self) -> float:
        """Of its slider."""
        return 0.05 if self.is_probability else 1.0 if self.high - self.low > 50 else 0.1

    @property
    def start_range(self) -> tuple[float, float]:
        """The wanted third of a probability or half of a range; the middle third where the wish is open."""
        share = (self.high - self.low) / (3 if self.is_probability or self.wish == OPEN else 2)
        part = round(share / self.step) * self.step
        ends = {LOW: (self.low, self.low + part), HIGH: (self.high - part, self.high)}
        low, high = ends.get(self.wish, (self.low + part, self.high - part))
        return round(low, 2), round(high, 2)

    @property
    def note(self) -> Text:
        """What a reader must know of the number: what it was trained on, how well, and what is wanted."""
        if self.auroc is not None:
            what = Message("probability")
            stated = Message("AUROC {auroc:.2f}", auroc=self.auroc)
        else:
            what = Message("value")
            numbers = {"error": self.error, "explained": self.explained}
            stated = Message("mean absolute error {error:.3g}, R² {explained:.2f}", **numbers)
        parts: dict[str, Text | int] = {"what": what, "rows": self.rows, "source": self.source, "stated": stated}
        if self.explained is not None and self.explained < 0:
            return Message(
                "{what} by admet-ai, trained on {rows:,} molecules ({source}); it states {stated}: worse than guessing "
                "the mean, so use it with care. A target only filters and ranks candidates",
                **parts,
            )
        return Message(
            "{what} by admet-ai, trained on {rows:,} molecules ({source}); it states {stated}. A target only filters "
            "and ranks candidates",
            **parts,
        )


PARTS = ("Absorption", "Distribution", "Metabolism", "Excretion", "Toxicity")
_TEXTS = ("name", "key", "label", "short", "part", "wish", "source", "unit")


def _read_endpoints() -> tuple[Endpoint, ...]:
    """The rows of the table; an empty cell is the usual value."""
    with (ASSETS / "admet.csv").open(encoding="utf-8", newline="") as file:
        rows = [{k: v for k, v in row.items() if v or k == "wish"} for row in csv.DictReader(file)]
    return tuple(
        Endpoint(**{k: v if k in _TEXTS else int(v) if k == "rows" else float(v) for k, v in row.items()})  # type: ignore[arg-type]
        for row in rows
    )


#: The most used come first; they are shown first.
ENDPOINTS = _read_endpoints()
#: By the key of the property.
BY_KEY = {PREFIX + endpoint.key: endpoint for endpoint in ENDPOINTS}
KEYS = tuple(BY_KEY)
#: Shown first.
MOST_USED = KEYS[:10]
