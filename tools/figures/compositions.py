"""Tables of generated compositions, and of properties learnt from formulas."""

from __future__ import annotations

from typing import Any

from figures.layout import figure, named, table, with_interval
from matgen_core.core.properties import PROPERTIES


@figure("compositions.json")
def compositions(result: Any) -> str:
    free, floors = result["free"], {"smact_valid": "0.85", "unique": "0.95", "novel": "0.6"}
    labels = {"smact_valid": "SMACT-valid", "neutral": "neutral, alloys not", "unique": "unique", "novel": "novel"}
    plain = result["free_at_1"]
    rows = [
        (label, with_interval(free[key]), with_interval(plain[key]), floors.get(key, "–"))
        for key, label in labels.items()
    ]
    rows.append(("neutral, if requested", with_interval(result["neutral_when_asked"]), "–", "1.0"))
    usual = f"MatGen, temperature {result['temperature']:g}"
    return table((f"{result['samples']:,} formulas, unconditioned", usual, "temperature 1", "at least"), rows)


@figure("compositions.json")
def composition_targets(result: Any) -> str:
    rows = []
    for entry in result["targets"]:
        asked = ", ".join(f"{named(key)} {value:g} {PROPERTIES[key].unit}" for key, value in entry["target"].items())
        lift = "–" if entry["lift"] is None else f"{entry['lift']:.1f}"
        errors = ", ".join(f"{v:.2f}" for v in entry["mean_absolute_error"].values())
        base, valid = f"{entry['base_rate']['value']:.3f}", f"{entry['smact_valid']['value']:.2f}"
        rows.append((asked, with_interval(entry["hits"]), base, lift, errors, valid, f"{entry['novel']['value']:.2f}"))
    head = ("target", "met", "by chance", "lift", "mean error", "SMACT-valid", "novel")
    return table(head, rows) + f"\n{result['targets'][0]['hits']['of']} samples per target, predicted by MatBERT.\n"


BEGINNINGS = {
    "nothing": "from nothing",
    "formulas": "pretrained on formulas",
    "properties": "taught computed properties",
}


@figure("transfer.json")
def transfer(result: Any) -> str:
    rows = [
        (
            f"{BEGINNINGS[way['beginning']]}, {way['strategy']}",
            f"{way['mae']:.3f} ± {way['std']:.3f}",
            f"{way['trained_parameters']:,} ({way['share']:.1%})",
            f"{way['seconds']:.0f}",
        )
        for way in result["ways"]
    ]
    rows.append(("the median of the training rows", f"{result['mae_of_median']:.3f}", "0", "0"))
    head = f"{result['rows']:,} measured gaps, {result['held']} withheld, {result['seeds']} seeds"
    return table((head, "mean error, eV", "weights trained", "seconds"), rows)


@figure("expt-gap.json")
def expt_gap(result: Any) -> str:
    rows = [(f"**MatGen, {result['members']} members**", f"**{result['mae']:.3f}**")]
    rows += [(name, f"{value:.3f}") for name, value in result["peers"].items()]
    return table(("Matbench expt_gap, five folds", "mean error, eV"), rows)


@figure("pretraining.json")
def pretraining(result: Any) -> str:
    rows = [(e["form"], e["pretraining"], f"{e['mae']:.3f} ± {e['std']:.3f}") for e in result["results"]]
    head = f"gap learnt from {result['rows']:,} formulas, {result['seeds']} seeds"
    return table((head, "pretraining", "mean error, eV"), rows)
