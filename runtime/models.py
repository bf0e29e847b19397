"""Bundled models by name. A published name is immutable: a better model gets a new number."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

from ganrt.errors import BadInputFile

_BUNDLED = {"avatars-1": "avatars-1.onnx"}
_ALIASES = {"avatars": "avatars-1"}
DEFAULT_MODEL = "avatars"


def bundled_model(sha256: str) -> str | None:
    """The name of the bundled model whose file has this SHA-256 (hexadecimal), if it is one."""
    for name in _BUNDLED:
        if hashlib.sha256(resolve_model(name).read_bytes()).hexdigest() == sha256:
            return name
    return None


def resolve_model(name_or_path: str | Path) -> Path:
    """A bundled model's name or a path -> the path of the file.

    Raises:
        BadInputFile: neither a bundled name nor an existing file.
    """
    name = str(name_or_path)
    bundled = _BUNDLED.get(_ALIASES.get(name, name)) if isinstance(name_or_path, str) else None
    if bundled is not None:
        return Path(str(files("ganrt.runtime") / "data" / bundled))
    path = Path(name_or_path)
    if not path.exists() and (path.suffix or path.name != name):
        raise BadInputFile(f"{name} does not exist")
    if not path.exists():
        raise BadInputFile(
            f"model '{name}' is neither a file nor a bundled model\n"
            f"bundled models: {', '.join([*_ALIASES, *_BUNDLED])}; "
            "make your own: ganrt export CHECKPOINT -o model.onnx"
        )
    return path
