"""All errors that ganrt raises on purpose, each with the exit code of the command line.

    GanrtError                       70  (never raised itself)
    |- NegativeResult                 1  a check ran and said no
    |- UsageError (ValueError)        2  an option or argument that makes no sense
    |- BackendUnavailable             3  a backend, device or extra is missing
    |  `- OutOfDeviceMemory           3  the GPU has too little memory for this batch
    |- BadInputFile                   4  a file is missing, damaged or of another kind
    |  `- SpecError                   4  a generator spec that is malformed; names the field
    `- OutputFailed                   5  a file could not be read or written

Messages are one to three lines: what was given, what was expected, what mends it.
"""

from __future__ import annotations

from enum import IntEnum

_LINES = 3
_KEPT = "\n\u00a0\u3000\u200c\u200d"


def printable(text: str) -> str:
    """With what a terminal would obey written out as Python would write it: names come out of strangers' files.

    Lines stay lines, and the spaces and joiners that emoji and several scripts need stay too.
    """
    return "".join(one if one.isprintable() or one in _KEPT else _escaped(one) for one in text)


def refusal(message: str) -> str:
    """An error's message as it is printed: at most three lines, since those of a name would be no lines of ours."""
    first, *rest = message.split("\n")
    kept, more = rest[: _LINES - 1], rest[_LINES - 1 :]
    return printable("\n".join([f"error: {first}", *kept]) + "".join(f" {line.strip()}" for line in more))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


class ExitCode(IntEnum):
    """The exit codes of the command line."""

    SUCCESS = 0
    NEGATIVE = 1
    USAGE = 2
    BACKEND = 3
    BAD_INPUT = 4
    OUTPUT = 5
    INTERNAL = 70
    INTERRUPTED = 130


class GanrtError(Exception):
    """Base of all of ganrt's errors; `exit_code` is what the command line exits with."""

    exit_code = ExitCode.INTERNAL


class NegativeResult(GanrtError):
    """A check ran to its end and its answer is no: a verification out of tolerance, say."""

    exit_code = ExitCode.NEGATIVE


class UsageError(GanrtError, ValueError):
    """An option or argument that makes no sense; the message names it and the accepted values."""

    exit_code = ExitCode.USAGE


class BackendUnavailable(GanrtError):
    """A backend, a device or an optional package is missing; the message holds the command that mends it."""

    exit_code = ExitCode.BACKEND


class OutOfDeviceMemory(BackendUnavailable):
    """The GPU (or the host's pinned memory) is full; a smaller batch may still fit."""


class BadInputFile(GanrtError):
    """A file is missing, damaged, hostile or of another kind than was expected."""

    exit_code = ExitCode.BAD_INPUT


class SpecError(BadInputFile):
    """A generator spec is malformed; the message names the field, its value and what is accepted."""


class OutputFailed(GanrtError):
    """Reading or writing failed: a full disk, no permission, or a file that would be overwritten."""

    exit_code = ExitCode.OUTPUT
