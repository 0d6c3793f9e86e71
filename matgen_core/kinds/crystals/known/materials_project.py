"""A table of crystals from the Materials Project, with the user's own key (optional extra ``mp``)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from matgen_core.core.errors import BadInput, quote
from matgen_core.kinds.crystals.files.candidate_files import check_writable

_FIELDS = ["material_id", "formula_pretty", "structure", "band_gap"]
_ENERGIES = ["material_id", "formation_energy_per_atom", "energy_above_hull"]
#: The scheme of the shipped reference (MP2020 corrections). The site's own summary mixes it with r2SCAN energies.
_SCHEME = "GGA_GGA+U"


def fetch_table(out: Path, key: str, elements: Iterable[str] | None = None, most_sites: int = 40) -> int:
    """Writes a CSV as ``matgen data build`` takes it and returns the number of rows.

    Args:
        out: the CSV.
        key: the user's key; never written anywhere.
        elements: crystals made only of these; all if None.
        most_sites: atoms in the cell at most.

    Raises:
        BadInput: where ``mp-api`` is not installed, the server refuses, or ``out`` cannot be written (asked first, so
            that no download is lost).
    """
    try:
        from mp_api.client import MPRester  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise BadInput("mp-api is not installed; install it with: .venv/bin/pip install mp-api") from None
    check_writable(out)
    query: dict[str, object] = {"num_sites": (1, most_sites), "fields": _FIELDS}
    if elements is not None:
        query["chemsys"] = _subsystems(sorted(elements))
    try:
        with MPRester(key) as client:
            found = client.materials.summary.search(**query)
            kept = {key: query[key] for key in ("chemsys",) if key in query}
            thermo = client.materials.thermo.search(**kept, thermo_types=[_SCHEME], fields=_ENERGIES)
    except Exception as error:  # the client raises its own and its transport's kinds
        reason = quote(str(error).replace(key, "…"), 120)  # a transport's message may quote the address with the key
        raise BadInput(f"the Materials Project refused ({reason}); check the key and the network") from None
    energies = {str(entry.material_id): entry for entry in thermo}
    rows = [
        {
            "material_id": str(entry.material_id),
            "formula": entry.formula_pretty,
            "formation_energy_per_atom": getattr(energies.get(str(entry.material_id)), _ENERGIES[1], None),
            "e_above_hull": getattr(energies.get(str(entry.material_id)), _ENERGIES[2], None),
            "band_gap": entry.band_gap,
            "cif": entry.structure.to(fmt="cif"),
        }
        for entry in found
    ]
    pd.DataFrame(rows).to_csv(out, index=False)
    return len(rows)


def _subsystems(elements: list[str]) -> list[str]:
    from itertools import combinations

    return ["-".join(s) for size in range(1, min(len(elements), 6) + 1) for s in combinations(elements, size)]
