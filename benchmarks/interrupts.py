"""Ctrl-C that waits: code between two measurements hears of it, and is not torn apart by it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any


class HeldInterrupts:
    """A context inside of which Ctrl-C raises nothing.

    Where no Python code would have heard of Ctrl-C (in another thread than the first, or where it is ignored) this
    does nothing.

    Attributes:
        told: whether there was one.
    """

    def __init__(self, on_interrupt: Callable[[], object] = lambda: None) -> None:
        """`on_interrupt` is called at each Ctrl-C, between any two steps of the code inside."""
        self.told = False
        self._on_interrupt = on_interrupt
        self._before: Any = None

    def __enter__(self) -> HeldInterrupts:
        before = signal.getsignal(signal.SIGINT)
        if callable(before) and threading.current_thread() is threading.main_thread():
            self._before = before
            signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        self._hand_to(self._before)

    def let_end(self, work: Callable[[], object]) -> None:
        """Does the work, which Ctrl-C ends; nothing where there was one before."""
        try:
            self._hand_to(self._before)
            if not self.told:
                work()
        except KeyboardInterrupt:
            self.told = True
        finally:
            self._hand_to(self._hear)

    def _hand_to(self, handler: Any) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, handler)

    def _hear(self, *_: object) -> None:
        self.told = True
        self._on_interrupt()
