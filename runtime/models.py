"""Models by name or path, and their controls."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path

from ganrt.checks import list_of, section
from ganrt.controls import Control
from ganrt.errors import BadInputFile
from ganrt.runtime.model_names import ALIASES, BUNDLED
from ganrt.spec import GeneratorSpec


def bundled_name(name: str) -> str | None:
    """The bundled model that a name or alias stands for, if it is one."""
    own = ALIASES.get(name, name)
    return own if own in BUNDLED else None


def bundled_model(sha256: str) -> str | None:
    """The name of the bundled model whose file has this SHA-256 (hexadecimal), if it is one."""
    for name in BUNDLED:
        if hashlib.sha256(resolve_model(name).read_bytes()).hexdigest() == sha256:
            return name
    return None


def named_controls(spec: GeneratorSpec, model_sha256: str) -> tuple[Control, ...]:
    """The controls of a model: those in its spec; of a bundled model older than controls those beside its file."""
    return spec.controls or _beside().get(model_sha256, ())


@cache
def _beside() -> dict[str, tuple[Control, ...]]:
    """By the SHA-256 of the model: the controls in NAME.controls.json, a list as a spec has it."""
    check = list_of(section(Control), 256)
    texts = [path.read_text("utf-8") for path in _data().iterdir() if path.name.endswith(".controls.json")]
    read = [json.loads(text) for text in texts]
    return {one["model_sha256"]: check(one["controls"], "controls") for one in read}


def _data() -> Path:
    return Path(str(files("ganrt.runtime") / "data"))


def resolve_model(name_or_path: str | Path) -> Path:
    """A bundled model's name or a path -> the path of the file.

    Raises:
        BadInputFile: neither a bundled name nor an existing file.
    """
    name = str(name_or_path)
    bundled = BUNDLED.get(ALIASES.get(name, name)) if isinstance(name_or_path, str) else None
    if bundled is not None:
        return _data() / bundled
    path = Path(name_or_path)
    if not path.exists() and (path.suffix or path.name != name):
        raise BadInputFile(f"{name} does not exist")
    if not path.exists():
        raise BadInputFile(
            f"model '{name}' is neither a file nor a bundled model\n"
            f"bundled models: {', '.join([*ALIASES, *BUNDLED])}; "
            "make your own: ganrt export CHECKPOINT -o model.onnx"
        )
    return path
