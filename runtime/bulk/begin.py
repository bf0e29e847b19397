"""How a run settles with what is in its output: nothing, an unfinished run of the same plan, or something else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ganrt.errors import BadInputFile, OutputFailed, UsageError
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.census import Census
from ganrt.runtime.bulk.identities import write_mapping
from ganrt.runtime.bulk.manifest import NAME, differences, read_manifest, write_manifest
from ganrt.runtime.bulk.plan import Json, Plan, Shard
from ganrt.runtime.bulk.storage import Target

PATIENCE_S = 600  # while another part begins or ends: it may have a large file of identities to go through


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
class Part:
    """One of several runs that share a plan's shards: the `number`-th of `of`, from 1."""

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise UsageError(f"--part {self.number}/{self.of}: expected 1/{self.of} to {self.of}/{self.of}")

    def has(self, shard: Shard) -> bool:
        """Whether a shard is this part's: every `of`-th is."""
        return shard.number % self.of == self.number - 1

    @property
    def lock(self) -> str:
        """The name of the lock that is held while it is drawn."""
        return f"{lock.NAME}-{self.number}-of-{self.of}"


@contextmanager
def begun(target: Target, plan: Plan, options: Options, census: Census | None, part: Part | None) -> Iterator[None]:
    """Leaves an output with this plan's manifest and mapping, and holds it, or this part of it.

    Raises:
        OutputFailed: it holds something else, or another process works on it.
    """
    with ExitStack() as whole, ExitStack() as mine:
        whole.enter_context(target.locked(patience_s=PATIENCE_S if part else 0))
        if part is not None:
            mine.enter_context(target.locked(part.lock))
        elif held := target.held():
            raise OutputFailed(f"{target.place}: parts of a run are being drawn here ({held[0]}): wait for their end")
        else:
            target.tidy()  # not for a part: what looks left over may be another part's work
        _settle(target, plan, options, census)
        if part is not None:
            whole.close()  # the other parts may begin
        yield


def _settle(storage: Target, plan: Plan, options: Options, census: Census | None) -> None:
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


def _compare(storage: Target, manifest: Json, plan: Plan) -> None:
    found = differences(manifest["plan"], plan.document())
    if found:
        more = f"\n(and {len(found) - 2} more)" if len(found) > 2 else ""
        raise OutputFailed(
            f"{storage.place} holds another run: {'; '.join(found[:2])}{more}\n"
            "give another --output, or --no-resume --force to remove that run and draw everything anew"
        )


def _check_empty(storage: Target) -> None:
    foreign = next((name for name in storage.names() if not name.startswith(lock.NAME)), None)
    if foreign is not None:
        raise OutputFailed(
            f"{storage.place} is not empty ({foreign}) and holds no run: give another --output, or an empty folder"
        )


def _clear(storage: Target, manifest: Json, force: bool) -> None:
    """Removes another run's output, and nothing else."""
    if not force:
        raise OutputFailed(
            f"{storage.place} holds a run already: give --force as well to remove it, or another --output"
        )
    try:
        old = Plan.from_document(manifest["plan"])
    except BadInputFile as error:
        raise OutputFailed(f"{storage.place} holds what may be a run: {error}\nremove it yourself") from error
    for shard in old.shards():  # the manifest last: without it this would be a folder of foreign files
        for name in (shard.stats, shard.signatures, shard.identities, *shard_files(old, shard)):
            storage.remove(name)
    if next(iter(storage.names("identities")), None) is None:  # else somebody's own files are in it
        storage.remove("identities")
    storage.remove(NAME)


def shard_files(plan: Plan, shard: Shard) -> tuple[str, ...]:
    """What a shard leaves beside its stats: its file or folder, without asking for the format's package."""
    endings = {"webdataset": ".tar", "parquet": ".parquet", "npy": ".npy"}
    return (shard.name + endings.get(plan.layout.format, ""),)
