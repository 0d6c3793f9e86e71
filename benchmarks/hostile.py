"""Attacks every parser with 10,000 generated inputs and records how many each got, how long they took, and what failed.

    .venv/bin/python benchmarks/hostile.py --inputs 10000
    .venv/bin/python benchmarks/hostile.py --inputs 10000 --again      only what failed, once it is mended

The tests are those of tests/hostile; the usual suite gives each 200. About an hour on two idle cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def attack(inputs: int, folder: Path, tests: list[str]) -> tuple[list[dict[str, object]], int]:
    """Runs these tests, or a folder of them; one record each, and the exit status."""
    report = folder / "report.xml"
    options = f"-q -o addopts= --timeout=7200 -n {os.cpu_count() or 1} --dist load"
    command = [sys.executable, "-m", "pytest", *tests, f"--junitxml={report}", *options.split()]
    environment = {**os.environ, "MATGEN_HOSTILE": str(inputs), "OMP_NUM_THREADS": "1"}
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    cases = ElementTree.parse(report).iter("testcase")  # our own pytest wrote it
    records: list[dict[str, object]] = [
        {
            "test": f"{case.get('classname', '').rpartition('.')[2]}.{case.get('name')}",
            "seconds": round(float(case.get("time", 0)), 1),
            "passed": case.find("failure") is None and case.find("error") is None,
        }
        for case in cases
    ]
    return records, status


def failed_before(former: dict[str, Any]) -> list[str]:
    """What pytest calls the tests that failed: "test_text.test_smiles" is tests/hostile/test_text.py::test_smiles."""
    parts = [name.partition(".") for name in former["failed"]]
    return [f"tests/hostile/{module}.py::{test}" for module, _, test in parts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000, help="for each parser")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("hostile.json"))
    parser.add_argument("--again", action="store_true", help="only what failed in the last run, and was mended since")
    options = parser.parse_args()
    former = json.loads(options.out.read_text(encoding="utf-8")) if options.again else {"each": [], "seconds": 0}
    tests = failed_before(former) if options.again else ["tests/hostile"]
    if not tests:
        sys.exit(f"{options.out}: nothing failed")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        records, status = attack(options.inputs, Path(folder), tests)
    names = {record["test"] for record in records}
    records = [record for record in former["each"] if record["test"] not in names] + records
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1e3 if sys.platform != "darwin" else 1e6)
    figures = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "inputs_each": options.inputs,
        "tests": len(records),
        "failed": [r["test"] for r in records if not r["passed"]],
        "seconds": former["seconds"] + round(time.monotonic() - begun),
        "peak_memory_mb": max(former.get("peak_memory_mb", 0), round(peak)),
        "mended_and_run_again": sorted({*former.get("mended_and_run_again", ()), *(former.get("failed") or ())}),
        "each": records,
    }
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"{options.out} written; {len(figures['failed'])} of {len(records)} failed")  # type: ignore[arg-type]
    sys.exit(status)


if __name__ == "__main__":
    main()
