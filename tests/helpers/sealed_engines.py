"""Engine files without a vendor's library: bytes with a sound header, and the sidecar that belongs to them."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

from tiny_onnx import tiny_spec

from ganrt.engines.tensorrt.sidecar import FORMAT, Profile, Sidecar, Tensor, sidecar_path

NAME = "tiny.tensorrt-rtx.sm86.fp16.b1-8-64.engine"


def engine_bytes(size: int = 200, version: tuple[int, ...] = (1, 7, 1, 116)) -> bytes:
    """The header of TensorRT-RTX 1.7, then numbers."""
    header = struct.pack("<4s4xQQ4B4sI", b"vtrt", 2, size, *version, b"vtrt", 4)
    return (header + bytes(range(256)) * (size // 256 + 1))[:size]


def sidecar_of(data: bytes, **changes: Any) -> Sidecar:
    """A sidecar that says the truth about `data`."""
    values: dict[str, Any] = {
        "format": FORMAT,
        "backend": "tensorrt-rtx",
        "backend_version": "1.7.1.116",
        "targets": ("sm86",),
        "precision": "fp16",
        "form": "clean-norm",
        "profiles": (Profile(minimum=1, optimum=8, maximum=64),),
        "engine_sha256": hashlib.sha256(data).hexdigest(),
        "engine_bytes": len(data),
        "onnx_sha256": "0" * 64,
        "model_sha256": "1" * 64,
        "spec": tiny_spec(),
        "tensors": (
            Tensor(name="z", dtype="float32", shape=(-1, 6), mode="input"),
            Tensor(name="image", dtype="uint8", shape=(-1, 8, 8, 3), mode="output"),
        ),
    }
    return Sidecar(**values | changes)


def sealed(values: dict[str, Any]) -> str:
    """The text of a sidecar with these fields and the SHA-256 that belongs to them."""

    def canonical() -> str:
        return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)

    values = {name: value for name, value in values.items() if name != "sidecar_sha256"}
    values["sidecar_sha256"] = hashlib.sha256(canonical().encode()).hexdigest()
    return canonical()


def save_engine(folder: Path, data: bytes | None = None, **changes: Any) -> Path:
    """Writes both files and returns the engine's path."""
    data = engine_bytes() if data is None else data
    path = folder / NAME
    path.write_bytes(data)
    sidecar_path(path).write_text(sidecar_of(data, **changes).to_json())
    return path
