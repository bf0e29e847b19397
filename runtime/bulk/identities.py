"""The mapping from identities to pictures: `identities/00000.csv` lists those of shard 00000, in order.

Where rows of the file set something, it says what: two more columns, `controls` (`hair=afro skin=0.8`) and `look`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace

from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.bulk.census import Census
from ganrt.runtime.bulk.identity_files import option_of
from ganrt.runtime.bulk.manifest import read_stats
from ganrt.runtime.bulk.plan import Item, Plan, Shard
from ganrt.runtime.bulk.storage import Storage, write
from ganrt.runtime.looks import Look
from ganrt.runtime.settings import parse_settings, settings_text

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
                yield _item(*row)
                count += 1
        if count != shard.count:
            raise ValueError(f"{count} identities; expected {shard.count}")
    except (OSError, ValueError, UsageError, csv.Error) as error:
        raise BadInputFile(
            f"{shard.identities} is missing or damaged: {error}\n"
            "remove it, and run the same command again: it is written anew"
        ) from error


def _item(identity: str, index: str, key: str, _: str, controls: str = "", look: str = "") -> Item:
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
    for item in items:
        more = (settings_text(item.controls), item.look) if designed else ()
        rows.writerow([item.identity, item.index, item.key, shard.name, *more])
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines).encode()
