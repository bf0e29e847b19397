"""The vendors' modules: `tensorrt_rtx` and `tensorrt`, their versions, and what they say while they work.

Imported when an engine is compiled or run, never before. Where they fail they return None, False or 0, or raise a
TypeError that says nothing, and tell the reason to a logger only: it keeps the last messages. CUDA's own last error
does not help: each of their libraries has a CUDA runtime of its own.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from functools import cache
from typing import Any

from ganrt.errors import BackendUnavailable
from ganrt.interrupts import import_whole

MODULES = {"tensorrt-rtx": "tensorrt_rtx", "tensorrt": "tensorrt"}
INSTALL = {
    "tensorrt-rtx": 'pip install "ganrt[rtx]"',
    "tensorrt": "see NVIDIA's page on installing TensorRT; on a Jetson: python3 -m venv --system-site-packages",
}
_KEPT = 50
# "Error Code 2" alone is their internal error, whatever its cause.
_FULL = re.compile(r"out ?of ?memory|cudaErrorMemoryAllocation|cuda ?error 2\b", re.IGNORECASE)
_log = logging.getLogger(__name__)


def load_vendor(backend: str) -> Any:
    """The module of `tensorrt-rtx` or `tensorrt`.

    Raises:
        BackendUnavailable: it is not installed, or its libraries cannot be loaded.
    """
    name = MODULES[backend]
    try:
        return import_whole(name)
    except Exception as error:  # a library of theirs that is missing shows as any of several errors
        absent = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == name
        if absent:
            raise BackendUnavailable(f"{name} is not installed\ninstall it: {INSTALL[backend]}") from error
        words = (str(error) or type(error).__name__).splitlines()[0]
        raise BackendUnavailable(f"{name} cannot be imported: {words}\ninstall it again: {INSTALL[backend]}") from error


@cache
def logger_of(trt: Any) -> Any:
    """The one logger of a vendor's module, for its builders and runtimes: a second one would be ignored.

    Returns:
        its `trt.ILogger`, with a `messages` deque: the last errors, the newest at the end.
    """

    class Logger(trt.ILogger):  # type: ignore[misc]  # the vendors ship no types
        def __init__(self) -> None:
            super().__init__()
            self.messages: deque[str] = deque(maxlen=_KEPT)

        def log(self, severity: Any, message: str) -> None:
            if int(severity) <= int(trt.ILogger.ERROR):  # the lower, the graver
                self.messages.append(message)
            _log.debug("%s: %s", severity, message)

    return Logger()


def take_words(trt: Any) -> str:
    """The newest error that the vendor told its logger, on one line, and forgets all; empty where there was none.

    Where memory ran out other errors follow, which that one explains: it is taken.
    """
    messages = [" ".join(message.split())[:400] for message in logger_of(trt).messages]
    logger_of(trt).messages.clear()
    full = [words for words in messages if ran_out_of_memory(words)]
    return (full or messages or [""])[-1]


def ran_out_of_memory(words: str) -> bool:
    """Whether the vendor's words say so."""
    return _FULL.search(words) is not None
