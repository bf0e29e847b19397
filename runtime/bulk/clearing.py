"""Removing the run that an output holds, and nothing else: only files that are called as a run's are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.manifest import NAME, plans_of_stats
from ganrt.runtime.bulk.names import STATS, is_a_runs, is_piece, is_unfinished
from ganrt.runtime.bulk.plan import Json, Plan, Shard
from ganrt.runtime.bulk.storage import Target

_ENDINGS = {"webdataset": ".tar", "parquet": ".parquet", "npy": ".npy"}


def shard_files(plan: Plan, shard: Shard) -> tuple[str, ...]:
    """What a shard leaves beside its stats: its file or folder, without asking for the format's package."""
    return (shard.name + _ENDINGS.get(plan.layout.format, ""),)


def belongs(plan: Plan, name: str) -> bool:
    """Whether a file is called like one of this plan's, or of a longer one's."""
    first = name.partition("/")[0]
    if name == NAME or is_unfinished(name):
        return True
    if first == "identities":
        part = name.removeprefix("identities/").removesuffix(".csv")
        return plan.identities is not None and part.isdecimal() and name == plan.shard(int(part)).identities
    number = first.replace("_", ".").partition(".")[0]
    if not number.isdecimal() or len(number) < 5:
        return False
    shard = plan.shard(int(number))
    return name in (shard.stats, shard.signatures, *shard_files(plan, shard)) or (
        first in shard_files(plan, shard) and is_piece(name)
    )


def clear(storage: Target, manifest: Json | None, damage: str, force: bool) -> None:
    """Removes the run that is there, if one is; files of other names stay.

    Args:
        manifest, damage: what is there; what is wrong with it, if it cannot be read.

    Raises:
        OutputFailed: there is a run, and `force` is not given; or there is something else.
    """
    if manifest is None and not damage and not plans_of_stats(storage):
        check_empty(storage)
        return
    if not force:
        raise OutputFailed(
            f"{storage.place} holds a run already: give --force as well to remove it, or another --output"
        )
    names, own = list(storage.names()), _own(manifest)
    mine = set(filter(own, names))
    if other := next((name for name in names if name not in mine and is_a_runs(name)), None):
        raise OutputFailed(
            f"{storage.place} holds a run, and {other}, which is called like a run's file and is not of it\n"
            "nothing was removed: move that file, or give another --output"
        )
    shared = {name.partition("/")[0] for name in names if name not in mine}  # folders with somebody's own files
    doomed = {name if (top := name.partition("/")[0]) in shared else top for name in mine}
    for name in sorted(doomed, key=lambda name: (name == NAME, bool(STATS.fullmatch(name)), name)):
        storage.remove(name)  # what says that this is a run goes last: a kill leaves no folder of foreign files


def _own(manifest: Json | None) -> Callable[[str], bool]:
    """Which names are the run's: those of its plan, or, where that cannot be read, of any."""
    if manifest is not None:
        with suppress(BadInputFile):
            return partial(belongs, Plan.from_document(manifest["plan"]))
    return is_a_runs


def check_empty(storage: Target) -> None:
    """Raises OutputFailed for an output that holds anything; there is no run in it."""
    foreign = next((name for name in storage.names() if not name.startswith(lock.NAME)), None)
    if foreign is not None:
        raise OutputFailed(
            f"{storage.place} is not empty ({foreign}) and holds no run: give another --output, or an empty folder"
        )
