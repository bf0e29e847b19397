"""Which files are whole networks and not weights, told from their bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path

# Each module has `read(data, path, settings) -> Opened`.
KINDS: dict[str, str] = {
    "torchscript": "ganrt.exporter.foreign.torchscript",
    "exported-program": "ganrt.exporter.foreign.exported_program",
    "onnx": "ganrt.exporter.foreign.onnx_model",
}


def foreign_kind(path: Path) -> str | None:
    """A name of `KINDS`; None for checkpoints, and for what cannot be read (reading it as one says why)."""
    if not path.is_file():  # a pipe may have no end
        return None
    try:
        with path.open("rb") as file:
            head = file.read(16)
        if head.startswith(b"PK"):
            return _archive_kind(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OverflowError):
        return None
    # An ONNX file is a protobuf whose first field is ir_version (tag 0x08); the producer, graph or opsets follow.
    is_onnx = head[:1] == b"\x08" and head[2:3] in (b"\x12", b"\x3a", b"\x42")
    return "onnx" if is_onnx or (head and path.suffix.lower() == ".onnx") else None


def _archive_kind(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    inner = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inner:
        return "torchscript"
    # torch before 2.8 wrote serialized_exported_program.json at the top, later ones models/NAME.json.
    is_program = "serialized_exported_program.json" in names or (
        "archive_format" in inner and any(name.startswith("models/") for name in inner)
    )
    return "exported-program" if is_program else None
