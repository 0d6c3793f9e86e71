"""The record of one candidate as a page that prints well: HTML in one file, without scripts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from matgen_core.chem.crystals.scene import colour
from matgen_core.chem.formulas.hazards import check_hazards
from matgen_core.core.messages import Text
from matgen_core.core.records import Candidate
from matgen_core.kinds.registry import kind_of
from matgen_core.kinds.rule_names import rule_name
from matgen_core.viz.style import Translate
from matgen_core.workflows.evidence import Repeat, collect_evidence

_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;color:#1c2221;max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.05rem;margin:1.4rem 0 .3rem;border-bottom:1px solid #9aa5a4}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}
th{font-weight:600;min-width:5rem}td.n{white-space:nowrap;font-variant-numeric:tabular-nums}.q{color:#5c6766}
svg{max-width:100%;height:auto;max-height:20rem}code,pre{font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere}
.e span{-webkit-text-stroke:1px #5c6766;font-size:1.2rem;print-color-adjust:exact}
tr,svg,h2{break-inside:avoid}h2{break-after:avoid}@media print{body{margin:0;max-width:none}}
"""
_MARKS: Mapping[bool | None, str] = {True: "✓", False: "✗", None: "–"}


def write_evidence_page(
    candidate: Candidate[Any], repeat: Repeat | None = None, *, translate: Translate = str, language: str = "en"
) -> str:
    """The page of one candidate.

    Args:
        candidate: the candidate.
        repeat: what its run was asked for.
        translate: turns English words and messages into the reader's.
        language: of the reader, as HTML names it.
    """
    record = collect_evidence(candidate, repeat)
    title = escape(record["formula_or_smiles"])
    parts = [
        f"<h1>{title}</h1><p class='q'>{escape(record['id'])} · MatGen · "
        f"{escape(translate('a prediction to verify, not a measurement'))}</p>",
        "" if candidate.is_draft else kind_of(candidate.material).picture(candidate.material),
        _elements(candidate) if record["cif"] else "",
        _section(translate("Predicted properties"), _properties(candidate, record, translate)),
        _section(translate("Checks"), _checks(candidate, translate)),
        _section(translate("Nearest known materials"), _nearest(record, translate)),
        _section(translate("Hull, cost and hazards"), _inorganic(candidate, record, translate)),
        _section(translate("How to repeat it"), _repeat(record, translate)),
        f"<p class='q'>SHA-256 {record['sha256']}</p>",
    ]
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _elements(candidate: Candidate[Any]) -> str:
    """Which element has which colour in the picture of a crystal."""
    found = sorted(kind_of(candidate.material).elements(candidate.material))
    dots = " ".join(f"<span style='color:{colour(one)}'>&#9679;</span> {escape(one)}&ensp;" for one in found)
    return f"<p class='e'>{dots}</p>"


def _section(title: str, rows: Iterable[str]) -> str:
    found = "".join(rows)
    return f"<h2>{escape(title)}</h2><table>{found}</table>" if found else ""


def _row(name: str, value: str, more: str = "") -> str:
    return f"<tr><th>{escape(name)}</th><td class='n'>{escape(value)}</td><td class='q'>{escape(more)}</td></tr>"


def _amount(value: float | None, spread: float | None = None, unit: str = "") -> str:
    if value is None or not math.isfinite(value):
        return "–"
    if not spread:  # what is computed of the structure has none
        shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"  # no exponent in a price
        return f"{shown} {unit}".rstrip().replace("-", "−")
    # Two digits of the spread, and the value to the same place: 1.754 ± 0.83 claims what it denies.
    places = max(0, 1 - math.floor(math.log10(spread)))
    if places and f"{spread:.{places}f}".endswith("0"):
        places -= 1
    return f"{value:.{places}f} ± {spread:.{places}f} {unit}".rstrip().replace("-", "−")


def _properties(candidate: Candidate[Any], record: Mapping[str, Any], translate: Translate) -> Iterable[str]:
    roles = {
        "steering": translate("steers"), "judging": translate("judges"), "both": translate("steers and judges"),
    }  # fmt: skip
    for entry, prediction in zip(record["properties"], candidate.predictions.values(), strict=True):
        said: list[Text] = [prediction.method, prediction.note]
        about = "; ".join(filter(None, [roles.get(prediction.role, ""), *(translate(text) for text in said if text)]))
        if prediction.in_domain is False:
            about += f"; {translate('out of domain')}"
        yield _row(translate(entry["label"]), _amount(prediction.value, prediction.spread, prediction.unit), about)
        if (judged := prediction.judged) is not None:
            about = "; ".join(filter(None, [roles["judging"], translate(judged.method), translate(judged.note)]))
            yield _row("", _amount(judged.value, judged.spread, prediction.unit), about)
    for key, computed in candidate.computed.items():
        yield _row(key, _amount(computed.value), f"{translate('computed')}; {translate(computed.method)}")


def _checks(candidate: Candidate[Any], translate: Translate) -> Iterable[str]:
    for verdict in candidate.verdicts:
        yield _row(
            translate(rule_name(verdict.rule)),
            _MARKS[verdict.passed],
            translate(verdict.reason) if verdict.reason else "",
        )


def _nearest(record: Mapping[str, Any], translate: Translate) -> Iterable[str]:
    for near in record["nearest_known"]:
        about = translate(near["likeness"]) + ("" if near["value"] is None else f": {near['value']:.2f}")
        yield _row(near["name"], near["id"] or "", about)


def _inorganic(candidate: Candidate[Any], record: Mapping[str, Any], translate: Translate) -> Iterable[str]:
    hull, supply, hazards = record["hull"], record["supply"], record["hazards"]
    if hull is None:
        return
    products = " + ".join(f"{p['share_of_atoms']:.2f} {p['formula']}" for p in hull["phases"])
    yield _row(translate("Energy above hull"), _amount(hull["e_above_hull"], None, hull["unit"]), products)
    yield _row(translate("Price of the elements"), _amount(supply["price_usd_per_kg"], None, "USD/kg"))
    yield _row("HHI", _amount(supply["hhi_production"]), translate("production; above 2,500 in few countries"))
    yield _row(
        translate("Scarcest element"),
        supply["scarcest_element"] or "–",
        _amount(supply["scarcest_mg_per_kg_of_crust"], None, "mg/kg"),
    )
    reason = check_hazards(kind_of(candidate.material).elements(candidate.material)).reason  # as a message
    yield _row(translate("Hazards"), _MARKS[hazards["passed"]], translate(reason))


def _repeat(record: Mapping[str, Any], translate: Translate) -> Iterable[str]:
    repeat = record["repeat"]
    unknown = translate("– (from a file, from another crystal, or from a run of a former version)")
    code = f"<code>{escape(repeat['command'])}</code>" if repeat["command"] else escape(unknown)
    yield f"<tr><th>{escape(translate('Command'))}</th><td colspan='2'>{code}</td></tr>"
    seed = "–" if repeat["seed"] is None else str(repeat["seed"])
    about = f"{translate('candidate')} {repeat['index']}, {repeat['engine']}, {repeat['checkpoint'] or '–'}"
    yield _row(translate("Seed"), seed, about)
    versions = ", ".join(f"{name} {version}" for name, version in list(repeat["versions"].items())[:8])
    yield _row(translate("Versions"), "", versions)
