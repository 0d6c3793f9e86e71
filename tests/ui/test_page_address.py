"""Streamlit's page states the address of its server; whatever else the server answers passes as it was."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest

from pages.runs.page_address import StatesAddress

PAGE = b"<html><head><title>Streamlit</title></head>" + b"x" * 100 + b"</html>"


def answer(body: bytes, kind: bytes, status: int = 200, method: str = "GET", parts: int = 3) -> tuple[Any, bytes]:
    """Headers and body that a reader gets of what the server answers."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"etag", b"1")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        size = -(-len(body) // parts)
        for first in range(0, len(body), size):
            part = body[first : first + size]
            await send({"type": "http.response.body", "body": part, "more_body": first + size < len(body)})

    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {}

    # Nothing in it waits, so it ends at the first step; a loop of its own would clash with that of the browser tests.
    with pytest.raises(StopIteration):
        StatesAddress(app)({"type": "http", "method": method}, receive, send).send(None)
    assert [part["type"] for part in sent] == ["http.response.start", *["http.response.body"] * (len(sent) - 1)]
    assert not sent[-1].get("more_body"), "the answer ends"
    return dict(sent[0]["headers"]), b"".join(part["body"] for part in sent[1:])


@pytest.mark.parametrize("parts", [1, 3, 50])
def test_the_page_gets_its_address_before_its_scripts(parts: int) -> None:
    headers, body = answer(PAGE, b"text/html; charset=utf-8", parts=parts)
    assert body.index(b"BACKEND_BASE_URL") < body.index(b"</head>")
    assert headers[b"content-length"] == str(len(body)).encode()
    assert headers[b"etag"] == b"1"
    start, end = body.index(b"<script>"), body.index(b"</script>") + len(b"</script>")
    assert body[:start] + body[end:] == PAGE


@pytest.mark.parametrize(
    ("body", "kind", "status", "method"),
    [
        (b"<html>a table</html>", b"text/html", 200, "GET"),
        (PAGE, b"text/plain", 200, "GET"),
        (PAGE, b"text/html", 404, "GET"),
        (PAGE, b"text/html", 206, "GET"),
        (PAGE, b"text/html", 200, "HEAD"),
        (b"\x00\xff" * 500, b"font/woff2", 200, "GET"),
    ],
)
def test_other_answers_pass_as_they_are(body: bytes, kind: bytes, status: int, method: str) -> None:
    headers, got = answer(body, kind, status, method)
    assert got == body
    assert headers[b"content-length"] == str(len(body)).encode()
