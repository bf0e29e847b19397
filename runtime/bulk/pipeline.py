"""Latents -> engine -> encoders -> shard writer, all at once, in constant memory.

Each stage is a pool that maps its input in order with a bounded number of pieces under way, and takes no more before
its oldest result is fetched: a slow disk slows the engine down instead of filling the memory.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.bulk.formats import Piece, ShardFormat, ShardWriter, open_format
from ganrt.runtime.bulk.plan import Item, Plan, Shard
from ganrt.runtime.bulk.records import Json
from ganrt.runtime.bulk.storage import Storage
from ganrt.runtime.bulk.unique import Looks, signatures, write_signatures
from ganrt.runtime.design import PLAIN, Design
from ganrt.runtime.looks import Look

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator

S = TypeVar("S")
T = TypeVar("T")
Images = NDArray[np.uint8]
_DRAWN_AHEAD = 3  # pieces: one in the engine, one whose latents are made, one that waits
_PIECE_BYTES = 4 * 2**20  # of pixels, of pictures too large for a whole batch
_DRAWERS = 2  # threads: one makes latents while the engine is busy with the other's


@dataclass(frozen=True)
class Drawer:
    """What draws: a generator, with the options that decide what a picture looks like.

    Attributes:
        batch_size: pictures a batch; None: what the engine likes best. It changes no byte.
        encoders: threads that encode; None: one a core.
        design: what all pictures have in common, its controls in their canonical form; an item's own win.
    """

    generator: Generator
    batch_size: int | None = None
    encoders: int | None = None
    design: Design = PLAIN

    def draw(self, items: Sequence[Item]) -> Images:
        """Pictures of some items: uint8 [n, h, w, c]."""
        if any(item.look for item in items):
            return _joined(self.generator.draw_looks(map(self._look, items), self.batch_size))
        pairs = [(item.seed, item.index) for item in items]
        own = [item.controls for item in items] if any(item.controls for item in items) else None
        return _joined(self.design.draw(self.generator, pairs, self.batch_size, own))

    def _look(self, item: Item) -> Look:
        """What an item among looks is drawn as; where a file has looks, no option changes a picture."""
        return Look.parse(item.look) if item.look else self.generator.look(0, item.index, controls=item.controls)

    def piece_size(self, form: ShardFormat) -> int:
        """Pictures of a piece: a batch, fewer of large pictures, or what the format asks for."""
        batch = self.batch_size or self.generator.batch_sizes.optimum
        return form.piece or max(1, min(batch, _PIECE_BYTES // int(np.prod(form.shape))))


def _joined(batches: Iterable[tuple[object, Images]]) -> Images:
    made = [images for _, images in batches]
    return made[0] if len(made) == 1 else np.concatenate(made)


class _Part(NamedTuple):
    """Some pictures of a shard; `last` ends it."""

    shard: Shard
    items: list[Item]
    last: bool


ItemsOf = Callable[[Shard], Iterable[Item]]
Done = Callable[[Shard, dict[str, Json], list[int]], None]


def draw_shards(
    plan: Plan,
    shards: Iterable[Shard],
    items_of: ItemsOf,
    drawer: Drawer,
    storage: Storage,
    done: Done,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Draws shards, one after the other, and puts them into the storage.

    A shard depends on the plan and its number alone: whoever draws it, wherever, makes the same bytes.

    Args:
        items_of: the pictures of a shard.
        done: called when a shard is there for good, with its files and the bytes of each piece; one at a time.
        progress: called with the number of pictures written so far.

    Raises:
        OutputFailed: the storage refuses; shards that were `done` stay.
    """
    form = open_format(plan)
    parts, workers = _parts(shards, items_of, drawer.piece_size(form)), drawer.encoders or os.cpu_count() or 1
    with ExitStack() as stack:
        pools = [ThreadPoolExecutor(n, f"ganrt-{name}") for name, n in (("draw", _DRAWERS), ("encode", workers))]
        for pool in pools:
            stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        shelf = stack.enter_context(_Shelf(form, storage, done))
        drawn = in_order(lambda part: (part, drawer.draw(part.items)), parts, pools[0], _DRAWN_AHEAD)
        look = signatures if plan.layout.signatures else None
        pieces = in_order(lambda made: _encoded(form, look, *made), drawn, pools[1], 2 * workers)
        written = 0
        for part, piece, looks in pieces:
            shelf.add(part, piece, looks)
            written += len(part.items)
            progress(written)


def in_order(function: Callable[[S], T], items: Iterable[S], pool: Executor, ahead: int) -> Iterator[T]:
    """`map` by a pool: results in order, at most `ahead` items taken that were not handed out yet."""
    running: deque[Future[T]] = deque()
    for item in items:
        running.append(pool.submit(function, item))
        if len(running) >= ahead:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


def _parts(shards: Iterable[Shard], items_of: ItemsOf, size: int) -> Iterator[_Part]:
    for shard in shards:
        items, left = iter(items_of(shard)), shard.count
        while left:
            chunk = list(islice(items, size))
            left -= len(chunk)
            yield _Part(shard, chunk, last=not left)


def _encoded(
    form: ShardFormat, look: Callable[[Images], Looks] | None, part: _Part, images: Images
) -> tuple[_Part, Piece, Looks | None]:
    return part, form.make(part.items, images), look(images) if look else None


class _Shelf:
    """The shard being written, and the one before it, which another thread makes durable meanwhile."""

    def __init__(self, form: ShardFormat, storage: Storage, done: Done) -> None:
        self._form, self._storage, self._done = form, storage, done
        self._pool = ThreadPoolExecutor(1, "ganrt-finish")
        self._finishing: Future[None] | None = None
        self._writer: ShardWriter | None = None
        self._sizes: list[int] = []
        self._looks: list[Looks] = []

    def add(self, part: _Part, piece: Piece, looks: Looks | None) -> None:
        """Writes a piece; with the last one of a shard its end begins."""
        if self._writer is None:
            self._writer = self._form.open(self._storage, part.shard)
        self._writer.add(piece)
        self._sizes += map(len, piece.data)
        if looks is not None:
            self._looks.append(looks)
        if part.last:
            self._wait()
            self._finishing = self._pool.submit(self._finish, part.shard, self._writer, self._sizes, self._looks)
            self._writer, self._sizes, self._looks = None, [], []

    def _finish(self, shard: Shard, writer: ShardWriter, sizes: list[int], looks: list[Looks]) -> None:
        try:
            files = writer.commit()
            if looks:
                files |= write_signatures(self._storage, shard, looks)
            self._done(shard, files, sizes)
        finally:
            writer.abandon()

    def _wait(self) -> None:
        running, self._finishing = self._finishing, None
        if running is not None:
            running.result()

    def __enter__(self) -> _Shelf:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._wait()
        finally:
            self._pool.shutdown(wait=True)  # what is being finished is finished, even after an error
            if self._writer is not None:
                self._writer.abandon()
