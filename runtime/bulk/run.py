"""One bulk run: begun or resumed, drawn (here or by an `Executor`), finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ganrt.errors import OutputFailed
from ganrt.runtime.bulk.begin import PATIENCE_S, Options, Part, begun
from ganrt.runtime.bulk.census import Census, read_mapping
from ganrt.runtime.bulk.describe import model_file
from ganrt.runtime.bulk.formats import open_format
from ganrt.runtime.bulk.manifest import (
    Manifest,
    find_manifest,
    in_short,
    is_finished,
    is_settled,
    read_stats,
    write_manifest,
    write_stats,
)
from ganrt.runtime.bulk.pipeline import Drawer, draw_shards
from ganrt.runtime.bulk.plan import Item, Plan, Shard, item
from ganrt.runtime.bulk.records import Json
from ganrt.runtime.bulk.remote import open_target
from ganrt.runtime.bulk.storage import Storage, Target, read
from ganrt.runtime.bulk.unique import count_near_duplicates

Progress = Callable[[int], object]  # called with the number of pictures drawn
Executor = Callable[[Plan, Sequence[Shard], Target, Progress], None]  # draws these shards into the target
_READERS = 16  # threads that ask what is there: of a store every question is a journey


@dataclass(frozen=True)
class Outcome:
    """What a run did: shards of the plan or part, those drawn now, pictures drawn now; shards that others must draw."""

    shards: int
    images: int
    drawn_shards: int
    drawn_images: int
    left: int
    complete: bool


def run(
    plan: Plan,
    output: str | Path,
    drawer: Drawer,
    options: Options,
    census: Census | None = None,
    progress: Progress = lambda _: None,
    executor: Executor | None = None,
    part: Part | None = None,
) -> Outcome:
    """Draws what the plan asks for and is not there yet.

    Args:
        output: a folder, or an address that fsspec opens (`open_target`).
        census: the identities that the plan's facts are about, if it has any.
        progress: called with the number of pictures that are there.
        executor: who draws; None: `drawer`, in this process.
        part: draw this part's shards alone. The part that finds all shards there finishes the run.

    Raises:
        OutputFailed: the output holds something else, is in use, or cannot be written; what was finished stays.
    """
    target = open_target(output)
    open_format(plan)
    drawer.draw([item(0, 0)])  # options that make no sense, and missing packages, are told before anything is made
    target.prepare()
    wanted = Manifest(plan, model_file(drawer.generator, target))
    with begun(target, wanted, options, census, part) as manifest:
        plan = manifest.plan
        mine = [shard for shard in plan.shards() if part is None or part.has(shard)]
        pending = _unfinished(target, plan, mine)
        images, missing = (sum(shard.count for shard in shards) for shards in (mine, pending))
        execute = executor or partial(_draw_here, drawer)
        execute(plan, pending, target, lambda written: progress(images - missing + written))
        if part is None and (pending or not _is_complete(target)):
            target.tidy()
            finish(target, manifest)
    left, complete = (0, True) if part is None else _finish_parts(target, manifest)
    return Outcome(len(mine), images, len(pending), missing, left, complete)


def _finish_parts(target: Target, manifest: Manifest) -> tuple[int, bool]:
    """Finishes the run if no part is left; how many shards are missing, and whether it is finished.

    The last part to get here finds all shards.
    """
    with target.locked(patience_s=PATIENCE_S):
        left = len(_unfinished(target, manifest.plan, list(manifest.plan.shards())))
        if left or target.held():
            return left, False
        if not _is_complete(target):
            target.tidy()
            finish(target, manifest)
        return 0, True


def _is_complete(target: Target) -> bool:
    """Whether the manifest of a finished run is there, with its seal and its copy."""
    manifest, _ = find_manifest(target)
    return manifest is not None and manifest.complete and is_settled(target, manifest)


def _unfinished(target: Target, plan: Plan, shards: Sequence[Shard]) -> list[Shard]:
    """Those shards that are not there yet, in order."""
    sizes = target.sizes()
    with ThreadPoolExecutor(_READERS, "ganrt-look") as pool:
        finished = pool.map(lambda shard: is_finished(target, plan, shard, sizes), shards)
        return [shard for shard, there in zip(shards, finished, strict=True) if not there]


def _draw_here(drawer: Drawer, plan: Plan, shards: Sequence[Shard], target: Target, progress: Progress) -> None:
    draw(plan, shards, drawer, target, progress)


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
        write_stats(storage, plan, shard, files, sizes, mapping)

    draw_shards(plan, shards, items, drawer, storage, done, progress)


def finish(storage: Storage, manifest: Manifest) -> None:
    """Writes the manifest of a finished run: all shards, beside what `manifest` says of the plan and the model.

    Raises:
        OutputFailed: a shard is missing: somebody else removed it.
    """
    entries, plan = [], manifest.plan
    for shard in plan.shards():
        stats = read_stats(storage, plan, shard)
        if stats is None:
            raise OutputFailed(f"shard {shard.name} vanished while the run went on: the same command draws it again")
        entries.append(in_short(shard, stats))
    alike = count_near_duplicates(storage, plan) if plan.layout.signatures else None
    write_manifest(storage, Manifest(plan, manifest.model_file, entries, alike))
