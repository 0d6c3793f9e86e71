"""Nothing is asked of the network, and whoever asks is told of; that no page does is seen where all are opened."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import psutil
from playwright.sync_api import Page

from tests.ui.conftest import OFFLINE, ROOT, Served

HERE = ("http://localhost:", "ws://localhost:", "data:", "blob:", "about:")


def watch(page: Page) -> list[str]:
    """Addresses outside this machine that the browser asks for from now on."""
    outside: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(HERE) else outside.append(request.url))
    page.on("websocket", lambda socket: None if socket.url.startswith(HERE) else outside.append(socket.url))
    return outside


def watch_console(page: Page) -> list[str]:
    """Errors in the browser's console and scripts that fail, from now on."""
    errors: list[str] = []
    page.on("console", lambda said: errors.append(f"{said.text} {said.location}") if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def test_every_page_is_in_the_frame() -> None:
    """What the frame leads to is opened without a network where its words are read, in test_japanese.py."""
    frame = (ROOT / "app.py").read_text(encoding="utf-8")
    scripts = {
        f"pages/{section}/{path.name}"
        for section in ("design", "explore", "learn")
        for path in (ROOT / "pages" / section).glob("*.py")
    }
    assert set(re.findall(r'"(pages/\w+/\w+\.py)"', frame)) == scripts


def test_the_guard_would_tell(tmp_path: Path) -> None:
    """That the log above is empty means something only if it is not empty for a program that asks."""
    program = """
import socket, urllib.request
for act in (lambda: urllib.request.urlopen("http://example.org", timeout=5),
            lambda: socket.create_connection(("192.0.2.1", 80), timeout=5)):
    try:
        act()
    except OSError as error:
        print("refused")
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
print("at home")
"""
    log = tmp_path / "outside.txt"
    environment = {"PYTHONPATH": str(OFFLINE), "MATGEN_OUTSIDE_LOG": str(log)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.split("\n")[:3] == ["refused", "refused", "at home"], done.stderr
    assert "example.org" in log.read_text()
    assert "192.0.2.1" in log.read_text()


def test_the_server_listens_to_this_machine_only(served: Served) -> None:
    listening = [c for c in psutil.Process(served.process.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening
    assert {c.laddr.ip for c in listening} <= {"127.0.0.1", "::1"}
