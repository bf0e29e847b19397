"""`manifest.json` and the `_stats.json` of the shards: what a run's output says about itself.

The manifest is there from the start, with `complete` false; a shard's stats are written when the shard is there for
good. Together they are the run's journal: no file is appended to, so that a run may be killed at any instant. None of
them holds a time or the name of a machine: the same run gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from ganrt.errors import BadInputFile
from ganrt.runtime.bulk.names import STATS
from ganrt.runtime.bulk.plan import Json, Plan, Shard, canonical, digest
from ganrt.runtime.bulk.storage import Storage, read, write

NAME = "manifest.json"
VERSION = "1.0"
_SHOWN = 60


class Damaged(BadInputFile):
    """A file of a run that cannot be read any more."""


def write_manifest(storage: Storage, plan: Plan, shards: list[Json] | None = None, extra: Json | None = None) -> None:
    """Writes the manifest; with `shards` (their stats in short) that of a finished run."""
    document = {"format_version": VERSION, "complete": shards is not None, "plan": plan.document()}
    if shards is not None:
        document |= {"shards": shards, "images": str(plan.count), **(extra or {})}
    write(storage, NAME, canonical(document))


def read_manifest(storage: Storage) -> Json | None:
    """The manifest; None where there is none.

    Raises:
        Damaged: it cannot be read. BadInputFile: it is of a later version, or something else, whole: somebody's own.
    """
    data = read(storage, NAME)
    if data is None:
        return None
    document = parse(data, NAME)
    if "format_version" not in document:
        raise BadInputFile(f"{NAME} is no manifest of a bulk run: it has no format_version")
    version = str(document["format_version"])
    if version.partition(".")[0] != VERSION.partition(".")[0]:
        raise BadInputFile(f"{NAME} has the format version {version[:20]}; this ganrt reads {VERSION}")
    if not isinstance(document.get("plan"), dict):
        raise Damaged(f"{NAME} is no manifest of a bulk run: it has no plan")
    if not isinstance(document.get("shards", []), list):
        raise Damaged(f"{NAME} is damaged: expected a list of shards")
    return document


def parse(data: bytes, name: str) -> Json:
    """A JSON object.

    Raises:
        Damaged: it is no JSON. BadInputFile: it is something else.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{name} is damaged: it is no JSON") from error
    if not isinstance(document, dict):
        raise BadInputFile(f"{name}: expected a JSON object")
    return document


def differences(there: Json, wanted: Json) -> list[str]:
    """What differs between two plans, a line each: where, what is there, what was asked for."""
    old, new = dict(flat(there)), dict(flat(wanted))
    names = sorted(old.keys() | new.keys())
    return [
        f"{name}: there {_short(old.get(name))}, now {_short(new.get(name))}"
        for name in names
        if old.get(name) != new.get(name)
    ]


def write_stats(
    storage: Storage, plan: Plan, shard: Shard, files: Mapping[str, Json], sizes: list[int], mapping: bytes | None
) -> None:
    """Says that a shard of a plan is finished.

    Args:
        files: name -> `bytes` and `sha256`.
        sizes: bytes of each encoded picture (of `atlas` of each sheet and description).
        mapping: the shard's part of the mapping from identities, if there is one.
    """
    document: Json = {
        "plan_sha256": plan.sha256,
        "shard": shard.number,
        "images": shard.count,
        "first": str(shard.first),
        "bytes": sum(file["bytes"] for file in files.values()),
        "pieces": {"count": len(sizes), "smallest": min(sizes), "largest": max(sizes), "bytes": sum(sizes)},
        "files": files,
    }
    if mapping is not None:
        document["identities"] = {"bytes": len(mapping), "sha256": digest(mapping)}
    write(storage, shard.stats, canonical(document))


def read_stats(storage: Storage, shard: Shard) -> Json | None:
    """The stats of a shard; None where they are missing or damaged, or are those of another shard."""
    data = read(storage, shard.stats)
    if data is None:
        return None
    try:
        stats = parse(data, shard.stats)
        fits = (stats["shard"], stats["images"], stats["first"]) == (shard.number, shard.count, str(shard.first))
        fits = fits and isinstance(stats.get("identities", {}), dict)
        for name, file in stats["files"].items():
            fits = fits and _is_of(shard, name)
            fits = fits and isinstance(file["bytes"], int) and isinstance(file["sha256"], str)
    except (BadInputFile, KeyError, TypeError, AttributeError):
        return None
    return {**stats, "sha256": digest(data)} if fits and stats["files"] else None


def plans_of_stats(storage: Storage) -> list[str | None]:
    """Of every file of stats in an output the SHA-256 of the plan that it belongs to; None: it does not say."""
    found: list[str | None] = []
    for name in storage.names():
        if (number := STATS.fullmatch(name)) is None:
            continue
        with suppress(BadInputFile):
            stats = parse(read(storage, name) or b"", name)
            if stats.get("shard") == int(number[1]) and isinstance(stats.get("files"), dict):
                plan = stats.get("plan_sha256")
                found.append(plan if isinstance(plan, str) else None)
    return found


def _is_of(shard: Shard, name: str) -> bool:
    """Whether a file's name is one that this shard could have: of no other place, whatever a damaged file says."""
    parts = name.split("/")
    return parts[0].startswith(shard.name) and not {"", ".", ".."} & set(parts) and not set("\\:") & set(name)


def is_finished(storage: Storage, shard: Shard, size: Callable[[str], int | None]) -> bool:
    """Whether a shard is there: its stats say so, and every file is as long as they say. `audit` looks at the bytes.

    Args:
        size: bytes of a file, or None (`Target.sizes`).
    """
    stats = read_stats(storage, shard) if size(shard.stats) else None
    return stats is not None and all(size(name) == file["bytes"] for name, file in stats["files"].items())


def in_short(shard: Shard, stats: Json) -> Json:
    """What the manifest says of a shard: of one file its hash; of a folder the hash of its stats, which list them."""
    entry = {"name": shard.name, "images": shard.count, "bytes": stats["bytes"], "stats_sha256": stats["sha256"]}
    first, about = next(iter(stats["files"].items()))
    if "/" not in first:
        entry |= {"file": first, "sha256": about["sha256"]}
    return entry


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The values within nested objects, each under its dotted name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
