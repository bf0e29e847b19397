"""A bounded queue of looks, drawn in batches by one thread."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.looks import Look

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator

Picture = NDArray[np.uint8]


class Full(Exception):
    """As many looks wait as may."""


@dataclass
class _Job:
    look: Look
    future: Future[Picture] = field(default_factory=Future)


class DrawingQueue:
    """What waits while a batch is drawn makes up the next batch: alone a look waits for nothing."""

    def __init__(self, generator: Generator, limit: int) -> None:
        self._generator, self._most = generator, generator.batch_size
        self._jobs: queue.Queue[_Job | None] = queue.Queue(limit)
        self.drawn = self.batches = 0
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="ganrt-serve-draw", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return self._jobs.qsize()

    def submit(self, look: Look) -> Future[Picture]:
        """The picture of a look, uint8 [h, w, c], when it is drawn.

        Raises:
            Full: the queue is; or it was closed.
        """
        job = _Job(look)
        if self._closed:
            raise Full
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise Full from None
        return job.future

    def close(self) -> None:
        """Draws what waits, and ends the thread."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch, last = [first], False
            while len(batch) < self._most and not self._jobs.empty():
                job = self._jobs.get()
                if job is None:
                    last = True
                    break
                batch.append(job)
            self._draw(batch)
            if last:
                return

    def _draw(self, batch: list[_Job]) -> None:
        try:
            made = self._generator.draw_looks((job.look for job in batch), len(batch))
            pictures = [picture for _, images in made for picture in images]
        except Exception as error:  # the next batch is another matter
            for job in batch:
                job.future.set_exception(error)
            return
        self.batches += 1
        self.drawn += len(batch)
        for job, picture in zip(batch, pictures, strict=True):
            job.future.set_result(picture)
