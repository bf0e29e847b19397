"""Pictures within a frame budget: a queue whose `step` does as much as fits into the time that a game has left."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.arguments import UINT64_LIMIT, integer_between, real_number
from ganrt.runtime.identity import identity_index
from ganrt.runtime.streaming.clock import Clock, SystemClock
from ganrt.runtime.streaming.schedule import Images
from ganrt.runtime.streaming.statistics import Percentiles, Samples

_KEPT = 64
_PERCENTILE = 0.95


class Costs:
    """Nanoseconds a batch, by size; the estimate is the 95th percentile of the last 64 (of few, the worst)."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = tuple(sorted(sizes))
        self._seen: dict[int, deque[int]] = {size: deque(maxlen=_KEPT) for size in self.sizes}

    def learn(self, size: int, nanoseconds: int) -> None:
        """A batch of that size took so long."""
        self._seen[size].append(nanoseconds)

    def estimate(self, size: int) -> int | None:
        """Nanoseconds; None where that size never ran."""
        seen = sorted(self._seen[size])
        return seen[min(len(seen) - 1, int(_PERCENTILE * len(seen)))] if seen else None

    def fitting(self, waiting: int, nanoseconds: float) -> int | None:
        """The largest size that is wanted and expected to fit; None if there is none."""
        fitting = [size for size in self.sizes if size <= waiting and self._fits(size, nanoseconds)]
        return max(fitting, default=None)

    def relax(self) -> None:
        """Forgets the worst of the smallest size, so that one disturbance does not stop everything for ever."""
        seen = self._seen[self.sizes[0]]
        if len(seen) > 1:
            seen.remove(max(seen))

    def _fits(self, size: int, nanoseconds: float) -> bool:
        estimate = self.estimate(size)
        return estimate is not None and estimate <= nanoseconds


_WARM_RUNS = 3
_MOST_WAITING = 100_000
Vector = NDArray[np.float32]


@dataclass(eq=False)
class PictureTicket:
    """One picture that was asked for; higher priorities go first, and among equals the older one.

    Attributes:
        image: uint8 [h, w, c] once it is done, else None.
        done, cancelled: what became of it.
    """

    rank: tuple[float, int]
    z: Vector = field(repr=False)
    image: Images | None = field(default=None, repr=False)
    cancelled: bool = False

    def __lt__(self, other: PictureTicket) -> bool:
        return self.rank < other.rank

    @property
    def done(self) -> bool:
        """Whether the picture is there."""
        return self.image is not None

    def cancel(self) -> None:
        """It is not drawn any more, unless it already is."""
        self.cancelled = True


@dataclass(frozen=True)
class QueueStatistics:
    """What a queue has done.

    Attributes:
        starved: steps in which something waited and nothing fitted.
        overrun_ms: by how much steps exceeded their budget; 0 where they did not.
        estimates_ms: what a batch of each size is expected to take.
    """

    steps: int
    finished: int
    waiting: int
    starved: int
    overrun_ms: Percentiles
    estimates_ms: dict[int, float]


class BudgetQueue:
    """Made by `Generator.queue`. `request` and `cancel` from any thread; `step` from one."""

    def __init__(
        self,
        draw: Callable[[int, int], Vector],
        synthesize: Callable[[Vector], Images],
        dim: int,
        largest: int,
        *,
        warm: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self._draw, self._synthesize, self._dim = draw, synthesize, dim
        self._clock: Clock = clock or SystemClock()
        self._costs = Costs([2**k for k in range(int(math.log2(largest)) + 1)])
        self._waiting: list[PictureTicket] = []
        self._lock = Lock()
        self._serial = self._steps = self._finished = self._starved = 0
        self._overrun = Samples(4096)
        self._drawn: list[PictureTicket] = []  # not returned yet
        if warm:
            self._warm()

    def request(
        self,
        *,
        identity: str | None = None,
        seed: int | None = None,
        index: int = 0,
        z: NDArray[np.floating] | None = None,
        priority: float = 0,
    ) -> PictureTicket:
        """Asks for a picture, by exactly one of `identity`, `seed` (with `index`) and `z` float32 [dim].

        Raises:
            UsageError: none or several of them, a value that makes no sense, or 100,000 pictures wait already.
        """
        if sum(given is not None for given in (identity, seed, z)) != 1:
            raise UsageError("request: expected exactly one of identity, seed and z")
        real_number("priority", priority, "a number", lambda _: True)
        latent = self._latent(identity, seed, index, z)
        with self._lock:
            if len(self._waiting) >= _MOST_WAITING:
                raise UsageError(f"request: {_MOST_WAITING} pictures wait already; call step, or cancel some")
            self._serial += 1
            ticket = PictureTicket((-float(priority), self._serial), latent)
            heapq.heappush(self._waiting, ticket)
        return ticket

    def step(self, budget_ms: float | None) -> list[PictureTicket]:
        """Draws what is expected to fit into `budget_ms` milliseconds; None: all that waits.

        Returns:
            the tickets that were finished, in the order they were drawn.

        Raises:
            what the engine raises; the pictures of that batch wait on, and those that this step had drawn before are
            returned by the next one.
        """
        if budget_ms is not None:
            real_number("budget_ms", budget_ms, "milliseconds, 0 or more", lambda x: x >= 0)
        begun = self._clock.now()
        limit = math.inf if budget_ms is None else budget_ms * 1e6
        while batch := self._next_batch(limit - (self._clock.now() - begun)):
            self._run(batch)
            self._drawn += batch
        finished, self._drawn = self._drawn, []
        self._steps += 1
        self._finished += len(finished)
        self._overrun.add(max(0, int(self._clock.now() - begun - limit)) if limit < math.inf else 0)
        if not finished and self._waiting:
            self._starved += 1
            self._costs.relax()
        return finished

    def statistics(self) -> QueueStatistics:
        """What was done so far."""
        estimates = {size: self._costs.estimate(size) for size in self._costs.sizes}
        with self._lock:
            waiting = sum(not ticket.cancelled for ticket in self._waiting)
        return QueueStatistics(
            steps=self._steps,
            finished=self._finished,
            waiting=waiting,
            starved=self._starved,
            overrun_ms=self._overrun.percentiles(),
            estimates_ms={size: round(cost / 1e6, 4) for size, cost in estimates.items() if cost is not None},
        )

    def _next_batch(self, left: float) -> list[PictureTicket]:
        with self._lock:
            if any(ticket.cancelled for ticket in self._waiting):
                self._waiting = [ticket for ticket in self._waiting if not ticket.cancelled]
                heapq.heapify(self._waiting)
            waiting = len(self._waiting)
            size = self._costs.fitting(waiting, left)
            if size is None and left == math.inf and waiting:
                size = max(known for known in self._costs.sizes if known <= waiting)
            return [heapq.heappop(self._waiting) for _ in range(size or 0)]

    def _run(self, batch: list[PictureTicket]) -> None:
        begun = self._clock.now()
        try:
            images = self._synthesize(np.stack([ticket.z for ticket in batch]))
        except BaseException:
            with self._lock:
                for ticket in batch:
                    heapq.heappush(self._waiting, ticket)
            raise
        for ticket, image in zip(batch, images, strict=True):
            ticket.image = image
        self._costs.learn(len(batch), self._clock.now() - begun)

    def _warm(self) -> None:
        """Runs every size a few times, so that the first step knows what it can afford; the first run is not kept."""
        for size in self._costs.sizes:
            for run in range(_WARM_RUNS + 1):
                begun = self._clock.now()
                self._synthesize(np.zeros((size, self._dim), np.float32))
                if run:
                    self._costs.learn(size, self._clock.now() - begun)

    def _latent(self, identity: str | None, seed: int | None, index: int, z: NDArray[np.floating] | None) -> Vector:
        if z is not None:
            vector: Vector = np.array(z, np.float32)
            if vector.shape != (self._dim,) or not np.isfinite(vector).all():
                raise UsageError(f"z of shape {list(vector.shape)}: expected finite numbers, float32 [{self._dim}]")
            return vector
        if identity is not None:
            return self._draw(0, identity_index(identity))
        seed = integer_between("seed", seed, 0, UINT64_LIMIT - 1)
        return self._draw(seed, integer_between("index", index, 0, UINT64_LIMIT - 1))
