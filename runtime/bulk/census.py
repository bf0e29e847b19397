"""The first pass over a file of identities: how many there are, which are repeated, and which share an index.

Memory hardly grows with the file: 24 bytes an identity go to temporary files, 64 of them by the index's top bits, which
are sorted one after the other; one bit a line marks what is to be left out.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
        skipped: uint8 [lines / 8], a bit for each place in the file, set where an identity is repeated.
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
            if self.skipped[place >> 3] >> (place & 7) & 1:
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
    with TemporaryDirectory(prefix="ganrt-") as name:
        folder, kind = Path(name), kind_of(path)
        if str(path) == "-":
            path = folder / "standard input"
            with path.open("wb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
        if not path.is_file():  # a pipe can be read once; this takes two passes
            raise BadInputFile(f"--identities {path}: expected a file of identities, or - for standard input")
        sha256 = file_sha256(path)
        lines = _scatter(read_identities(path, kind, column), folder)
        if not lines:
            raise BadInputFile(f"--identities {path}: no identity in it; expected one a line")
        skipped, again, colliding = np.zeros(-(-lines // 8), np.uint8), 0, set[int]()
        for part in range(_PARTITIONS):
            repeated, shared = _judge(_part(folder, part))
            np.bitwise_or.at(skipped, repeated >> 3, (1 << (repeated & 7)).astype(np.uint8))
            again += len(repeated)
            colliding.update(shared.tolist())
        yield Census(path, kind, column, sha256, lines, lines - again, len(colliding), skipped, frozenset(colliding))


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


def _judge(path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of one partition the places of repetitions, and those of identities that share an index with another."""
    found = np.fromfile(path, _RECORD) if path.exists() else np.empty(0, _RECORD)
    found = found[np.lexsort((found["place"], found["check"], found["index"]))]
    before, after = found[:-1], found[1:]
    one_index = before["index"] == after["index"]
    repeated = one_index & (before["check"] == after["check"])
    places = after["place"].astype(np.int64)
    return places[repeated], places[one_index & ~repeated]


def _check(identity: str) -> int:
    """64 bits beside the index that tell apart identities whose indices are equal."""
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest(), "big")


def _part(folder: Path, part: int) -> Path:
    return folder / f"part{part:02d}"
