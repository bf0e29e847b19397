"""Files that appear whole or not at all, and never over another one unless asked to."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ganrt.errors import OutputFailed, UsageError


def check_free(path: Path, force: bool) -> None:
    """Raises OutputFailed if writing `path` would overwrite something and `force` is not set."""
    if path.is_dir():
        raise OutputFailed(f"{path} is a folder; expected the name of a file to write")
    if path.exists() and not force:
        raise OutputFailed(f"{path} exists already: give --force to overwrite it, or another name")


def check_outputs(paths: Iterable[Path], force: bool) -> None:
    """`check_free` for all outputs of one run, which must also differ from each other.

    Raises:
        OutputFailed: a file is there already. UsageError: two outputs would go to one file (case ignored, because
            not every file system tells names apart by it).
    """
    seen: set[str] = set()
    for path in paths:
        check_free(path, force)
        key = str(path.resolve()).casefold()
        if key in seen:
            raise UsageError(f"{path}: two outputs would be written to this file; give each its own name")
        seen.add(key)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it.

    Raises:
        OutputFailed: it cannot be made, or a file is in its place.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputFailed(f"{path} is a file; expected a folder for the output") from error
    except OSError as error:
        raise OutputFailed(f"folder {path} cannot be made: {error.strerror}") from error


@contextmanager
def whole_file(path: Path, *, force: bool = False) -> Iterator[Path]:
    """A temporary path beside `path` (same suffix) that becomes `path` when the block ends without an error.

    Raises:
        OutputFailed: `path` exists and `force` is not set, or it cannot be written.
    """
    check_free(path, force)
    make_folder(path.parent)
    # Not tempfile: its files are private to the user, and this one is to have the usual permissions.
    # Its name is short, so that it fits wherever the final name does.
    partial = path.with_name(f".{secrets.token_hex(4)}{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise OutputFailed(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_file(path: Path, data: bytes, *, force: bool = False) -> None:
    """Writes one whole file; see `whole_file`."""
    with whole_file(path, force=force) as partial:
        partial.write_bytes(data)
