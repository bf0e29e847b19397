"""Engine files in a folder: their names, writing one with its sidecar, and which of them are still good."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ganrt.engines.machine import package_version
from ganrt.engines.tensorrt.kernel_cache import caches_of
from ganrt.engines.tensorrt.sidecar import Profile, Sidecar, check_version, read_sidecar, read_trusted, sidecar_path
from ganrt.errors import BackendUnavailable, BadInputFile, OutputFailed
from ganrt.files import write_file

_NAME = re.compile(r".+\.tensorrt(-rtx)?\.[a-z0-9+]+\.[a-z0-9]+\.b[0-9+-]+\.engine")
_TRIES = 20


def engine_name(name: str, backend: str, targets: Iterable[str], precision: str, profiles: Iterable[Profile]) -> str:
    """The file's name, such as `avatars-1.tensorrt-rtx.sm86+sm89.fp16.b1-8-64.engine`."""
    batches = "+".join(f"{p.minimum}-{p.optimum}-{p.maximum}" for p in profiles)
    return f"{name}.{backend}.{'+'.join(targets)}.{precision}.b{batches}.engine"


def write_engine(path: Path, data: bytes, sidecar: Sidecar, *, force: bool) -> None:
    """Writes an engine and its sidecar, each whole or not at all.

    Two processes may write the same engine at once, and one of them the engine and the other the sidecar last: each
    looks whether what lies there fits together, and writes again if not.

    Raises:
        OutputFailed: one of the two is there and `force` is not set, or cannot be written.
    """
    for attempt in range(_TRIES):
        again = force or attempt > 0
        write_file(path, data, force=again, within=path.parent)
        write_file(sidecar_path(path), sidecar.to_json().encode(), force=again, within=path.parent)
        with suppress(BadInputFile):
            read_trusted(path)
            return
        time.sleep(random.uniform(0, 0.05))
    raise OutputFailed(f"{path} is being written by others at the same time; nothing that fits together is there")


@dataclass(frozen=True)
class Listed:
    """An engine file; `problem` is None where it can be loaded by what is installed (the device is not asked)."""

    path: Path
    bytes: int
    problem: str | None


def list_engines(folder: Path) -> list[Listed]:
    """The engines that ganrt wrote to a folder, by name, and those of which only the sidecar is left.

    Raises:
        BadInputFile: it is no folder.
    """
    if not folder.is_dir():
        state = "is a file" if folder.exists() else "does not exist"
        raise BadInputFile(f"{folder} {state}; expected a folder with engines")
    stems = {path.with_suffix(".engine") for path in folder.iterdir() if path.suffix in (".engine", ".json")}
    return [_listed(path) for path in sorted(stems) if not path.is_dir() and _is_ours(path)]


def clean(folder: Path) -> list[Listed]:
    """Removes the engines that cannot be loaded any more (damaged, or of another version than is installed).

    Engines of a backend that is not installed stay: they may be for another machine.
    """
    useless = [engine for engine in list_engines(folder) if engine.problem is not None]
    for engine in useless:
        for path in (engine.path, sidecar_path(engine.path), *caches_of(engine.path)):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise OutputFailed(f"{path} cannot be removed: {error.strerror}") from error
    return useless


def _is_ours(engine: Path) -> bool:
    """By the name that ganrt gives, or, where people gave another, by a sound sidecar.

    Never by its suffix alone, for `clean` removes what is damaged: other programs write engines, too.
    """
    if _NAME.fullmatch(engine.name):
        return True
    with suppress(BadInputFile):
        read_sidecar(engine)
        return True
    return False


def _listed(path: Path) -> Listed:
    if not path.exists():
        return Listed(path, 0, "is missing; only its sidecar is there")
    return Listed(path, path.stat().st_size, _problem(path))


def _problem(path: Path) -> str | None:
    try:
        sidecar = read_trusted(path)[1]
        installed = package_version(sidecar.backend)
        if installed is not None:
            check_version(path, sidecar, installed)
    except (BadInputFile, BackendUnavailable) as error:
        return str(error).splitlines()[0].removeprefix(f"{path} ")
    return None
