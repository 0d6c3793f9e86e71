"""Databases asked over the network: a local server gives recorded answers; offline is a clear line."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.workflows import optimade as elsewhere
from matgen_core.workflows.optimade import (
    VARIABLE,
    ask_elsewhere,
    ask_materials_project,
    ask_optimade,
    chosen_databases,
    elsewhere_verdict,
)

#: As OPTIMADE's specification 1.1 writes them (section "JSON Response Schema"), shortened.
ENTRIES = {
    "ClNa": {"data": [{"id": "mp-22862", "type": "structures", "attributes": {}}], "meta": {"data_returned": 3}},
    "BaO3Ti": {"data": [], "meta": {"data_returned": 0}},
}


class Recorded(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        values = urllib.parse.parse_qs(query)
        Recorded.asked.append(self.path)
        status, answer = 404, b"{}"
        if path == "/v1/structures":
            formula = values["filter"][0].removeprefix('chemical_formula_reduced="').rstrip('"')
            status, answer = 200, json.dumps(ENTRIES[formula]).encode()
        elif path == "/broken/v1/structures":
            status, answer = 200, b"<html>maintenance</html>"
        elif path == "/materials/summary/":
            good = self.headers["X-API-KEY"] == "right"
            status = 200 if good else 401
            answer = json.dumps(
                {"data": [{"material_id": "mp-1", "theoretical": False}, {"material_id": "mp-2", "theoretical": True}]}
            ).encode()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    Recorded.asked = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join()


def test_what_is_known_there_is_said_with_its_ids(server: str) -> None:
    answer = ask_optimade("NaCl", "Here", server)
    assert (answer.count, answer.entries) == (3, ("mp-22862",))
    assert ask_optimade("BaTiO3", "Here", server).count == 0
    verdict = elsewhere_verdict([answer])
    assert verdict.passed is True
    assert verdict.reason == "Here: 3 (mp-22862)"
    assert elsewhere_verdict([ask_optimade("BaTiO3", "Here", server)]).passed is None, "it rejects nothing"


def test_a_database_that_fails_stops_no_other(server: str) -> None:
    bases = {"gone": "http://127.0.0.1:9", "broken": f"{server}/broken", "error": f"{server}/x", "here": server}
    found = ask_elsewhere(["NaCl", "BaTiO3"], databases=bases)
    answers = {a.database: a for a in found["NaCl"]}
    assert [a.count for a in found["BaTiO3"]] == [None, None, None, 0]
    assert sum("/x/" in path for path in Recorded.asked) == 1, "what failed once is not asked again"
    assert "is this machine offline?" in answers["gone"].note
    assert "not as OPTIMADE" in answers["broken"].note
    assert "error (404)" in answers["error"].note
    assert answers["here"].count == 3
    assert elsewhere_verdict(list(answers.values())).passed is True


def test_the_users_key_says_what_was_observed_and_is_not_in_the_address(server: str) -> None:
    answer = ask_materials_project("NaCl", "right", server)
    assert (answer.count, answer.note) == (2, "1 observed in experiments")
    assert "refused the key" in ask_materials_project("NaCl", "wrong", server).note
    assert "characters" in ask_materials_project("NaCl", "a\nb", server).note
    assert not any("right" in path for path in Recorded.asked)


def test_other_databases_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "mine=http://127.0.0.1:5000/optimade/ http://127.0.0.1:6000")
    assert chosen_databases() == {
        "mine": "http://127.0.0.1:5000/optimade",
        "http://127.0.0.1:6000": "http://127.0.0.1:6000",
    }
    monkeypatch.setenv(VARIABLE, "mine=file:///etc/passwd")
    with pytest.raises(BadInput, match="not an address"):
        ask_elsewhere(["NaCl"])
    monkeypatch.delenv(VARIABLE)
    assert chosen_databases() == elsewhere.DATABASES
