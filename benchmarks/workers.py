"""Measures runs over many workers and writes ``benchmarks/workers.json``; each part replaces its own entry.

    python benchmarks/workers.py speed molecules --workers 1 2 4 --size 4096 --pairs 3
    python benchmarks/workers.py stages molecules --size 2048
    python benchmarks/workers.py large molecules --count 100000 --workers 2 --folder /tmp/large
    python benchmarks/workers.py kills --workers 20 --parents 5
    python benchmarks/workers.py store

``speed``: candidates a minute of paired runs with the same batches, models loaded before; memory of a worker.
``stages``: seconds of one core a candidate in each stage.
``large``: a run into a folder from the command to the merged result: time, memory of the parent as it goes, size on
disk, and how long the page *Runs* takes to open it. ``kills``: workers and parents that are killed while a run goes on;
the result is compared with a quiet one. ``store``: eight processes append to PostgreSQL (``MATGEN_DATABASE``).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pickle
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import psutil
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from matgen_core.core.goals import Target
from matgen_core.core.processes import WorkerPool, process_pool
from matgen_core.core.settings import CompositionSettings, CrystalSettings, MoleculeSettings
from matgen_core.core.spreading import SetAside, spread
from matgen_core.evaluation.timing import describe_machine
from matgen_core.kinds.protocol import BatchName, Brief
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.loop import BatchWork
from matgen_core.workflows.many_workers.fill_folder import fill_folder, want_count
from matgen_core.workflows.many_workers.merge import merge
from matgen_core.workflows.many_workers.run_folder import RunFolder, Shard, batch_files
from matgen_core.workflows.many_workers.stored_merge import store_merged

ROOT = Path(__file__).parents[1]
OUT = ROOT / "benchmarks" / "workers.json"
SETTINGS: dict[str, Any] = {
    "crystals": CrystalSettings(cap=1),
    "compositions": CompositionSettings(cap=1),
    "molecules": MoleculeSettings(cap=1, until="drawn"),
}
#: Candidates of a batch, as a long run draws them.
BATCH = {"crystals": 32, "compositions": 256, "molecules": 512}


# ------------------------------------------------------------------------------------------------------------- speed


def batches(kind: str, size: int, seed: int) -> list[BatchName]:
    each = min(BATCH[kind], size)
    return [BatchName(seed, first, each) for first in range(0, size, each)]


def timed(kind: str, pool: Executor, names: list[BatchName]) -> float:
    """Candidates a minute."""
    work = BatchWork[Any](kind, Brief(Target(), Target(), names[0].seed, SETTINGS[kind]))
    begun, found = time.monotonic(), 0
    for _name, judged in spread(work, names, pool):
        assert not isinstance(judged, SetAside), judged
        found += len(judged)
    return 60 * found / (time.monotonic() - begun)


def warm(kind: str, pool: WorkerPool) -> None:
    """Every worker loads its models."""
    timed(kind, pool, [BatchName(99, n, 1) for n in range(2 * pool.workers)])


def measure_speed(kind: str, workers: list[int], size: int, pairs: int) -> dict[str, Any]:
    rates: dict[int, list[float]] = {count: [] for count in workers}
    memory: dict[int, float] = {}
    for turn in range(pairs):
        for count in workers if turn % 2 == 0 else workers[::-1]:
            with process_pool(count, least=1) as pool:
                assert pool is not None
                warm(kind, pool)
                rates[count].append(timed(kind, pool, batches(kind, size, turn)))
                memory[count] = max(psutil.Process(n).memory_info().rss for n in pool.numbers()) / 2**30
            print(kind, count, "workers:", round(rates[count][-1], 1), "a minute", flush=True)
    middle = {count: statistics.median(values) for count, values in rates.items()}
    return {
        "candidates": size,
        "batch": min(BATCH[kind], size),
        "per_minute": {count: [round(value, 1) for value in values] for count, values in rates.items()},
        "times_one": {count: round(value / middle[workers[0]], 2) for count, value in middle.items()},
        "worker_gib": {count: round(value, 2) for count, value in memory.items()},
        "cores": os.cpu_count(),
    }


# ------------------------------------------------------------------------------------------------------------ stages


def measure_stages(kind: str, count: int) -> dict[str, Any]:
    """Seconds of one core that a candidate takes in each stage, in this process with one thread.

    A worker draws, predicts and judges; the parent of all workers receives, writes and admits; merging comes last.
    """
    torch.set_num_threads(1)
    wanted = want_count(kind, Target(), count, 0, SETTINGS[kind])
    stages, spent = load_kind(kind).begin(wanted.brief), dict[str, float]()

    def clock(stage: str, work: Callable[..., Any], *values: Any) -> Any:
        begun = time.process_time()
        found = work(*values)
        spent[stage] = spent.get(stage, 0.0) + time.process_time() - begun
        return found

    BatchWork[Any](kind, wanted.brief)(BatchName(99, 0, 1))  # loads the models
    with tempfile.TemporaryDirectory() as name:
        folder, done = RunFolder(Path(name) / "run", wanted, Shard()), 0
        for batch in wanted.names():
            drawn = clock("draw", stages.draw, batch.size, batch.first)
            judged = clock("judge", stages.judge, clock("predict", stages.predict, drawn))
            sent = pickle.dumps(judged)
            clock("write", folder.save, batch, clock("receive", pickle.loads, sent))
            done += len(clock("admit", stages.admit, judged))
        size = sum(file.stat().st_size for _name, file in batch_files(Path(name) / "run"))
        clock("merge", merge, [Path(name) / "run"], Path(name) / "result")
    seconds = {stage: value / done for stage, value in spent.items()}
    return {"candidates": done, "core_seconds": seconds, "bytes_a_candidate": round(size / done)}


# ------------------------------------------------------------------------------------------------------------- large


def measure_large(kind: str, count: int, workers: int, folder: Path) -> dict[str, Any]:
    """From the command to the page."""
    # A batch for a count is half of what was generated before, 512 at most; exactly ``count`` are generated.
    words = [kind, "--count", count, "--cap", 1, "--workers", workers, "--into", folder / "run"]
    words += ["--until", "drawn"] if kind == "molecules" else []
    command = [sys.executable, "-m", "matgen_core.cli", *map(str, words)]
    begun, memory, spent = time.monotonic(), list[tuple[int, float]](), dict[int, float]()
    with subprocess.Popen(command, cwd=ROOT) as process:
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            done = sum(name.size for name, _ in batch_files(folder / "run")) if is_begun(folder) else 0
            memory.append((done, memory_of(parent)))
            spent |= seconds_of(parent)
            time.sleep(2.0)
    assert process.returncode == 0
    generated = time.monotonic() - begun
    size = sum(file.stat().st_size for _name, file in batch_files(folder / "run"))
    begun = time.monotonic()
    merged = merge([folder / "run"], folder / "result")
    seconds = time.monotonic() - begun
    database = f"sqlite:///{folder / 'runs.sqlite'}"
    os.environ["MATGEN_DATABASE"] = database
    store_merged(merged, folder / "result", "large")
    late = [gib for done, gib in memory if done >= min(10_000, count // 2)]
    return {
        "generated": merged.generated,
        "kept": len(merged.scores),
        "workers": workers,
        "seconds": {"generate": round(generated, 1), "merge": round(seconds, 1), "page": open_pages()},
        "core_seconds": {
            "parent": round(spent.pop(process.pid), 1),
            "workers": round(sum(spent.values()), 1),
        },
        "parent_gib": {"least": round(min(late), 3), "most": round(max(late), 3)},
        "bytes_a_candidate": round(size / merged.generated),
    }


def is_begun(folder: Path) -> bool:
    return (folder / "run" / "run.json").exists()


def memory_of(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss / 2**30)
    except psutil.Error:
        return 0.0


def seconds_of(process: psutil.Process) -> dict[int, float]:
    """Seconds of a core that a process and its workers have used, by their numbers."""
    with contextlib.suppress(psutil.Error):
        return {one.pid: sum(one.cpu_times()[:2]) for one in (process, *process.children())}
    return {}


def open_pages() -> list[float]:
    """Seconds that the page *Runs* takes to open the newest run, three times; the first is in a fresh process."""
    code = """
import time
from streamlit.testing.v1 import AppTest
from matgen_core.runs.store import open_store
run = open_store().list()[0].id
for _ in range(3):
    page = AppTest.from_file("pages/explore/runs.py", default_timeout=120)
    page.session_state["runs-open"] = [run]
    begun = time.monotonic()
    page.run()
    assert not page.exception
    print(round(time.monotonic() - begun, 2))
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    return [float(line) for line in run.stdout.split()]


# ------------------------------------------------------------------------------------------------------------- kills


def measure_kills(workers: int, parents: int) -> dict[str, Any]:
    """Kills so many workers of one run, then so many parents of another; both are compared with a quiet run."""
    wanted = want_count("compositions", Target(), 6000, 1, SETTINGS["compositions"])
    chance, killed = random.Random(0), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with process_pool(2) as pool:
            fill_folder(wanted, folder / "quiet", executor=pool)
        with process_pool(2) as pool:
            assert pool is not None
            ended = threading.Event()

            def kill() -> None:
                nonlocal killed
                while killed < workers and not ended.wait(chance.uniform(0.5, 3.0)):
                    if numbers := pool.numbers():
                        psutil.Process(chance.choice(numbers)).kill()
                        killed += 1

            thread = threading.Thread(target=kill)
            thread.start()
            disturbed = fill_folder(wanted, folder / "workers", executor=pool)
            again = fill_folder(wanted, folder / "workers", executor=pool)
            ended.set()
            thread.join()
        words = "compositions --count 6000 --cap 1 --seed 1 --workers 2 --into".split()
        command = [sys.executable, "-m", "matgen_core.cli", *words, str(folder / "parents")]
        lost = 0
        for _ in range(parents):
            before = names_in(folder / "parents")
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                while process.poll() is None and len(names_in(folder / "parents")) < len(before) + 2:
                    time.sleep(0.2)
                process.kill()
            lost += len(before - names_in(folder / "parents"))
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        quiet = names_in(folder / "quiet")
        return {
            "workers_killed": killed,
            "set_aside_at_first": len(disturbed.aside),
            "set_aside_in_the_end": len(again.aside),
            "equal_after_workers": names_in(folder / "workers") == quiet,
            "parents_killed": parents,
            "batches_lost": lost,
            "equal_after_parents": names_in(folder / "parents") == quiet,
        }


def names_in(path: Path) -> set[str]:
    """Batches by name and content."""
    return {file.name for _name, file in batch_files(path)} if (path / "run.json").exists() else set()


# ------------------------------------------------------------------------------------------------------------- store

WRITER = """
import sys, time
from matgen_core.core.records import Candidate, Molecule, Origin
from matgen_core.runs.store import Store
url, run, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
store, longest = Store(url), 0.0
for part in range(50):
    rows = [Candidate(f"{number}-{part}-{i}", Molecule("CCO"), Origin("t", "", 0, i)) for i in range(100)]
    begun = time.monotonic()
    store.add(run, rows)
    longest = max(longest, time.monotonic() - begun)
print(longest)
"""


def measure_store(writers: int = 8) -> dict[str, Any]:
    from sqlalchemy import create_engine, text

    from matgen_core.runs.store import default_url, open_store

    store, url = open_store(), default_url()
    run = store.begin("molecules", {}, 0)
    command = [sys.executable, "-c", WRITER, url, run]
    begun = time.monotonic()
    processes = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True, cwd=ROOT) for n in range(writers)
    ]
    waits = [0.0]
    query = text("select extract(epoch from clock_timestamp() - waitstart) from pg_locks where not granted")
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        while any(process.poll() is None for process in processes):
            waits += [float(seconds) for (seconds,) in connection.execute(query) if seconds is not None]
            time.sleep(0.01)
    longest = [float((process.communicate()[0] or "nan").strip()) for process in processes]
    count = store.get(run).count
    store.delete(run)
    return {
        "writers": writers,
        "candidates": count,
        "lost": writers * 5000 - count,
        "longest_lock_wait_s": round(max(waits), 3),
        "longest_append_s": round(max(longest), 3),
        "seconds": round(time.monotonic() - begun, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    speed, stages, large = map(parts.add_parser, ("speed", "stages", "large"))
    for part in (speed, stages, large):
        part.add_argument("kind", choices=SETTINGS)
    speed.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    speed.add_argument("--size", type=int, default=4096)
    speed.add_argument("--pairs", type=int, default=3)
    stages.add_argument("--size", type=int, default=2048)
    large.add_argument("--count", type=int, default=100_000)
    large.add_argument("--workers", type=int, default=2)
    large.add_argument("--folder", type=Path, required=True)
    kills = parts.add_parser("kills")
    kills.add_argument("--workers", type=int, default=20)
    kills.add_argument("--parents", type=int, default=5)
    parts.add_parser("store")
    asked = parser.parse_args()
    if asked.part == "speed":
        entry, measured = asked.kind, measure_speed(asked.kind, asked.workers, asked.size, asked.pairs)
    elif asked.part == "stages":
        entry, measured = asked.kind, measure_stages(asked.kind, asked.size)
    elif asked.part == "large":
        entry, measured = asked.kind, measure_large(asked.kind, asked.count, asked.workers, asked.folder)
    elif asked.part == "kills":
        entry, measured = "compositions", measure_kills(asked.workers, asked.parents)
    else:
        entry, measured = "postgresql", measure_store()
    known = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    known.setdefault(asked.part, {})[entry] = {**measured, "machine": describe_machine()}
    OUT.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(measured, indent=1))


if __name__ == "__main__":
    main()
