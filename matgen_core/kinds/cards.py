"""Cards of what is not trained here: other authors' models, the hull, the tables of cost and hazards.

They stand in ``assets/cards``; their figures come from the reference and from the fit of the judge, so that a new
reference brings its own.
"""

from __future__ import annotations

import json
from typing import Any

from matgen_core.chem.formulas.hazards import CAUTION, RADIOACTIVE, TOXIC
from matgen_core.core.admet import ENDPOINTS, PARTS
from matgen_core.core.installation import ASSETS

FOLDER = ASSETS / "cards"
#: Names of the cards, as they are offered.
CARDS = ("chgnet", "sevennet-l3i5", "admet-ai", "hull", "cost-and-supply", "hazards")


def read_card(name: str) -> str:
    """The card as Markdown with today's figures."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8").format(**_figures())


def _figures() -> dict[str, Any]:
    reference, judge = (
        json.loads((ASSETS / "reference" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("reference", "energy_judge")
    )
    return {
        **reference["counts"],
        "hull_spread": reference["spreads"]["e_above_hull"],
        "judged": judge["crystals"],
        "withheld": judge["withheld"],
        "judge_error": judge["error"],
        "judge_median": judge["median_error"],
        "toxic": ", ".join(TOXIC),
        "caution": ", ".join(CAUTION),
        "radioactive": ", ".join(sorted(RADIOACTIVE)),
        "endpoints": _endpoints(),
    }


def _endpoints() -> str:
    """The endpoints of ADMET as a table, with the errors that their package states."""
    lines = ["| part | endpoint | unit | data set | molecules | stated |", "| --- | --- | --- | --- | --- | --- |"]
    for part in PARTS:
        for one in (endpoint for endpoint in ENDPOINTS if endpoint.part == part):
            stated = f"AUROC {one.auroc:.3f}" if one.is_probability else f"MAE {one.error}, R² {one.explained}"
            unit = "probability" if one.is_probability else one.unit or "–"
            lines.append(f"| {part} | {one.label} | {unit} | {one.source} | {one.rows:,} | {stated} |")
    return "\n".join(lines)
