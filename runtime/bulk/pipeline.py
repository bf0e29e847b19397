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
from ganrt.runtime.bulk.plan import Item, Json, Plan, Shard
from ganrt.runtime.bulk.storage import Storage
from ganrt.runtime.sampling import Truncation

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
    """

    generator: Generator
    truncation: Truncation
    labels: str | None
    batch_size: int | None = None
    encoders: int | None = None

    def draw(self, items: Sequence[Item]) -> Images:
        """Pictures of some items: uint8 [n, h, w, c]."""
        pairs = [(item.seed, item.index) for item in items]
        batches = self.generator.sample_pairs(pairs, self.truncation, self.labels, self.batch_size)
        made = [images for _, images in batches]
        return made[0] if len(made) == 1 else np.concatenate(made)

    def piece_size(self, form: ShardFormat) -> int:
        """Pictures of a piece: a batch, fewer of large pictures, or what the format asks for."""
        batch = self.batch_size or self.generator.batch_sizes.optimum
        return form.piece or max(1, min(batch, _PIECE_BYTES // int(np.prod(form.shape))))


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
    size, workers = drawer.piece_size(form), drawer.encoders or os.cpu_count() or 1
    with ExitStack() as stack:
        pools = [ThreadPoolExecutor(n, f"ganrt-{name}") for name, n in (("draw", _DRAWERS), ("encode", workers))]
        for pool in pools:
            stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        finishing = stack.enter_context(_Finishing())
        drawn = in_order(lambda part: (part, drawer.draw(part.items)), _parts(shards, items_of, size), pools[0], _DRAWN_AHEAD)
        pieces = in_order(lambda made: (made[0], form.encode(made[0].items, made[1])), drawn, pools[1], 2 * workers)
        writing: _Writing | None = None
        written = 0
        for part, piece in pieces:
            if writing is None:
                writing = _Writing(part.shard, form.open(storage, part.shard))
                stack.callback(writing.writer.abandon)
            writing.add(piece)
            written += len(part.items)
            progress(written)
            if part.last:
                finishing.start(writing, done)
                writing = None


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


@dataclass
class _Writing:
    """A shard under way."""

    shard: Shard
    writer: ShardWriter

    def __post_init__(self) -> None:
        self.sizes: list[int] = []

    def add(self, piece: Piece) -> None:
        self.writer.add(piece)
        self.sizes += map(len, piece.data)


class _Finishing:
    """Makes one shard durable in a thread of its own, while the next one is drawn."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "ganrt-finish")
        self._running: Future[None] | None = None

    def start(self, writing: _Writing, done: Done) -> None:
        """Waits for the shard before this one, so that at most two are unfinished."""
        self.wait()
        self._running = self._pool.submit(lambda: done(writing.shard, writing.writer.commit(), writing.sizes))

    def wait(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def __enter__(self) -> _Finishing:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.wait()
        finally:
            self._pool.shutdown(wait=True)
