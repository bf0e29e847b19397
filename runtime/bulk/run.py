"""One bulk run on this machine: begun or resumed, drawn, finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.files import make_folder
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.census import Census
from ganrt.runtime.bulk.formats import open_format
from ganrt.runtime.bulk.identities import read_mapping, write_mapping
from ganrt.runtime.bulk.manifest import (
    NAME,
    differences,
    in_short,
    is_finished,
    read_manifest,
    read_stats,
    write_manifest,
    write_stats,
)
from ganrt.runtime.bulk.pipeline import Drawer, draw_shards
from ganrt.runtime.bulk.plan import Item, Json, Plan, Shard, item
from ganrt.runtime.bulk.storage import LocalStorage, Storage, read
from ganrt.runtime.bulk.unique import count_near_duplicates


@dataclass(frozen=True)
class Options:
    """How a run deals with what is there.

    Attributes:
        resume: whether to go on with an unfinished run of the same plan.
        force: whether to remove another run's output first, where `resume` is not set.
    """

    resume: bool = True
    force: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run did: shards in all, shards drawn now, pictures drawn now."""

    shards: int
    drawn_shards: int
    drawn_images: int


def run(
    plan: Plan,
    folder: Path,
    drawer: Drawer,
    options: Options,
    census: Census | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Outcome:
    """Draws what the plan asks for and is not there yet.

    Args:
        census: the identities that the plan's facts are about, if it has any.
        progress: called with the number of pictures that are there.

    Raises:
        OutputFailed: the folder holds something else, is in use, or cannot be written; what was finished stays.
    """
    open_format(plan)
    drawer.draw([item(0, 0)])  # options that make no sense, and missing packages, are told before anything is made
    make_folder(folder)
    with lock.locked(folder):
        storage = LocalStorage(folder)
        _begin(storage, plan, options, census)
        pending = [shard for shard in plan.shards() if not is_finished(storage, shard)]
        missing = sum(shard.count for shard in pending)
        there = plan.count - missing
        draw(plan, pending, drawer, storage, lambda written: progress(there + written))
        if pending or not _is_complete(storage):
            finish(storage, plan)
    return Outcome(plan.shard_count, len(pending), missing)


def draw(
    plan: Plan,
    shards: Iterable[Shard],
    drawer: Drawer,
    storage: Storage,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Draws shards into the storage, whatever is there, each with its stats: the work of one worker."""

    def items(shard: Shard) -> Iterable[Item]:
        return plan.items(shard) if plan.identities is None else read_mapping(storage, shard)

    def done(shard: Shard, files: dict[str, Json], sizes: list[int]) -> None:
        mapping = None if plan.identities is None else read(storage, shard.identities)
        write_stats(storage, shard, files, sizes, mapping)

    draw_shards(plan, shards, items, drawer, storage, done, progress)


def finish(storage: Storage, plan: Plan) -> None:
    """Writes the manifest of a finished run.

    Raises:
        OutputFailed: a shard is missing: somebody else removed it.
    """
    entries = []
    for shard in plan.shards():
        stats = read_stats(storage, shard)
        if stats is None:
            raise OutputFailed(f"shard {shard.name} vanished while the run went on: the same command draws it again")
        entries.append(in_short(shard, stats))
    extra = {"near_duplicates": count_near_duplicates(storage, plan)} if plan.layout.signatures else None
    write_manifest(storage, plan, entries, extra)


def _is_complete(storage: Storage) -> bool:
    manifest = read_manifest(storage)
    return manifest is not None and manifest.get("complete") is True


def _begin(storage: LocalStorage, plan: Plan, options: Options, census: Census | None) -> None:
    """Settles with what is there, and leaves a folder with this plan's manifest and mapping."""
    storage.tidy()
    manifest = read_manifest(storage)
    if manifest is not None and not options.resume:
        _clear(storage, manifest, options.force)
        manifest = None
    if manifest is not None:
        _compare(storage, manifest, plan)
    else:
        _check_empty(storage)
        write_manifest(storage, plan)
    if census is not None:
        write_mapping(census, plan, storage)


def _compare(storage: LocalStorage, manifest: Json, plan: Plan) -> None:
    found = differences(manifest["plan"], plan.document())
    if found:
        more = f"\n(and {len(found) - 2} more)" if len(found) > 2 else ""
        raise OutputFailed(
            f"{storage.root} holds another run: {'; '.join(found[:2])}{more}\n"
            "give another --output, or --no-resume --force to remove that run and draw everything anew"
        )


def _check_empty(storage: LocalStorage) -> None:
    foreign = next((name for name in storage.names() if name != lock.NAME), None)
    if foreign is not None:
        raise OutputFailed(
            f"{storage.root} is not empty ({foreign}) and holds no run: give another --output, or an empty folder"
        )


def _clear(storage: LocalStorage, manifest: Json, force: bool) -> None:
    """Removes another run's output, and nothing else."""
    if not force:
        raise OutputFailed(
            f"{storage.root} holds a run already: give --force as well to remove it, or another --output"
        )
    try:
        old = Plan.from_document(manifest["plan"])
    except BadInputFile as error:
        raise OutputFailed(f"{storage.root} holds what may be a run: {error}\nremove it yourself") from error
    for shard in old.shards():  # the manifest last: without it this would be a folder of foreign files
        for name in (shard.stats, shard.signatures, shard.identities, *shard_files(old, shard)):
            storage.remove(name)
    storage.remove("identities")
    storage.remove(NAME)


def shard_files(plan: Plan, shard: Shard) -> tuple[str, ...]:
    """What a shard leaves beside its stats: its file or folder, without asking for the format's package."""
    endings = {"webdataset": ".tar", "parquet": ".parquet", "npy": ".npy"}
    return (shard.name + endings.get(plan.layout.format, ""),)
