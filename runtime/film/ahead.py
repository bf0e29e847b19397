"""Making items in a thread of its own, a few ahead of whoever takes them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

_POLL_S = 0.1  # how soon a stop is noticed
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
