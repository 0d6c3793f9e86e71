"""The few figures of the first page, own properties, and the training of each checkpoint."""

from __future__ import annotations

import json
from typing import Any

from figures.layout import ROOT, figure, read, table, with_interval


@figure()
def headline() -> str:
    """The few figures that a newcomer wants, each with what it is held against."""
    rows: list[tuple[str, ...]] = []
    for file, write in (
        ("crystals-mixed.json", _crystals),
        ("commands.json", _job),
        ("compositions.json", _formulas),
        ("expt-gap.json", _gap),
        ("molecules.json", _molecules),
    ):
        if (result := read(file)) is not None:
            rows += write(result)
    return table(("measured", "MatGen", "beside"), rows)


def _crystals(result: Any) -> list[tuple[str, ...]]:
    found = result["unconditional"]
    label = f"{found['samples']:,} crystals without a target"
    singles = [entry for entry in result["targets"] if len(entry["target"]) == 1 and entry["lift_of_possible"]]
    reached = [entry for entry in singles if entry["lift_of_possible"] >= 0.7]
    share = "targets of one property that reach 0.7 of the highest possible share of hits"
    return [
        (
            f"{label}: below 0.1 eV/atom above the hull by both potentials",
            with_interval(found["stable"]),
            "DiffCSP 0.353",
        ),
        (f"{label}: stable by both, unique and novel", with_interval(found["sun"]), "DiffCSP 0.307"),
        (
            f"{label}: stable by both, unique, novel, and new by the check of the app",
            with_interval(found["sun_new"]),
            "–",
        ),
        (share, f"{len(reached)} of {len(singles)}", "–"),
    ]


def _job(result: Any) -> list[tuple[str, ...]]:
    run = result["commands"][1]  # two targets and elements
    label = f"{run['kept']} crystals for two targets within given elements, the whole command on two cores"
    return [(label, f"{run['seconds']:.0f} s, {run['met']} meet both targets", "–")]


def _formulas(result: Any) -> list[tuple[str, ...]]:
    return [(f"{result['samples']:,} formulas: SMACT-valid", with_interval(result["free"]["smact_valid"]), "–")]


def _gap(result: Any) -> list[tuple[str, ...]]:
    return [("Matbench expt_gap, mean absolute error", f"{result['mae']:.3f} eV", "CrabNet 0.346 eV")]


def _molecules(result: Any) -> list[tuple[str, ...]]:
    found = result["unconditional"]
    label = f"{found['samples']:,} molecules: Fréchet ChemNet distance to MOSES' test set"
    return [
        (label, f"{found['FCD/Test']:.3f}", "CharRNN 0.073"),
        ("the same: pass MOSES' filters", with_interval(found["Filters"]), "CharRNN 0.994"),
    ]


@figure("own-property.json")
def own_property(result: Any) -> str:
    head = (
        "table, goal",
        "rows",
        "error on withheld groups (the mean)",
        "strings of the tuning",
        "distance, nats",
        "hits, shipped",
        "hits, tuned (of them like the rows)",
        "tuned candidates",
    )
    lines = []
    for row in result:
        tuned, shipped = row["tuned"], row["shipped"]
        lines.append(
            (
                f"{row['column']} {at_least(row['goal'])} of {row['table']}, {row['kind']}",
                f"{row['rows']:,}",
                f"{row['error']:.2f} ({row['baseline']:.2f})",
                f"{row['strings']:,} in {row['seconds']:,} s",
                f"{row['distance']:.1f}",
                f"{shipped['hits']} of {shipped['kept']}",
                f"**{tuned['hits']} of {tuned['kept']}** ({tuned['hits_like_rows']})",
                f"{tuned['groups']} groups, {tuned['in_domain']:.0%} like the rows, {tuned['rows']} of the table",
            )
        )
    return table(head, lines)


def at_least(goal: str) -> str:
    """A goal as written for a command, "4:", for a reader."""
    return f"≥ {goal[:-1]}" if goal.endswith(":") else goal


def trained(name: str) -> str:
    folder = ROOT / "assets" / "checkpoints" / name
    path = folder / "matgen.json" if (folder / "matgen.json").is_file() else folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    figures = config.get("trained", {})
    rows = [
        (key.replace("_", " "), f"{value:,.4g}" if value < 1000 else f"{value:,.0f}") for key, value in figures.items()
    ]
    rows.append(("weights", f"{(path.parent / 'model.safetensors').stat().st_size / 1e6:.1f} MB, half precision"))
    return table(("training", "figure"), rows)
