"""What is predicted of a formula says of its uncertainty what the numbers say."""

from __future__ import annotations

from matgen_core.core.records import Candidate, Formula, Origin
from matgen_core.kinds.compositions.predict import predict_formulas


def test_the_note_says_the_same_uncertainty_only_where_it_is_the_same() -> None:
    formulas = ("NaCl", "Fe2O3", "NaBi2Ti2O7", "CaHfSb2W3O14")
    found = predict_formulas([Candidate(name, Formula(name), Origin("file")) for name in formulas])
    same = {}
    for candidate in found:
        energy, above = (candidate.predictions[key] for key in ("formation_energy", "e_above_hull"))
        same[candidate.id] = energy.spread == above.spread
        assert ("the same uncertainty" in above.note) == same[candidate.id], above.note
    assert same == {"NaCl": True, "Fe2O3": True, "NaBi2Ti2O7": False, "CaHfSb2W3O14": False}
