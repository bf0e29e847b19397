"""The mapping from identities to pictures: `identities/00000.csv` lists those of shard 00000, in order."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace

from ganrt.errors import BadInputFile
from ganrt.runtime.bulk.census import Census
from ganrt.runtime.bulk.manifest import read_stats
from ganrt.runtime.bulk.plan import Item, Plan, Shard
from ganrt.runtime.bulk.storage import Storage, write

_HEAD = ["identity", "index", "key", "shard"]


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
                write(storage, shard.identities, _table(part, shard))
        for _ in items:  # none is left, but the file is only then known to be the same
            raise BadInputFile(f"--identities {census.path} changed while it was read")
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
            if next(rows, None) != _HEAD:
                raise ValueError("its first line is another")
            for identity, index, key, name in rows:
                if name != shard.name:
                    raise ValueError(f"it names shard {name}")
                yield Item(0, int(index), key, identity)
                count += 1
        if count != shard.count:
            raise ValueError(f"{count} identities; expected {shard.count}")
    except (OSError, ValueError, csv.Error) as error:
        raise BadInputFile(
            f"{shard.identities} is missing or damaged: {error}\n"
            "remove it, and run the same command again: it is written anew"
        ) from error


def _is_there(storage: Storage, plan: Plan, shard: Shard) -> bool:
    """Whether a shard's part is there, as long as the shard's stats say, if it has any."""
    size = storage.size(shard.identities)
    stats = read_stats(storage, plan, shard) if size and storage.size(shard.stats) else None
    return bool(size) and (stats is None or stats.get("identities", {}).get("bytes") in (None, size))


def _table(items: list[Item], shard: Shard) -> bytes:
    lines: list[str] = []
    # csv quotes what ends its lines, in older Pythons nothing else: an identity may hold either character.
    rows = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    rows.writerow(_HEAD)
    rows.writerows([item.identity, item.index, item.key, shard.name] for item in items)
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines).encode()
