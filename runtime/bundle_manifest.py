"""What a bundle says is its own: `manifest.json`, and the files that lie beside them and are somebody else's."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Any

from ganrt.errors import BadInputFile

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
