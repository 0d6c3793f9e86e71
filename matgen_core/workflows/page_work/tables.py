"""Predictions for the rows of an uploaded table."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from matgen_core.core.records import Progress
from matgen_core.files.tables import count_rows
from matgen_core.runs.worker import Report, Stopped
from matgen_core.workflows.predict_table import Report as TableReport
from matgen_core.workflows.predict_table import check_unpacked, predict_table
from matgen_core.workflows.screening.candidate_files import count_items
from matgen_core.workflows.screening.structure_tables import holds_structures


def read_table(
    report: Report, stopped: Stopped, *, name: str, data: bytes, using: str | None, judge: bool, admet: bool = False
) -> tuple[TableReport, str]:
    """What was read of a table, and the table with predictions as CSV."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in" / _plain(name), Path(folder) / "out.csv"
        source.parent.mkdir()
        source.write_bytes(data)
        check_unpacked(source)
        total = count_items([(name, data)]) if holds_structures(source) else count_rows(source)
        read = predict_table(
            source,
            out,
            using=using,
            judge=judge,
            admet=admet,
            on_progress=lambda n: report(Progress("predict", n, total)),
            cancelled=stopped,
        )
        return read, out.read_text(encoding="utf-8")


def _plain(name: str) -> str:
    """The name of a file without what a file system may not take."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", Path(name).name)[-80:].lstrip(".-") or "table.csv"
