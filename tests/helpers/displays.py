"""A display of its own for a test, and what a person does to the windows on it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def display() -> Iterator[dict[str, str]]:
    """The environment of a process that shall use a fresh Xvfb.

    Whenever its last client leaves, Xvfb starts anew unless told otherwise, and whoever comes meanwhile is thrown out.
    """
    read, write = os.pipe()
    command = ["Xvfb", "-noreset", "-displayfd", str(write), "-screen", "0", "1200x900x24"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        try:
            with os.fdopen(read, "rb") as numbers:
                number = numbers.readline().decode().strip()
            assert number, f"Xvfb does not start: {server.wait(120)}"
            yield {**os.environ, "DISPLAY": f":{number}"}
        finally:
            server.terminate()


def window(env: Mapping[str, str], name: str, owner: subprocess.Popen[str]) -> str:
    """Waits for the window whose name begins so, for as long as the process that opens it runs: its number."""
    while owner.poll() is None:
        if found := do(env, "search", "--name", f"^{name}").split():
            return found[-1]
        time.sleep(0.1)
    raise AssertionError(f"no window {name}: {owner.communicate()[1]}")


def do(env: Mapping[str, str], *words: str) -> str:
    """Runs xdotool."""
    return subprocess.run(["xdotool", *words], env=env, capture_output=True, text=True, timeout=120).stdout


class _Message(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("room", ctypes.c_long * 24),  # an XEvent is as large as its largest member
    )


def close(env: Mapping[str, str], number: str) -> None:
    """Asks a window to close, as the button in its frame does: the message WM_DELETE_WINDOW (ICCCM, 4.2.8.1)."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    connection = ctypes.c_void_p(x11.XOpenDisplay(env["DISPLAY"].encode()))
    kind, what = (x11.XInternAtom(connection, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    target = ctypes.c_ulong(int(number))
    message = _Message(type=33, window=target, message_type=kind, format=32)
    message.data[0] = what
    x11.XSendEvent(connection, target, 0, ctypes.c_long(0), ctypes.byref(message))
    x11.XCloseDisplay(connection)
