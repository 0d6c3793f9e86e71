"""Rows from what was drawn: near the hull, new, no share of lanthanides above that of the known rows."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Crystal, Origin, Prediction, Site
from matgen_core.core.settings import CrystalSettings
from matgen_core.evaluation.drawn_rows import keep_drawn, limit_share, rows_as_csv
from matgen_core.evaluation.sampling import Batch, Sample, batches, draw_samples, read_samples

CUBE = (5.6, 5.6, 5.6, 90.0, 90.0, 90.0)


def drawn(number: int, cation: str, anion: str, above: float | None) -> Sample:
    crystal = Crystal(225, (Site("a", cation), Site("b", anion)), CUBE)
    candidate = Candidate(f"0-{number}", crystal, Origin("symmetry-first", index=number))
    prediction = Prediction("e_above_hull", above, None, "eV/atom", "CHGNet")
    return Sample(candidate.add_predictions(prediction), -1.0, 0.0)


def test_what_is_far_known_or_the_same_is_left_out() -> None:
    near, far, unread = drawn(0, "Ba", "Zr", 0.01), drawn(1, "Sr", "Hf", 0.3), drawn(2, "Ca", "Hf", None)
    known, again = drawn(3, "Na", "Cl", 0.0), replace(near, candidate=replace(near.candidate, id="0-9"))
    kept = keep_drawn([near, far, unread, known, again])
    assert again not in kept
    assert known not in kept
    assert far not in kept


def test_a_share_is_a_limit_and_the_first_stay() -> None:
    samples = [drawn(i, cation, "Zr", 0.0) for i, cation in enumerate(["Ba", "La", "Sr", "Ce", "Ca", "Nd"])]

    def is_one(formula: str) -> bool:
        return any(symbol in formula for symbol in ("La", "Ce", "Nd"))

    kept = [sample.candidate.id for sample in limit_share(samples, is_one, 0.25)]
    assert kept == ["0-0", "0-1", "0-2", "0-4"], "one of four is a quarter"
    assert len(limit_share(samples, is_one, 0.0)) == 3
    assert len(limit_share(samples, is_one, 1.0)) == 6


def test_rows_are_a_table_that_data_build_reads() -> None:
    (row,) = csv.DictReader(io.StringIO(rows_as_csv([drawn(4, "Ba", "Zr", 0.0123)])))
    assert row["material_id"] == "drawn-0-4"
    assert row["split"] == "train"
    assert float(row["e_above_hull"]) == 0.0123
    assert row["band_gap"] == "", "what is not known is empty"
    assert row["cif"].startswith("# Proposed by MatGen")


def test_batches_cover_the_count_and_name_everything_they_depend_on() -> None:
    settings = CrystalSettings()
    made = batches(Target(), 70, 3, settings)
    assert [(batch.first, batch.size) for batch in made] == [(0, 32), (32, 32), (64, 6)]
    names = {batch.name for batch in made}
    names |= {Batch(Target(), 4, 0, 32, settings).name, Batch(Target(), 3, 0, 32, replace(settings, relax=0)).name}
    assert len(names) == 5


def test_a_file_of_samples_that_was_cut_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    quick = CrystalSettings(engine="substitution", drafts=4, skeletons=1, relax=0, cap=1)
    wanted = [Batch(Target(), 0, 0, 2, quick)]
    first = draw_samples(wanted, file)
    with file.open("a", encoding="utf-8") as sink:
        sink.write('{"batch": "cut')
    assert dict(read_samples(file)) == first
    assert draw_samples(wanted, file) == first, "nothing is drawn again"
    more = [*wanted, Batch(Target(), 0, 2, 1, quick)]
    assert set(draw_samples(more, file)) == {batch.name for batch in more}
    assert dict(read_samples(file)).keys() == {batch.name for batch in more}, "the cut line has gone"
    (samples,) = first.values()
    assert samples
    assert all(sample.e_above_hull is not None for sample in samples)
