"""One record says everything of a property, and what is built from the records covers all of them."""

from __future__ import annotations

import pytest

from matgen_core.chem.molecules.molecule import ON_REQUEST
from matgen_core.core.admet import KEYS as ENDPOINTS
from matgen_core.core.properties import PROPERTIES, asked_of, columns_of, conditions_of, predicted_of
from matgen_core.core.registry import load
from matgen_core.files.units import find_columns
from matgen_core.kinds.crystals.known.rows import COLUMNS
from matgen_core.kinds.molecules.admet import approved_drugs, available
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.predictors import PREDICTORS
from matgen_core.workflows.predict_table import ADDED

KINDS = ("crystals", "compositions", "molecules")


@pytest.mark.parametrize("record", PROPERTIES.values(), ids=str)
def test_a_record_is_whole_and_its_controls_start_inside_its_range(record: object) -> None:
    p = PROPERTIES[record.key]  # type: ignore[attr-defined]
    assert p.label
    assert p.short
    assert p.low < p.high
    assert p.step > 0
    assert set(p.asked_of) <= set(p.predicted_by) <= set(KINDS)  # nothing else could judge it
    if p.asked_of:
        assert all(p.low <= value <= p.high for value in (p.start, *p.start_range))
        assert p.start_range[0] < p.start_range[1]


def test_names_of_columns_mean_one_property_each() -> None:
    names = [name for record in PROPERTIES.values() for name in (record.key.replace("_", ""), *record.aliases)]
    twice = {name for name in names if names.count(name) > 1}
    assert twice == set()
    assert [c.key for c in find_columns(["Eg / meV", "HBD", "e_hull (eV/atom)"])] == [
        "band_gap",
        "donors",
        "e_above_hull",
    ]


def test_lists_of_properties_follow_the_records() -> None:
    assert set(conditions_of("crystals")) <= set(COLUMNS)  # a network is taught from a column of the rows
    for kind, column in zip(KINDS, ("cif", "formula", "smiles"), strict=True):
        # What takes milliseconds, or another package, has no column in every table.
        asked = set(asked_of(kind)) - set(ON_REQUEST) - set(ENDPOINTS)
        assert asked <= set(columns_of(kind)) <= set(predicted_of(kind))
        assert ADDED[column] == columns_of(kind)
    assert predicted_of("crystals", "chgnet") + predicted_of("crystals", "crystal-gap") != ()


def test_every_property_that_is_predicted_has_a_predictor_of_that_name() -> None:
    for kind, registry in PREDICTORS.items():
        named = {by for record in PROPERTIES.values() if (by := record.predicted_by.get(kind))}
        assert named == set(registry)
        for _name, predictor in registry.items():
            assert callable(load(predictor.path))
            assert not predictor.known or callable(load(predictor.known))


def test_what_networks_are_not_told_of_has_known_values_to_compare_with() -> None:
    unlearnt = {(kind, key) for kind in KINDS for key in asked_of(kind) if key not in conditions_of(kind)}
    assert ("crystals", "density") in unlearnt
    assert ("molecules", "tpsa") in unlearnt
    for kind, key in unlearnt:
        if PROPERTIES[key].group:
            assert available() == bool(len(approved_drugs(key)))
        elif kind == "molecules":
            assert len(load_molecule_reference().column(key)) == 500
        else:
            assert PREDICTORS[kind][PROPERTIES[key].predicted_by[kind]].known, key
