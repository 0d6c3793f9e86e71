"""Messages between the app's server and its worker process: in a pipe, each candidate once.

A message is its length, eight bytes, and then its pickle. A run reports everything that it has found again and again;
:class:`Sender` sends a candidate when it is new or has changed, and its number afterwards.
"""

from __future__ import annotations

import io
import os
import pickle
import threading
from typing import Any

from matgen_core.core.records import Candidate

_HEAD = 8


class Pipe:
    """Messages over two file descriptors; any thread may send, one thread receives.

    Args:
        source: descriptor that is read.
        sink: descriptor that is written.
    """

    def __init__(self, source: int, sink: int) -> None:
        self._source, self._sink, self._lock = source, sink, threading.Lock()

    def send(self, message: object) -> None:
        """Sends one message whole.

        Raises:
            OSError: where nobody reads any more.
        """
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        whole = memoryview(len(data).to_bytes(_HEAD, "big") + data)
        with self._lock:
            while whole:
                whole = whole[os.write(self._sink, whole) :]

    def receive(self) -> Any:
        """The next message.

        Raises:
            EOFError: where the other side has ended.
        """
        return pickle.loads(self._read(int.from_bytes(self._read(_HEAD), "big")))

    def _read(self, count: int) -> bytes:
        parts = []
        while count:
            try:
                part = os.read(self._source, min(count, 1 << 20))
            except OSError:
                part = b""
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


class Sender:
    """Packs the reports of one run; its :class:`Receiver` must get all of them, in order."""

    def __init__(self) -> None:
        self._sent: dict[int, Candidate[Any]] = {}
        self._latest: dict[str, int] = {}
        self._next = 0

    def pack(self, value: object) -> bytes:
        """Any value that holds candidates, as bytes. Only candidates of the last one are remembered."""
        new: dict[int, Candidate[Any]] = {}
        used: set[int] = set()

        def number_of(thing: object) -> int | None:
            if not isinstance(thing, Candidate):
                return None
            number = self._latest.get(thing.id, -1)
            if self._sent.get(number) != thing:
                number, self._next = self._next, self._next + 1
                self._sent[number] = new[number] = thing
                self._latest[thing.id] = number
            used.add(number)
            return number

        body = _dump(value, number_of)
        self._sent = {number: self._sent[number] for number in used}
        self._latest = {candidate.id: number for number, candidate in self._sent.items()}
        return pickle.dumps((new, body), protocol=pickle.HIGHEST_PROTOCOL)


class Receiver:
    """Unpacks what a :class:`Sender` packed."""

    def __init__(self) -> None:
        self._known: dict[int, Candidate[Any]] = {}

    def unpack(self, data: bytes) -> Any:
        """The value; a candidate that was sent before is the same object as before."""
        new, body = pickle.loads(data)
        self._known |= new
        used: set[int] = set()
        unpickler = _Unpickler(io.BytesIO(body), self._known, used)
        value = unpickler.load()
        self._known = {number: self._known[number] for number in used}
        return value


def _dump(value: object, number_of: Any) -> bytes:
    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: object) -> int | None:
            return number_of(thing)  # type: ignore[no-any-return]

    body = io.BytesIO()
    Pickler(body, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return body.getvalue()


class _Unpickler(pickle.Unpickler):
    def __init__(self, body: io.BytesIO, known: dict[int, Candidate[Any]], used: set[int]) -> None:
        super().__init__(body)
        self.known, self.used = known, used

    def persistent_load(self, number: int) -> Candidate[Any]:
        self.used.add(number)
        return self.known[number]
