"""Tables of generated crystals: unconditional, by target, and the stages that make them."""

from __future__ import annotations

from typing import Any

from figures.layout import MISSING, figure, named, read, table, with_interval
from matgen_core.core.properties import PROPERTIES

#: Peers' published samples (300 each) put through the same definitions; crystals issue.
PEERS = (
    ("FlowMM, relaxed and filtered by its users", "0.97", "0.85", "0.97", "0.93", "0.60", "0.557", "0.073", "0.44"),
    ("DiffCSP", "1.00", "0.88", "1.00", "0.957", "0.483", "0.44", "0.106", "0.275"),
    ("CrystalFormer", "0.94", "0.843", "0.933", "0.863", "0.37", "0.307", "0.18", "0.015"),
    ("DiffCSP++", "1.00", "0.893", "0.997", "0.953", "0.313", "0.27", "0.21", "0.045"),
    ("WyFormer + DiffCSP++", "1.00", "0.833", "1.00", "0.95", "0.25", "0.21", "0.26", "0.06"),
    ("MP-20 itself", "1.00", "0.887", "0.997", "–", "0.963", "–", "0.011", "0.06"),
)
#: Published samples of peers (300 each) put through both potentials; crystals issue.
PEERS_BY_BOTH = (
    ("FlowMM, relaxed by its authors", "–", "–", "–", "–", "0.400", "0.367", "–", "–"),
    ("DiffCSP", "–", "–", "–", "–", "0.353", "0.307", "–", "–"),
)
SHARES = ("struct", "comp", "unique", "novel", "stable", "msun")
SHARES_REBUILT = ("space_group", "elements", "formula", "structure")


@figure()
def unconditional() -> str:
    head = ("1,000 samples, as generated", *SHARES, "median hull distance", "P1 or P-1")
    rows = []
    for label, name in (
        ("MatGen, symmetry-first, default settings", "crystals-symmetry-first.json"),
        ("MatGen, symmetry-first, without conditions", "crystals-symmetry-first-any.json"),
        ("MatGen, latent diffusion", "crystals-latent-diffusion.json"),
    ):
        result = read(name)
        if result is None:
            rows.append((f"**{label}**", MISSING, *[""] * 7))
            continue
        found = result["unconditional"]
        label = label if found["samples"] == 1000 else f"{label}, {found['samples']} samples"
        shares = [with_interval(found[key]) for key in SHARES]
        above, low = found["median_e_above_hull"], with_interval(found["p1_or_p-1"])
        rows.append((f"**{label}**", *shares, "–" if above is None else f"{above:.3f}", low))
    return table(head, [*rows, *PEERS])


@figure("crystals-mixed.json")
def by_both(result: Any) -> str:
    head = ("without a target", "comp", "unique", "novel", "new", "stable by both", "SUN", "SUN and new", "P1 or P-1")
    found = result["unconditional"]
    keys = ("comp", "unique", "novel", "new", "stable", "sun", "sun_new", "p1_or_p-1")
    engines = ", ".join(f"{entry['of']} by {name}" for name, entry in found["engines"].items())
    label = f"**MatGen, default settings, {found['samples']} samples** ({engines})"
    return table(head, [(label, *(with_interval(found[key]) for key in keys)), *PEERS_BY_BOTH])


@figure("crystals-mixed.json")
def targets(result: Any) -> str:
    head = (
        "target",
        "met",
        "by chance",
        "ceiling",
        "share of the possible",
        "nearest known rows",
        "mean error",
        "stable by both",
        "new",
    )
    rows = []
    for entry in result["targets"]:
        goals, lift = entry["target"], entry["lift_of_possible"]
        asked = ", ".join(f"{named(key)} {value:g} {PROPERTIES[key].unit}" for key, value in goals.items())
        possible = "–" if lift is None else "above 1" if lift > 1 else f"{lift:.2f}"
        errors = ", ".join("–" if v is None else f"{v:.2f}" for v in entry["mean_absolute_error"].values())
        rows.append(
            (
                asked + ("" if entry["independent"] else " †"),
                with_interval(entry["hits"]),
                f"{entry['base_rate']['value']:.3f}",
                f"{entry['ceiling']['value']:.3f}",
                possible,
                f"{entry['retrieval']['value']:.3f}",
                errors,
                f"{entry['stable']['value']:.2f}",
                f"{entry['new']['value']:.2f}",
            )
        )
    each = result["targets"][0]["hits"]["of"]
    note = f"\n{each} samples per target. † CHGNet steers and judges the moment.\n"
    return table(head, rows) + note


@figure("reconstruction.json")
def reconstruction(result: Any) -> str:
    rows = [(key.replace("_", " "), with_interval(result[key])) for key in SHARES_REBUILT]
    rows += [(f"R² of {named(key)}, property head", f"{v:.2f}") for key, v in result["r2"].items()]
    return table((f"{result['rows']:,} withheld crystals, encoded and written back", "share"), rows)


@figure("placement.json")
def placement(result: Any) -> str:
    rows = []
    for measured in result["targets"]:
        asked = ", ".join(
            f"{named(key)} {low:g} to {high:g} {PROPERTIES[key].unit}"
            for key, (low, high) in measured["target"].items()
        )
        for way, found in measured["ways"].items():
            name = "diffusion" if way == "diffusion" else f"diffusion and {way.replace('1 templates', '1 template')}"
            cells = [f"{found[stage]['near the hull']:.2f}" for stage in ("placed", "relaxed")]
            cells += [f"{found[stage]['median above hull']:.2f}" for stage in ("placed", "relaxed")]
            rows.append((f"{asked or 'nothing asked'}: {name}", *cells))
    head = ("48 drafts each", "near the hull as placed", "relaxed", "median above hull as placed, eV/atom", "relaxed")
    return table(head, rows)


@figure("self-training.json")
def self_training(result: Any) -> str:
    rows = []
    for arm in result["arms"]:
        shares = [with_interval(arm[key]) for key in ("stable_by_both", "unique", "novel", "sun")]
        placed = f"{arm['placed']['near_hull_by_chgnet']['value']:.2f}"
        name = f"{arm['engine']}, {arm['weights']}, {arm['samples']} samples"
        rows.append((name, *shares, placed, f"{arm['with_lanthanides']:.2f}", f"{arm['cpu_seconds_a_sample']:.2f} s"))
    heads = ("stable by both", "unique", "novel", "SUN", "near the hull as placed", "with lanthanides", "CPU a sample")
    return table(("without a target", *heads), rows)


@figure("predictions.json")
def predictions(result: Any) -> str:
    spreads = result["spreads"]
    low, high = spreads["edges"]
    classes = (f"below {low:g}", f"{low:g} to {high:g}", f"above {high:g}")
    heads = [f"hull {name} ({count})" for name, count in zip(classes, spreads["rows"], strict=True)]
    rows = []
    for key, error in result["errors"].items():
        cells = [MISSING if value is None else f"± {value:.3f}" for value in spreads["values"][key]]
        median = f"{error['median_error_near_hull']:+.3f}, {error['median_error']:+.3f}"
        rows.append((key.replace("_", " "), *cells, f"{error['mean_absolute_error']:.3f}", median))
    head = (f"{result['skeletons']:,} withheld crystals", *heads, "mean error", "median error near hull, of all")
    return table(head, rows)


@figure("design.json")
def design(result: Any) -> str:
    ways = ("loop", "random", "substitution")
    rows = []
    for entry in result["targets"]:
        asked = ", ".join(
            f"{named(key)} {_goal(low, high)} {PROPERTIES[key].unit}" for key, (low, high) in entry["target"].items()
        )
        cells = [f"{entry[way]['a_minute']:.1f}, {entry[way]['confirmed']['value']:.3f}" for way in ways]
        cells.append(" / ".join(f"{entry[way]['agreed']['of']}" for way in ways))
        rows.append((asked, *cells))
    machine = result["machine"]
    note = (
        "\nCandidates that pass everything by both potentials per minute, and their share of what was generated; "
        "the last column counts those that the run itself passed. "
        f"{result['workers']} processes of {machine['threads']} threads, a target each, on {machine['cores']} cores, "
        f"{result['seconds']:g} s for each target and way (random generation: three times as long, once for all).\n"
    )
    head = ("target", "the loop", "random generation", "blind substitution", "passed, loop / random / blind")
    return table(head, rows) + note


def _goal(low: float | None, high: float | None) -> str:
    if low == high:
        return f"{low:g}"
    return f"at most {high:g}" if low is None else f"at least {low:g}" if high is None else f"{low:g} to {high:g}"
