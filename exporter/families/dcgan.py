"""The reference PyTorch DCGAN generator: Radford et al. 2016 (arXiv:1511.06434), as in pytorch/examples.

Layout: `main.{3i}` ConvTranspose2d with kernel 4 (the first stride 1, padding 0 on a 1x1 input; the others stride
2, padding 1), `main.{3i+1}` BatchNorm2d and ReLU after all but the last, which a tanh follows. z ~ N(0, 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.families.loading import load_strictly
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import Built, KeyCondition, State
from ganrt.exporter.options import Settings
from ganrt.spec import GeneratorSpec, Latent, Output

KERNEL = 4
DEFAULT_EPS = 1e-5
LAYERS = range(3, 8)  # 16 to 256 pixels: the first layer gives 4, each further one doubles


@dataclass(frozen=True)
class Shape:
    """Hyperparameters: `channels` holds the latent's dimension, each layer's width, and the picture's channels."""

    channels: tuple[int, ...]
    biases: tuple[bool, ...]

    @property
    def layers(self) -> int:
        return len(self.biases)

    @property
    def side(self) -> int:
        """Height and width of the picture in pixels."""
        return 4 << (self.layers - 1)


class Generator(nn.Module):
    """z float32 [n, dim] -> float32 [n, c, side, side] in [-1, 1]."""

    def __init__(self, shape: Shape, eps: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i, bias in enumerate(shape.biases):
            stride, padding = (1, 0) if i == 0 else (2, 1)
            inputs, outputs = shape.channels[i : i + 2]
            layers.append(nn.ConvTranspose2d(inputs, outputs, KERNEL, stride, padding, bias=bias))
            if i < shape.layers - 1:
                layers += [nn.BatchNorm2d(outputs, eps=eps), nn.ReLU()]
        self.main = nn.Sequential(*layers, nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        return cast(Tensor, self.main(z[:, :, None, None]))


class DCGAN:
    """The family `dcgan`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = {"norm_eps": f"batch norm's epsilon, default {DEFAULT_EPS:g}"}
    # A DCGAN discriminator also has main.0.weight, but its main.1 is an activation and has no statistics.
    keys = KeyCondition(all_of=("main.0.weight", "main.1.running_mean", "main.3.weight"))

    page = Page(
        title="Reference PyTorch DCGAN",
        origin="`pytorch/examples`' dcgan, the PyTorch DCGAN tutorial, and the many scripts written after them",
        gives="pictures of 16 to 256 px, 1, 3 or 4 channels, any widths and latent size; z is normal",
        traps=(
            "`module.` prefixes of DataParallel, once or twice",
            "convolution biases that some copies have",
            "batch norm's epsilon, which the file does not hold, and which is not 1e-5 after conversions from Keras",
            "a discriminator has nearly the same keys: its missing batch norm at `main.1` tells",
        ),
    )

    def detect(self, state: State) -> bool:
        """Whether the keys are a reference DCGAN generator's."""
        return self.keys.holds(state)

    def build(self, state: State, settings: Settings) -> Built:
        """See `Family.build`; 16 to 256 pixels; 1, 3 or 4 channels; any widths; convolution biases optional."""
        shape = infer_shape(state)
        eps = DEFAULT_EPS if settings.norm_eps is None else settings.norm_eps
        what = f"a DCGAN generator of {shape.side}x{shape.side} pixels with {shape.layers} layers"
        module = load_strictly(lambda: Generator(shape, eps), state, what)
        output = Output(height=shape.side, width=shape.side, channels=shape.channels[-1])
        latent = Latent(dim=shape.channels[0], prior="normal", threshold=None, psi_mode="resample")
        notes = () if settings.norm_eps is not None else (f"batch norm's epsilon is not in the file: {eps:g} assumed",)
        return Built(
            module=module,
            spec=GeneratorSpec(name="dcgan", family="dcgan", latent=latent, output=output),
            value_range="tanh",
            certainty=f"certain: all {len(state)} keys match",
            notes=notes,
        )


def infer_shape(state: State) -> Shape:
    """Reads the hyperparameters from the convolutions' shapes [in, out, 4, 4].

    Raises:
        BadInputFile: no whole generator: too few or too many layers, another kernel, channels that make no picture.
    """
    count = 0
    while f"main.{3 * count}.weight" in state:
        count += 1
    if count not in LAYERS:
        raise BadInputFile(
            f"has {count} consecutive DCGAN layers (main.0, main.3, main.6, ...)\n"
            f"expected {LAYERS[0]} to {LAYERS[-1]} of them, for 16 to 256 pixels"
        )
    weights = {key: state[key] for key in (f"main.{3 * i}.weight" for i in range(count))}
    for key, weight in weights.items():
        if weight.ndim != 4 or tuple(weight.shape[2:]) != (KERNEL, KERNEL) or 0 in weight.shape:
            raise BadInputFile(f"{key} has shape {list(weight.shape)}\nexpected [in, out, {KERNEL}, {KERNEL}]")
    first, *_, last = weights.values()
    if last.shape[1] not in (1, 3, 4):
        raise BadInputFile(f"{list(weights)[-1]} makes {last.shape[1]} channels\nexpected a picture of 1, 3 or 4")
    return Shape(
        channels=(first.shape[0], *(weight.shape[1] for weight in weights.values())),
        biases=tuple(f"main.{3 * i}.bias" in state for i in range(count)),
    )
