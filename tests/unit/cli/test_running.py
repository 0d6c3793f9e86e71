"""What every long command has in common: Ctrl-C, paths that cannot be written, a disk that is full, any code page."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from matgen_core.cli.main import app
from matgen_core.cli.reporting import write_measured
from matgen_core.cli.running import at_work, print_safely
from matgen_core.core.errors import BadInput
from matgen_core.files.saving import KeptFile, save_result

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="a device that is always full is Linux's")


@pytest.fixture(autouse=True)
def _interrupts_arrive() -> Iterator[None]:
    """Also where the tests run in the background, whose processes do not hear them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command runs, into which goes what cannot be written where it was to go."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_the_first_interrupt_asks_to_stop_and_the_second_ends_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    before, asked = signal.getsignal(signal.SIGINT), []

    def interrupt_twice() -> None:
        with at_work() as work:
            for _ in range(3):
                asked.append(work.cancelled())
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupt_twice()
    assert asked == [False, True]
    assert "what was found is kept" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupted_measurement_ends_at_once_and_writes_nothing(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure() -> object:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("it went on")

    with pytest.raises(typer.Exit) as ended:
        write_measured(elsewhere / "benchmarks" / "x.json", measure)
    assert ended.value.exit_code == 130
    assert "nothing is written" in capsys.readouterr().err
    assert not (elsewhere / "benchmarks" / "x.json").exists()


MEASURING = [
    ["evaluate", "crystals"],
    ["evaluate", "reconstruction"],
    ["evaluate", "placement"],
    ["evaluate", "guidance"],
    ["evaluate", "predictions"],
    ["evaluate", "design"],
    ["evaluate", "molecules"],
    ["evaluate", "encoder", "--measured", "x.whl"],
    ["evaluate", "compositions"],
    ["evaluate", "transfer", "x.csv"],
    ["evaluate", "expt-gap", "x.csv"],
    ["evaluate", "pretraining"],
    ["bench", "crystals"],
    ["bench", "molecules"],
    ["bench", "screening", "x.csv"],
]


@pytest.mark.parametrize("words", MEASURING, ids=" ".join)
def test_every_measuring_command_tries_its_path_before_it_measures(words: list[str], elsewhere: Path) -> None:
    (elsewhere / "file").write_text("a file, not a folder")
    ended = CliRunner().invoke(app, [*words, "--out", "file/benchmarks"])
    assert isinstance(ended.exception, BadInput)
    assert "benchmarks" in str(ended.exception)
    assert "cannot be written" in str(ended.exception)


def test_a_training_tries_its_folders_before_it_begins(elsewhere: Path) -> None:
    (elsewhere / "file").write_text("a file, not a folder")
    for words in (["--folder", "file/state"], ["--folder", "state", "--checkpoints", "file/checkpoints"]):
        ended = CliRunner().invoke(app, ["train", "crystal-gpt", *words])
        assert isinstance(ended.exception, BadInput)
        assert "cannot be written" in str(ended.exception)


@pytest.mark.parametrize("place", ["file/x.csv", "/proc/no/such.csv"])
def test_a_path_that_cannot_be_written_is_refused_before_the_work(place: str, elsewhere: Path) -> None:
    (elsewhere / "file").write_text("a file, not a folder")
    with pytest.raises(BadInput, match="cannot be written"), at_work(Path(place)):
        raise AssertionError("the work began")
    with pytest.raises(BadInput, match="cannot be written"), at_work(folder=Path(place)):
        raise AssertionError("the work began")


@needs_full
def test_a_full_disk_moves_the_result_and_says_where(elsewhere: Path) -> None:
    with pytest.raises(BadInput) as error, at_work(FULL) as work:
        work.save(FULL, "id,formula\n1,NaCl\n")
    (kept,) = elsewhere.iterdir()
    assert kept.read_text() == "id,formula\n1,NaCl\n"
    assert str(kept) in str(error.value)


@needs_full
def test_where_no_folder_takes_it_the_result_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("matgen_core.files.saving._other_places", lambda path: iter([FULL]))
    with pytest.raises(BadInput, match="printed above"), at_work(FULL) as work:
        work.save(FULL, "1,NaCl\n")
    assert "1,NaCl" in capsys.readouterr().out
    assert FULL.is_char_device(), "what was there before is not touched"


@needs_full
def test_a_file_that_grows_goes_on_elsewhere_with_all_that_it_held(elsewhere: Path, tmp_path: Path) -> None:
    with KeptFile(tmp_path / "out.csv") as file:
        file.write("1,é\n")
        file.flush()
        assert file.path == tmp_path / "out.csv"
        file._file = FULL.open("wb")  # from here on the disk is full
        file.write("2,b\n")
        file.flush()
        file.write("3,c\n")
    assert file.path.parent == elsewhere
    assert file.path.read_text(encoding="utf-8") == "1,é\n2,b\n3,c\n"


def test_what_stood_there_stays_until_the_new_text_is_written(tmp_path: Path, elsewhere: Path) -> None:
    place = tmp_path / "out.csv"
    place.write_text("before")
    assert save_result(place, "after") == place
    assert place.read_text() == "after"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.csv"], "nothing else is left"
    with pytest.raises(UnicodeEncodeError):
        save_result(place, "half \ud800")
    assert place.read_text() == "after"


def test_the_other_place_never_takes_the_place_of_another_file(tmp_path: Path, elsewhere: Path) -> None:
    (elsewhere / "matgen-1-x.csv").write_text("mine")
    kept = save_result(tmp_path / "no" / ("n" * 300) / "x.csv", "new")  # a name that is too long for any folder
    assert kept == elsewhere / "matgen-2-x.csv"
    assert (elsewhere / "matgen-1-x.csv").read_text() == "mine"


@pytest.mark.parametrize("page", ["cp932", "cp1252", "cp437"])
def test_any_code_page_prints(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=page, errors="strict"))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding=page, errors="strict"))
    print_safely()
    typer.echo("1.2 µB/atom, Å, α-NaFeO₂, 結晶")
    sys.stdout.flush()
    text = raw.getvalue().decode(page)
    assert text.startswith("1.2 ")
    assert "NaFeO" in text
