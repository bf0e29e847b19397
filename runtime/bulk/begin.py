"""How a run settles with what is in its output: nothing, an unfinished run of the same plan, or something else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from ganrt.errors import BadInputFile, OutputFailed, UsageError
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.census import Census
from ganrt.runtime.bulk.clearing import check_empty, clear
from ganrt.runtime.bulk.describe import aligned
from ganrt.runtime.bulk.going_on import advice
from ganrt.runtime.bulk.identities import write_mapping
from ganrt.runtime.bulk.manifest import (
    Manifest,
    differences,
    find_manifest,
    is_settled,
    plans_of_stats,
    write_manifest,
)
from ganrt.runtime.bulk.names import NAME
from ganrt.runtime.bulk.plan import Plan, Shard
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
def begun(
    target: Target, wanted: Manifest, options: Options, census: Census | None, part: Part | None
) -> Iterator[Manifest]:
    """Leaves an output with this plan's manifest and mapping, and holds it, or this part of it.

    Yields what is known of the run now: of one that goes on, its plan in its own words.

    Raises:
        OutputFailed: it holds something else, or another process works on it.
    """
    with ExitStack() as whole, ExitStack() as mine:
        whole.enter_context(target.locked(patience_s=PATIENCE_S if part else 0))
        if part is not None:
            _check_numbering(target, part)
            mine.enter_context(target.locked(part.lock))
        elif held := target.held():
            raise OutputFailed(f"{target.place}: parts of a run are being drawn here ({held[0]}): wait for their end")
        else:
            target.tidy()  # not for a part: what looks left over may be another part's work
        manifest = _settle(target, wanted, options, census)
        if part is not None:
            whole.close()  # the other parts may begin
        yield manifest


def _check_numbering(target: Target, part: Part) -> None:
    """Raises OutputFailed if parts of another number of parts are under way: shards would be drawn twice."""
    others = [name for name in target.held() if not name.endswith(f"-of-{part.of}")]
    if others:
        raise OutputFailed(
            f"{target.place}: --part {part.number}/{part.of}, but the parts that are being drawn here are counted "
            f"otherwise ({others[0]})\ngive the same n to all of them, or wait for their end"
        )


def _settle(storage: Target, wanted: Manifest, options: Options, census: Census | None) -> Manifest:
    there, damage = find_manifest(storage)
    if there is not None and options.resume:
        _compare(storage, there.plan, wanted.plan)
        wanted = replace(wanted, plan=there.plan, model_file=there.model_file or wanted.model_file)
        write_anew = not there.complete and not is_settled(storage, there)
    elif options.resume:
        _check_plan(storage, wanted.plan, damage)
        write_anew = True
    else:
        clear(storage, there, damage, options.force)
        write_anew = True
    if write_anew:
        write_manifest(storage, wanted)
    if census is not None:
        write_mapping(census, wanted.plan, storage)
    return wanted


def _compare(storage: Target, there: Plan, wanted: Plan) -> None:
    told = {**wanted.document(), "generator": aligned(there.generator, wanted.generator)}
    found = differences(there.document(), told)
    if found:
        more = f"\n(and {len(found) - 2} more)" if len(found) > 2 else ""
        raise OutputFailed(
            f"{storage.place} holds another run: {'; '.join(found[:2])}{more}\n{advice(there.document(), told)}"
            "give another --output, or --no-resume --force to remove that run and draw everything anew"
        )


def _check_plan(storage: Target, plan: Plan, damage: str) -> None:
    """Of an output without a manifest that says anything: it is empty, or its shards say that they are this plan's."""
    plans = plans_of_stats(storage)
    if not plans and damage:
        raise BadInputFile(
            f"{storage.place}: {damage}, and no shard there says what was drawn\n"
            "give another --output, or --no-resume --force to remove what is called like a run's and draw it anew"
        )
    if not plans:
        check_empty(storage)
    elif {plan_sha256 for plan_sha256, _ in plans.values()} != {plan.sha256}:
        raise OutputFailed(
            f"{storage.place} holds shards of another run, whose {NAME} is {'damaged' if damage else 'lost'}\n"
            "give the options that it was drawn with: the manifest is written anew from them; or another --output, or "
            "--no-resume --force to remove those shards and draw everything anew"
        )
