"""What the generator and the encoder of RKorzeniowski/BigBiGAN-PyTorch share."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.source import State
from ganrt.spec import Latent

DEFAULT_EPS = 1e-5
CHANNELS = (1, 3, 4)
KERNEL = 3
# What training draws z from. Below psi 1 values are drawn again until they lie in [-psi, psi], which keeps the
# density's form within; scaling would squeeze it.
_THRESHOLD = 1.0


class Wrapped(nn.Module):
    """A layer under the name `layer`, where the training code puts its spectral norm."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.layer(x))


def double(x: Tensor) -> Tensor:
    """Each pixel becomes a square of four."""
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def latent(dim: int) -> Latent:
    """The law that training draws z from: the standard normal between -1 and 1."""
    return Latent(dim=dim, prior="truncated_normal", threshold=_THRESHOLD, psi_mode="resample")


def sizes(state: State, key: str, dimensions: int, what: str) -> tuple[int, ...]:
    """The shape of a weight that the hyperparameters are read from.

    Raises:
        BadInputFile: it is missing, has other than `dimensions` dimensions, or is empty; `what` names the network.
    """
    if key not in state:
        raise BadInputFile(f"does not fit {what}\nmissing: {key}")
    shape = tuple(state[key].shape)
    if len(shape) != dimensions or 0 in shape:
        raise BadInputFile(f"{key} has shape {list(shape)}\nexpected {dimensions} dimensions, none of them empty")
    return shape


def require_channels(key: str, channels: int) -> None:
    """Raises BadInputFile if the channels at `key` make no picture."""
    if channels not in CHANNELS:
        raise BadInputFile(f"{key} has {channels} channels at its picture's end\nexpected 1, 3 or 4")
