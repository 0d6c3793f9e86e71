"""Ways of placing the same drafts: a further geometry never raises the lowest energy."""

from __future__ import annotations

from matgen_core.core.goals import Target
from matgen_core.evaluation.placement import NOISED, TEMPLATES, measure_placement


def test_more_geometries_never_raise_the_lowest_energy() -> None:
    lines = list[str]()
    result = measure_placement(Target(), 3, 0, lines.append)
    ways = result["ways"]
    assert isinstance(ways, dict)
    assert list(ways) == [
        "diffusion",
        *(f"{most} templates" for most in TEMPLATES),
        *(f"1 template and one refined from {share:g}" for share in NOISED),
    ]
    energies = [ways[f"{most} templates"]["mean energy"] for most in TEMPLATES]
    assert energies == sorted(energies, reverse=True)
    assert ways["diffusion"]["mean energy"] >= energies[0]
    for share in NOISED:
        assert ways[f"1 template and one refined from {share:g}"]["mean energy"] <= energies[0]
    for way in ways.values():
        for stage in ("placed", "relaxed"):
            assert 0 <= way[stage]["near the hull"] <= 1
