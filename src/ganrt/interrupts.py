"""Ctrl-C that waits: code that must end whole hears of it, and is not torn apart by it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar


class HeldInterrupts:
    """A context inside of which Ctrl-C raises nothing; contexts within it tell it of theirs.

    Where no Python code would have heard of Ctrl-C (in another thread than the first, or where it is ignored) this
    does nothing.

    Attributes:
        told: whether there was one.
    """

    _inmost: ClassVar[HeldInterrupts | None] = None

    def __init__(self, on_interrupt: Callable[[], object] = lambda: None) -> None:
        """`on_interrupt` is called at each Ctrl-C, between any two steps of the code inside."""
        self.told = False
        self._on_interrupt = on_interrupt
        self._before: Any = None
        self._outer: HeldInterrupts | None = None

    def __enter__(self) -> HeldInterrupts:
        before = signal.getsignal(signal.SIGINT)
        if callable(before) and threading.current_thread() is threading.main_thread():
            self._before, self._outer, HeldInterrupts._inmost = before, HeldInterrupts._inmost, self
            signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            return
        signal.signal(signal.SIGINT, self._before)
        HeldInterrupts._inmost = self._outer
        if self.told and self._outer is not None:
            self._outer.told = True

    def let_end(self, work: Callable[[], object]) -> None:
        """Does the work, which Ctrl-C ends; nothing where there was one before."""
        try:
            if self._before is not None:
                signal.signal(signal.SIGINT, self._hear_and_raise)
            if not self.told:
                work()
        except KeyboardInterrupt:
            self.told = True
        finally:
            if self._before is not None:
                signal.signal(signal.SIGINT, self._hear)

    def _hear(self, *_: object) -> None:
        self.told = True
        self._on_interrupt()

    def _hear_and_raise(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._hear)  # a second one must not meet what tidies up
        self.told = True
        raise KeyboardInterrupt


def import_whole(name: str) -> ModuleType:
    """The module of this name. Ctrl-C is raised once it is imported: a native library takes it for an error of its own,
    or swallows it, and would then be missing or half there.

    Raises:
        KeyboardInterrupt: there was one meanwhile.
        ImportError: as `importlib.import_module` does; or what else the module raises.
    """
    with HeldInterrupts() as interrupts:
        module = import_module(name)
    if interrupts.told:
        raise KeyboardInterrupt
    return module
