"""Whole graphs: which files are some, told from their bytes, and what a reader of one kind hands on."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx_ir as ir
from torch import Tensor, nn

from ganrt.exporter.owner.parameters import Parameter
from ganrt.tolerances import EXPORT_ERROR


@dataclass(frozen=True)
class Opened:
    """What a reader of one kind hands on.

    Attributes:
        module: the file itself: tensors in the order of its inputs -> its tensors.
        parameters: its inputs.
        convert: values for its inputs -> the ONNX model: opset 18, `ai.onnx` alone, no random operators; its inputs in
            the file's order, its outputs as `module` gives them.
        against: what `module` is, for the spec.
        batch: how many pictures it draws at a time; None: any number, as far as it declares.
        tolerance: how far the model may be from it, as floats: more where the file computes in half precision.
    """

    module: nn.Module
    parameters: Sequence[Parameter]
    convert: Callable[[Sequence[Tensor]], ir.Model]
    against: str
    batch: int | None = None
    notes: tuple[str, ...] = ()
    tolerance: float = EXPORT_ERROR


def first_line(error: BaseException) -> str:
    """The line that says what is wrong, else the last one: torch puts the interpreter's stack above it, and sometimes
    the values of a graph below."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"Error|not support|[Uu]nsupported", line)]
    return (telling or lines[-1:] or [type(error).__name__])[-1][:200]


# (data, path, settings) -> Opened.
KINDS: dict[str, str] = {
    "torchscript": "ganrt.exporter.foreign.programs:read_torchscript",
    "exported-program": "ganrt.exporter.foreign.programs:read_program",
    "onnx": "ganrt.exporter.foreign.onnx_model:read",
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
