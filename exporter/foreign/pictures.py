"""What the file's pictures are: their axes, size and range, found by drawing a few."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.exporter.options import Settings

CHANNELS = (1, 3, 4)
_MEANING = {"tanh": "-1 to 1", "sigmoid": "0 to 1", "uint8": "0 to 255"}
# What the range may be exceeded by: networks without a last tanh overshoot a little, and are clipped.
_ALLOWED = {"tanh": (-2.0, 2.0), "sigmoid": (-0.25, 1.25), "uint8": (-16.0, 272.0)}
_CARRIERS = {"Identity", "Transpose", "Reshape", "Cast", "Squeeze", "Unsqueeze", "Flatten"}
_LAST = {"Tanh": "tanh", "Sigmoid": "sigmoid"}


@dataclass(frozen=True)
class Pictures:
    """Axes, size in pixels and range of a network's pictures; `notes` what looks odd or was assumed.

    `source_range` is that of the pictures that a translator takes.
    """

    layout: str
    height: int
    width: int
    channels: int
    range: str
    notes: tuple[str, ...]
    source_range: str = "tanh"


def look_at(drawn: NDArray[Any], model: onnx.ModelProto, output: str, wanted: Settings, path: Path) -> Pictures:
    """Settles layout and range from what was drawn, the last operator and the settings.

    Raises:
        UsageError: an option contradicts the pictures, or one is needed; the message has the shape or the range.
    """
    layout = _layout(drawn.shape, wanted.layout, path)
    value_range, assumed = _range(drawn, model, output, wanted.range, path)
    height, width, channels = (drawn.shape[axis] for axis in ((2, 3, 1) if layout == "nchw" else (1, 2, 3)))
    return Pictures(layout, height, width, channels, value_range, (*assumed, *_oddities(drawn, value_range)))


def _layout(shape: tuple[int, ...], wanted: str | None, path: Path) -> str:
    if len(shape) != 4:
        raise UsageError(f"{path} gives {list(shape)}; expected pictures of four axes, [n, c, h, w] or [n, h, w, c]")
    fitting = [name for name, axis in (("nchw", 1), ("nhwc", 3)) if shape[axis] in CHANNELS]
    if wanted in fitting:
        return str(wanted)
    if wanted is not None or not fitting:
        given = f", which is not {wanted}" if wanted else ""
        raise UsageError(f"{path} gives pictures of shape {list(shape)}{given}\nexpected 1, 3 or 4 channels")
    if len(fitting) == 2:
        raise UsageError(f"{path} gives pictures of shape {list(shape)}\nsay which: --layout nchw or --layout nhwc")
    return fitting[0]


def _range(
    drawn: NDArray[Any], model: onnx.ModelProto, output: str, wanted: str | None, path: Path
) -> tuple[str, tuple[str, ...]]:
    low, high = float(drawn.min()), float(drawn.max())
    found = f"{path}: {len(drawn)} pictures lie in {low:.3g} to {high:.3g}"
    choices = ", ".join(f"--range {name} ({meaning})" for name, meaning in _MEANING.items())
    guess = "uint8" if drawn.dtype == np.uint8 else _LAST.get(last_operator(model, output), "")
    chosen = wanted or guess
    if not chosen:
        raise UsageError(f"{found}, and no last Tanh or Sigmoid tells their range\nsay which: {choices}")
    least, most = _ALLOWED[chosen]
    # NaN passes here: verification names the picture.
    if low < least or high > most or (chosen == "uint8" and high <= 1.5):
        raise UsageError(f"{found}, which is not --range {chosen}\nexpected one of: {choices}")
    return chosen, () if wanted else (f"--range {chosen}, from the last operator",)


def _oddities(drawn: NDArray[Any], value_range: str) -> tuple[str, ...]:
    notes = []
    if value_range == "tanh" and drawn.min() >= 0:
        notes.append(f"no value of {len(drawn)} pictures is below 0: is it --range sigmoid?")
    if len(drawn) > 1 and bool((drawn == drawn[:1]).all()):
        notes.append(f"{len(drawn)} different z give the same picture")
    return tuple(notes)


def last_operator(model: onnx.ModelProto, output: str) -> str:
    """The operator that makes `output`, looking through those that only move values."""
    makers = {name: node for node in model.graph.node for name in node.output}
    node = makers.get(output)
    for _ in range(len(model.graph.node)):
        if node is None or node.op_type not in _CARRIERS:
            break
        node = makers.get(node.input[0])
    return str(node.op_type) if node is not None else ""
