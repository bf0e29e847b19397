"""The first pass over a file of identities: how many there are, which are repeated, and which share an index.

Memory hardly grows with the file: 32 bytes an identity go to temporary files, 64 of them by the index's top bits, which
are sorted one after the other; one bit a line marks what is to be left out.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.bulk.documents import Json
from ganrt.runtime.bulk.identity_files import contradiction, kind_of, option_of, read_rows
from ganrt.runtime.bulk.plan import Item, item
from ganrt.runtime.bulk.rows import Row
from ganrt.runtime.identity import identity_index
from ganrt.runtime.looks import Look

_PARTITIONS = 64
_CHUNK = 1 << 16
_RECORD = np.dtype([("index", "<u8"), ("check", "<u8"), ("design", "<u8"), ("place", "<u8")])


@dataclass(frozen=True)
class Census:
    """What is known of a file of identities.

    Attributes:
        lines: identities in the file, repeated ones counted each time.
        unique: different ones: as many pictures are drawn.
        collisions: different identities that share their index, and so their picture, with one before them.
        skipped: uint8 [lines / 8], a bit for each place in the file, set where an identity is repeated.
        colliding: places in the file of the collisions.
        designed: how many rows set something (`ganrt.runtime.bulk.rows`), repetitions counted; with `looks` of them
            by a look.
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
    designed: int = 0
    looks: int = 0

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
            **({"designed": str(self.designed), "looks": str(self.looks)} if self.designed else {}),
        }

    def items(self) -> Iterator[Item]:
        """A picture for each identity, in the file's order, repetitions left out.

        Raises:
            BadInputFile: the file is another one by now.
        """
        for place, row in self._rows():
            made = _item(row)
            if place in self.colliding and not row.is_designed:  # the second of one index needs a key of its own
                made = replace(made, key=f"{made.key}-{_check(row.identity):016x}")
            yield made

    def require_drawable(self, can_draw: Callable[[Row], object]) -> None:
        """Asks of each row that sets something whether it can be drawn, before anything is.

        Raises:
            BadInputFile: one cannot (`can_draw` raises UsageError), which the message names.
        """
        for _, row in self._rows() if self.designed else ():
            try:
                if row.is_designed:
                    can_draw(row)
            except UsageError as error:
                option = option_of(self.kind)
                raise BadInputFile(f"{option} {self.path}, line {row.number}: {error}") from error

    def _rows(self) -> Iterator[tuple[int, Row]]:
        """(place, row) of each identity, repetitions left out."""
        place = -1
        for place, row in enumerate(read_rows(self.path, self.kind, self.column)):
            if place >= self.lines:
                break
            if not self.skipped[place >> 3] >> (place & 7) & 1:
                yield place, row
        if place + 1 != self.lines or file_sha256(self.path) != self.sha256:
            raise BadInputFile(f"{option_of(self.kind)} {self.path} changed while it was read")


def _item(row: Row) -> Item:
    if row.look:
        look = Look.parse(row.look)
        made = item(look.seed, look.index, row.identity)
    else:
        made = item(0, row.index, row.identity)
    if not row.is_designed:
        return made
    return replace(made, key=f"{made.key}-{row.suffix}", controls=row.controls, look=row.look)


@contextmanager
def take_census(path: Path, column: str | None = None, kind: str | None = None) -> Iterator[Census]:
    """Reads a file of identities (`-`: standard input, which is copied to a temporary file) for the first time.

    Args:
        kind: see `read_rows`; None: as the file's name says.

    Raises:
        BadInputFile: it is malformed, or holds no identity.
    """
    with TemporaryDirectory(prefix="ganrt-") as name:
        folder, kind = Path(name), kind or kind_of(path)
        option = option_of(kind)
        if str(path) == "-":
            path = folder / "standard input"
            with path.open("wb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
        if not path.is_file():  # a pipe can be read once; this takes two passes
            what = "look codes" if option == "--looks" else "identities"
            missing = "" if path.exists() else "does not exist; "
            raise BadInputFile(f"{option} {path}: {missing}expected a file of {what}, or - for standard input")
        sha256 = file_sha256(path)
        counted = _Counted()
        lines = _scatter(counted.through(read_rows(path, kind, column)), folder)
        if not lines:
            what = "look code" if option == "--looks" else "identity"
            raise BadInputFile(f"{option} {path}: no {what} in it; expected one a line")
        skipped, again, colliding = np.zeros(-(-lines // 8), np.uint8), 0, set[int]()
        for part in range(_PARTITIONS):
            repeated, shared, contradicting = _judge(_part(folder, part))
            if len(contradicting):
                raise _contradiction(path, kind, column, int(contradicting[0]))
            np.bitwise_or.at(skipped, repeated >> 3, (1 << (repeated & 7)).astype(np.uint8))
            again += len(repeated)
            colliding.update(shared.tolist())
        unique, places = lines - again, frozenset(colliding)
        yield Census(
            path, kind, column, sha256, lines, unique, len(places), skipped, places, counted.designed, counted.looks
        )


@dataclass
class _Counted:
    """Counts the rows that pass through."""

    designed: int = 0
    looks: int = 0

    def through(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.designed += row.is_designed
            self.looks += bool(row.look)
            yield row


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


def _scatter(rows: Iterable[Row], folder: Path) -> int:
    """Writes (index, check, design, place) of every identity to the partitions; returns how many there are."""
    records = (
        (identity_index(row.identity), _check(row.identity), row.design, place) for place, row in enumerate(rows)
    )
    total = 0
    while len(chunk := np.fromiter(islice(records, _CHUNK), _RECORD)):
        total += len(chunk)
        parts = chunk["index"] >> np.uint64(58)
        for part in np.unique(parts):
            with _part(folder, int(part)).open("ab") as file:
                file.write(chunk[parts == part].tobytes())
    return total


def _judge(path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of one partition the places of repetitions, of identities that share an index with another, and of repetitions
    that set something else."""
    found = np.fromfile(path, _RECORD) if path.exists() else np.empty(0, _RECORD)
    found = found[np.lexsort((found["place"], found["check"], found["index"]))]
    before, after = found[:-1], found[1:]
    one_index = before["index"] == after["index"]
    repeated = one_index & (before["check"] == after["check"])
    places = after["place"].astype(np.int64)
    return places[repeated], places[one_index & ~repeated], places[repeated & (before["design"] != after["design"])]


def _contradiction(path: Path, kind: str, column: str | None, place: int) -> BadInputFile:
    return contradiction(path, option_of(kind), next(islice(read_rows(path, kind, column), place, None)))


def _check(identity: str) -> int:
    """64 bits beside the index that tell apart identities whose indices are equal."""
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest(), "big")


def _part(folder: Path, part: int) -> Path:
    return folder / f"part{part:02d}"
