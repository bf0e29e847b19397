"""`manifest.json` and the `_stats.json` of the shards: what a run's output says about itself.

The manifest is there from the start, with `complete` false; a shard's stats are written when the shard is there for
good. Together they are the run's journal: no file is appended to, so that a run may be killed at any instant.
`manifest.plan.json` says the plan once more, for the day on which the manifest is lost or damaged. None of them holds a
time or the name of a machine: the same run gives the same bytes. What they may say is in `records`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ganrt.errors import BadInputFile
from ganrt.runtime.bulk.plan import COPY, FOLDERS, NAME, STATS, Plan, Shard, is_piece, shard_file
from ganrt.runtime.bulk.records import COPY as COPY_RECORD
from ganrt.runtime.bulk.records import MANIFEST, Damaged, Json, digest, opened, parse, sealed
from ganrt.runtime.bulk.records import STATS as STATS_RECORD
from ganrt.runtime.bulk.storage import Storage, read, write

_SHOWN = 60


@dataclass(frozen=True)
class Manifest:
    """What is known of a run.

    Attributes:
        model_file: where the model's file lies, seen from the output; None: a bundled model, or not known.
        shards: of a finished run all shards in short (`in_short`).
        near_duplicates: of a finished run with signatures how many pictures look like another one.
        has_seal: whether it was written with one; not by ganrt 0.1.0.
        damage: why `manifest.json` itself cannot be read, where this is what its copy says of the plan; "": it can.
    """

    plan: Plan
    model_file: str | None = None
    shards: list[Json] | None = None
    near_duplicates: Json | None = None
    has_seal: bool = True
    damage: str = ""

    @property
    def complete(self) -> bool:
        return self.shards is not None

    def data(self) -> bytes:
        document = {**self._known(), "complete": self.complete}
        if self.complete:
            document |= {"shards": self.shards, "images": str(self.plan.count)}
        if self.near_duplicates is not None:
            document["near_duplicates"] = self.near_duplicates
        return sealed(document)

    def copy_data(self) -> bytes:
        return sealed(self._known())

    def _known(self) -> Json:
        return {"plan": self.plan.document(), "model_file": self.model_file}


def write_manifest(storage: Storage, manifest: Manifest) -> None:
    """Writes the manifest, and then its copy: what is there without a manifest is no run."""
    write(storage, NAME, manifest.data())
    write(storage, COPY, manifest.copy_data())


def is_settled(storage: Storage, manifest: Manifest) -> bool:
    """Whether the manifest is there, with its seal and its copy."""
    return manifest.has_seal and not manifest.damage and read(storage, COPY) == manifest.copy_data()


def read_manifest(storage: Storage) -> Manifest | None:
    """The manifest; None where there is none.

    Raises:
        Damaged: it cannot be read. BadInputFile: it is of a later version, or something else, whole: somebody's own.
    """
    data = read(storage, NAME)
    if data is None:
        return None
    if "format_version" not in (document := parse(data, NAME)) and "plan" not in document:
        raise BadInputFile(f"{NAME} is no manifest of a bulk run: it has no format_version")
    document, has_seal = opened(data, NAME, MANIFEST)
    plan = _plan(document, NAME)
    listed, complete = document.get("shards"), document["complete"]
    expected = {"shards", "images", *(["near_duplicates"] if plan.layout.signatures else [])} if complete else set()
    if {"shards", "images", "near_duplicates"} & document.keys() != expected:
        raise Damaged(
            f"{NAME} is damaged: of a run that is {'' if complete else 'not '}finished it says too little or too much"
        )
    if complete and not _lists_all(plan, document):
        raise Damaged(f"{NAME} is damaged: expected all {plan.shard_count} shards, in order")
    return Manifest(plan, document.get("model_file"), listed, document.get("near_duplicates"), has_seal)


def find_manifest(storage: Storage) -> tuple[Manifest | None, str]:
    """The manifest or, where it is lost or damaged, what its copy says of the plan; and what is wrong with it ("").

    Raises:
        BadInputFile: `manifest.json` is of a later version, or somebody's own.
    """
    damage = ""
    try:
        if (manifest := read_manifest(storage)) is not None:
            return manifest, ""
    except Damaged as error:
        damage = str(error)
    with suppress(BadInputFile):
        if (data := read(storage, COPY)) is not None:
            document, _ = opened(data, COPY, COPY_RECORD)
            return Manifest(_plan(document, COPY), document["model_file"], damage=damage or f"{NAME} is lost"), damage
    return None, damage


def _plan(document: Json, name: str) -> Plan:
    try:
        return Plan.from_document(document["plan"])
    except BadInputFile as error:
        raise Damaged(f"{name} is damaged: {error}") from error


def _lists_all(plan: Plan, document: Json) -> bool:
    wanted = [(shard.name, shard.count) for shard in plan.shards()]
    return document["images"] == str(plan.count) and [(s["name"], s["images"]) for s in document["shards"]] == wanted


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
    write(storage, shard.stats, sealed(document))


def read_stats(storage: Storage, plan: Plan, shard: Shard) -> Json | None:
    """The stats of a shard, with `sha256` of their file; None where they are missing, damaged or of another shard."""
    data = read(storage, shard.stats)
    if data is None:
        return None
    try:
        stats, _ = opened(data, shard.stats, STATS_RECORD)
    except BadInputFile:
        return None
    return {**stats, "sha256": digest(data)} if _fits(plan, shard, stats) else None


def _fits(plan: Plan, shard: Shard, stats: Json) -> bool:
    """Whether stats are those of this shard of this plan, and name files that it has: none of any other place."""
    files, pieces, layout = stats["files"], stats["pieces"], plan.layout
    whose = [stats[name] for name in ("plan_sha256", "shard", "images", "first")]
    count = 2 * -(-shard.count // layout.sheet**2) if layout.sheet else shard.count  # of a sheet it and its description
    pictures = [name for name in files if name != shard.signatures]
    in_folder = layout.format in FOLDERS
    return (
        whose == [plan.sha256, shard.number, shard.count, str(shard.first)]
        and len(pictures) == (count if in_folder else 1)
        and all(_is_of(plan, shard, name) for name in pictures)
        and len(files) - len(pictures) == layout.signatures
        and stats["bytes"] == sum(file["bytes"] for file in files.values())
        and pieces["count"] == count
        and count * pieces["smallest"] <= pieces["bytes"] <= count * pieces["largest"]
        and ("identities" in stats) == (plan.identities is not None)
    )


def _is_of(plan: Plan, shard: Shard, name: str) -> bool:
    """Whether a file's name is one that the shard's pictures could have."""
    if plan.layout.format in FOLDERS:
        return is_piece(name) and name.startswith(shard.name + "/")
    return name == shard_file(plan, shard)


def plans_of_stats(storage: Storage) -> dict[str, tuple[str, str]]:
    """Of every file of stats in an output that can be read: its name -> SHA-256 of its plan, and of itself."""
    found: dict[str, tuple[str, str]] = {}
    for name in storage.names():
        if (number := STATS.fullmatch(name)) is None:
            continue
        with suppress(BadInputFile):
            data = read(storage, name) or b""
            stats, _ = opened(data, name, STATS_RECORD)
            if stats["shard"] == int(number[1]):
                found[name] = (stats["plan_sha256"], digest(data))
    return found


def is_finished(storage: Storage, plan: Plan, shard: Shard, size: Callable[[str], int | None]) -> bool:
    """Whether a shard is there: its stats say so, and every file is as long as they say. `audit` looks at the bytes.

    Args:
        size: bytes of a file, or None (`Target.sizes`).
    """
    stats = read_stats(storage, plan, shard) if size(shard.stats) else None
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
