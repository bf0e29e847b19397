"""How a run settles with what is in its output: nothing, an unfinished run of the same plan, or something else, which
is refused with the options that would go on with it, or removed.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from ganrt.errors import BadInputFile, OutputFailed, UsageError
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.census import Census, write_mapping
from ganrt.runtime.bulk.describe import aligned
from ganrt.runtime.bulk.manifest import (
    Manifest,
    differences,
    find_manifest,
    flat,
    is_settled,
    plans_of_stats,
    write_manifest,
)
from ganrt.runtime.bulk.plan import COPY, NAME, STATS, Plan, Shard, is_a_runs, is_piece, is_unfinished, shard_file
from ganrt.runtime.bulk.records import Json
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


_ASKED = {
    "pictures": ("seeds", "count", "seed", "start"),
    "generator": ("device", "backend", "precision"),
    "drawing": ("psi", "mode", "threshold", "statistics_truncation", "class", "set", "set_z"),
    "layout": (
        *("format", "picture", "quality", "shard_size", "sheet", "signatures", "background", "zoom", "size", "mask"),
    ),
}
_OTHERWISE = {"psi": "truncation", "mode": "truncation-mode", "picture": "encode", "signatures": "unique"}
_OPTIONS = {
    f"{part}.{name}": "--" + _OTHERWISE.get(name, name).replace("_", "-")
    for part, names in _ASKED.items()
    for name in names
}
_FOLLOWING = {  # what differs because something else does, and no option asks for
    "generator.backend": ("generator.form", "generator.batch_sizes", "generator.versions."),
    "generator.precision": ("generator.form", "generator.batch_sizes"),
    "drawing.psi": ("drawing.law",),
    "drawing.mode": ("drawing.law",),
    "drawing.threshold": ("drawing.law",),
    "layout.format": ("layout.picture", "layout.quality", "layout.sheet", "generator.versions.pyarrow"),
    "layout.picture": ("layout.quality",),
    "pictures.seeds": ("pictures.count", "pictures.seed", "pictures.start"),
}
_OF_TUNING = {"generator.form", "generator.batch_sizes"}
_TUNED = "it was drawn as ganrt tune had chosen then, and no option brings a choice back\n"
_OWN = {"generator.versions.ganrt", "generator.versions.numpy", "generator.versions.opencv-python"}


def advice(there: Json, wanted: Json) -> str:
    """A line that says which options go on with what is there; "" where none do.

    A tuned choice is not to be had by naming its backend: that takes the plain graph (`docs/tune.md`).

    Args:
        there, wanted: plans as JSON.
    """
    old, new = dict(flat(there)), dict(flat(wanted))
    other = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    following = tuple(begin for name in other for begin in _FOLLOWING.get(name, ()))
    asked = [name for name in _OPTIONS if name in other and not _follows(name, following, old)]
    others = other.difference(asked)
    engine = {"generator.backend", "generator.precision"} & set(asked)
    if not all(name.startswith(following) and name not in _OWN for name in others):
        return _TUNED if others <= _OF_TUNING else ""
    if engine and old.get("generator.form") != "plain":
        return _TUNED
    if engine:  # `auto` would take what was tuned
        asked = list(dict.fromkeys([*asked, "generator.backend"]))
    return "to go on with that run: " + " ".join(_option(_OPTIONS[name], old.get(name)) for name in asked) + "\n"


def _follows(name: str, following: tuple[str, ...], old: Json) -> bool:
    """Whether an option is not to be named: its value is the default of what is named, or it excludes that."""
    of_seeds = name.startswith("pictures.") and old.get("pictures.seeds") is not None
    return name in following and (old.get(name) in (None, "", "png") or of_seeds)


def _option(name: str, value: object) -> str:
    if value is True:
        return name
    if name == "--set" and value:
        return " ".join(f"--set {pair}" for pair in str(value).split())
    return f"without {name}" if value in (None, False, "") else f"{name} {shlex.quote(str(value))}"


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
