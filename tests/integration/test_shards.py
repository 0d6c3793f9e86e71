"""Runs in a folder: shards give what one run gives, go on after any interruption, and come together once."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from matgen_core.core.errors import BadInput, BadTarget
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.records import Candidate, Progress
from matgen_core.core.settings import Budget, MoleculeSettings, Rules
from matgen_core.runs.records import from_record
from matgen_core.workflows.design import count_kept, design, design_until
from matgen_core.workflows.many_workers.fill_folder import fill_folder, want_count, want_until
from matgen_core.workflows.many_workers.merge import merge
from matgen_core.workflows.many_workers.run_folder import Shard, Wanted, batch_files, read_batch

ROOT = Path(__file__).parents[2]
TARGET = Target({}, Constraints(chemical_system=frozenset({"Na", "Cl", "O"}), max_atoms=6))
RULES = Rules(known=True, max_e_above_hull=1.0, shallow=True)
BUDGET = Budget(want=900, draws=64)


def wanted(target: Target = TARGET) -> Wanted:
    return want_until("compositions", target, BUDGET, RULES, 5)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The three batches of a run in two folders."""
    folder = tmp_path_factory.mktemp("shards")
    paths = [folder / str(number) for number in (1, 2)]
    for number, path in enumerate(paths, start=1):
        fill_folder(wanted(), path, shard=Shard(number, 2))
    return paths


def rows(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(out / "candidates.parquet").to_pylist()
    return sorted(found, key=lambda row: row["rank"])


def test_what_is_wanted_comes_back_from_its_record() -> None:
    goal = Target({"logp": Goal.at_least(1.0)})
    counted = want_count("molecules", goal, 7, 3, MoleculeSettings(filters=("PAINS",)))
    for one in (wanted(), counted, want_until("crystals", Target(), Budget(), Rules(), 1)):
        assert Wanted.from_record(json.loads(json.dumps(one.to_record()))) == one


def test_a_folder_takes_more_than_memory_does() -> None:
    assert want_count("crystals", Target(), 100_000, 0).most == 400_000
    budget = Budget(want=50_000, draws=1_000_000, seconds=600_000)
    assert want_until("molecules", Target(), budget, Rules(), 0).count == 50_000
    for kind, count in (("molecules", 10**9), ("crystals", 0)):
        with pytest.raises(BadTarget, match=f"^{count} {kind} cannot be generated; choose 1 to 10,000,000$"):
            want_count(kind, Target(), count, 0)


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "1/0", "a/b", "-1/2"])
def test_a_shard_that_is_none_is_named(text: str) -> None:
    with pytest.raises(BadInput, match="third of 64"):
        Shard.read(text)


def test_merged_shards_are_one_run_without_its_repeats(shards: list[Path], tmp_path: Path) -> None:
    whole = design_until("compositions", TARGET, BUDGET, rules=RULES, seed=5)
    merged = merge(shards[::-1], tmp_path, best=5)
    assert merged.generated == len(whole.candidates) == 64
    assert merged.rejected["duplicate"] > 0, "the system is small"
    found = [from_record(json.loads(row["record"])) for row in rows(tmp_path)]
    assert found == list(whole.listed), "the same candidates, verdicts and ranks"
    with (tmp_path / "best.csv").open(encoding="utf-8") as file:
        assert [row["id"] for row in csv.DictReader(file)] == [c.id for c in whole.listed[:5]]
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["kept"], manifest["batches"], manifest["notes"]) == (len(found), 3, [])
    assert [entry["shard"] for entry in manifest["shards"]] == ["2/2", "1/2"]


def test_a_shard_that_was_computed_twice_counts_once(shards: list[Path], tmp_path: Path) -> None:
    fill_folder(wanted(), tmp_path / "again", shard=Shard(1, 2))
    assert [f.name for _, f in batch_files(tmp_path / "again")] == [f.name for _, f in batch_files(shards[0])]
    merge(shards, tmp_path / "once")
    merge([*shards, tmp_path / "again"], tmp_path / "twice")
    assert rows(tmp_path / "once") == rows(tmp_path / "twice")


def test_a_run_goes_on_and_computes_no_finished_batch_again(
    shards: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matgen_core.kinds.compositions.kind import CompositionStages

    drawn, draw = list[int](), CompositionStages.draw

    def count(self: CompositionStages, size: int, first: int, cancelled: Any = None) -> list[Candidate[Any]]:
        drawn.append(first)
        return draw(self, size, first, cancelled)

    monkeypatch.setattr(CompositionStages, "draw", count)
    seen = list[Progress[Any]]()
    path = tmp_path / "run"
    stopped = fill_folder(
        wanted(), path, on_progress=seen.append, cancelled=lambda: bool(seen) and seen[-1].stage == "assess"
    )
    assert (stopped.ended, stopped.generated, drawn) == ("cancelled", 16, [0])
    assert not any(progress.candidates for progress in seen), "nothing is kept in memory"
    (path / "batches" / ".000000016-16-0.parquet.1.part").write_bytes(b"cut")  # of a process that was killed
    whole = fill_folder(wanted(), path)
    assert (whole.ended, whole.generated, drawn) == ("draws", 64, [0, 16, 32])
    assert fill_folder(wanted(), path).generated == 64
    assert drawn == [0, 16, 32], "nothing is left to do"
    merge([path], tmp_path / "one")
    merge(shards, tmp_path / "two")
    assert rows(tmp_path / "one") == rows(tmp_path / "two")


def test_a_folder_of_another_run_is_refused(shards: list[Path], tmp_path: Path) -> None:
    other = wanted(replace(TARGET, constraints=replace(TARGET.constraints, max_atoms=5)))
    with pytest.raises(BadInput, match=r"different runs .target, aim differs"):
        fill_folder(other, shards[0], shard=Shard(1, 2))
    with pytest.raises(BadInput, match="holds shard 1/2, not 2/2; use a folder for each shard"):
        fill_folder(wanted(), shards[0], shard=Shard(2, 2))
    fill_folder(replace(other, most=16), tmp_path / "other", shard=Shard(2, 2), cancelled=lambda: True)
    with pytest.raises(BadInput, match="different runs"):
        merge([shards[0], tmp_path / "other"], tmp_path / "out")
    with pytest.raises(BadInput, match="is no folder of a run"):
        merge([tmp_path], tmp_path / "out")


def changed(folder: Path, to: Path, key: str, value: Any) -> Path:
    """A copy of a folder whose record says something else."""
    shutil.copytree(folder, to)
    record = json.loads((to / "run.json").read_text(encoding="utf-8"))
    record[key] = value
    (to / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return to


def test_shards_of_different_versions_or_divisions_are_refused(shards: list[Path], tmp_path: Path) -> None:
    record = json.loads((shards[1] / "run.json").read_text(encoding="utf-8"))
    older = changed(shards[1], tmp_path / "older", "versions", {**record["versions"], "torch": "1.0"})
    with pytest.raises(BadInput, match=r"different versions .of torch.; compute one of them again"):
        merge([shards[0], older], tmp_path / "out")
    with pytest.raises(BadInput, match="different divisions"):
        merge([shards[0], changed(shards[1], tmp_path / "third", "shard", [2, 3])], tmp_path / "out")
    assert "shards 2 of 2 are not there" in merge([shards[0]], tmp_path / "half").notes


def test_a_damaged_file_is_named_and_computed_anew(shards: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "run"
    shutil.copytree(shards[1], path)
    ((_name, file),) = batch_files(path)
    before = file.read_bytes()
    file.write_bytes(before[: len(before) // 2])
    with pytest.raises(BadInput, match=r"is damaged .*start its run again"):
        merge([shards[0], path], tmp_path / "out")
    file.unlink()
    fill_folder(wanted(), path, shard=Shard(2, 2))
    assert list(read_batch(file)), "the same content has the same name"


def test_a_run_for_a_count_ends_with_its_count_in_a_folder(tmp_path: Path) -> None:
    goal, settings = Target({"logp": Goal.between(1.0, 3.0)}), MoleculeSettings(until="passing", domain="small")
    alone = design("molecules", goal, 20, seed=2, settings=settings)
    filled = fill_folder(want_count("molecules", goal, 20, 2, settings), tmp_path / "run")
    assert filled.ended == "found"
    assert filled.generated == len(alone)
    merged = merge([tmp_path / "run"], tmp_path / "out")
    kept = count_kept("molecules", alone, settings).candidates
    assert [row["id"] for row in rows(tmp_path / "out")] == [c.id for c in kept]
    assert filled.kept == len(merged.scores) == len(kept) == 20


def batches_of(path: Path) -> list[str]:
    return [file.name for _name, file in batch_files(path)] if (path / "run.json").exists() else []


def watch(process: subprocess.Popen[bytes], path: Path) -> Iterator[int]:
    """How many batches there are, until there are some more or the process ends."""
    while process.poll() is None:
        yield len(batches_of(path))


def test_a_killed_command_loses_nothing_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "run"
    words = "design compositions --want 900 --draws 96 --seed 7 --seconds 900 --known --shallow --max-atoms 6".split()
    command = [sys.executable, "-m", "matgen_core.cli", *words, "--into", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        next(count for count in watch(process, path) if count >= 2)
        process.send_signal(signal.SIGKILL)
    before = batches_of(path)
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    after = batches_of(path)
    assert set(before) <= set(after)
    merge([path], tmp_path / "out")
    found = [row["id"] for row in rows(tmp_path / "out")]
    assert len(found) == len(set(found)) > 0, "none twice"
    target, budget = Target({}, Constraints(max_atoms=6)), Budget(want=900, draws=96, seconds=900)
    whole = design_until("compositions", target, budget, rules=Rules(known=True, shallow=True), seed=7)
    assert found == [c.id for c in whole.listed]
