"""What a finished (or unfinished) output lacks, has too much of, or has damaged; and how it is mended."""

from __future__ import annotations

import hashlib
import os
import random
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.clearing import belongs, shard_files
from ganrt.runtime.bulk.comparison import Comparison
from ganrt.runtime.bulk.formats import ShardFormat, open_format
from ganrt.runtime.bulk.identities import read_mapping
from ganrt.runtime.bulk.manifest import NAME, Damaged, in_short, plans_of_stats, read_manifest, read_stats
from ganrt.runtime.bulk.names import is_piece, is_unfinished
from ganrt.runtime.bulk.pipeline import Drawer, in_order
from ganrt.runtime.bulk.plan import Item, Json, Plan, Shard
from ganrt.runtime.bulk.run import draw, finish
from ganrt.runtime.bulk.storage import Storage, Target

MISSING, DAMAGED, SURPLUS, OTHER, UNFINISHED = "missing", "damaged", "surplus", "another picture", "unfinished"
_SAMPLED_SHARDS, _SAMPLE = 4, 64  # shards, and pictures of each, that are drawn again unless all are
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Finding:
    """Something wrong: `kind` (one of the words above), the file, and the shard to draw again, if that mends it."""

    kind: str
    name: str
    shard: int | None = None


@dataclass
class Audit:
    """What was looked at and found; `foreign` files are somebody else's, and nobody's fault."""

    findings: list[Finding] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    drawn_again: int = 0

    def add(self, kind: str, name: str, shard: Shard | None = None) -> None:
        """Notes a finding."""
        self.findings.append(Finding(kind, name, shard.number if shard else None))

    def merge(self, other: Audit) -> None:
        """Adds what another audit found."""
        self.findings += other.findings
        self.files += other.files
        self.bytes += other.bytes

    @property
    def bad_shards(self) -> list[int]:
        """The shards to draw again, in order."""
        return sorted({finding.shard for finding in self.findings if finding.shard is not None})

    @property
    def unmapped_shards(self) -> set[int]:
        """Those that cannot be drawn again here: only the file of identities says of whom their pictures are."""
        return {f.shard for f in self.findings if f.shard is not None and f.name.startswith("identities/")}

    @property
    def undrawn(self) -> int:
        """How many shards an unfinished run has not drawn yet."""
        return sum(finding.kind == UNFINISHED and finding.shard is not None for finding in self.findings)


def read_plan(storage: Target) -> tuple[Plan, Json]:
    """The plan of the run in an output, and the whole manifest.

    Raises:
        BadInputFile: there is none, or it is damaged.
    """
    try:
        manifest = read_manifest(storage)
    except Damaged as error:
        raise BadInputFile(
            f"{storage.place}: {error}\n"
            "the ganrt generate command that drew the run writes it anew, and keeps the shards"
        ) from error
    if manifest is None:
        lost = "; if it is lost, the command that drew the run writes it anew" if plans_of_stats(storage) else ""
        raise BadInputFile(
            f"{storage.place} holds no run: expected a folder with a {NAME}, written by ganrt generate --format{lost}"
        )
    return Plan.from_document(manifest["plan"]), manifest


def check_files(storage: Target, plan: Plan, manifest: Json, progress: Callable[[int], object]) -> Audit:
    """Reads every file and compares its hash; names files that no shard has.

    A file that none of the run's is called like is foreign; what is called like one, such as a shard beyond the last or
    what a killed run left unfinished, is surplus.

    Args:
        progress: called with the number of shards looked at.
    """
    audit, expected = Audit(), {NAME}
    if not manifest.get("complete"):
        audit.add(UNFINISHED, NAME)
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers, "ganrt-audit") as pool:  # hashing and reading release Python's lock
        look = partial(_check_shard, storage, plan, manifest)
        for done, (found, names) in enumerate(in_order(look, plan.shards(), pool, 2 * workers), 1):
            audit.merge(found)
            expected |= names
            progress(done)
    for name in storage.names():
        if name in expected or name.startswith(lock.NAME):
            continue
        if belongs(plan, name):
            under_way = is_unfinished(name) and not manifest.get("complete")
            audit.add(UNFINISHED if under_way else SURPLUS, name)
        else:
            audit.foreign.append(name)
    return audit


def _check_shard(storage: Storage, plan: Plan, manifest: Json, shard: Shard) -> tuple[Audit, set[str]]:
    """What is wrong with a shard, and the names of its files."""
    audit, expected, stats = Audit(), {shard.stats}, read_stats(storage, shard)
    listed = manifest.get("shards") or []
    if stats is None:
        kind = MISSING if manifest.get("complete") else UNFINISHED
        audit.add(kind if storage.size(shard.stats) is None else DAMAGED, shard.stats, shard)
        expected |= _below(storage, plan, shard)
    else:
        if manifest.get("complete") and listed[shard.number : shard.number + 1] != [in_short(shard, stats)]:
            audit.add(DAMAGED, shard.stats, shard)
        for name, file in stats["files"].items():
            expected.add(name)
            _check_file(storage, name, file, shard, audit)
    if plan.identities is not None:
        expected.add(shard.identities)
        _check_mapping(storage, shard, stats, audit)
    return audit, expected


def check_pictures(storage: Target, plan: Plan, drawer: Drawer, everything: bool, audit: Audit) -> None:
    """Draws pictures again and compares their bytes: all of them, or the first 64 of a few shards.

    Args:
        everything: all pictures, not a sample.
        audit: where to note what was found; shards that are known to be bad are passed over.
    """
    form = open_format(plan)
    sound = [shard for shard in plan.shards() if shard.number not in audit.bad_shards]
    if not everything:
        sound = random.Random(plan.count).sample(sound, min(_SAMPLED_SHARDS, len(sound)))
    for shard in sound:
        stats = read_stats(storage, shard)
        if stats is None:
            continue
        items = list(plan.items(shard) if plan.identities is None else read_mapping(storage, shard))
        piece = form.piece or 1
        sample = items if everything or not form.grows else items[: -(-_SAMPLE // piece) * piece]
        for name in _different(storage, form, shard, sample, drawer):
            audit.add(OTHER, name, shard)
        audit.drawn_again += len(sample)


def repair(storage: Target, plan: Plan, drawer: Drawer, audit: Audit) -> list[str]:
    """Draws the shards again that have findings, and removes surplus files; the rest is not touched.

    Returns:
        the names of what was mended: of all but the shards whose part of the mapping is gone or damaged.
    """
    with storage.locked():
        if held := storage.held():
            raise OutputFailed(f"{storage.place}: parts of a run are being drawn here ({held[0]}): wait for their end")
        storage.tidy()
        bad = [plan.shard(number) for number in audit.bad_shards if number not in audit.unmapped_shards]
        for finding in audit.findings:
            if finding.kind == SURPLUS:
                storage.remove(finding.name)
        for shard in bad:
            storage.remove(shard.stats)
        draw(plan, bad, drawer, storage)
        whole = not audit.unmapped_shards
        if whole:
            finish(storage, plan)
    mended = (f for f in audit.findings if f.shard not in audit.unmapped_shards and (whole or f.name != NAME))
    return sorted({finding.name for finding in mended})


def _check_file(storage: Storage, name: str, file: Json, shard: Shard, audit: Audit) -> None:
    if storage.size(name) is None:
        audit.add(MISSING, name, shard)
        return
    found = hashlib.sha256()
    with storage.open(name) as opened:
        while data := opened.read(_BLOCK):
            found.update(data)
            audit.bytes += len(data)
    audit.files += 1
    if found.hexdigest() != file["sha256"]:
        audit.add(DAMAGED, name, shard)


def _check_mapping(storage: Storage, shard: Shard, stats: Json | None, audit: Audit) -> None:
    told = (stats or {}).get("identities")
    if storage.size(shard.identities) is None:
        audit.add(MISSING, shard.identities, shard)
    elif told is not None:
        _check_file(storage, shard.identities, told, shard, audit)
    else:  # no hash of it was kept
        try:
            deque(read_mapping(storage, shard), 0)
        except BadInputFile:
            audit.add(DAMAGED, shard.identities, shard)


def _below(storage: Storage, plan: Plan, shard: Shard) -> set[str]:
    """The files of a shard whose stats are gone: they will be written anew, and are not surplus."""
    names = {*shard_files(plan, shard), *([shard.signatures] if plan.layout.signatures else [])}
    return names | {inner for name in shard_files(plan, shard) for inner in storage.names(name) if is_piece(inner)}


def _different(storage: Storage, form: ShardFormat, shard: Shard, items: list[Item], drawer: Drawer) -> Iterator[str]:
    """Names of files whose bytes are not those that are drawn now."""
    size = drawer.piece_size(form)
    sink = Comparison(storage)
    writer = form.open(sink, shard)
    try:
        for first in range(0, len(items), size):
            chunk = items[first : first + size]
            writer.add(form.encode(chunk, drawer.draw(chunk)))
        if len(items) == shard.count:
            writer.commit()
    finally:
        writer.abandon()
    yield from sorted(sink.different)
