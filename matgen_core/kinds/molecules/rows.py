"""Molecules as training rows: MOSES, sets beyond it and a user's own, tokenised and labelled, in one compressed file.

MOSES is read from the files of the ``molsets`` wheel (pip download --no-deps molsets==0.3.1); the package itself is
never imported. Its rows are in a fixed random order, so that the first N are a random subset of any size; the first
4,096 are withheld, and of every other set a fixed 4 %. :mod:`matgen_core.kinds.molecules.wide` reads the others.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.molecules.molecule import canonical, parse, properties
from matgen_core.core.errors import BadInput, Cancelled, quote
from matgen_core.core.messages import Message, join
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.kinds.crystals.known.batches import length_batches
from matgen_core.kinds.molecules.smiles import decode, encode

_INSIDE = "moses/dataset/data/{part}.csv.gz"
_CHUNK = 20_000
#: The first rows are never trained on: validation.
HELD = 4096


@dataclass(frozen=True)
class MoleculeRows:
    """Molecules with their labels.

    Args:
        tokens: (total,) uint8, all strings one after another, each with BOS and EOS.
        starts: (N + 1,) where each string begins.
        labels: (N, 5) float32 in the order of MOLECULE_CONDITIONS.
        domains: (N,) uint8 number in DOMAINS; all 0, MOSES, if None.
        held: (N,) whether a row is for validation only; the first HELD, or a tenth of fewer, if None.
    """

    tokens: NDArray[np.uint8]
    starts: NDArray[np.int64]
    labels: NDArray[np.float32]
    domains: NDArray[np.uint8] | None = None
    held: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def domain(self) -> NDArray[np.uint8]:
        """(N,) number of each row's domain."""
        return np.zeros(len(self), dtype=np.uint8) if self.domains is None else self.domains

    @property
    def withheld(self) -> NDArray[np.bool_]:
        """(N,) whether each row is for validation only."""
        if self.held is not None:
            return self.held
        return np.arange(len(self)) < min(HELD, len(self) // 10)

    @property
    def conditions(self) -> NDArray[np.float32]:
        """(N, 6) labels and the number of the domain, as the network takes them."""
        return np.concatenate([self.labels, self.domain[:, None].astype(np.float32)], axis=1)

    def only(self, which: NDArray[np.bool_]) -> MoleculeRows:
        """The rows (N,) that are marked, in their order."""
        lengths = np.diff(self.starts)
        tokens = self.tokens[np.repeat(which, lengths)]
        starts = np.concatenate([[0], np.cumsum(lengths[which])]).astype(np.int64)
        return MoleculeRows(tokens, starts, self.labels[which], self.domain[which], self.withheld[which])

    def smiles(self, row: int) -> str:
        """The string of one row."""
        return decode(self.tokens[self.starts[row] : self.starts[row + 1]].tolist())

    def between(self, first: int, last: int) -> MoleculeRows:
        """Rows ``first`` to ``last`` (without it)."""
        low, high = self.starts[first], self.starts[min(last, len(self))]
        return MoleculeRows(
            self.tokens[low:high], self.starts[first : last + 1] - low, self.labels[first:last], self.domain[first:last]
        )


def read_moses(source: Path, part: str = "train") -> list[str]:
    """The SMILES of one part of MOSES ("train", "test", "test_scaffolds").

    Args:
        source: the ``molsets`` wheel, a folder it was unpacked into, or one of its ``.csv.gz`` files.
        part: which; ignored where ``source`` is a file of its own.

    Raises:
        BadInput: where it is not there or has no SMILES column.
    """
    name = _INSIDE.format(part=part)
    try:
        if source.is_dir():
            raw = (source / name).read_bytes()
        elif zipfile.is_zipfile(source):
            raw = zipfile.ZipFile(source).read(name)
        else:
            raw = source.read_bytes()
        text = gzip.decompress(raw).decode("utf-8")
    except (OSError, KeyError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise BadInput(
            "{source} contains no {name} ({error}); get it with: pip download --no-deps molsets==0.3.1",
            source=source,
            name=name,
            error=error,
        ) from None
    rows = csv.reader(io.StringIO(text))
    header = next(rows, [])
    if "SMILES" not in header:
        raise BadInput(
            "{source} has no column SMILES; its columns are {header}",
            source=source,
            header=join(map(quote, header[:8]), ", ") or Message("none"),
        )
    column = header.index("SMILES")
    return [row[column] for row in rows if row]


# ------------------------------------------------------------------------------------------------------------ build


def build_rows(
    source: Path,
    folder: Path,
    *,
    limit: int | None = None,
    workers: int = 1,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> MoleculeRows:
    """Tokens and labels of the training part, written to ``folder/molecules.npz``.

    Goes on where it stopped: each chunk of 20,000 rows lies in ``folder/molecules/`` once it is done.

    Args:
        source: as for :func:`read_moses`.
        folder: where the rows go.
        limit: rows, a random subset; all if None.
        workers: processes.
        seed: of the order; another seed needs another folder.
        on_progress: called with rows done and rows wanted.
        cancelled: asked after each chunk.

    Raises:
        BadInput: where the source cannot be read.
        Cancelled: where ``cancelled`` said so; finished chunks stay.
    """
    known = read_moses(source)
    order = np.random.default_rng(seed).permutation(len(known))[:limit]
    parts = folder / "molecules"
    parts.mkdir(parents=True, exist_ok=True)
    chunks = [order[i : i + _CHUNK] for i in range(0, len(order), _CHUNK)]
    # The size is in the name: a chunk that a smaller limit cut short is not taken for a whole one.
    paths = [parts / f"{seed}-{i:04d}-{len(chunk)}.npz" for i, chunk in enumerate(chunks)]
    waiting = [
        (path, [known[j] for j in chunk]) for path, chunk in zip(paths, chunks, strict=True) if not path.exists()
    ]
    done = len(order) - sum(len(strings) for _, strings in waiting)
    for size in _mapped(waiting, workers):
        done += size
        if on_progress:
            on_progress(done, len(order))
        if cancelled and cancelled():
            raise Cancelled
    rows = _joined(paths)
    save_rows(rows, folder / "molecules.npz")
    return rows


def _mapped(waiting: list[tuple[Path, list[str]]], workers: int) -> Iterator[int]:
    if workers <= 1:
        yield from map(_write_chunk, waiting)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_write_chunk, waiting)


def _write_chunk(task: tuple[Path, list[str]]) -> int:
    path, strings = task
    rows = label(strings)
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(file, tokens=rows.tokens, starts=rows.starts, labels=rows.labels)
    partial.replace(path)
    return len(strings)


def label(strings: Iterable[str]) -> MoleculeRows:
    """Canonical, tokenised and labelled rows; strings that are no molecules or do not fit are left out."""
    tokens: list[int] = []
    starts, labels = [0], []
    for string in strings:
        molecule = parse(string)
        if molecule is None:
            continue
        try:
            tokens += encode(canonical(molecule))
        except BadInput:  # isotopes of hydrogen and the like: 0.01 % of MOSES
            continue
        starts.append(len(tokens))
        values = properties(molecule)
        labels.append([values[key] for key in MOLECULE_CONDITIONS])
    table = np.array(labels, dtype=np.float32).reshape(-1, len(MOLECULE_CONDITIONS))
    return MoleculeRows(np.array(tokens, dtype=np.uint8), np.array(starts, dtype=np.int64), table)


def _joined(paths: list[Path]) -> MoleculeRows:
    parts = [load_rows(path) for path in paths]
    offsets = np.cumsum([0, *(len(part.tokens) for part in parts)])
    starts = [part.starts[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
    return MoleculeRows(
        np.concatenate([part.tokens for part in parts]),
        np.concatenate([*starts, offsets[-1:]]),
        np.concatenate([part.labels for part in parts]),
    )


def save_rows(rows: MoleculeRows, path: Path) -> None:
    """Writes the rows so that an interrupted write leaves the former file whole."""
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez_compressed(
            file, tokens=rows.tokens, starts=rows.starts, labels=rows.labels, domains=rows.domain, held=rows.withheld
        )
    partial.replace(path)


def load_rows(path: Path) -> MoleculeRows:
    """Rows that :func:`build_rows` wrote.

    Raises:
        BadInput: where they are not there or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            more = {name: file[name] for name in ("domains", "held") if name in file.files}
            return MoleculeRows(file["tokens"], file["starts"], file["labels"], **more)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadInput(
            "{path} contains no molecules ({error}); build them with: matgen data molecules", path=path, error=error
        ) from None


# ---------------------------------------------------------------------------------------------------------- batches


class SmilesBatches:
    """Token strings with their labels, in batches of similar length; an epoch is a slice of the rows.

    Args:
        rows: the molecules.
        size: strings a batch.
        seed: of the order.
        slices: epochs that one pass over the rows takes, so that validation and checkpoints come often enough.
    """

    def __init__(self, rows: MoleculeRows, size: int, seed: int, slices: int = 1) -> None:
        self.rows, self.size, self.seed, self.slices = rows, size, seed, slices
        self.lengths = np.diff(rows.starts)
        self.labels = torch.from_numpy(rows.conditions)

    def __len__(self) -> int:
        return -(-len(self.rows) // (self.size * self.slices))

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """(tokens (B, T) int64, labels and domain (B, 6)) of the slice that is this epoch's turn."""
        turn, part = divmod(epoch, self.slices)
        order = np.random.default_rng((self.seed, turn)).permutation(len(self.rows))
        mine = np.array_split(order, self.slices)[part]
        rng = np.random.default_rng((self.seed, epoch, 1))
        for numbers in length_batches(self.lengths[mine], self.size, rng):
            yield self.batch(mine[numbers])

    def batch(self, numbers: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """The rows of these numbers, filled up with PAD (0)."""
        columns = np.arange(self.lengths[numbers].max())
        places = self.rows.starts[numbers][:, None] + columns  # (B, T)
        inside = columns < self.lengths[numbers][:, None]
        tokens = np.where(inside, self.rows.tokens[np.where(inside, places, 0)], 0)
        return torch.from_numpy(tokens.astype(np.int64)), self.labels[torch.from_numpy(numbers)]
