"""Aims for molecules and for own properties, beside the measurements."""

from __future__ import annotations

from figures.layout import MISSING, figure, read, table
from figures.overall import at_least


@figure()
def molecule_aims() -> str:
    """What was aimed at with molecules and own properties, beside what was measured."""
    found, speed = read("molecules.json"), read("molecules-speed.json")
    if found is None or speed is None:
        return f"{MISSING}\n"
    free = found["unconditional"]
    alone = [entry for entry in found["targets"] if len(entry["target"]) == 1]
    lines: list[tuple[str, str, bool | None]] = [
        ("FCD on MOSES' test set at most 0.09", f"{free['FCD/Test']:.3f}", free["FCD/Test"] <= 0.09),
        ("MOSES' filters passed by 0.992", f"{free['Filters']['value']:.3f}", free["Filters"]["value"] >= 0.992),
        ("new to MOSES' training set: 0.85", f"{free['novel']['value']:.3f}", free["novel"]["value"] >= 0.85),
    ]
    off = {of["target"]["logp"]: of["logp"]["ours"]["mad"] for of in alone if "logp" in of["target"]}
    exact = {
        of["target"]["acceptors"]: of["acceptors"]["ours"]["within"]["value"]
        for of in alone
        if "acceptors" in of["target"]
    }
    for aim, values, met in (
        ("mean deviation of logP at most 0.20", off, max(off.values()) <= 0.20),
        ("acceptors exact in 0.9", exact, min(exact.values()) >= 0.9),
    ):
        shown = ", ".join(f"{value:.2f} at {asked:g}" for asked, value in values.items())
        lines.append((f"{aim}, asked for alone", shown, met))
    times = speed["times_generate"]
    lines.append(("strings a second: 2 times `generate` of transformers", f"{times:.2f} times", times >= 2))
    for row in read("own-property.json") or ():
        tuned, shipped = row["tuned"]["hits"], row["shipped"]["hits"]
        lines.append(
            (
                f"{row['column']} {at_least(row['goal'])}, {row['kind']}: 3 times the hits of the shipped generator",
                f"{tuned} and {shipped} of {row['tuned']['kept']}",
                tuned >= 3 * max(1, shipped),
            )
        )
    for name, way in (("the tuned network", "tuned"), ("the genetic search", "genetic")):
        lines.append(_guacamol_aim(name, way))
    said = {True: "reached", False: "not reached", None: MISSING}
    return table(("aim", "measured", ""), [(aim, value, said[met]) for aim, value, met in lines])


def _guacamol_aim(name: str, way: str) -> tuple[str, str, bool | None]:
    """Whether a search's sum is above the SMILES GA's and 0.9 of REINVENT's, over the goals that are measured."""
    rows = [row for row in read("guacamol.json") or () if row["calls"] == 10_000 and row["published"]]
    own = [row for row in rows if row["method"] == way]
    aim = f"goals of GuacaMol, {name}: above the SMILES GA, 0.9 of REINVENT"
    goals = len({row["task"] for row in rows})
    if len(own) < goals:
        return aim, f"{len(own)} of {goals} goals measured", None
    mine, best, least = (
        sum(row["auc_top10"] for row in own),
        sum(row["published"][0] for row in own),
        sum(row["published"][1] for row in own),
    )
    return aim, f"{mine:.3f} (GA {least:.3f}, REINVENT {best:.3f})", mine > least and mine >= 0.9 * best
