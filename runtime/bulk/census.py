"""The first pass over a file of identities: how many there are, which are repeated, and which share an index.

Memory does not grow with the file: 24 bytes an identity go to temporary files, 64 of them by the index's top bits,
which are sorted one after the other; one byte a line marks what is to be left out.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile
from ganrt.runtime.bulk.identity_files import kind_of, read_identities
from ganrt.runtime.bulk.plan import Item, Json, item
from ganrt.runtime.identity import identity_index

_PARTITIONS = 64
_CHUNK = 1 << 16
_RECORD = np.dtype([("index", "<u8"), ("check", "<u8"), ("place", "<u8")])


@dataclass(frozen=True)
class Census:
    """What is known of a file of identities.

    Attributes:
        lines: identities in the file, repeated ones counted each time.
        unique: different ones: as many pictures are drawn.
        collisions: different identities that share their index, and so their picture, with one before them.
        skipped: uint8 [lines], 1 where an identity is repeated; it lies in a file.
        colliding: places in the file of the collisions.
    """

    path: Path
    kind: str
    column: str | None
    sha256: str
    lines: int
    unique: int
    collisions: int
    skipped: NDArray[np.uint8]
    colliding: frozenset[int]

    @property
    def facts(self) -> Json:
        """What the manifest says."""
        return {
            "file_sha256": self.sha256,
            "kind": self.kind,
            "column": self.column,
            "lines": str(self.lines),
            "unique": str(self.unique),
            "duplicates": str(self.lines - self.unique),
            "index_collisions": str(self.collisions),
        }

    def items(self) -> Iterator[Item]:
        """A picture for each identity, in the file's order, repetitions left out.

        Raises:
            BadInputFile: the file is another one by now.
        """
        place = -1
        for place, (_, identity) in enumerate(read_identities(self.path, self.kind, self.column)):
            if place >= self.lines:
                break
            if self.skipped[place]:
                continue
            made = item(0, identity_index(identity), identity)
            if place in self.colliding:  # of two identities with one index the second needs a key of its own
                made = replace(made, key=f"{made.key}-{_check(identity):016x}")
            yield made
        if place + 1 != self.lines or file_sha256(self.path) != self.sha256:
            raise BadInputFile(f"--identities {self.path} changed while it was read")


@contextmanager
def take_census(path: Path, column: str | None = None) -> Iterator[Census]:
    """Reads a file of identities (`-`: standard input, which is copied to a temporary file) for the first time.

    Raises:
        BadInputFile: it is malformed, or holds no identity.
    """
    with TemporaryDirectory(prefix="ganrt-") as name, ExitStack() as stack:
        folder, kind = Path(name), kind_of(path)
        if str(path) == "-":
            path = folder / "standard input"
            with path.open("wb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
        sha256 = file_sha256(path) if path.is_file() else ""
        lines = _scatter(read_identities(path, kind, column), folder)
        if not lines:
            raise BadInputFile(f"--identities {path}: no identity in it; expected one a line")
        skipped = np.memmap(folder / "skipped", np.uint8, "w+", shape=(lines,))
        stack.callback(_unmap, skipped)
        colliding = frozenset(place for part in range(_PARTITIONS) for place in _judge(_part(folder, part), skipped))
        unique = lines - sum(int(skipped[i : i + _CHUNK].sum()) for i in range(0, lines, _CHUNK))
        yield Census(path, kind, column, sha256, lines, unique, len(colliding), skipped, colliding)


def expected_collisions(count: int) -> float:
    """How many of `count` identities are expected to share an index of 64 bits with another: n (n - 1) / 2^65."""
    return count * (count - 1) / 2.0**65


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        made = hashlib.sha256()
        while data := file.read(1 << 20):
            made.update(data)
        return made.hexdigest()


def _scatter(numbered: Iterable[tuple[int, str]], folder: Path) -> int:
    """Writes (index, check, place) of every identity to the partitions; returns how many there are."""
    records = ((identity_index(name), _check(name), place) for place, (_, name) in enumerate(numbered))
    total = 0
    while len(chunk := np.fromiter(islice(records, _CHUNK), _RECORD)):
        total += len(chunk)
        parts = chunk["index"] >> np.uint64(58)
        for part in np.unique(parts):
            with _part(folder, int(part)).open("ab") as file:
                file.write(chunk[parts == part].tobytes())
    return total


def _judge(path: Path, skipped: NDArray[np.uint8]) -> list[int]:
    """Marks the repetitions of one partition; returns the places of identities that share an index with another."""
    if not path.exists():
        return []
    found = np.fromfile(path, _RECORD)
    found = found[np.lexsort((found["place"], found["check"], found["index"]))]
    before, after = found[:-1], found[1:]
    one_index = before["index"] == after["index"]
    repeated = one_index & (before["check"] == after["check"])
    skipped[after["place"][repeated]] = 1
    return [int(place) for place in after["place"][one_index & ~repeated]]


def _check(identity: str) -> int:
    """64 bits beside the index that tell apart identities whose indices are equal."""
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest(), "big")


def _part(folder: Path, part: int) -> Path:
    return folder / f"part{part:02d}"


def _unmap(array: NDArray[np.uint8]) -> None:
    """Windows removes no file that is mapped."""
    mapped = getattr(array, "_mmap", None)
    if mapped is not None:
        mapped.close()
