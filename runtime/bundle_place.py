"""Where a bundle may be written, and how it takes its place there: whole, and beside the files of others."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.files import make_folder
from ganrt.runtime.bundle_manifest import MANIFEST, foreign_files, listed_files, read_manifest


def check_place(folder: Path, force: bool) -> None:
    """Raises OutputFailed where a bundle may not be written: there are files that are no bundle's, or a bundle and
    `force` is not set. An empty folder is used.
    """
    if not folder.exists() or _is_empty(folder):
        return
    if not folder.is_dir():
        raise OutputFailed(f"{folder} is a file; expected a new or an empty folder, or a bundle with --force")
    try:
        read_manifest(folder)
    except BadInputFile as error:
        raise OutputFailed(
            f"{folder} is not empty, and --force replaces bundles only: give a new or an empty folder\n{error}"
        ) from error
    if not force:
        raise OutputFailed(f"{folder} is a bundle already: give --force to replace it, or another name")
    if Path.cwd().is_relative_to(folder.resolve()):
        raise OutputFailed(f"{folder} is replaced as a whole, and you are in it: go to another folder first")


@contextmanager
def whole_folder(folder: Path, force: bool) -> Iterator[Path]:
    """A folder beside `folder` that takes its place when the block ends without an error.

    Of a bundle in its place every file that its manifest does not list is kept.
    """
    check_place(folder, force)
    place = folder.resolve()  # renamed itself: not by a link, nor as "."
    make_folder(place.parent)
    partial = Path(tempfile.mkdtemp(prefix=".bundle-", dir=place.parent))
    try:
        partial.chmod(0o755)
        yield partial
        _keep_foreign(place, partial)
        _take_place(partial, place)
    except OSError as error:
        raise OutputFailed(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _keep_foreign(place: Path, partial: Path) -> None:
    """Copied rather than moved, so that nothing need be put back where the new folder cannot take its place."""
    if not (place / MANIFEST).exists():
        return
    for name in foreign_files(place, listed_files(read_manifest(place))):
        if os.path.lexists(partial / name):
            raise OutputFailed(
                f"{place / name} is not of the bundle that is there, and the new one has a file of that name\n"
                "move it away, or give another folder"
            )
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(place / name, partial / name, follow_symlinks=False)


def _take_place(partial: Path, place: Path) -> None:
    """By renaming alone: what was there goes as a whole, and comes back where it cannot be replaced."""
    if not place.exists():
        partial.replace(place)
        return
    if _is_empty(place):  # it stays: it may be where somebody works, or a mounted volume; the manifest comes last
        for path in sorted(partial.iterdir(), key=lambda path: path.name == MANIFEST):
            path.replace(place / path.name)
        return
    before = place.replace(place.with_name(f".bundle-{secrets.token_hex(4)}"))
    try:
        partial.replace(place)
    except OSError:
        before.replace(place)
        raise
    shutil.rmtree(before, ignore_errors=True)
