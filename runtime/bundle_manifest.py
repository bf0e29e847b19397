"""What a bundle says is its own: `manifest.json`; what lies beside it, and where it may be written."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.files import make_folder

FORMAT = 1
MANIFEST = "manifest.json"
COMPONENT = "generator"
_SCHEMA = "1."
_LARGEST_MANIFEST = 16 * 2**20


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a bundle; `listed_files` and `listed_engines` of it are safe to use as they are.

    Raises:
        BadInputFile: it is no bundle, or one of a newer format.
    """
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise BadInputFile(f"{path} is longer than {_LARGEST_MANIFEST} bytes: it is no bundle's manifest")
        manifest = json.loads(path.read_bytes())
        ours = manifest["additional_metadata"]["ganrt"]
        version, listed, engines = ours["format"], ours["files"], ours.get("engines", [])
    except OSError as error:
        raise BadInputFile(f"{folder} is no bundle: {MANIFEST} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInputFile(f"{path} is not the manifest of a bundle: expected one that ganrt bundle wrote") from error
    if type(version) is not int or version > FORMAT:
        raise BadInputFile(f"{path} has format {version!r}; this version of ganrt knows {FORMAT}: update ganrt")
    schema = manifest.get("schema_version")
    if not isinstance(schema, str) or not schema.startswith(_SCHEMA):
        raise BadInputFile(
            f"{path} has schema_version {schema!r}; this version of ganrt knows {_SCHEMA}x: update ganrt"
        )
    if not isinstance(listed, dict) or not all(_is_name(name) and isinstance(listed[name], str) for name in listed):
        raise BadInputFile(f"{path}: expected the files with their SHA-256, by names below this folder")
    if not isinstance(engines, list) or not all(isinstance(name, str) and name in listed for name in engines):
        raise BadInputFile(f"{path}: expected engines that are among the files")
    return dict(manifest)


def listed_files(manifest: dict[str, Any]) -> dict[str, str]:
    """SHA-256 of every file but the manifest, by its name with / between folders."""
    return dict(manifest["additional_metadata"]["ganrt"]["files"])


def listed_engines(manifest: dict[str, Any]) -> list[str]:
    """The names of the engines among the files."""
    return list(manifest["additional_metadata"]["ganrt"].get("engines", []))


def names_below(folder: Path) -> list[str]:
    """Every file and link below the folder of a bundle but its manifest, by its name with / between folders."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted({path.relative_to(folder).as_posix() for path in found} - {MANIFEST})


def foreign_files(folder: Path, listed: Collection[str]) -> list[str]:
    """Those of them that the manifest does not list: file browsers, game engines and people put theirs there."""
    return [name for name in names_below(folder) if name not in listed]


def _is_name(name: str) -> bool:
    """Whether it stays within the folder, on every system."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and not set("\\:") & set(name) and bool(path.parts)


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
