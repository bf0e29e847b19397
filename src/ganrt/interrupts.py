"""Ctrl-C that waits: code that must end whole hears of it, and is not torn apart by it. Ctrl-C that counts once: what
ends a command is not torn apart by the next."""

from __future__ import annotations

import _thread
import gc
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType, ModuleType
from typing import Any, ClassVar

from ganrt.errors import BackendUnavailable


@contextmanager
def no_collecting() -> Iterator[None]:
    """Turns the cyclic collector off while the block runs.

    It took a sixth of the time that torch and what belongs to it take to import.
    """
    collects = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if collects:
            gc.enable()


_IMPORTING = "<frozen importlib._bootstrap>"
_SOON_S = 0.05
_LOST_S = 5.0
_ending = False
_raised = float("inf")  # when it was, by the clock


def interrupt_once() -> None:
    """From here on the first Ctrl-C raises KeyboardInterrupt, and those that follow it do nothing.

    For a program that ends at the first one. Raised within an import it would meet native code that takes it for an
    error of its own, or aborts: then it is raised when the import is over. A library may swallow it all the same, as
    whatever runs in a finaliser does: then one that comes some seconds later counts again.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell's background jobs ignore it
        signal.signal(signal.SIGINT, _raise_once)
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, _as_ctrl_c)


def ignore_interrupts() -> None:
    """From here on Ctrl-C does nothing, to the end of the interpreter, which would otherwise die of it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _raise_once(_: int, frame: FrameType | None) -> None:
    global _ending, _raised
    if _ending and time.monotonic() < _raised + _LOST_S:
        return
    if _is_importing(frame):
        _again_soon()
        return
    _ending, _raised = True, time.monotonic()
    raise KeyboardInterrupt


def _as_ctrl_c(_: int, frame: FrameType | None) -> None:
    """The Ctrl-C that was put off, for whoever hears of it by now: `HeldInterrupts` may have begun meanwhile."""
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(signal.SIGINT, frame)


def _again_soon() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, _SOON_S)
        return
    again = threading.Timer(_SOON_S, _thread.interrupt_main)  # Windows
    again.daemon = True
    again.start()


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        frame = frame.f_back
    return False


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
        global _ending
        self.told = _ending = True
        self._on_interrupt()

    def _hear_and_raise(self, *_: object) -> None:
        global _ending
        signal.signal(signal.SIGINT, self._hear)  # a second one must not meet what tidies up
        self.told = _ending = True
        raise KeyboardInterrupt


def require(name: str, install: str) -> ModuleType:
    """A package that an extra brings, imported as by `import_whole`.

    Raises:
        BackendUnavailable: it is missing, or a library of it does not load; with the command that installs it.
    """
    try:
        return import_whole(name)
    except (ImportError, OSError) as error:
        raise BackendUnavailable(f"{name} is missing or broken: {error}\ninstall it: {install}") from error


def import_whole(name: str) -> ModuleType:
    """The module of this name. Ctrl-C is raised once it is imported: a native library takes it for an error of its own,
    or swallows it, and would then be missing or half there.

    Raises:
        KeyboardInterrupt: there was one meanwhile.
        ImportError: as `importlib.import_module` does; or what else the module raises.
    """
    with HeldInterrupts() as interrupts, no_collecting():
        module = import_module(name)
    if interrupts.told:
        raise KeyboardInterrupt
    return module
