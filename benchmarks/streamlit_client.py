"""A client of the app without a browser: opens a page, presses buttons, follows a run, and keeps what it was shown.

Speaks the protocol of Streamlit 1.67's own browser client, over its websocket; only to this machine.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlparse

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

Path = tuple[int, ...]


@dataclass
class Client:
    """One session.

    Args:
        address: of the app, http://127.0.0.1:PORT.
        page: its name in the address; empty for the first.
        query: settings, as in a link.
    """

    address: str
    page: str = ""
    query: str = ""
    elements: dict[Path, tuple[str, object]] = field(default_factory=dict)
    session: str = ""
    runs: int = 0
    _fragments: dict[str, tuple[float, float]] = field(default_factory=dict)
    _hash: str = ""
    _run: str = ""

    def __enter__(self) -> Client:
        place = urlparse(self.address)
        if place.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError(f"{self.address} is not this machine")
        self._socket = connect(
            f"ws://{place.hostname}:{place.port}/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            open_timeout=120,
            ping_timeout=None,
        )
        self.send()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, button: str = "", fragment: str = "") -> None:
        """Runs the page, or one fragment of it, with a button pressed or without."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name, state.page_script_hash = self.query, self.page, self._hash
        state.context_info.timezone, state.context_info.locale = "UTC", "en-US"
        if fragment:
            state.fragment_id, state.is_auto_rerun = fragment, True
        widget = state.widget_states.widgets
        if button:
            pressed = widget.add()
            pressed.id, pressed.trigger_value = self.widget(button), True
        self._socket.send(message.SerializeToString())

    def follow(self, seconds: float) -> bool:
        """Takes what comes for so long at most; True as soon as the page has run to its end."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                data = self._socket.recv(timeout=min(left, self._wait()))
            except TimeoutError:
                self._renew()
                continue
            message = ForwardMsg()
            message.ParseFromString(data)
            if self._take(message):
                return True
        return False

    def _take(self, message: ForwardMsg) -> bool:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._run = message.metadata.run.script_run_id
            self.session = message.new_session.initialize.session_id or self.session
            if not message.metadata.run.fragment_ids:
                self._fragments.clear()
        elif kind == "navigation":
            self._hash = message.navigation.page_script_hash
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self.elements[tuple(message.metadata.delta_path)] = self._run, message.delta.new_element
        elif kind == "auto_rerun":
            now = time.monotonic()
            self._fragments[message.auto_rerun.fragment_id] = (
                message.auto_rerun.interval,
                now + message.auto_rerun.interval,
            )
        elif kind == "stop_auto_rerun":
            for name in message.stop_auto_rerun.fragment_ids:
                self._fragments.pop(name, None)
        elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            self.elements = {path: found for path, found in self.elements.items() if found[0] == self._run}
            self.runs += 1
            return True
        return False

    def _wait(self) -> float:
        due = [at for _, at in self._fragments.values()]
        return max(0.01, min(due) - time.monotonic()) if due else 1.0

    def _renew(self) -> None:
        now = time.monotonic()
        for name, (interval, at) in list(self._fragments.items()):
            if now >= at:
                self._fragments[name] = interval, now + interval
                self.send(fragment=name)

    # ------------------------------------------------------------------------------------------------ what is shown

    def of(self, kind: str) -> list[object]:
        """Elements of one kind that are shown."""
        return [
            getattr(element, kind)
            for _, element in self.elements.values()
            if element.WhichOneof("type") == kind  # type: ignore[attr-defined]
        ]

    def widget(self, key: str) -> str:
        """Id of the widget with that key.

        Raises:
            LookupError: where it is not shown.
        """
        for _, element in self.elements.values():
            kind = element.WhichOneof("type")  # type: ignore[attr-defined]
            name = getattr(getattr(element, kind), "id", "") if kind else ""
            if isinstance(name, str) and name.endswith(f"-{key}"):
                return name
        raise LookupError(key)

    def texts(self) -> list[str]:
        """Words of the progress bar, alerts and headings."""
        return [
            *(bar.text for bar in self.of("progress")),
            *(alert.body for alert in self.of("alert")),
            *(heading.body for heading in self.of("heading")),
            *(metric.body for metric in self.of("metric")),
        ]  # type: ignore[attr-defined]

    def tables(self) -> list[list[dict[str, object]]]:
        """Rows of every table that is shown."""
        import pyarrow as pa

        found = []
        for frame in self.of("dataframe"):
            data = frame.arrow_data.data  # type: ignore[attr-defined]
            if data:
                found.append(pa.ipc.open_stream(io.BytesIO(data)).read_all().to_pylist())
        return found
