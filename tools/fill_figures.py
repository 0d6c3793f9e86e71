"""Writes the tables of README, docs/ and the model cards from what was measured, between their markers.

    python tools/fill_figures.py            rewrite
    python tools/fill_figures.py --check    exit 1 where a table is not what the measurements say

A marker is ``<!-- figures: NAME -->`` … ``<!-- end -->``; NAME is one of TABLES. Nothing outside markers is touched.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matgen_core.core.properties import PROPERTIES

ROOT = Path(__file__).parents[1]
MARKED = re.compile(r"(<!-- figures: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
MISSING = "not measured"
#: Peers' published samples (300 each) put through the same definitions; crystals issue.
PEERS = (
    ("FlowMM, relaxed and filtered by its users", "0.97", "0.85", "0.97", "0.93", "0.60", "0.557", "0.073", "0.44"),
    ("DiffCSP", "1.00", "0.88", "1.00", "0.957", "0.483", "0.44", "0.106", "0.275"),
    ("CrystalFormer", "0.94", "0.843", "0.933", "0.863", "0.37", "0.307", "0.18", "0.015"),
    ("DiffCSP++", "1.00", "0.893", "0.997", "0.953", "0.313", "0.27", "0.21", "0.045"),
    ("WyFormer + DiffCSP++", "1.00", "0.833", "1.00", "0.95", "0.25", "0.21", "0.26", "0.06"),
    ("MP-20 itself", "1.00", "0.887", "0.997", "–", "0.963", "–", "0.011", "0.06"),
)
SHARES = ("struct", "comp", "unique", "novel", "stable", "msun")
SHARES_REBUILT = ("space_group", "elements", "formula", "structure")


def _named(key: str) -> str:
    """A property's name within a line: "band gap", "H-bond donors"."""
    label = PROPERTIES[key].label
    return label if label[1].isupper() or label[1] == "-" else label[0].lower() + label[1:]


def read(name: str) -> Any:
    path = ROOT / "benchmarks" / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]  # |site moment| is no column of its own
    return "\n".join("| " + " | ".join(line) + " |" for line in cells) + "\n"


def with_interval(entry: dict[str, float]) -> str:
    return f"{entry['value']:.3f} ({entry['low']:.3f}–{entry['high']:.3f})"


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


#: Published samples of peers (300 each) put through both potentials; crystals issue.
PEERS_BY_BOTH = (
    ("FlowMM, relaxed by its authors", "–", "–", "–", "–", "0.400", "0.367", "–", "–"),
    ("DiffCSP", "–", "–", "–", "–", "0.353", "0.307", "–", "–"),
)


def by_both() -> str:
    result = read("crystals-mixed.json")
    head = ("without a target", "comp", "unique", "novel", "new", "stable by both", "SUN", "SUN and new", "P1 or P-1")
    rows: list[tuple[str, ...]] = []
    if result is None:
        rows.append(("**MatGen, default settings**", MISSING, *[""] * 7))
    else:
        found = result["unconditional"]
        keys = ("comp", "unique", "novel", "new", "stable", "sun", "sun_new", "p1_or_p-1")
        engines = ", ".join(f"{entry['of']} by {name}" for name, entry in found["engines"].items())
        label = f"**MatGen, default settings, {found['samples']} samples** ({engines})"
        rows.append((label, *(with_interval(found[key]) for key in keys)))
    return table(head, [*rows, *PEERS_BY_BOTH])


def headline() -> str:
    """The few figures that a newcomer wants, each with what it is held against."""
    crystals, molecule = read("crystals-mixed.json"), read("molecules.json")
    composition, gap, job = read("compositions.json"), read("expt-gap.json"), read("commands.json")
    rows: list[tuple[str, ...]] = []
    if crystals is not None:
        found = crystals["unconditional"]
        label = f"{found['samples']:,} crystals without a target"
        rows.append(
            (
                f"{label}: below 0.1 eV/atom above the hull by both potentials",
                with_interval(found["stable"]),
                "DiffCSP 0.353",
            )
        )
        rows.append((f"{label}: stable by both, unique and novel", with_interval(found["sun"]), "DiffCSP 0.307"))
        rows.append(
            (
                f"{label}: stable by both, unique, novel, and new by the check of the app",
                with_interval(found["sun_new"]),
                "–",
            )
        )
        singles = [
            entry for entry in crystals.get("targets", []) if len(entry["target"]) == 1 and entry["lift_of_possible"]
        ]
        reached = [entry for entry in singles if entry["lift_of_possible"] >= 0.7]
        rows.append(
            (
                "targets of one property that reach 0.7 of the highest possible share of hits",
                f"{len(reached)} of {len(singles)}",
                "–",
            )
        )
    if job is not None:
        # Two targets and elements: the second command.
        run = job["commands"][1]
        rows.append(
            (
                f"{run['kept']} crystals for two targets within given elements, the whole command on two cores",
                f"{run['seconds']:.0f} s, {run['met']} meet both targets",
                "–",
            )
        )
    if composition is not None:
        rows.append(
            (
                f"{composition['samples']:,} formulas: SMACT-valid",
                with_interval(composition["free"]["smact_valid"]),
                "–",
            )
        )
    if gap is not None:
        rows.append(("Matbench expt_gap, mean absolute error", f"{gap['mae']:.3f} eV", "CrabNet 0.346 eV"))
    if molecule is not None:
        found = molecule["unconditional"]
        rows.append(
            (
                f"{found['samples']:,} molecules: Fréchet ChemNet distance to MOSES' test set",
                f"{found['FCD/Test']:.3f}",
                "CharRNN 0.073",
            )
        )
        rows.append(("the same: pass MOSES' filters", with_interval(found["Filters"]), "CharRNN 0.994"))
    return table(("measured", "MatGen", "beside"), rows)


def targets() -> str:
    result = read("crystals-mixed.json")
    if result is None or "targets" not in result:
        return f"{MISSING}\n"
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
        asked = ", ".join(f"{_named(key)} {value:g} {PROPERTIES[key].unit}" for key, value in goals.items())
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


def speed() -> str:
    result = read("speed-crystals.json")
    if result is None:
        return f"{MISSING}\n"
    job, chgnet, machine = result["whole_job"], result["chgnet"], result["machine"]
    rows = [
        ("loading the models", f"{job['loading_seconds']:.1f} s"),
        (f"{job['candidates']} candidates generated, predicted and checked", f"{job['seconds']:.1f} s"),
        ("candidates in 30 s", f"{job['candidates_in_30_s']}"),
    ]
    for entry in result["samplers"]:
        text = f"{entry['seconds']:.1f} s, {entry['stable']:.0%} stable, {entry['times_faster']:g} times"
        rows.append((f"{entry['sampler']}, {entry['steps']} steps, 64 withheld skeletons", text))
    for entry in result.get("latent_samplers") or []:
        median = "–" if entry["median"] is None else f"{entry['median']:.2f} eV/atom"
        text = (
            f"{entry['seconds']:.2f} s, {entry['stable']:.0%} stable, median {median}, {entry['times_faster']:g} times"
        )
        rows.append((f"{entry['sampler']}, {entry['steps']} steps, 64 latents", text))
    rows += [
        (f"CHGNet in batches, {chgnet['structures']} structures", f"{chgnet['batched_seconds']:.1f} s"),
        ("the same one by one", f"{chgnet['one_by_one_seconds']:.1f} s, {chgnet['times_faster']:g} times as long"),
        (
            "one by one, with forces and stress",
            f"{chgnet['one_by_one_with_forces_seconds']:.1f} s, "
            f"{chgnet['times_faster_than_with_forces']:g} times as long",
        ),
    ]
    return table((f"{machine['cores']} cores, {machine['threads']} threads", "measured"), rows)


def reconstruction() -> str:
    result = read("reconstruction.json")
    if result is None:
        return f"{MISSING}\n"
    rows = [(key.replace("_", " "), with_interval(result[key])) for key in SHARES_REBUILT]
    rows += [(f"R² of {_named(key)}, property head", f"{v:.2f}") for key, v in result["r2"].items()]
    return table((f"{result['rows']:,} withheld crystals, encoded and written back", "share"), rows)


def placement() -> str:
    result = read("placement.json")
    if result is None:
        return f"{MISSING}\n"
    rows = []
    for measured in result["targets"]:
        asked = ", ".join(
            f"{_named(key)} {low:g} to {high:g} {PROPERTIES[key].unit}"
            for key, (low, high) in measured["target"].items()
        )
        for way, found in measured["ways"].items():
            name = "diffusion" if way == "diffusion" else f"diffusion and {way.replace('1 templates', '1 template')}"
            cells = [f"{found[stage]['near the hull']:.2f}" for stage in ("placed", "relaxed")]
            cells += [f"{found[stage]['median above hull']:.2f}" for stage in ("placed", "relaxed")]
            rows.append((f"{asked or 'nothing asked'}: {name}", *cells))
    head = ("48 drafts each", "near the hull as placed", "relaxed", "median above hull as placed, eV/atom", "relaxed")
    return table(head, rows)


def self_training() -> str:
    result = read("self-training.json")
    if result is None:
        return f"{MISSING}\n"
    rows = []
    for arm in result["arms"]:
        shares = [with_interval(arm[key]) for key in ("stable_by_both", "unique", "novel", "sun")]
        placed = f"{arm['placed']['near_hull_by_chgnet']['value']:.2f}"
        name = f"{arm['engine']}, {arm['weights']}, {arm['samples']} samples"
        rows.append((name, *shares, placed, f"{arm['with_lanthanides']:.2f}", f"{arm['cpu_seconds_a_sample']:.2f} s"))
    heads = ("stable by both", "unique", "novel", "SUN", "near the hull as placed", "with lanthanides", "CPU a sample")
    return table(("without a target", *heads), rows)


def predictions() -> str:
    result = read("predictions.json")
    if result is None:
        return f"{MISSING}\n"
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


def molecules() -> str:
    result = read("molecules.json")
    if result is None:
        return f"{MISSING}\n"
    found = result["unconditional"]
    rows = []
    # The character RNN as MOSES publishes it, MolGPT as others retrained it; floor and aim are ours.
    for key, rnn, molgpt, floor, aim in (
        ("valid", "0.975", "0.994", "0.98", "0.995"),
        ("unique@10000", "0.999", "0.999", "0.999", "0.999"),
        ("novel", "0.842", "0.785", "0.80", "0.85"),
        ("IntDiv", "0.856", "0.850", "0.85", "0.856"),
        ("FCD/Test", "0.073", "0.571", "0.30", "0.07"),
        ("Filters", "0.994", "–", "0.985", "0.995"),
    ):
        texts = []
        # Before there was a grammar, what was measured was the network alone.
        for of in (found, result["without_grammar"]) if "without_grammar" in result else ({}, found):
            value = of.get(key)
            texts.append(
                MISSING if value is None else with_interval(value) if isinstance(value, dict) else f"{value:.3f}"
            )
        rows.append((key, f"**{texts[0]}**", texts[1], rnn, molgpt, floor, aim))
    drawn = f"{found['samples']:,} strings, temperature {result['temperature']:g}"
    alone = result.get("without_grammar", found)["samples"]
    head = (
        drawn,
        "MatGen",
        f"without grammar ({alone:,} strings)",
        "CharRNN",
        "MolGPT retrained",
        "at least",
        "the aim",
    )
    return table(head, rows)


def molecule_speed() -> str:
    """Strings a second at each batch, and the pairs of runs at the best batch of each."""
    result = read("molecules-speed.json")
    if result is None:
        return f"{MISSING}\n"
    paces = result["strings_per_s"]
    names = {
        "ours": "MatGen",
        "ours_without_grammar": "MatGen without grammar",
        "transformers_generate": "`generate` of transformers",
    }
    sizes = list(paces["ours"])
    rows = [(text, *(f"{paces[name][size]:.0f}" for size in sizes)) for name, text in names.items()]
    best, ratios = result["best_batch"], result["paired"]["ratios"]
    made, chapter = (
        table((f"strings a second, {result['threads']} thread; batch", *sizes), rows),
        result["times_the_loop"],
    )
    return (
        f"{made}\nIn {len(ratios)} pairs of runs, each at its best batch ({best['ours']} and "
        f"{best['transformers_generate']}), MatGen wrote {min(ratios):.2f} to {max(ratios):.2f} times as many strings, "
        f"median {result['times_generate']:.2f}; {chapter:.0f} times as many as the loop of the chapter.\n"
    )


def molecule_domains() -> str:
    result = read("molecules.json")
    if result is None or "domains" not in result:
        return f"{MISSING}\n"
    rows = [
        (
            name,
            with_interval(row["valid"]),
            with_interval(row["valid_plain"]),
            f"{row['unique@1000']['value']:.3f}",
            with_interval(row["novel"]),
            f"{row['IntDiv']:.3f}",
            f"{row['FCD/withheld']:.2f}",
            f"{row['FCD/withheld of as many training molecules']:.2f}",
            f"{row['weight'][0]:.0f}–{row['weight'][2]:.0f}",
        )
        for name, row in result["domains"].items()
    ]
    head = (
        f"{next(iter(result['domains'].values()))['samples']:,} strings of each domain",
        "valid",
        "valid without grammar",
        "unique@1000",
        "novel",
        "IntDiv",
        "FCD/withheld",
        "floor",
        "g/mol, 5 to 95 %",
    )
    return table(head, rows)


def molecule_targets() -> str:
    result = read("molecules.json")
    if result is None:
        return f"{MISSING}\n"
    rows = []
    for entry in result["targets"]:
        for key, asked in entry["target"].items():
            ours, free, known = (entry[key][of] for of in ("ours", "unconditional", "nearest_known"))
            label = f"{key} {asked:g}" if len(entry["target"]) == 1 else f"{key} {asked:g}, with four others"
            plain = entry[key].get("plain")
            if plain is None:  # measured before there were grammar and guidance
                ours, plain = None, ours
            shares = [
                MISSING if of is None else f"{of['mad']:.2f}, {of['within']['value']:.2f}"
                for of in (ours, plain, free, known)
            ]
            rows.append((label, f"{entry['valid']['value']:.2f}", *shares))
    each = f"target, {result['targets'][0]['valid']['of']:,} strings each"
    head = (each, "valid", "conditioned: mean deviation, met", "without grammar", "unconditioned", "nearest known")
    return table(head, rows)


def encoder() -> str:
    result = read("encoder.json")
    if result is None:
        return f"{MISSING}\n"
    rows = [
        (label, f"{entry['dimensions']}", f"{entry['mae']:.3f}", f"{entry['r2']:.3f}")
        for label, entry in result["probe"].items()
    ]
    rows.append(("ESOL, as it is", "–", f"{result['esol_mae']:.3f}", "–"))
    rows.append(("the mean of the training rows", "0", f"{result['mean_mae']:.3f}", "0"))
    head = (
        f"{result['test']} measured solubilities, {result['train']} to fit",
        "numbers",
        "mean error, log mol/L",
        "R²",
    )
    return table(head, rows)


def compositions() -> str:
    result = read("compositions.json")
    if result is None:
        return f"{MISSING}\n"
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


def composition_targets() -> str:
    result = read("compositions.json")
    if result is None:
        return f"{MISSING}\n"
    rows = []
    for entry in result["targets"]:
        asked = ", ".join(f"{_named(key)} {value:g} {PROPERTIES[key].unit}" for key, value in entry["target"].items())
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


def transfer() -> str:
    result = read("transfer.json")
    if result is None:
        return f"{MISSING}\n"
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


def expt_gap() -> str:
    result = read("expt-gap.json")
    if result is None:
        return f"{MISSING}\n"
    rows = [(f"**MatGen, {result['members']} members**", f"**{result['mae']:.3f}**")]
    rows += [(name, f"{value:.3f}") for name, value in result["peers"].items()]
    return table(("Matbench expt_gap, five folds", "mean error, eV"), rows)


def pretraining() -> str:
    result = read("pretraining.json")
    if result is None:
        return f"{MISSING}\n"
    rows = [(e["form"], e["pretraining"], f"{e['mae']:.3f} ± {e['std']:.3f}") for e in result["results"]]
    head = f"gap learnt from {result['rows']:,} formulas, {result['seeds']} seeds"
    return table((head, "pretraining", "mean error, eV"), rows)


def design() -> str:
    result = read("design.json")
    if result is None:
        return f"{MISSING}\n"
    ways = ("loop", "random", "substitution")
    rows = []
    for entry in result["targets"]:
        asked = ", ".join(
            f"{_named(key)} {_goal(low, high)} {PROPERTIES[key].unit}" for key, (low, high) in entry["target"].items()
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


def screening() -> str:
    result = read("screening.json")
    if result is None:
        return f"{MISSING}\n"
    rows = [
        (f"{entry['rows']:,} {kind}", f"{entry['seconds'] / 60:.1f} min", f"{entry['peak_mb'] / 1000:.2f} GB")
        for kind, entries in (
            ("crystals", result["cif"]),
            ("formulas", result["formula"]),
            ("molecules", result["smiles"]),
        )
        for entry in entries
    ]
    head = (f"screened, {result['machine']['cores']} cores, no relaxation", "time", "peak memory")
    return table(head, rows)


def _goal(low: float | None, high: float | None) -> str:
    if low == high:
        return f"{low:g}"
    return f"at most {high:g}" if low is None else f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


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


def guacamol() -> str:
    """Searches at the usual number of calls beside what was published, and sums over the goals that all have."""
    rows = [row for row in read("guacamol.json") or () if row["calls"] == 10_000]
    if not rows:
        return f"{MISSING}\n"
    ways, published = ("tuned", "genetic"), {row["task"]: row["published"] for row in rows}
    found = {(row["task"], row["method"]): row for row in rows}
    learnt = {row["task"] for row in rows if row["target_in_training"]}
    lines = []
    for name in published:
        cells = [_searched(found.get((name, way))) for way in ways]
        values = [f"{value:.3f}" for value in published[name]] or ["–", "–"]
        lines.append((name + (" †" if name in learnt else ""), *cells, *values))
    for label, asked in (("both", ways), ("the genetic search", ways[1:])):
        common = [name for name in published if published[name] and all((name, way) in found for way in asked)]
        sums = [f"{sum(found[name, way]['auc_top10'] for name in common):.3f}" if way in asked else "" for way in ways]
        values = [f"{sum(published[name][i] for name in common):.3f}" for i in (0, 1)]
        if common:
            lines.append((f"**sum of the {len(common)} measured by {label}**", *sums, *values))
    return table(("AUC top-10, 10,000 calls", "MatGen, tuned", "MatGen, genetic", "REINVENT", "SMILES GA"), lines)


def guacamol_few() -> str:
    """The same searches with 1,000 calls, for which nothing is published."""
    rows = [row for row in read("guacamol.json") or () if row["calls"] == 1000]
    found = {(row["task"], row["method"]): row for row in rows}
    names, ways = list(dict.fromkeys(row["task"] for row in rows)), ("tuned", "genetic")
    lines = [(name, *(_searched(found.get((name, way))) for way in ways)) for name in names]
    common = [name for name in names if all((name, way) in found for way in ways)]
    sums = [f"{sum(found[name, way]['auc_top10'] for name in common):.3f}" for way in ways]
    return table(("AUC top-10, 1,000 calls", "MatGen, tuned", "MatGen, genetic"), [*lines, ("**sum**", *sums)])


def _searched(row: dict[str, Any] | None) -> str:
    if row is None:
        return MISSING
    return f"{row['auc_top10']:.3f} (best {row['best']:.3f}, {row['seconds']:.0f} s)"


def _at_least(goal: str) -> str:
    """A goal as written for a command, "4:", for a reader."""
    return f"≥ {goal[:-1]}" if goal.endswith(":") else goal


def own_property() -> str:
    head = (
        "table, goal",
        "rows",
        "error on withheld groups (the mean)",
        "strings of the tuning",
        "distance, nats",
        "hits, shipped",
        "hits, tuned",
    )
    lines = []
    for row in read("own-property.json") or ():
        tuned, shipped = row["tuned"], row["shipped"]
        lines.append(
            (
                f"{row['column']} {_at_least(row['goal'])} of {row['table']}, {row['kind']}",
                f"{row['rows']:,}",
                f"{row['error']:.2f} ({row['baseline']:.2f})",
                f"{row['strings']:,} in {row['seconds']:,} s",
                f"{row['distance']:.1f}",
                f"{shipped['hits']} of {shipped['kept']}",
                f"**{tuned['hits']} of {tuned['kept']}** "
                f"({tuned['groups']} groups; {tuned['in_domain']:.0%} like the rows)",
            )
        )
    return table(head, lines)


def lecture(lang: str = "en") -> str:
    """Seconds that each demonstration takes to open and to answer."""
    heads = {
        "en": ("demonstration", "opens in (s)", "answers in (s)"),
        "ja": ("デモ", "開くまで（秒）", "応答まで（秒）"),
    }
    result = read("lecture.json")
    if result is None:
        return table(heads[lang], [(MISSING if lang == "en" else "未測定", "–", "–")])
    named, missing = {"en": ("lesson", MISSING), "ja": ("lesson_ja", "未測定")}[lang]
    rows = [
        (
            one[named],
            missing if one["opens"] is None else f"{one['opens']:.1f}",
            "–" if one["answers"] is None else f"{one['answers']:.1f}",
        )
        for one in result["demonstrations"]
    ]
    return table(heads[lang], rows)


def workers_speed() -> str:
    """Candidates a minute by 1, 2 and 4 workers, and memory."""
    head = ("candidates a minute", "1 worker", "2 workers", "4 workers", "2 to 1", "memory of a worker (GB)")
    measured = (read("workers.json") or {}).get("speed", {})
    rows = []
    for kind in ("crystals", "compositions", "molecules"):
        if (found := measured.get(kind)) is None:
            rows.append((kind, MISSING, "–", "–", "–", "–"))
            continue
        rates = [f"{statistics.median(found['per_minute'][n]):,.0f}" for n in ("1", "2", "4")]
        memory = max(found["worker_gib"].values()) * 2**30 / 1e9
        rows.append((kind, *rates, f"{found['times_one']['2']:.2f}", f"{memory:.1f}"))
    return table(head, rows)


def share_kept(speed: dict[str, Any]) -> float:
    """Share of its speed that a worker keeps beside others on one machine, fitted to 1, 2 and 4 workers.

    Of W workers on C cores, min(W, C) are busy: rate(W) = share x rate(1) x min(W, C) for W > 1, least squares.
    """
    one = statistics.median(speed["per_minute"]["1"])
    pairs = [
        (one * min(int(n), speed["cores"]), rate)
        for n, rates in speed["per_minute"].items()
        for rate in rates
        if int(n) > 1
    ]
    return sum(x * y for x, y in pairs) / sum(x * x for x, _y in pairs)


def scaling() -> str:
    """What 10^4 to 10^6 candidates cost: a stage, the parent, the merge, the disk; hours with 2 and with 64 workers."""
    head = (
        "candidates", "draw (core-hours)", "predict", "judge", "parent", "merge", "disk (MB)", "hours, 2 workers",
        "hours, 64 workers", "workers that one parent keeps busy",
    )  # fmt: skip
    known = read("workers.json") or {}
    rows = []
    for kind in ("crystals", "compositions", "molecules"):
        stages, speed = known.get("stages", {}).get(kind), known.get("speed", {}).get(kind)
        if stages is None or speed is None:
            rows.append((kind, MISSING, *["–"] * (len(head) - 2)))
            continue
        cost = stages["core_seconds"]
        parent = cost["receive"] + cost["write"] + cost["admit"]
        minutely = statistics.median(speed["per_minute"]["1"]) * share_kept(speed)
        most = 60 / parent / minutely
        for count in (10**4, 10**5, 10**6):
            hours = [count * cost[stage] / 3600 for stage in ("draw", "predict", "judge")]
            rows.append(
                (
                    f"{count:,} {kind}",
                    *map(_hours, [*hours, count * parent / 3600, count * cost["merge"] / 3600]),
                    f"{count * stages['bytes_a_candidate'] / 1e6:,.0f}",
                    *(_hours(count / minutely / 60 / min(n, most)) for n in (2, 64)),
                    f"{most:,.0f}",
                )
            )
    return table(head, rows)


def _hours(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def workers_large() -> str:
    """Runs of many candidates from the command to the page."""
    head = (
        "run", "kept", "generate (min)", "merge (min)", "memory of the parent (GB), least and most", "disk (MB)",
        "page opens in (s)",
    )  # fmt: skip
    rows = []
    for kind, found in ((read("workers.json") or {}).get("large", {})).items():
        seconds, memory = found["seconds"], found["parent_gib"]
        rows.append(
            (
                f"{found['generated']:,} {kind}, {found['workers']} workers",
                f"{found['kept']:,}",
                f"{seconds['generate'] / 60:.0f}",
                f"{seconds['merge'] / 60:.1f}",
                f"{memory['least'] * 1.0737:.3f}, {memory['most'] * 1.0737:.3f}",
                f"{found['generated'] * found['bytes_a_candidate'] / 1e6:.0f}",
                ", ".join(f"{value:.1f}" for value in seconds["page"]),
            )
        )
    return table(head, rows or [(MISSING, *["–"] * (len(head) - 1))])


def openings() -> str:
    """Seconds until the slowest page and the median one have a title and are whole."""
    head = ("seconds", "title, median", "title, slowest", "whole, median", "whole, slowest")
    if (found := read("openings.json")) is None:
        return table(head, [(MISSING, *["–"] * 4)])
    rows = []
    for key, label in (("first", "first visitor after a start"), ("second", "second visitor")):
        cells = [label]
        for part in ("title", "whole"):
            by_page = {one["page"]: one[key][part] for one in found["pages"]}
            slowest = max(by_page, key=lambda page: by_page[page])
            cells += [f"{statistics.median(by_page.values()):.1f}", f"{by_page[slowest]:.1f} ({slowest})"]
        rows.append(tuple(cells))
    return table(head, rows)


def long_tables() -> str:
    """What a table of 10,000 rows and a run of 100,000 candidates take on their pages."""
    found, rows = read("long-tables.json") or {}, []
    if (one := found.get("screening")) is not None:
        rows += [
            (f"Screening of {one['rows']:,} uploaded molecules: first rows", f"{one['first_rows']:.0f} s"),
            ("all of them predicted, checked and shown", f"{one['whole']:.0f} s"),
            ("a row picked, its details beside the table", f"{one['pick']:.1f} s"),
            ("only what passes every check", f"{one['filter']:.1f} s"),
            ("sorted by a column, scrolled to the end: longest pause of the browser", _pause(one)),
            ("memory of server and worker; of the page", f"{one['server_mb'] / 1000:.1f} GB; {one['page_mb']} MB"),
        ]
    if (one := found.get("run")) is not None:
        first, second = one["open"]
        rows.append((f"a stored run of {one['candidates']:,} opened by its link", f"{second:.1f} s"))
        rows.append(("the same as the first request after a start", f"{first:.1f} s"))
    return table(("on two cores", "measured"), rows or [(MISSING, "–")])


def _pause(found: dict[str, Any]) -> str:
    most = max(found["sort_blocks_ms"], found["scroll_blocks_ms"])
    return f"{most} ms" if most else "below 50 ms"


TABLES: dict[str, Callable[[], str]] = {
    "openings": openings,
    "long-tables": long_tables,
    "headline": headline,
    "by-both": by_both,
    "unconditional": unconditional,
    "targets": targets,
    "speed": speed,
    "reconstruction": reconstruction,
    "placement": placement,
    "self-training": self_training,
    "predictions": predictions,
    "molecules": molecules,
    "molecule-domains": molecule_domains,
    "molecule-speed": molecule_speed,
    "molecule-targets": molecule_targets,
    "encoder": encoder,
    "design": design,
    "screening": screening,
    "compositions": compositions,
    "composition-targets": composition_targets,
    "transfer": transfer,
    "expt-gap": expt_gap,
    "pretraining": pretraining,
    "guacamol": guacamol,
    "guacamol-few": guacamol_few,
    "own-property": own_property,
    "workers-speed": workers_speed,
    "workers-large": workers_large,
    "scaling": scaling,
    "lecture": lecture,
    "lecture-ja": lambda: lecture("ja"),
}


def fill(text: str) -> str:
    """The text with every marked table as it should be."""

    def write(match: re.Match[str]) -> str:
        name = match[2]
        made = trained(name.removeprefix("trained-")) if name.startswith("trained-") else TABLES[name]()
        return f"{match[1]}{made}{match[3]}"

    return MARKED.sub(write, text)


def main() -> None:
    stale = []
    cards = sorted((ROOT / "assets" / "checkpoints").glob("*/README.md"))
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *cards):
        text = path.read_text(encoding="utf-8")
        if (filled := fill(text)) != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(filled, encoding="utf-8")
    if "--check" in sys.argv and stale:
        sys.exit(f"not what was measured: {', '.join(stale)}; run: python tools/fill_figures.py")


if __name__ == "__main__":
    main()
