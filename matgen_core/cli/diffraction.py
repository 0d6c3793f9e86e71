"""Powder diffraction by command: ``matgen xrd FILE…``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.groups import app
from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput

_RADIATIONS = {"cu": "Cu Kα", "co": "Co Kα", "mo": "Mo Kα"}


@app.command("xrd")
def xrd(
    files: Annotated[list[Path], typer.Argument(help="CIF, CSV with a cif column, a folder or zip of CIFs")],
    pattern: Annotated[Path | None, typer.Option(help="measured pattern (.xy, .xye, .csv); ranks the crystals")] = None,
    wavelength: Annotated[str, typer.Option(help="cu, co, mo (Kα), or a number in Å")] = "cu",
    width: Annotated[float, typer.Option(min=0.01, max=5, help="full width at half maximum of a peak, degrees")] = 0.2,
    out: Annotated[Path | None, typer.Option(help="CSV to write; printed if left out")] = None,
) -> None:
    """Simulate powder diffraction; with --pattern, rank crystals by their match with a measured pattern."""
    length = read_wavelength(wavelength)
    with at_work(out) as work:
        from matgen_core.chem.crystals.diffraction import Comparison
        from matgen_core.files.patterns import read_pattern
        from matgen_core.files.refused import Refused
        from matgen_core.kinds.registry import record_of
        from matgen_core.workflows.pattern_match import lines_table, ranking_table
        from matgen_core.workflows.screening.candidate_files import read_files

        comparison = None
        if pattern is not None:
            measured = read_pattern(pattern.name, _read(pattern))
            for note in measured.notes:
                typer.echo(f"note: {pattern.name}, {note}", err=True)
            comparison = Comparison(measured, length, width)
        candidates = []
        for item in read_files(files):
            if isinstance(item, Refused):
                typer.echo(f"refused: {item.place}: {item.reason}", err=True)
            elif record_of(item.material).has_geometry:
                candidates.append(item)
            else:
                typer.echo(f"refused: {item.id} is no crystal; give its structure", err=True)
        text = lines_table(candidates, length) if comparison is None else ranking_table(candidates, comparison)
        if out is not None:
            work.save(out, text)
        else:
            typer.echo(text, nl=False)


def read_wavelength(text: str) -> float:
    """A wavelength in Å from a name or a number.

    >>> read_wavelength("Mo"), read_wavelength("0.826")
    (0.71073, 0.826)
    """
    from matgen_core.chem.crystals.diffraction import LONGEST, SHORTEST, WAVELENGTHS

    if (name := _RADIATIONS.get(text.strip().lower())) is not None:
        return WAVELENGTHS[name]
    try:
        length = float(text)
    except ValueError:
        length = 0.0
    if not SHORTEST <= length <= LONGEST:
        raise BadInput("--wavelength {text!r} is neither cu, co, mo nor a number from 0.1 to 3 (Å)", text=text[:40])
    return length


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput("{path} cannot be read ({error})", path=path, error=error.strerror) from None
