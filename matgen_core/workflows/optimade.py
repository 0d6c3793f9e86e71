"""Is a formula known to public databases? Asked over the network, only when the user says so.

OPTIMADE databases (Andersen et al. 2021) are asked for the reduced formula; the Materials Project, with the user's own
key, says also whether a phase was observed. Nothing else of MatGen uses the network at run time.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from matgen_core.core.environment import read_environment, variable
from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, join
from matgen_core.core.records import Verdict
from matgen_core.kinds.compositions.rows import count_atoms

#: Name and base address of what is asked, if MATGEN_OPTIMADE names no others ("NAME=ADDRESS NAME=ADDRESS").
DATABASES = {
    "Materials Project": "https://optimade.materialsproject.org",
    "OQMD": "https://oqmd.org/optimade",
    "Alexandria": "https://alexandria.icams.rub.de/pbe",
    "COD": "https://www.crystallography.net/cod/optimade",
}
VARIABLE = variable("optimade")
MATERIALS_PROJECT = "https://api.materialsproject.org"
_SECONDS = 6.0
_LONGEST_ANSWER = 2_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What one database said of one formula.

    Args:
        database: its name.
        count: entries of that formula; None where it did not answer.
        entries: ids of some of them.
        note: whether a phase was observed, or why there is no answer.
    """

    database: str
    count: int | None
    entries: tuple[str, ...] = ()
    note: str = ""


def chosen_databases() -> dict[str, str]:
    """DATABASES, or those that MATGEN_OPTIMADE names.

    Raises:
        BadInput: for an address that is none.
    """
    named = read_environment().optimade.split()
    if not named:
        return dict(DATABASES)
    found = {}
    for part in named:
        name, _, address = part.rpartition("=")
        if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
            raise BadInput(
                "{variable} contains {part}, which is not an address; write NAME=https://…",
                variable=VARIABLE,
                part=quote(part),
            )
        found[name or address] = address.rstrip("/")
    return found


def optimade_formula(formula: str) -> str:
    """A reduced formula as OPTIMADE writes it: elements in the order of the alphabet, ones left out.

    >>> optimade_formula("NaCl"), optimade_formula("BaTiO3")
    ('ClNa', 'BaO3Ti')
    """
    counts = count_atoms(formula)
    return "".join(f"{element}{counts[element] if counts[element] > 1 else ''}" for element in sorted(counts))


def ask_optimade(formula: str, name: str, base: str) -> Answer:
    """One OPTIMADE database about one reduced formula."""
    query = urllib.parse.urlencode(
        {
            "filter": f'chemical_formula_reduced="{optimade_formula(formula)}"',
            "page_limit": "5",
            "response_fields": "chemical_formula_reduced",
        }
    )
    try:
        answer = _fetch(f"{base}/v1/structures?{query}")
        entries = tuple(str(entry["id"])[:40] for entry in answer["data"])
        returned = answer.get("meta", {}).get("data_returned")
        return Answer(name, int(returned) if returned is not None else len(entries), entries)
    except _Unanswered as error:
        return Answer(name, None, (), str(error))
    except (KeyError, TypeError, ValueError, AttributeError):
        return Answer(name, None, (), "answered, but not as OPTIMADE does")


def ask_materials_project(formula: str, key: str, base: str = MATERIALS_PROJECT) -> Answer:
    """The Materials Project with the user's key, which is sent and kept nowhere."""
    name = "Materials Project (key)"
    query = urllib.parse.urlencode({"formula": formula, "_fields": "material_id,theoretical", "_limit": "20"})
    if not key.isascii() or not key.isprintable():
        return Answer(name, None, (), "the key holds characters that no key has")
    try:
        found = _fetch(f"{base}/materials/summary/?{query}", {"X-API-KEY": key})["data"]
        observed = sum(entry.get("theoretical") is False for entry in found)
        note = Message("{observed} observed in experiments", observed=observed) if found else ""
        return Answer(name, len(found), tuple(str(entry["material_id"])[:40] for entry in found[:5]), note)
    except _Unanswered as error:
        return Answer(name, None, (), str(error))
    except (KeyError, TypeError, ValueError, AttributeError):
        return Answer(name, None, (), "answered, but not as expected")


class _Unanswered(Exception):
    """There is no answer; its text says why."""


def _fetch(address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(address, headers={"Accept": "application/json"})
    for name, value in (headers or {}).items():
        request.add_unredirected_header(name, value)  # a key goes to no other host
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:
            text = response.read(_LONGEST_ANSWER)
    except urllib.error.HTTPError as error:
        reason = (
            Message("refused the key")
            if error.code in (401, 403)
            else Message("answered with an error ({code})", code=error.code)
        )
        raise _Unanswered(reason) from None
    except (urllib.error.URLError, OSError) as error:
        why = quote(getattr(error, "reason", error), 60)
        raise _Unanswered(f"cannot be reached ({why}); is this machine offline?") from None
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError
    return found


def ask_elsewhere(
    formulas: Sequence[str], key: str = "", databases: Mapping[str, str] | None = None
) -> dict[str, tuple[Answer, ...]]:
    """All databases about some formulas, the databases side by side; one that does not answer stops no other.

    A database that cannot be reached for one formula is not asked for the next.

    Args:
        formulas: reduced formulas.
        key: the user's key of the Materials Project, if there is one.
        databases: name and base address; :func:`chosen_databases` if None.

    Raises:
        BadInput: where MATGEN_OPTIMADE cannot be read.
    """
    asked = chosen_databases() if databases is None else databases
    askers: list[Callable[[str], Answer]] = [
        partial(ask_optimade, name=name, base=base) for name, base in asked.items()
    ]
    if key:
        askers.append(partial(ask_materials_project, key=key))
    with ThreadPoolExecutor(max(1, len(askers)), thread_name_prefix="elsewhere") as executor:
        columns = list(executor.map(lambda asker: _ask_each(asker, formulas), askers))
    return {formula: tuple(column[i] for column in columns) for i, formula in enumerate(formulas)}


def _ask_each(asker: Callable[[str], Answer], formulas: Sequence[str]) -> list[Answer]:
    answers: list[Answer] = []
    for formula in formulas:
        gone = bool(answers) and answers[-1].count is None
        answers.append(answers[-1] if gone else asker(formula))
    return answers


def elsewhere_verdict(answers: Sequence[Answer]) -> Verdict:
    """Verdict "known_elsewhere": yes where one of them knows it, open otherwise; it rejects nothing."""
    parts = []
    for answer in answers:
        if answer.count is None:
            parts.append(f"{answer.database} {answer.note}")
        elif answer.count:
            more = f", {answer.note}" if answer.note else ""
            parts.append(f"{answer.database}: {answer.count} ({', '.join(answer.entries[:3])}{more})")
        else:
            parts.append(f"{answer.database}: none")
    known = any(answer.count for answer in answers)
    return Verdict("known_elsewhere", True if known else None, join(parts))
