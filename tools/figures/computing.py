"""Tables of seconds, memory and workers."""

from __future__ import annotations

import statistics
from typing import Any

from figures.layout import MISSING, figure, read, table


@figure("speed-crystals.json")
def speed(result: Any) -> str:
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


@figure("screening.json")
def screening(result: Any) -> str:
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


@figure()
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


@figure()
def lecture_ja() -> str:
    return lecture("ja")


@figure("workers.json")
def workers_speed(result: Any) -> str:
    """Candidates a minute by 1, 2 and 4 workers, and memory."""
    head = ("candidates a minute", "1 worker", "2 workers", "4 workers", "2 to 1", "memory of a worker (GB)")
    rows = []
    for kind in ("crystals", "compositions", "molecules"):
        if (found := result.get("speed", {}).get(kind)) is None:
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


@figure("workers.json")
def scaling(result: Any) -> str:
    """What 10^4 to 10^6 candidates cost: a stage, the parent, the merge, the disk; hours with 2 and with 64 workers."""
    head = (
        "candidates", "draw (core-hours)", "predict", "judge", "parent", "merge", "disk (MB)", "hours, 2 workers",
        "hours, 64 workers", "workers that one parent keeps busy",
    )  # fmt: skip
    rows = []
    for kind in ("crystals", "compositions", "molecules"):
        stages, speed = result.get("stages", {}).get(kind), result.get("speed", {}).get(kind)
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


@figure("workers.json")
def workers_large(result: Any) -> str:
    """Runs of many candidates from the command to the page."""
    head = (
        "run", "kept", "generate (min)", "merge (min)", "memory of the parent (GB), least and most", "disk (MB)",
        "page opens in (s)",
    )  # fmt: skip
    rows = []
    for kind, found in result.get("large", {}).items():
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


@figure("openings.json")
def openings(result: Any) -> str:
    """Seconds until the slowest page and the median one have a title and are whole."""
    head = ("seconds", "title, median", "title, slowest", "whole, median", "whole, slowest")
    rows = []
    for key, label in (("first", "first visitor after a start"), ("second", "second visitor")):
        cells = [label]
        for part in ("title", "whole"):
            by_page = {one["page"]: one[key][part] for one in result["pages"]}
            slowest = max(by_page, key=lambda page: by_page[page])
            cells += [f"{statistics.median(by_page.values()):.1f}", f"{by_page[slowest]:.1f} ({slowest})"]
        rows.append(tuple(cells))
    return table(head, rows)


@figure("long-tables.json")
def long_tables(result: Any) -> str:
    """What a table of 10,000 rows and a run of 100,000 candidates take on their pages."""
    rows = []
    if (one := result.get("screening")) is not None:
        rows += [
            (f"Screening of {one['rows']:,} uploaded molecules: first rows", f"{one['first_rows']:.0f} s"),
            ("all of them predicted, checked and shown", f"{one['whole']:.0f} s"),
            ("a row picked, its details beside the table", f"{one['pick']:.1f} s"),
            ("only what passes every check", f"{one['filter']:.1f} s"),
            ("sorted by a column, scrolled to the end: longest pause of the browser", _pause(one)),
            ("memory of server and worker; of the page", f"{one['server_mb'] / 1000:.1f} GB; {one['page_mb']} MB"),
        ]
    if (one := result.get("run")) is not None:
        first, second = one["open"]
        rows.append((f"a stored run of {one['candidates']:,} opened by its link", f"{second:.1f} s"))
        rows.append(("the same as the first request after a start", f"{first:.1f} s"))
    return table(("on two cores", "measured"), rows)


def _pause(found: dict[str, Any]) -> str:
    most = max(found["sort_blocks_ms"], found["scroll_blocks_ms"])
    return f"{most} ms" if most else "below 50 ms"
