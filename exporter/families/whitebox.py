"""White-box cartoonization (Wang and Yu, CVPR 2020): SystemErrorWang's TensorFlow checkpoint, and a port to torch.

One network of convolutions with LeakyReLU(0.2): the side is halved twice, four residual blocks follow, and two bilinear
enlargements, each added to what was there before it was halved. Behind it stands a guided filter (He et al. 2010) of
3x3 pixels, whose guide is the picture that goes in: A = cov / (var + eps), b = mean_y - A mean_x, mean_A x + mean_b.
The two differ in where a halving layer's border lies, in how they enlarge, in tanh (torch: twice, once in the network
and once in its inference.py), in the filter's eps, and in the order of colours: TensorFlow's are blue, green, red.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts, of_family
from ganrt.exporter.families.pictures import Sides
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.loading import load_strictly, sizes
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

SIDES = Sides(usual=512, lowest=16, multiple_of=4)
BLOCKS = 4
SLOPE = 0.2
_WHAT = "White-box cartoonization's generator"
_TENSORFLOW = "generator/Conv"
# The layers from the first to the last, as `Generator` numbers them, and as the two files call them.
_PLAIN = {f"layers.{i}": f"{_TENSORFLOW}{f'_{i}' if i else ''}" for i in range(10)}
_TORCH = dict(
    zip(
        _PLAIN,
        ("initial_down.0", "down1.0", "down1.2", "down2.0", "down2.2", "up1.0", "up2.0", "up2.2", "last.0", "last.2"),
        strict=True,
    )
)
_KERNEL = re.compile(r"generator/(Conv(_\d)?|block_\d/conv\d)/weights")


class Generator(nn.Module):
    """source float32 [n, 3, h, w] in [-1, 1], RGB -> float32 [n, 3, h, w], about [-1, 1]; sides divisible by 4."""

    def __init__(self, width: int, tensorflow: bool) -> None:
        super().__init__()
        w, self.tensorflow, self.eps = width, tensorflow, 5e-3 if tensorflow else 1e-2
        inward = [(3, w), (w, w), (w, 2 * w), (2 * w, 2 * w), (2 * w, 4 * w)]
        outward = [(4 * w, 2 * w), (2 * w, 2 * w), (2 * w, w), (w, w), (w, 3)]
        self.layers = nn.ModuleList(
            nn.Conv2d(*each, 7 if i in (0, 9) else 3) for i, each in enumerate(inward + outward)
        )
        self.blocks = nn.ModuleList(nn.ModuleList(nn.Conv2d(4 * w, 4 * w, 3) for _ in range(2)) for _ in range(BLOCKS))

    def forward(self, source: Tensor) -> Tensor:
        first = self._step(source, 0)
        second = self._step(self._step(first, 1), 2)
        x = self._step(self._step(second, 3), 4)
        for block in self.blocks:
            one, two = block.children()
            x = x + self._layer(_leaky(self._layer(x, one)), two)
        x = self._enlarged(self._step(x, 5))
        x = self._enlarged(self._step(self._step(x + second, 6), 7))
        made = self._layer(self._step(x + first, 8), self.layers[9])
        if not self.tensorflow:
            made = torch.tanh(torch.tanh(made))
        return filtered(source, made, self.eps)

    def _step(self, x: Tensor, index: int) -> Tensor:
        return _leaky(self._layer(x, self.layers[index], halving=index in (1, 3)))

    def _layer(self, x: Tensor, layer: nn.Module, halving: bool = False) -> Tensor:
        assert isinstance(layer, nn.Conv2d)
        border = layer.kernel_size[0] // 2
        # TensorFlow's SAME padding of an even side: what is left over goes to the right and below.
        before = 0 if halving and self.tensorflow else border
        padded = functional.pad(x, (before, border, before, border))
        return functional.conv2d(padded, layer.weight, layer.bias, stride=2 if halving else 1)

    def _enlarged(self, x: Tensor) -> Tensor:
        if not self.tensorflow:
            return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        return _doubled(_doubled(x, 2), 3)


def _doubled(x: Tensor, axis: int) -> Tensor:
    """As TensorFlow 1 enlarges: pixel 2 i is pixel i, and 2 i + 1 the mean of i and i + 1; the last is repeated."""
    after = torch.cat([x.narrow(axis, 1, x.shape[axis] - 1), x.narrow(axis, x.shape[axis] - 1, 1)], axis)
    return torch.stack([x, (x + after) / 2], axis + 1).flatten(axis, axis + 1)


def filtered(guide: Tensor, x: Tensor, eps: float) -> Tensor:
    """The guided filter of radius 1, channel by channel; at the borders means are of the pixels that there are."""
    mean = partial(functional.avg_pool2d, kernel_size=3, stride=1, padding=1, count_include_pad=False)
    of_guide, of_x = mean(guide), mean(x)
    slope = (mean(guide * x) - of_guide * of_x) / (mean(guide * guide) - of_guide * of_guide + eps)
    return mean(slope) * guide + mean(of_x - slope * of_guide)


def _leaky(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE)


class WhiteBox(Family):
    task = "translate"
    settings: Mapping[str, str] = SIDES.settings
    keys = (
        KeyCondition(all_of=(f"{_TENSORFLOW}/weights", "generator/block_0/conv1/weights", f"{_TENSORFLOW}_9/weights")),
        KeyCondition(all_of=("initial_down.0.weight", "res_blocks.0.block.0.weight", "up1.0.weight", "last.2.weight")),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        tensorflow = f"{_TENSORFLOW}/weights" in source.tensors
        state, facts = _as_torch(source.tensors) if tensorflow else source.tensors, Facts(settings)
        image, output = SIDES.read(facts, 3, 3)
        facts.open("the guided filter", "3x3 pixels, as the authors' scripts have it", "it is in no checkpoint")
        spell = _of_tensorflow if tensorflow else _of_torch
        first, *_ = sizes(state, spell("layers.0.weight"), 4, _WHAT)
        module = load_strictly(partial(Generator, first, tensorflow), state, f"{_WHAT} of width {first}", spell)
        matched = f"all {len(source.tensors)} keys match ({'TensorFlow' if tensorflow else 'torch'})"
        return of_family("whitebox", module, facts, matched, image=image, output=output)


def _of_torch(key: str) -> str:
    """The keys of `Generator` as the torch port has them."""
    owner, _, name = key.rpartition(".")
    if owner in _TORCH:
        return f"{_TORCH[owner]}.{name}"
    _, block, layer = owner.split(".")
    return f"res_blocks.{block}.block.{2 * int(layer)}.{name}"


def _of_tensorflow(key: str) -> str:
    """The keys of `Generator` as TensorFlow has them."""
    owner, _, name = key.rpartition(".")
    part = "weights" if name == "weight" else "biases"
    if owner in _PLAIN:
        return f"{_PLAIN[owner]}/{part}"
    _, block, layer = owner.split(".")
    return f"generator/block_{block}/conv{int(layer) + 1}/{part}"


def _as_torch(state: State) -> dict[str, Tensor]:
    """TensorFlow's kernels HWIO to OIHW, red first; all keep their names."""
    made = dict(state)
    for key, tensor in state.items():
        if not _KERNEL.fullmatch(key):
            continue
        if tensor.ndim != 4:
            raise BadInputFile(f"{key} has shape {list(tensor.shape)}\nexpected 4 dimensions")
        made[key] = tensor.permute(3, 2, 0, 1).contiguous()
    first, last = _PLAIN["layers.0"], _PLAIN["layers.9"]
    made[f"{first}/weights"] = made[f"{first}/weights"].flip(1)
    for key in {f"{last}/weights", f"{last}/biases"} & made.keys():
        made[key] = made[key].flip(0) if made[key].ndim else made[key]
    return made
