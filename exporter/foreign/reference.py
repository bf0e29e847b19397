"""The file itself as a torch module of the contract's shapes, so that verification needs no second way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.foreign.network import Interface, Run
from ganrt.exporter.foreign.pictures import Pictures
from ganrt.exporter.foreign.torchscript import first_line
from ganrt.exporter.inputs import Array
from ganrt.tolerances import EXPORT_ERROR


class Reference(nn.Module):
    """z float32 [n, dim] (and labels float32 [n, count]), or a picture float32 [n, c, h, w] -> float32 [n, c, h, w].

    Pictures go in and out in the range of those that come out.
    """

    def __init__(self, run: Run, interface: Interface, pictures: Pictures) -> None:
        super().__init__()
        self._run, self._interface, self._pictures = run, interface, pictures

    def forward(self, z: torch.Tensor, *labels: torch.Tensor) -> torch.Tensor:
        given = z if self._interface.source is None else self._own_range(z)
        drawn = draw(self._run, self._interface, given.numpy(), labels[0].numpy() if labels else None)
        native = torch.from_numpy(np.asarray(drawn, np.float32))
        native = native.permute(0, 3, 1, 2) if self._pictures.layout == "nhwc" else native
        return (native / 255 if self._pictures.range == "uint8" else native).contiguous()

    def _own_range(self, native: torch.Tensor) -> torch.Tensor:
        """The pictures in the range that the file takes."""
        unit = (native + 1) / 2 if self._pictures.range == "tanh" else native
        return {"tanh": unit * 2 - 1, "sigmoid": unit, "uint8": unit * 255}[self._pictures.source_range]


def draw(run: Run, interface: Interface, z: Array, labels: Array | None) -> NDArray[Any]:
    """The file's own pictures in its own layout; one at a time if it draws no more."""
    if interface.fixed and len(z) > 1:
        rows = [slice(i, i + 1) for i in range(len(z))]
        parts = [draw(run, interface, z[row], None if labels is None else labels[row]) for row in rows]
        return np.concatenate(parts)
    if interface.source is not None:
        return run([z if interface.source_layout == "nchw" else np.ascontiguousarray(z.transpose(0, 2, 3, 1))])
    values: list[NDArray[Any]] = [z.reshape(interface.z_shape(len(z)))]
    if labels is not None:
        if interface.labels is not None and interface.numbers:
            labels = labels.argmax(1).reshape([-1, 1][: len(interface.labels.dims)])
        values.insert(0 if interface.labels_first else 1, labels)
    return run(values)


def draw_a_few(run: Run, interface: Interface, z: Array, labels: Array | None, path: Path) -> NDArray[Any]:
    """The pictures of `z`, having made sure that a picture depends on its own z alone.

    Raises:
        UsageError: it does not take inputs of these shapes.
        BadInputFile: it draws at random, or a picture depends on the others of its batch.
    """
    try:
        drawn = draw(run, interface, z, labels)
        again = draw(run, interface, z, labels)
        alone = [
            draw(run, interface, z[i : i + 1], None if labels is None else labels[i : i + 1]) for i in range(len(z))
        ]
    except Exception as error:  # ONNX Runtime's, torch's and the file's own errors have no common base
        raise UsageError(
            f"{path} does not run on {_given(interface, z)} ({first_line(error)})\n"
            "check --latent, --labels and --z-shape, or a translator's --size"
        ) from error
    if not _same(drawn, again):
        raise BadInputFile(f"{path} draws at random: the same z gave two pictures\nexport it again in eval mode")
    if not _same(drawn, np.concatenate(alone)):
        raise BadInputFile(
            f"{path}: a picture depends on the others of its batch (batch norm in training mode?)\n"
            "export it again in eval mode"
        )
    return drawn


def _given(interface: Interface, z: Array) -> str:
    return f"pictures {list(z.shape)}" if interface.source else f"z {interface.z_shape(len(z))}"


def _same(left: NDArray[Any], right: NDArray[Any]) -> bool:
    if left.shape != right.shape:
        return False
    # NaN counts as the same: verification names it.
    scale = float(np.nan_to_num(np.abs(left.astype(np.float64))).max(initial=1))
    return bool(np.allclose(left, right, rtol=0, atol=EXPORT_ERROR * scale, equal_nan=True))
