"""Candidates as files that other programs read: CSV, CIF, POSCAR, XYZ, JSON."""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula, to_structure
from matgen_core.chem.crystals.symmetry import centring, hall_number, symbol, wyckoff_positions
from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.core.errors import BadInput
from matgen_core.core.records import KNOWN, Candidate, Crystal, Prediction

if TYPE_CHECKING:
    from pymatgen.core import Structure


def check_writable(path: Path) -> None:
    """Asked before the work, not after it, so that nothing is lost; leaves no file that was not there.

    Raises:
        BadInput: where ``path`` cannot be written.
    """
    before = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            pass
        if not before:
            path.unlink()
    except OSError as error:
        raise BadInput(
            "{path} cannot be written ({error}); choose another place", path=path, error=error.strerror
        ) from None


def file_name(candidate: Candidate, extension: str) -> str:
    """A name that is safe on every system, whatever the id holds."""
    stem = _safe(f"{formula_text(candidate.material)}-{candidate.id}")[:80]
    return f"{stem}.{extension}"


def to_cif(candidate: Candidate) -> str:
    """CIF with composition, the space group, its operations and one atom a Wyckoff position (conventional cell)."""
    from pymatgen.core import Lattice

    crystal = candidate.material
    table = wyckoff_positions(crystal.space_group)
    general = list(table.values())[-1]
    a, b, c, alpha, beta, gamma = crystal.lattice
    counts = {element: n * centring(crystal.space_group) for element, n in formula_counts(crystal).items()}
    units = math.gcd(*counts.values())
    lines = [
        f"# {_provenance(candidate)}",
        f"data_{_safe(formula_text(crystal))}",
        f"_chemical_formula_sum '{_formula_sum(counts, units)}'",
        f"_cell_formula_units_Z {units}",
        f"_symmetry_space_group_name_H-M '{_spaced_symbol(crystal.space_group)}'",
        f"_symmetry_Int_Tables_number {crystal.space_group}",
        f"_cell_length_a {a:.6f}\n_cell_length_b {b:.6f}\n_cell_length_c {c:.6f}",
        f"_cell_angle_alpha {alpha:.4f}\n_cell_angle_beta {beta:.4f}\n_cell_angle_gamma {gamma:.4f}",
        f"_cell_volume {Lattice.from_parameters(*crystal.lattice).volume:.4f}",
        "loop_\n_symmetry_equiv_pos_as_xyz",
    ]
    lines += [
        f"'{_operation(r, t)}'" for r, t in zip(general.rotations.tolist(), general.translations.tolist(), strict=True)
    ]
    lines.append("loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_symmetry_multiplicity")
    lines.append("_atom_site_Wyckoff_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z")
    lines.append("_atom_site_occupancy")
    for number, site in enumerate(crystal.sites, start=1):
        position = table[site.letter]
        x, y, z = position.orbit(site.coordinates)[0]
        place = f"{x:.6f} {y:.6f} {z:.6f}"
        lines.append(f"{site.element}{number} {site.element} {position.multiplicity} {site.letter} {place} 1")
    return "\n".join(lines) + "\n"


def formula_text(crystal: Crystal) -> str:
    """The reduced formula of a crystal as chemists write it."""
    return write_formula(reduced_formula(crystal))


def _formula_sum(counts: Mapping[str, int], units: int) -> str:
    """Amounts in one formula unit in the order that the CIF dictionary asks for: carbon, hydrogen, then A to Z."""
    order = sorted(counts, key=lambda e: (e != "C", e != "H", e) if "C" in counts else (e,))
    return " ".join(f"{e}{counts[e] // units if counts[e] > units else ''}" for e in order)


def _provenance(candidate: Candidate) -> str:
    """Where a candidate comes from, on one line of printable ASCII."""
    origin = candidate.origin
    if not origin.is_proposed:
        source = "Known crystal" if origin.engine == KNOWN else "From the user's file"
        text = f"{source}, in the standard setting of its space group: {candidate.id}"
    else:
        made = f"engine {origin.engine}, {origin.checkpoint}, seed {origin.seed}, index {origin.index}"
        text = f"Proposed by MatGen, not measured: {candidate.id}, {made}"
    return re.sub(r"[^ -~]+", " ", text)[:200]


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)


def _spaced_symbol(space_group: int) -> str:
    """Hermann–Mauguin symbol as CIFs write it: "P 21 3", not "P213"."""
    import spglib

    text = str(spglib.get_spacegroup_type(hall_number(space_group)).international)
    return text.split("=")[0].strip().replace("_", "")


def _operation(rotation: list[list[float]], translation: list[float]) -> str:
    from fractions import Fraction

    parts = []
    for row, shift in zip(rotation, translation, strict=True):
        terms = "".join(f"{'+' if v > 0 else '-'}{axis}" for v, axis in zip(row, "xyz", strict=True) if v)
        fraction = Fraction(shift % 1.0).limit_denominator(24)
        parts.append((f"{fraction}" if fraction else "") + (terms if fraction else terms.removeprefix("+")))
    return ", ".join(parts)


def to_poscar(candidate: Candidate) -> str:
    """VASP's POSCAR of the primitive cell."""
    from pymatgen.io.vasp import Poscar

    return str(
        Poscar(_grouped(candidate.material), comment=file_name(candidate, "vasp")).get_str(significant_figures=8)
    )


def to_xyz(candidate: Candidate) -> str:
    """Extended XYZ of the primitive cell."""
    from ase import Atoms
    from ase.io import write

    structure, buffer = _grouped(candidate.material), io.StringIO()
    atoms = Atoms(
        [str(site.specie) for site in structure],
        positions=structure.cart_coords,
        cell=structure.lattice.matrix,
        pbc=True,
        info={"config_type": _safe(candidate.id), "space_group": candidate.material.space_group},
    )
    write(buffer, atoms, format="extxyz")
    return buffer.getvalue()


def _grouped(crystal: Crystal) -> Structure:
    structure: Structure = to_structure(crystal)
    return structure.get_sorted_structure()


def to_json(candidates: Sequence[Candidate]) -> str:
    """Everything that is known of the candidates, with the CIF of each."""
    records = [{**_as_record(c), "formula": formula_text(c.material), "cif": cif_of(c)} for c in candidates]
    return json.dumps(_without_nan(records), indent=1, ensure_ascii=False, allow_nan=False)


def _as_record(candidate: Candidate) -> dict[str, Any]:
    """All its fields; a draft has elements on positions, and neither coordinates nor a cell."""
    record = asdict(candidate)
    if candidate.is_draft:
        sites = [{**site, "coordinates": None} for site in record["material"]["sites"]]
        record["material"] |= {"lattice": None, "sites": sites}
    return record


def cif_of(candidate: Candidate) -> str | None:
    """Its CIF; None for a draft, whose atoms have no places yet."""
    return None if candidate.is_draft else to_cif(candidate)


def _without_nan(value: object) -> object:
    """JSON has no NaN and no infinity; readers of the file would choke on them."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(entry) for entry in value]
    return value


def to_csv(candidates: Sequence[Candidate]) -> str:
    """One row a candidate. Cells that a spreadsheet would run as a formula are defused."""
    keys = list(dict.fromkeys(key for c in candidates for key in c.predictions))
    roles, judged = roles_and_judged(candidates)
    rules = list(dict.fromkeys(v.rule for c in candidates for v in c.verdicts))
    computed = list(dict.fromkeys(key for c in candidates for key in c.computed))
    header = ["id", "formula", "space_group", "symbol", "atoms", "score", "engine", "checkpoint", "seed"]
    unfinished = any(c.stage for c in candidates)  # of a run that was cancelled
    header += ["stage"] * unfinished
    for key in keys:
        header += [key, f"{key}_spread", f"{key}_unit", f"{key}_method", f"{key}_in_domain", f"{key}_note"]
        header += [f"{key}_role"] if key in roles else []
        header += judge_columns(key) if key in judged else []
    for rule in rules:
        header += [rule, f"{rule}_reason", *chance_columns(rule)]
    header += [column for key in computed for column in (f"{key}_computed", f"{key}_computed_method")]
    own = OwnColumns(candidates, [*header, "cif"])
    rows = []
    for candidate in candidates:
        cells = _cells(candidate, keys, rules, roles, judged)
        cells[9:9] = [candidate.stage or "judged"] * unfinished  # as in the header
        found = [candidate.computed.get(key) for key in computed]
        cells += [cell for one in found for cell in ((None, None) if one is None else (one.value, one.method))]
        rows.append([*cells, *own.cells(candidate), cif_of(candidate)])
    return write_table([*header, *own.header, "cif"], rows)


def units_in(found: Iterable[Mapping[str, Prediction]]) -> dict[str, str]:
    """Units of the predicted properties that have one, by key."""
    return {key: p.unit for predictions in found for key, p in predictions.items() if p.unit}


def unit_column(key: str, units: Mapping[str, str]) -> list[str]:
    """The column that states the unit of a property, beside its value; none of one without a unit."""
    return [f"{key}_unit"] if key in units else []


def unit_cell(key: str, units: Mapping[str, str]) -> list[str]:
    """What stands in :func:`unit_column`."""
    return [units[key]] if key in units else []


def judge_columns(key: str) -> list[str]:
    """The columns of a property for what a second model says of it."""
    return [f"{key}_judge", f"{key}_judge_spread", f"{key}_judge_method"]


def judge_cells(prediction: Prediction | None) -> list[object]:
    """What stands in them; nothing where no second model was asked."""
    judged = None if prediction is None else prediction.judged
    return [None] * 3 if judged is None else [judged.value, judged.spread, judged.method]


def chance_columns(rule: str) -> list[str]:
    """The column of a goal's probability beside its rule; none for other rules."""
    return [f"{rule}_chance"] if rule.startswith("target:") else []


class OwnColumns:
    """What a user's table said of its rows, for the tables that are written: the name and every further column.

    Args:
        candidates: of the first rows at least; others may bring further columns (:meth:`grow`).
        taken: headers of the table that is written; a user's header that is among them becomes "yours:header".
    """

    def __init__(self, candidates: Sequence[Candidate[Any]], taken: Sequence[str] = ()) -> None:
        self._taken = set(taken) | {"name"}
        self._names: list[str] = []
        self.named = False
        self.grow(candidates)

    def grow(self, candidates: Sequence[Candidate[Any]]) -> bool:
        """Adds the columns of these candidates; whether there was a new one."""
        before = len(self._names), self.named
        self.named = self.named or any(c.name for c in candidates)
        self._names = list(dict.fromkeys([*self._names, *(name for c in candidates for name in c.columns)]))
        return before != (len(self._names), self.named)

    @property
    def header(self) -> list[str]:
        """Headers, the name first."""
        own = [f"yours:{name}" if name in self._taken else name for name in self._names]
        return [*(["name"] if self.named else []), *own]

    def cells(self, candidate: Candidate[Any]) -> list[object]:
        """The cells of one candidate in the order of the header, as they were written."""
        own: list[object] = [candidate.columns.get(name) for name in self._names]
        return [*([candidate.name] if self.named else []), *own]


def why_missing(predictions: Mapping[str, Prediction], keys: Sequence[str]) -> str:
    """Why values are missing among those of ``keys``, for a column of a table; like reasons once.

    >>> why_missing({"band_gap": Prediction("band_gap", None, None, "eV", "none", note="atoms overlap")}, ["band_gap"])
    'band_gap: atoms overlap'
    """
    reasons: dict[str, list[str]] = {}
    for key in keys:
        p = predictions.get(key)
        if p is None or p.value is None:
            reasons.setdefault("no prediction" if p is None or not p.note else p.note, []).append(key)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())


def write_table(header: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """A CSV whose cells no spreadsheet runs as a formula."""
    from defusedcsv import csv

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([harmless(cell) for cell in row] for row in (header, *rows))
    return buffer.getvalue()


def harmless(cell: object) -> object:
    """A cell as a table holds it: six digits of a number; text without what hides a formula from defusedcsv."""
    if isinstance(cell, float):
        return _rounded(cell)
    return re.sub(r"^[\s\x00-\x1f\x7f]+|[\x00-\x08\x0b-\x1f\x7f]", "", cell) if isinstance(cell, str) else cell


def _rounded(value: float) -> float | int | None:
    """Six significant digits, more than any prediction has; a whole number without ".0"; None where it is none."""
    if not math.isfinite(value):
        return None
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() and abs(short) < 1e6 else short


def roles_and_judged(candidates: Sequence[Candidate[Any]]) -> tuple[set[str], set[str]]:
    """Properties of which the model's role is said, and those of which a second model was asked."""
    found = [(key, p) for c in candidates for key, p in c.predictions.items()]
    return {key for key, p in found if p.role}, {key for key, p in found if p.judged is not None}


def _cells(
    candidate: Candidate, keys: Sequence[str], rules: Sequence[str], roles: Collection[str], judged: Collection[str]
) -> list[object]:
    crystal, origin = candidate.material, candidate.origin
    atoms = sum(formula_counts(crystal).values())
    cells: list[object] = [candidate.id, formula_text(crystal), crystal.space_group, symbol(crystal.space_group)]
    cells += [atoms, candidate.score, origin.engine, origin.checkpoint, origin.seed]
    for key in keys:
        p = candidate.predictions.get(key)
        cells += [None] * 6 if p is None else [p.value, p.spread, p.unit, p.method, p.in_domain, p.note]
        cells += [None if p is None else p.role or None] if key in roles else []
        cells += judge_cells(p) if key in judged else []
    for rule in rules:
        verdict = candidate.verdict(rule)
        cells += [None, None] if verdict is None else [verdict.passed, verdict.reason]
        cells += [None if verdict is None else verdict.chance] * len(chance_columns(rule))
    return cells


def to_cif_zip(candidates: Sequence[Candidate]) -> bytes:
    """A zip of one CIF a candidate; a draft has none."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for candidate in candidates:
            if candidate.is_draft:
                continue
            # A fixed date, so that the same candidates give the same bytes.
            archive.writestr(zipfile.ZipInfo(file_name(candidate, "cif"), (2000, 1, 1, 0, 0, 0)), to_cif(candidate))
    return buffer.getvalue()
