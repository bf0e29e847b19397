"""StyleGAN2 written out from the papers and the published facts, in float64: a kernel of its own for every picture.

Nothing is folded, joined or shared here. `Wrong` turns on mistakes that are easily made: a fast implementation must
agree with the reference without them, and disagree with each of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

State = dict[str, Tensor]


@dataclass(frozen=True)
class Wrong:
    """Mistakes; none by default."""

    truncated_z: bool = False  # psi scales z
    no_noise: bool = False
    flipped_blur: bool = False
    no_clamp: bool = False
    embed_unnormalised: bool = False
    unit_rate: bool = False  # the mapping's learning rate is forgotten
    shared_torgb: bool = False  # a picture layer takes the style of the layer before it
    bilinear: bool = False  # the picture is doubled by interpolation, whose borders are repeated


NONE = Wrong()


@dataclass(frozen=True)
class Net:
    """What `random_state` makes, and what the original's constructor would be told."""

    side: int = 16
    z_dim: int = 12
    w_dim: int = 16
    classes: int = 0
    layers: int = 3
    channel_base: int = 96
    channel_max: int = 12
    channels: int = 3
    architecture: str = "skip"
    clamp: float | None = 256.0
    noise: bool = True

    @property
    def sides(self) -> list[int]:
        return [2**i for i in range(2, self.side.bit_length())]

    def width(self, side: int) -> int:
        return min(self.channel_base // side, self.channel_max)

    @property
    def count(self) -> int:
        return 2 * len(self.sides)


def random_state(net: Net, seed: int = 0, blur: Tensor | None = None) -> State:
    """Random weights under NVIDIA's keys; noise, biases and averages are not zero."""
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int, scale: float = 1.0) -> Tensor:
        return torch.randn(shape, generator=generator) * scale

    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    blur = torch.outer(taps, taps) if blur is None else blur
    state: State = {}
    inputs = net.z_dim
    if net.classes:
        state |= {"mapping.embed.weight": random(net.w_dim, net.classes), "mapping.embed.bias": random(net.w_dim)}
        inputs += net.w_dim
    for i in range(net.layers):
        state[f"mapping.fc{i}.weight"] = random(net.w_dim, inputs, scale=100)
        state[f"mapping.fc{i}.bias"] = random(net.w_dim, scale=20)
        inputs = net.w_dim
    state["mapping.w_avg"] = random(net.w_dim, scale=0.5)
    before = 0
    for side in net.sides:
        name, width = f"synthesis.b{side}", net.width(side)
        state[f"{name}.resample_filter"] = blur
        if side == 4:
            state[f"{name}.const"] = random(width, 4, 4)
        for layer, channels in (("conv0", before), ("conv1", width)):
            if not channels:
                continue
            key = f"{name}.{layer}"
            state[f"{key}.weight"] = random(width, channels, 3, 3)
            state[f"{key}.bias"] = random(width, scale=0.3)
            state[f"{key}.affine.weight"] = random(channels, net.w_dim)
            state[f"{key}.affine.bias"] = 1 + random(channels, scale=0.2)
            state[f"{key}.resample_filter"] = blur
            if net.noise:
                state[f"{key}.noise_const"] = random(side, side)
                state[f"{key}.noise_strength"] = random(scale=0.3)
        if net.architecture == "resnet" and before:
            state[f"{name}.skip.weight"] = random(width, before, 1, 1)
            state[f"{name}.skip.resample_filter"] = blur
        if net.architecture == "skip" or side == net.side:
            key = f"{name}.torgb"
            state[f"{key}.weight"] = random(net.channels, width, 1, 1)
            state[f"{key}.bias"] = random(net.channels, scale=0.1)
            state[f"{key}.affine.weight"] = random(width, net.w_dim)
            state[f"{key}.affine.bias"] = 1 + random(width, scale=0.2)
        before = width
    return state


def pictures(
    state: State,
    net: Net,
    z: Tensor,
    psi: Tensor,
    labels: Tensor | None = None,
    *,
    cutoff: int | None = None,
    noise: bool = True,
    wrong: Wrong = NONE,
) -> Tensor:
    """z [n, z_dim], psi [n], labels [n, classes] -> float64 [n, channels, side, side]."""
    made = []
    for i in range(len(z)):
        c = None if labels is None else labels[i].double()
        latent = z[i].double() * (psi[i].double() if wrong.truncated_z else 1)
        w = mapping(state, net, latent, c, wrong)
        average = state["mapping.w_avg"].double()
        factor = 1.0 if wrong.truncated_z else float(psi[i].double())
        ws = [average + factor * (w - average) if cutoff is None or k < cutoff else w for k in range(net.count)]
        made.append(synthesis(state, net, ws, noise and not wrong.no_noise, wrong))
    return torch.stack(made)


def mapping(state: State, net: Net, z: Tensor, labels: Tensor | None, wrong: Wrong = NONE) -> Tensor:
    """float64 [z_dim] -> w [w_dim]."""
    x = z / (z.square().mean() + 1e-8).sqrt()
    if net.classes:
        assert labels is not None
        y = state["mapping.embed.weight"].double() / math.sqrt(net.classes) @ labels
        y = y + state["mapping.embed.bias"].double()
        x = torch.cat([x, y if wrong.embed_unnormalised else y / (y.square().mean() + 1e-8).sqrt()])
    rate = 1.0 if wrong.unit_rate else 0.01
    for i in range(net.layers):
        weight = state[f"mapping.fc{i}.weight"].double()
        y = weight * rate / math.sqrt(weight.shape[1]) @ x + state[f"mapping.fc{i}.bias"].double() * rate
        x = torch.where(y > 0, y, 0.2 * y) * math.sqrt(2)
    return x


def synthesis(state: State, net: Net, ws: list[Tensor], noise: bool = True, wrong: Wrong = NONE) -> Tensor:
    """One w [w_dim] for each style -> [channels, side, side]."""
    x = state["synthesis.b4.const"].double()
    image: Tensor | None = None
    used = 0
    for side in net.sides:
        name = f"synthesis.b{side}"
        gain, before = 1.0, x
        if side > 4:
            x = styled(state, net, f"{name}.conv0", x, ws[used], 1.0, noise, wrong, up=True)
            used += 1
            if net.architecture == "resnet":
                gain = math.sqrt(0.5)
        x = styled(state, net, f"{name}.conv1", x, ws[used], gain, noise, wrong, up=False)
        used += 1
        if side > 4 and net.architecture == "resnet":
            weight = state[f"{name}.skip.weight"].double()
            skipped = F.conv2d(before[None], weight / math.sqrt(weight.shape[1]))[0]
            x = x + upfirdn(skipped, state[f"{name}.skip.resample_filter"].double(), 2, (2, 1), 4.0) * gain
        if image is not None:
            filter_ = state[f"{name}.resample_filter"].double()
            image = bilinear(image) if wrong.bilinear else upfirdn(image, filter_, 2, (2, 1), 4.0)
        if f"{name}.torgb.weight" in state:
            part = to_rgb(state, net, f"{name}.torgb", x, ws[used - wrong.shared_torgb], wrong)
            image = part if image is None else image + part
    assert image is not None
    return image


def bilinear(image: Tensor) -> Tensor:
    return F.interpolate(image[None], scale_factor=2, mode="bilinear", align_corners=False)[0]


def style_of(state: State, key: str, w: Tensor) -> Tensor:
    weight = state[f"{key}.affine.weight"].double()
    return weight / math.sqrt(weight.shape[1]) @ w + state[f"{key}.affine.bias"].double()


def styled(
    state: State, net: Net, key: str, x: Tensor, w: Tensor, gain: float, noise: bool, wrong: Wrong, *, up: bool
) -> Tensor:
    kernel = state[f"{key}.weight"].double() * style_of(state, key, w)[None, :, None, None]
    kernel = kernel / (kernel.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
    if up:
        blur = state[f"{key}.resample_filter"].double()
        x = transposed(x, kernel)
        x = upfirdn(x, blur.flip(0, 1) if wrong.flipped_blur else blur, 1, (1, 1), 4.0)
    else:
        x = F.conv2d(x[None], kernel, padding=1)[0]
    if net.noise and noise:
        x = x + state[f"{key}.noise_const"].double() * state[f"{key}.noise_strength"].double()
    x = x + state[f"{key}.bias"].double()[:, None, None]
    x = torch.where(x > 0, x, 0.2 * x) * math.sqrt(2) * gain
    return clamped(x, net.clamp, gain, wrong)


def to_rgb(state: State, net: Net, key: str, x: Tensor, w: Tensor, wrong: Wrong) -> Tensor:
    weight = state[f"{key}.weight"].double()
    kernel = weight[:, :, 0, 0] * style_of(state, key, w) / math.sqrt(weight.shape[1])
    y = torch.einsum("oi,ihw->ohw", kernel, x) + state[f"{key}.bias"].double()[:, None, None]
    return clamped(y, net.clamp, 1.0, wrong)


def clamped(x: Tensor, clamp: float | None, gain: float, wrong: Wrong) -> Tensor:
    return x if clamp is None or wrong.no_clamp else x.clamp(-clamp * gain, clamp * gain)


def transposed(x: Tensor, kernel: Tensor) -> Tensor:
    """x [i, h, w], kernel [o, i, 3, 3] -> [o, 2h + 1, 2w + 1]: every pixel adds its kernel, two apart."""
    height, width = x.shape[1:]
    made = torch.zeros(len(kernel), 2 * height + 1, 2 * width + 1, dtype=torch.float64)
    for row in range(3):
        for column in range(3):
            part = torch.einsum("oi,ihw->ohw", kernel[:, :, row, column], x)
            made[:, row : row + 2 * height : 2, column : column + 2 * width : 2] += part
    return made


def upfirdn(x: Tensor, taps: Tensor, up: int, pad: tuple[int, int], gain: float) -> Tensor:
    """Zeros after each sample, padding, and a true convolution: the kernel is turned round."""
    channels, height, width = x.shape
    spread = torch.zeros(channels, height * up, width * up, dtype=torch.float64)
    spread[:, ::up, ::up] = x
    spread = F.pad(spread, (*pad, *pad))
    each: Callable[[Tensor], Tensor] = lambda plane: F.conv2d(plane[None, None], taps.flip(0, 1)[None, None])[0, 0]  # noqa: E731
    return torch.stack([each(plane) for plane in spread]) * gain
