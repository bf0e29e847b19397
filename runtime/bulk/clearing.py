"""Removing the run that an output holds, and nothing else: only files that are called as a run's are."""

from __future__ import annotations

from ganrt.errors import OutputFailed
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.manifest import Manifest, plans_of_stats
from ganrt.runtime.bulk.names import COPY, NAME, STATS, is_a_runs, is_piece, is_unfinished
from ganrt.runtime.bulk.plan import Plan, shard_file
from ganrt.runtime.bulk.storage import Target


def owner(plan: Plan, name: str) -> int | None:
    """The number of the shard, of this plan or of a longer one, that a file is called like one of; None: of none."""
    first = name.partition("/")[0]
    number = (name.removeprefix("identities/") if first == "identities" else first).replace("_", ".").partition(".")[0]
    if not number.isdecimal() or not number.isascii() or len(number) < 5:
        return None
    shard = plan.shard(int(number[:20]))
    names = [shard.stats, shard.signatures, shard_file(plan, shard), *([shard.identities] if plan.identities else [])]
    of_folder = first == shard_file(plan, shard) and is_piece(name)
    return shard.number if name in names or of_folder else None


def belongs(plan: Plan, name: str) -> bool:
    """Whether a file is called like one of this plan's, or of a longer one's."""
    return name in (NAME, COPY) or is_unfinished(name) or owner(plan, name) is not None


def clear(storage: Target, manifest: Manifest | None, damage: str, force: bool) -> None:
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
    names = list(storage.names())
    mine = {name for name in names if (belongs(manifest.plan, name) if manifest else is_a_runs(name))}
    if other := next((name for name in names if name not in mine and is_a_runs(name)), None):
        raise OutputFailed(
            f"{storage.place} holds a run, and {other}, which is called like a run's file and is not of it\n"
            "nothing was removed: move that file, or give another --output"
        )
    shared = {name.partition("/")[0] for name in names if name not in mine}  # folders with somebody's own files
    doomed = {name if (top := name.partition("/")[0]) in shared else top for name in mine}
    for name in sorted(doomed, key=lambda name: (name == NAME, bool(STATS.fullmatch(name)), name)):
        storage.remove(name)  # what says that this is a run goes last: a kill leaves no folder of foreign files


def check_empty(storage: Target) -> None:
    """Raises OutputFailed for an output that holds anything; there is no run in it."""
    foreign = next((name for name in storage.names() if not name.startswith(lock.NAME)), None)
    if foreign is not None:
        raise OutputFailed(
            f"{storage.place} is not empty ({foreign}) and holds no run: give another --output, or an empty folder"
        )
