"""Two passes over a file of identities: how many there are, which are repeated and which share an index; and the
mapping from identities to pictures.

Memory hardly grows with the file: 32 bytes an identity go to temporary files, 64 of them by the index's top bits, which
are sorted one after the other; one bit a line marks what is to be left out.

`identities/00000.csv` lists those of shard 00000, in order. Where rows of the file set something, it says what: two
more columns, `controls` (`hair=afro skin=0.8`) and `look`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.files import file_sha256
from ganrt.runtime.bulk.identity_files import Row, contradiction, kind_of, option_of, read_rows
from ganrt.runtime.bulk.manifest import read_stats
from ganrt.runtime.bulk.plan import Item, Plan, Shard, item
from ganrt.runtime.bulk.records import Json
from ganrt.runtime.bulk.storage import Storage, write
from ganrt.runtime.identity import identity_index
from ganrt.runtime.looks import Look
from ganrt.runtime.settings import parse_settings, settings_text

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
        designed: how many rows set something (`Row`), repetitions counted; with `looks` of them by a look.
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


_HEAD = ["identity", "index", "key", "shard"]
_DESIGNED = [*_HEAD, "controls", "look"]


def write_mapping(census: Census, plan: Plan, storage: Storage) -> None:
    """Writes the parts that are not there yet, or not in their length; the second pass over the file.

    Raises:
        BadInputFile: it changed since the first. No part that was made of it stays.
    """
    wanted = {shard.number for shard in plan.shards() if not _is_there(storage, plan, shard)}
    if not wanted:
        return
    items, made = census.items(), list[str]()
    try:
        for shard in plan.shards():
            part = list(islice(items, shard.count))
            if shard.number in wanted:
                made.append(shard.identities)
                write(storage, shard.identities, _table(part, shard, census.designed > 0))
        for _ in items:  # none is left, but the file is only then known to be the same
            raise BadInputFile(f"{option_of(census.kind)} {census.path} changed while it was read")
    except BadInputFile:
        for name in made:
            storage.remove(name)
        raise


def read_mapping(storage: Storage, shard: Shard) -> Iterator[Item]:
    """The pictures of a shard.

    Raises:
        BadInputFile: its part is missing or damaged.
    """
    count = 0
    try:
        with storage.open(shard.identities) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
            rows = csv.reader(text, strict=True)
            if (head := next(rows, None)) not in (_HEAD, _DESIGNED):
                raise ValueError("its first line is another")
            for row in rows:
                if len(row) != len(head):
                    raise ValueError(f"a row of {len(row)} fields; expected {len(head)}")
                if row[3] != shard.name:
                    raise ValueError(f"it names shard {row[3]}")
                yield _read_item(*row)
                count += 1
        if count != shard.count:
            raise ValueError(f"{count} identities; expected {shard.count}")
    except (OSError, ValueError, UsageError, csv.Error) as error:
        raise BadInputFile(
            f"{shard.identities} is missing or damaged: {error}\n"
            "remove it, and run the same command again: it is written anew"
        ) from error


def _read_item(identity: str, index: str, key: str, _: str, controls: str = "", look: str = "") -> Item:
    seed = Look.parse(look).seed if look else 0
    return Item(seed, int(index), key, identity, parse_settings(controls.split()), look)


def _is_there(storage: Storage, plan: Plan, shard: Shard) -> bool:
    """Whether a shard's part is there, as long as the shard's stats say, if it has any."""
    size = storage.size(shard.identities)
    stats = read_stats(storage, plan, shard) if size and storage.size(shard.stats) else None
    return bool(size) and (stats is None or stats.get("identities", {}).get("bytes") in (None, size))


def _table(items: list[Item], shard: Shard, designed: bool) -> bytes:
    lines: list[str] = []
    # csv quotes what ends its lines, in older Pythons nothing else: an identity may hold either character.
    rows = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    rows.writerow(_DESIGNED if designed else _HEAD)
    for one in items:
        more = (settings_text(one.controls), one.look) if designed else ()
        rows.writerow([one.identity, one.index, one.key, shard.name, *more])
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines).encode()
