"""Making or consuming items in a thread of its own: the encoder works while the engine draws the next frames."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_POLL_S = 0.1  # how soon a producer that waits for room notices that the consumer has ended


class _Cancelled(BaseException):
    """Ends the consumer where the producer has failed; its own clean-up runs, and nobody else sees it."""


def overlapped(consume: Callable[[Iterator[Item]], Result], items: Iterable[Item], depth: int) -> Result:
    """`consume(iter(items))`, with `consume` in a thread of its own and at most `depth` items waiting between.

    The items are made in the calling thread, so that an interrupt reaches them. Where making them fails or is
    interrupted, `consume` ends by an exception from its iterator, is waited for, and the failure goes on; where
    `consume` fails, its exception is raised here and no further item is made.
    """
    work = Consumer(consume, depth)
    try:
        work.start()
        for item in items:
            if not work.put(item):
                break
    except BaseException:
        work.cancel()
        raise
    return work.finish()


class Consumer(Generic[Item, Result]):
    """`consume` in a thread of its own, fed item by item: `start`, `put`, and `finish` or `cancel`."""

    def __init__(self, consume: Callable[[Iterator[Item]], Result], depth: int) -> None:
        self._consume = consume
        self._waiting: queue.Queue[list[Item]] = queue.Queue(depth)  # a list of one; an empty one ends them
        self._cancelled = False
        self._error: BaseException | None = None
        self._results: list[Result] = []
        self._thread = threading.Thread(target=self._run, name="ganrt-encoder", daemon=True)

    def start(self) -> None:
        """Lets it wait for items."""
        self._thread.start()

    def put(self, item: Item) -> bool:
        """Waits for room; false once the consumer has ended."""
        return self._put([item])

    def finish(self) -> Result:
        """Waits until it has consumed all; its exception is raised here."""
        try:
            self._put([])
            self._join()
        except BaseException:
            self.cancel()
            raise
        if self._error is not None:
            raise self._error
        return self._results[0]

    def cancel(self) -> None:
        """Ends the consumer and waits until it has cleaned up."""
        self._cancelled = True
        self._put([])
        self._join()

    def _put(self, items: list[Item]) -> bool:
        while self._thread.is_alive():
            try:
                self._waiting.put(items, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False

    def _join(self) -> None:
        while self._thread.is_alive():  # with a timeout, so that Windows delivers an interrupt
            self._thread.join(_POLL_S)

    def _run(self) -> None:
        try:
            self._results.append(self._consume(self._items()))
        except BaseException as error:  # raised again in the calling thread
            self._error = error

    def _items(self) -> Iterator[Item]:
        while True:
            items = self._waiting.get()
            if self._cancelled:
                raise _Cancelled
            if not items:
                return
            yield from items


_JOIN_S = 5.0  # a source that waits for its next item cannot be interrupted, and ends with the process


class Ahead(Generic[Item]):
    """An iterator whose items are made in another thread, at most `depth` ahead; close it.

    With `latest` nothing is waited for: an item that nobody has taken gives way to the next one.

    Attributes:
        dropped: how many gave way.
    """

    def __init__(self, items: Iterable[Item], depth: int = 1, *, latest: bool = False) -> None:
        self.dropped = 0
        self._items, self._depth, self._latest = items, depth, latest
        self._made: deque[Item] = deque()
        self._changed = threading.Condition()
        self._ended = self._stopped = False
        self._error: BaseException | None = None
        self._patience_s = _JOIN_S
        self._thread = threading.Thread(target=self._make, name="ganrt-ahead", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The next item is the end; may be called from any thread, and by a signal."""
        self._stopped = True

    def close(self) -> None:
        """Stops, and waits until the source has let go; the first time alone."""
        self.stop()
        if self._thread is not threading.current_thread():
            patience_s, self._patience_s = self._patience_s, 0.0
            self._thread.join(patience_s)

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._changed:
            while not self._stopped:
                if self._made:
                    item = self._made.popleft()
                    self._changed.notify_all()
                    return item
                if self._ended:
                    break
                self._changed.wait(_POLL_S)
        if self._error is not None and not self._stopped:
            raise self._error
        raise StopIteration

    def __enter__(self) -> Ahead[Item]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make(self) -> None:
        items = iter(self._items)
        try:
            for item in items:
                if not self._put(item):
                    break
        except BaseException as error:  # raised where items are taken, after those that were made
            self._error = error
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, item: Item) -> bool:
        with self._changed:
            while not self._stopped and len(self._made) >= self._depth:
                if self._latest:
                    self._made.popleft()
                    self.dropped += 1
                else:
                    self._changed.wait(_POLL_S)
            self._made.append(item)
            self._changed.notify_all()
        return not self._stopped
