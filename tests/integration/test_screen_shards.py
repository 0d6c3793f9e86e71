"""A screening in shards: together they write what one screening writes, and go on after any interruption."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from matgen_core.cli.main import main
from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Target
from matgen_core.core.processes import WorkerPool, process_pool
from matgen_core.core.settings import Rules
from matgen_core.runs.store import open_store
from matgen_core.workflows.many_workers.fill_folder import fill_folder, want_count
from matgen_core.workflows.many_workers.merge import merge
from matgen_core.workflows.many_workers.run_folder import Shard, batch_files
from matgen_core.workflows.screening.candidate_files import read_files
from matgen_core.workflows.screening.folder import screen_to_folder
from matgen_core.workflows.screening.pareto import Objective
from matgen_core.workflows.screening.screen import BatchScreener, Screener
from matgen_core.workflows.screening.shards import ScreeningAsked, describe_files, fill_screening, merge_screening

FORMULAS = [f"{metal}{n}O{m}" for metal in ("Na", "K", "Li", "Mg", "Ca") for n in (1, 2, 3) for m in (1, 2, 3)]
#: Formulas that repeat over batches, a row that cannot be used in each half, and a molecule.
ROWS = [*FORMULAS, "Zz9", *FORMULAS, "", "NaCl"]
RULES = Rules(known=True)
TABLES = ("candidates.csv", "refused.csv", "front.csv")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As a worker has; with more, sums are rounded otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "formulas.csv"
    rows = "".join(f"r{i},{formula}\n" for i, formula in enumerate(ROWS))
    path.write_text(f"id,formula\n{rows}", encoding="utf-8")
    return path


def asked(table: Path) -> ScreeningAsked:
    return ScreeningAsked(describe_files([table]), ("band_gap:max",), RULES)


def fill(table: Path, path: Path, shard: Shard | None = None, executor: WorkerPool | None = None) -> int:
    return fill_screening(read_files([table]), asked(table), path, shard=shard, executor=executor).screened


def test_merged_shards_are_one_screening(table: Path, tmp_path: Path) -> None:
    whole = screen_to_folder(
        read_files([table]), [Objective("band_gap", "max")], tmp_path / "whole", screener=Screener(rules=RULES)
    )
    assert fill(table, tmp_path / "1", Shard(1, 2)) == len(ROWS) - 32
    with process_pool(2) as pool:
        assert fill(table, tmp_path / "2", Shard(2, 2), pool) == 32
    found, notes = merge_screening([tmp_path / "2", tmp_path / "1"], tmp_path / "out")
    assert notes == []
    assert found.ids == whole.ids
    assert sum(found.refused.values()) == sum(whole.refused.values()) == 2
    assert found.funnel == whole.funnel
    assert found.funnel.reasons == whole.funnel.reasons
    assert "duplicate" in (tmp_path / "out" / "candidates.csv").read_text(encoding="utf-8")
    for name in TABLES:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    one, other = ((tmp_path / of / "candidates.jsonl").read_text("utf-8").splitlines() for of in ("out", "whole"))
    assert list(map(json.loads, one)) == list(map(json.loads, other)), "the order of keys within a record is free"
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["shards"], manifest["batches"]) == (["2/2", "1/2"], 3)


def test_it_goes_on_and_screens_no_finished_batch_again(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, begun = tmp_path / "run", list[int]()
    judge = BatchScreener.__call__

    def count(self: BatchScreener, *words: object) -> object:
        begun.append(1)
        return judge(self, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(BatchScreener, "__call__", count)
    stop = fill_screening(read_files([table]), asked(table), path, cancelled=lambda: bool(begun))
    assert (stop.ended, stop.screened, len(begun)) == ("cancelled", 32, 1)
    _found, notes = merge_screening([path], tmp_path / "part")
    assert any("has not ended" in note for note in notes)
    assert fill(table, path) == len(ROWS)
    assert len(begun) == 3
    ((_name, first), *_others) = batch_files(path)
    first.write_bytes(first.read_bytes()[:100])
    with pytest.raises(BadInput, match="is damaged"):
        merge_screening([path], tmp_path / "out")
    assert fill(table, path) == len(ROWS)
    assert len(begun) == 4, "the damaged one alone"


def test_shards_of_other_rows_or_rules_or_commands_are_refused(table: Path, tmp_path: Path) -> None:
    fill(table, tmp_path / "1", Shard(1, 3))
    other = tmp_path / "formulas.csv"
    other.write_text(table.read_text(encoding="utf-8") + "last,KCl\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"different runs .source differs"):
        fill(other, tmp_path / "1", Shard(1, 3))
    with pytest.raises(BadInput, match="is the folder of a shard"):
        merge_screening([tmp_path / "1"], tmp_path / "1")
    _found, notes = merge_screening([tmp_path / "1"], tmp_path / "out")
    assert notes == ["shards 2, 3 of 3 are not there"]
    fill_folder(want_count("compositions", Target(), 4, 0), tmp_path / "drawn", cancelled=lambda: True)
    with pytest.raises(BadInput, match="run of another command"):
        merge([tmp_path / "drawn", tmp_path / "1"], tmp_path / "out")


def test_the_commands_screen_in_shards_and_merge_them(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["matgen", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    goal = ("--objective", "band_gap:max")
    for number in (1, 2):
        assert run("screen", table, *goal, "--into", tmp_path / str(number), "--shard", f"{number}/2") == 0
    assert f"{len(ROWS) - 32} rows done" in capsys.readouterr().out
    assert run("merge", tmp_path / "1", tmp_path / "2", "--out", tmp_path / "out", "--keep", "my oxides") == 0
    said = capsys.readouterr()
    assert f"{len(ROWS) - 2} screened, 2 rows refused" in said.out
    stored = open_store().list()[0]
    assert (stored.name, stored.count, stored.state) == ("my oxides", len(ROWS) - 2, "finished")
    assert run("screen", table, *goal) == 2
    assert "give --out FOLDER" in capsys.readouterr().err
    assert run("screen", tmp_path / "none.csv", *goal, "--into", tmp_path / "3") == 2
    assert "does not exist" in capsys.readouterr().err
