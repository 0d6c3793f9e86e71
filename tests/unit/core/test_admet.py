"""The endpoints of ADMET as declared: each once, within what is possible, its control on the side that is wanted."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from matgen_core.core.admet import BY_KEY, ENDPOINTS, GROUP, HIGH, INSTALL, LOW, MOST_USED, OPEN, PARTS, Endpoint
from matgen_core.core.properties import PROPERTIES, asked_of, columns_of, conditions_of


def test_the_package_is_installed_in_the_version_that_is_declared() -> None:
    declared = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert INSTALL.rpartition(" ")[2] in declared["project"]["optional-dependencies"]["admet"]


def test_every_endpoint_is_declared_once_and_is_a_property_of_molecules_alone() -> None:
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(BY_KEY) == 41
    for key, endpoint in BY_KEY.items():
        record = PROPERTIES[key]
        assert (record.group, record.asked_of, record.learnt) == (GROUP, ("molecules",), False)
        assert record.low_is_better == (endpoint.wish == LOW)
        assert key in asked_of("molecules")
        assert key not in columns_of("molecules")  # a column only where it is asked for
        assert key not in conditions_of("molecules")  # the network is not told
    assert {endpoint.part for endpoint in ENDPOINTS} == set(PARTS)
    assert {"admet_herg", "admet_ames", "admet_bbb", "admet_dili"} < set(MOST_USED)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.key)
def test_a_control_begins_on_the_side_that_is_wanted_within_what_is_possible(endpoint: Endpoint) -> None:
    low, high = endpoint.start_range
    assert endpoint.least <= endpoint.low <= low < high <= endpoint.high <= endpoint.most
    assert (low == endpoint.low) == (endpoint.wish == LOW)
    assert (high == endpoint.high) == (endpoint.wish == HIGH)
    assert endpoint.wish in (LOW, HIGH, OPEN)
    assert endpoint.is_probability == (endpoint.error is None) == (endpoint.unit == "" and endpoint.high == 1.0)


def test_a_model_that_its_authors_found_worse_than_the_mean_says_so() -> None:
    said = {key for key in BY_KEY if "worse than guessing the mean" in PROPERTIES[key].note}
    assert said == {"admet_half_life", "admet_vdss"}
    assert "7,255 molecules (AMES); it states AUROC 0.88" in PROPERTIES["admet_ames"].note
