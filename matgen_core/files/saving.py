"""Results written so that nothing is lost: what cannot be written where it was to go is written elsewhere.

A disk that is full, or a folder that was taken away while the work ran, costs no result: it goes into the first
other folder that takes it, and whoever wrote it is informed.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

#: So much text is collected before it is written; what was not written yet is still known where that fails.
_BLOCK = 1 << 16


def for_spreadsheet(text: str) -> bytes:
    r"""A CSV as a spreadsheet reads it: UTF-8, with a byte order mark where a character lies beyond ASCII.

    Without the mark Excel takes the file for the code page of the machine, and "Å" becomes two letters.

    >>> for_spreadsheet("id,logp"), for_spreadsheet("Å")
    (b'id,logp', b'\xef\xbb\xbf\xc3\x85')
    """
    return text.encode("utf-8" if text.isascii() else "utf-8-sig")


def save_result(path: Path, content: str | bytes) -> Path:
    """Writes the file whole or not at all: what stood there before stays until the new content is on the disk.

    Returns:
        Where the content is: ``path``, or a file in another folder where that cannot be written.

    Raises:
        OSError: where no folder takes it.
    """
    content = content.encode("utf-8") if isinstance(content, str) else content
    try:
        _write_whole(path, content)
    except OSError as error:
        return _elsewhere(path, content, error)
    return path


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():  # a device or a pipe cannot be replaced
        path.write_bytes(content)
        return
    part = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _elsewhere(path: Path, content: bytes, error: OSError) -> Path:
    """The same content in the first other folder that takes it."""
    for other in _other_places(path):
        try:
            file = other.open("xb")
        except OSError:
            continue
        try:
            with file:
                file.write(content)
        except OSError:
            other.unlink(missing_ok=True)
            continue
        return other
    raise error


def _other_places(path: Path) -> Iterator[Path]:
    """Names that are free, in folders that are likely to lie on another disk."""
    for folder in (Path.cwd(), Path.home(), Path(tempfile.gettempdir())):
        if folder.resolve() == path.parent.resolve():
            continue
        for number in range(1, 100):
            other = folder / f"matgen-{number}-{path.name}"
            if not other.exists():
                yield other
                break


class KeptFile(io.TextIOBase):
    """A text file that grows; where it cannot be written any more it goes on in another place, with all that it held.

    Args:
        path: of the file, which is made anew.

    Attributes:
        path: where the file is now.

    Raises:
        OSError: where it cannot be begun.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")
        self._waiting, self._size, self._good = list[str](), 0, 0

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, text: str) -> int:
        """Takes text; it is on the disk after :meth:`flush`, :meth:`close`, or when enough has come together."""
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= _BLOCK:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Writes what waits, here or elsewhere.

        Raises:
            OSError: where no folder takes it.
        """
        if self._file.closed:
            return
        new = "".join(self._waiting).encode("utf-8")
        try:
            self._file.write(new)
            self._file.flush()
        except OSError as error:
            self._move(new, error)
        self._good += len(new)
        self._waiting, self._size = [], 0

    def _move(self, new: bytes, error: OSError) -> None:
        with contextlib.suppress(OSError):  # what could not be written is in ``new``
            self._file.close()
        before = b""
        if self.path.is_file():
            with self.path.open("rb") as file:
                before = file.read(self._good)
        self.path = _elsewhere(self.path, before + new, error)
        self._file = self.path.open("ab")

    def close(self) -> None:
        """Writes what waits and closes the file."""
        try:
            self.flush()
        finally:
            self._file.close()

    def __enter__(self) -> KeptFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
