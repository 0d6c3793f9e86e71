"""Loaded by a server's Python before anything else: every address outside this machine is refused and written down."""

from __future__ import annotations

import ipaddress
import os
import sys

_EVENTS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")


def _outside(address: object) -> bool:
    host = address[0] if isinstance(address, tuple) else address
    if isinstance(host, bytes):
        host = host.decode("utf-8", "replace")
    if host is None or not isinstance(host, str) or host in ("", "localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback and host not in ("0.0.0.0", "::")
    except ValueError:
        return not host.startswith("/")  # a path is a socket of this machine


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _EVENTS:
        return
    address = arguments[0] if event.startswith("socket.get") else arguments[1]
    if _outside(address):
        with open(os.environ["MATGEN_OUTSIDE_LOG"], "a", encoding="utf-8") as log:  # noqa: PTH123
            log.write(f"{event} {address}\n")
        raise OSError(101, "Network is unreachable")


if "MATGEN_OUTSIDE_LOG" in os.environ:
    sys.addaudithook(_refuse)
