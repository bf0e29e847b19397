"""What a finished (or unfinished) output lacks, has too much of, or has damaged; and how it is mended."""

from __future__ import annotations

import hashlib
import os
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.begin import belongs, owner
from ganrt.runtime.bulk.census import read_mapping
from ganrt.runtime.bulk.formats import ShardFormat, open_format
from ganrt.runtime.bulk.manifest import Manifest, find_manifest, in_short, plans_of_stats, read_stats
from ganrt.runtime.bulk.pipeline import Drawer, in_order
from ganrt.runtime.bulk.plan import COPY, NAME, STATS, Item, Plan, Shard, is_piece, is_unfinished, shard_file
from ganrt.runtime.bulk.records import Json
from ganrt.runtime.bulk.run import draw, finish
from ganrt.runtime.bulk.storage import NewFile, NewFolder, Storage, Target, read

MISSING, DAMAGED, SURPLUS, OTHER, UNFINISHED = "missing", "damaged", "surplus", "another picture", "unfinished"
_SAMPLED_SHARDS, _SAMPLE = 4, 64  # shards, and pictures of each, that are drawn again unless all are
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: `kind` (one of the words above), the file, and the shard to draw again, if that mends it."""

    kind: str
    name: str
    shard: int | None = None


@dataclass(frozen=True)
class Undrawn:
    """The shards that an unfinished run has not drawn yet; told by those that are there, for they may be a million.

    Attributes:
        there: numbers of the shards that are there, or have a part of the mapping.
    """

    plan: Plan
    there: frozenset[int]

    def __len__(self) -> int:
        return self.plan.shard_count - len(self.there)

    def __contains__(self, number: int | None) -> bool:
        return number is not None and 0 <= number < self.plan.shard_count and number not in self.there

    def __iter__(self) -> Iterator[Shard]:
        return (self.plan.shard(number) for number in range(self.plan.shard_count) if number not in self.there)

    def findings(self) -> Iterator[Finding]:
        """What is to be said of them: of a run by identities they lack their part of the mapping as well."""
        for shard in self:
            if self.plan.identities is not None:
                yield Finding(MISSING, shard.identities, shard.number)
            yield Finding(UNFINISHED, shard.stats, shard.number)


@dataclass
class Audit:
    """What was looked at and found; `foreign` files are somebody else's, and nobody's fault.

    Attributes:
        found: of what is there; `findings` tells of the undrawn shards as well.
    """

    undrawn: Undrawn
    found: list[Finding] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    drawn_again: int = 0

    def add(self, kind: str, name: str, shard: Shard | None = None) -> None:
        self.found.append(Finding(kind, name, shard.number if shard else None))

    def merge(self, other: Audit) -> None:
        self.found += other.found
        self.files += other.files
        self.bytes += other.bytes

    def findings(self) -> Iterator[Finding]:
        yield from self.found
        yield from self.undrawn.findings()

    @property
    def count(self) -> int:
        of_each = 1 if self.undrawn.plan.identities is None else 2
        return len(self.found) + of_each * len(self.undrawn)

    @property
    def is_sound_so_far(self) -> bool:
        """Whether nothing is wrong but that the run is not finished."""
        return all(finding.kind == UNFINISHED for finding in self.found)

    @property
    def bad(self) -> set[int]:
        """The shards with findings, but for those that are not drawn yet."""
        return {finding.shard for finding in self.found if finding.shard is not None}

    @property
    def unmapped(self) -> set[int]:
        """Those of them that cannot be drawn again here: only the file of identities says whose their pictures are."""
        return {f.shard for f in self.found if f.shard is not None and f.name.startswith("identities/")}

    @property
    def lacks_identities(self) -> bool:
        """Whether something is left that only the file of identities mends."""
        return bool(self.unmapped) or (self.undrawn.plan.identities is not None and len(self.undrawn) > 0)

    def to_draw(self) -> Iterator[Shard]:
        """The shards to draw again, in order."""
        plan, wanted = self.undrawn.plan, self.bad - self.unmapped
        if plan.identities is None and len(self.undrawn):
            return (plan.shard(k) for k in range(plan.shard_count) if k in wanted or k in self.undrawn)
        return map(plan.shard, sorted(wanted))


def read_run(storage: Target) -> Manifest:
    """What is known of the run in an output; of a lost or damaged manifest what its copy says.

    Raises:
        BadInputFile: there is none, or manifest and copy are damaged, or the shards are of another plan.
    """
    manifest, damage = find_manifest(storage)
    if manifest is None:
        lost = "; if it is lost, the command that drew the run writes it anew" if plans_of_stats(storage) else ""
        found = f"holds no run: expected a folder with a {NAME}, written by ganrt bulk run{lost}"
        mend = "\nthe ganrt bulk run command that drew the run writes it anew, and keeps the shards"
        raise BadInputFile(f"{storage.place}: {damage}{mend}" if damage else f"{storage.place} {found}")
    if not manifest.has_seal and _contradicted(storage, manifest):
        raise BadInputFile(
            f"{storage.place}: {NAME} and the stats of its shards name different plans: one of them is damaged\n"
            "the ganrt bulk run command that drew the run mends it"
        )
    return manifest


def _contradicted(storage: Target, manifest: Manifest) -> bool:
    """Whether all stats name another plan than a manifest without a seal; of a finished run those that it lists."""
    listed = {f"{entry['name']}_stats.json": entry["stats_sha256"] for entry in manifest.shards or ()}
    stats = plans_of_stats(storage)
    plans = [plan for name, (plan, sha256) in stats.items() if not manifest.complete or listed.get(name) == sha256]
    return bool(plans) and manifest.plan.sha256 not in plans


def check_files(storage: Target, manifest: Manifest, progress: Callable[[int], object]) -> Audit:
    """Reads every file and compares its hash; names files that no shard has.

    A file that none of the run's is called like is foreign; what is called like one, such as a shard beyond the last or
    what a killed run left unfinished, is surplus.

    Args:
        progress: called with the number of shards looked at.
    """
    plan, expected = manifest.plan, {NAME}
    names, workers = list(storage.names()), os.cpu_count() or 1
    audit = Audit(Undrawn(plan, _there(manifest, names)))
    _check_manifest(storage, manifest, audit)
    there = map(plan.shard, sorted(audit.undrawn.there))
    with ThreadPoolExecutor(workers, "ganrt-audit") as pool:  # hashing and reading release Python's lock
        look = partial(_check_shard, storage, manifest, audit.undrawn)
        for done, (found, of_shard) in enumerate(in_order(look, there, pool, 2 * workers), 1):
            audit.merge(found)
            expected |= of_shard
            progress(done)
    for name in names:
        if name in expected or name.startswith(lock.NAME) or (name == COPY and manifest.has_seal):
            continue
        if not belongs(plan, name):
            audit.foreign.append(name)
        elif is_unfinished(name) and not manifest.complete:
            audit.add(UNFINISHED, name)
        elif owner(plan, name) not in audit.undrawn:
            audit.add(SURPLUS, name)
    return audit


def _check_manifest(storage: Storage, manifest: Manifest, audit: Audit) -> None:
    if manifest.damage:
        audit.add(MISSING if storage.size(NAME) is None else DAMAGED, NAME)
    elif not manifest.complete:
        audit.add(UNFINISHED, NAME)
    if manifest.has_seal and read(storage, COPY) != manifest.copy_data():
        audit.add(MISSING if storage.size(COPY) is None else DAMAGED, COPY)


def _there(manifest: Manifest, names: Iterable[str]) -> frozenset[int]:
    """The numbers of the shards to look at: of a finished run all, else those of which there is a file."""
    plan = manifest.plan
    if manifest.complete:
        return frozenset(range(plan.shard_count))
    numbers = {owner(plan, name) for name in names if STATS.fullmatch(name) or name.startswith("identities/")}
    return frozenset(number for number in numbers if number is not None and number < plan.shard_count)


def _check_shard(storage: Storage, manifest: Manifest, undrawn: Undrawn, shard: Shard) -> tuple[Audit, set[str]]:
    """What is wrong with a shard, and the names of its files."""
    plan, listed = manifest.plan, manifest.shards
    audit, expected, stats = Audit(undrawn), {shard.stats}, read_stats(storage, manifest.plan, shard)
    if stats is None:
        kind = MISSING if listed is not None else UNFINISHED
        audit.add(kind if storage.size(shard.stats) is None else DAMAGED, shard.stats, shard)
        expected |= _below(storage, plan, shard)
    else:
        if listed is not None and listed[shard.number] != in_short(shard, stats):
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
    sound = sorted(audit.undrawn.there - audit.bad)
    if not everything:
        sound = random.Random(plan.count).sample(sound, min(_SAMPLED_SHARDS, len(sound)))
    for shard in map(plan.shard, sound):
        if read_stats(storage, plan, shard) is None:
            continue
        items = list(plan.items(shard) if plan.identities is None else read_mapping(storage, shard))
        piece = form.piece or 1
        sample = items if everything or not form.grows else items[: -(-_SAMPLE // piece) * piece]
        for name in _different(storage, form, shard, sample, drawer):
            audit.add(OTHER, name, shard)
        audit.drawn_again += len(sample)


def repair(storage: Target, manifest: Manifest, drawer: Drawer | None, audit: Audit) -> list[str]:
    """Draws the shards again that have findings, removes surplus files, and writes the manifest anew, with its seal.

    Args:
        drawer: what draws; it is not needed where no shard is bad.

    Returns:
        the names of what was mended: of all but the shards whose part of the mapping is gone or damaged.
    """
    plan = manifest.plan
    with storage.locked():
        if held := storage.held():
            raise OutputFailed(f"{storage.place}: parts of a run are being drawn here ({held[0]}): wait for their end")
        storage.tidy()
        for finding in audit.found:
            if finding.kind == SURPLUS:
                storage.remove(finding.name)
        for number in audit.bad - audit.unmapped:
            storage.remove(plan.shard(number).stats)
        if drawer is not None:
            draw(plan, audit.to_draw(), drawer, storage)
        whole = not audit.lacks_identities
        if whole:
            finish(storage, manifest)
    unmapped, of_whole = audit.unmapped, () if whole else (NAME, COPY)
    mended = {f.name for f in audit.found if f.shard not in unmapped and f.name not in of_whole}
    return sorted(mended | ({shard.stats for shard in audit.undrawn} if plan.identities is None else set()))


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
    file = shard_file(plan, shard)
    names = {file, *([shard.signatures] if plan.layout.signatures else [])}
    return names | {inner for inner in storage.names(file) if is_piece(inner)}


def _different(storage: Storage, form: ShardFormat, shard: Shard, items: list[Item], drawer: Drawer) -> Iterator[str]:
    """Names of files whose bytes are not those that are drawn now."""
    size = drawer.piece_size(form)
    sink = Comparison(storage)
    writer = form.open(sink, shard)
    try:
        for first in range(0, len(items), size):
            chunk = items[first : first + size]
            writer.add(form.make(chunk, drawer.draw(chunk)))
        if len(items) == shard.count:
            writer.commit()
    finally:
        writer.abandon()
    yield from sorted(sink.different)


class Comparison:
    """`different` fills with the names of files that would become others."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.different: set[str] = set()

    def create(self, name: str) -> NewFile:
        """A file that is compared as it is written."""
        return _ComparedFile(self._storage, name, self.different)

    def create_folder(self, name: str) -> NewFolder:
        """A folder whose files are."""
        return _ComparedFolder(self._storage, name, self.different)


class _ComparedFile:
    def __init__(self, storage: Storage, name: str, different: set[str]) -> None:
        self._name, self._different = name, different
        self._there: BinaryIO | None = None
        with suppress(OSError):
            self._there = storage.open(name)

    def write(self, data: bytes) -> None:
        if self._there is None or self._there.read(len(data)) != data:
            self._different.add(self._name)

    def commit(self) -> None:
        if self._there is None or self._there.read(1):
            self._different.add(self._name)

    def abandon(self) -> None:
        if self._there is not None:
            self._there.close()


class _ComparedFolder:
    def __init__(self, storage: Storage, name: str, different: set[str]) -> None:
        self._storage, self._name, self._different = storage, name, different

    def put(self, name: str, data: bytes) -> None:
        whole = f"{self._name}/{name}"
        if read(self._storage, whole) != data:
            self._different.add(whole)

    def commit(self) -> None:
        """All files were compared."""

    def abandon(self) -> None:
        """Nothing was made."""
