"""Has each page say below which address its server is.

Streamlit's page does not know it. It asks for ``_stcore/health`` and ``_stcore/host-config`` below its own path first:
on every page but the first these are two errors 404 in the browser's console, and the page begins later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MARK = b"<title>Streamlit</title>"
#: Where the page's own files are, its server is, too; below a base path or behind a proxy as well.
_ADDRESS = b'<script>window.__streamlit = { BACKEND_BASE_URL: new URL("./", window.location.href).href }</script>'


class StatesAddress:
    """Adds the address to Streamlit's page; every other answer of the server passes as it is.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def send_page(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                held.append(message)
            elif held and message["type"] == "http.response.body":
                held.append(message)
                if not message.get("more_body"):
                    for part in _with_address(held):
                        await send(part)
                    held.clear()
            else:
                await send(message)

        await self.app(scope, receive, send_page)


def _is_page(start: Message) -> bool:
    kind = dict(start["headers"]).get(b"content-type", b"")
    return bool(start["status"] == 200 and kind.startswith(b"text/html"))


def _with_address(held: list[Message]) -> list[Message]:
    start, *parts = held
    body = b"".join(part.get("body", b"") for part in parts).replace(_MARK, _MARK + _ADDRESS, 1)
    headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    return [{**start, "headers": headers}, {"type": "http.response.body", "body": body}]


def state_address() -> None:
    """Has the server that is started next do so."""
    from starlette.middleware import Middleware
    from streamlit.web.server.starlette import starlette_app

    made = starlette_app.create_streamlit_middleware

    def make() -> list[Middleware]:
        return [*made(), Middleware(StatesAddress)]  # the last sees answers before they are compressed

    starlette_app.create_streamlit_middleware = make
