"""A whole graph as its file gives it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import onnx
from torch import Tensor, nn

from ganrt.exporter.owner.probe import Parameter
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
    convert: Callable[[Sequence[Tensor]], onnx.ModelProto]
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
