"""Which model a run was drawn by: the manifest says its SHA-256, and where its file lay."""

from __future__ import annotations

import os
from pathlib import Path

from ganrt.errors import BadInputFile
from ganrt.runtime.bulk.manifest import Manifest
from ganrt.runtime.bulk.storage import LocalStorage, Target
from ganrt.runtime.generator import Generator
from ganrt.runtime.models import bundled_model, resolve_model

_NETWORK = ("//", "\\\\")  # begin the names of other machines on Windows


def model_file(generator: Generator, target: Target) -> str | None:
    """What the manifest says of the model's place; None: it is a bundled one.

    Seen from an output that is a folder, so that both can be moved together and nobody reads whose machine it was;
    otherwise as it was given.
    """
    path = generator.path
    name = bundled_model(generator.model_sha256)
    if path is None or (name is not None and path == resolve_model(name)):
        return None
    if not isinstance(target, LocalStorage):
        return path.as_posix()
    try:
        return Path(os.path.relpath(path.resolve(), target.root.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


def find_model(target: Target, manifest: Manifest) -> str:
    """The model that a run was drawn by: the path of its file, or a bundled model's name.

    Whether the file is still the same its SHA-256 tells, when it is opened. An engine is native code: it is not loaded
    because a manifest, which may be a stranger's, names it.

    Raises:
        BadInputFile: it is not bundled, and is not where it was, or is an engine.
    """
    told, wanted = manifest.plan.generator, manifest.model_file
    path = None if wanted is None or wanted.startswith(_NETWORK) else Path(wanted)
    if path is not None and isinstance(target, LocalStorage):
        path = Path(os.path.normpath(target.root.resolve() / path))
    there = path is not None and os.path.isfile(path)  # noqa: PTH113  (False also of what no file can be called)
    if path is not None and there and path.suffix.lower() == ".onnx":
        return str(path)
    if path is None and (name := bundled_model(told["model_sha256"])) is not None:
        return name
    if path is None:
        where = "is not bundled, and the manifest does not say where it lies"
    else:
        where = f"lies at {ascii(str(path))[1:-1]}" if there else f"is not at {ascii(str(path))[1:-1]} any more"
    name = f"{ascii(told['model'])[1:-1]} (SHA-256 {told['model_sha256'][:16]}...)"
    raise BadInputFile(f"{target.place}: the model of this run, {name}, {where}\ngive its file: -m FILE")
