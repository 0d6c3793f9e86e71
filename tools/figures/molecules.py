"""Tables of generated molecules."""

from __future__ import annotations

from typing import Any

from figures.layout import MISSING, figure, table, with_interval


@figure("molecules.json")
def molecules(result: Any) -> str:
    found, alone = result["unconditional"], result["without_grammar"]
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
        rows.append((key, f"**{_figure(found, key)}**", _figure(alone, key), rnn, molgpt, floor, aim))
    head = (
        f"{found['samples']:,} strings, temperature {result['temperature']:g}",
        "MatGen",
        f"without grammar ({alone['samples']:,} strings)",
        "CharRNN",
        "MolGPT retrained",
        "at least",
        "the aim",
    )
    return table(head, rows)


def _figure(measured: dict[str, Any], key: str) -> str:
    value = measured.get(key)
    return MISSING if value is None else with_interval(value) if isinstance(value, dict) else f"{value:.3f}"


@figure("molecules-speed.json")
def molecule_speed(result: Any) -> str:
    """Strings a second at each batch, and the pairs of runs at the best batch of each."""
    paces = result["strings_per_s"]
    names = {
        "ours": "MatGen",
        "ours_without_grammar": "MatGen without grammar",
        "transformers_generate": "`generate` of transformers",
    }
    sizes = list(paces["ours"])
    rows = [(text, *(f"{paces[name][size]:.0f}" for size in sizes)) for name, text in names.items()]
    best, ratios = result["best_batch"], result["paired"]["ratios"]
    made = table((f"strings a second, {result['threads']} thread; batch", *sizes), rows)
    chapter = result["times_the_loop"]
    return (
        f"{made}\nIn {len(ratios)} pairs of runs, each at its best batch ({best['ours']} and "
        f"{best['transformers_generate']}), MatGen wrote {min(ratios):.2f} to {max(ratios):.2f} times as many strings, "
        f"median {result['times_generate']:.2f}; {chapter:.0f} times as many as the loop of the chapter.\n"
    )


@figure("molecules.json")
def molecule_domains(result: Any) -> str:
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


@figure("molecules.json")
def molecule_weights(result: Any) -> str:
    """Deviation of weights that are asked for alone, a row a weight and a column a domain."""
    rows, domains = result["weights"], list(dict.fromkeys(row["domain"] for row in result["weights"]))
    found = {(row["domain"], row["target"]["weight"]): row for row in rows}
    lines = []
    for weight in sorted({weight for _domain, weight in found}):
        cells = (found.get((domain, weight)) for domain in domains)
        told = ("–" if c is None else f"{c['weight']['ours']['mad']:.0f}, {c['met_all']['value']:.2f}" for c in cells)
        lines.append((f"{weight:g} g/mol", *told))
    return table((f"{rows[0]['met_all']['of']} strings each: mean deviation in g/mol, met", *domains), lines)


@figure("molecules.json")
def molecule_targets(result: Any) -> str:
    rows = []
    for entry in result["targets"]:
        for key, asked in entry["target"].items():
            label = f"{key} {asked:g}" if len(entry["target"]) == 1 else f"{key} {asked:g}, with four others"
            ways = (entry[key][way] for way in ("ours", "plain", "unconditional", "nearest_known"))
            shares = [f"{way['mad']:.2f}, {way['within']['value']:.2f}" for way in ways]
            rows.append((label, f"{entry['valid']['value']:.2f}", *shares))
    each = f"target, {result['targets'][0]['valid']['of']:,} strings each"
    head = (each, "valid", "conditioned: mean deviation, met", "without grammar", "unconditioned", "nearest known")
    return table(head, rows)


@figure("encoder.json")
def encoder(result: Any) -> str:
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


@figure("guacamol.json")
def guacamol(result: Any) -> str:
    """Searches at the usual number of calls beside what was published, and sums over the goals that all have."""
    rows = [row for row in result if row["calls"] == 10_000]
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
        if len(common) > 1:
            lines.append((f"**sum of the {len(common)} measured by {label}**", *sums, *values))
    return table(("AUC top-10, 10,000 calls", "MatGen, tuned", "MatGen, genetic", "REINVENT", "SMILES GA"), lines)


@figure("guacamol.json")
def guacamol_few(result: Any) -> str:
    """The same searches with 1,000 calls, for which nothing is published."""
    rows = [row for row in result if row["calls"] == 1000]
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
