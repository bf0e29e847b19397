"""Translators written once more, as slow and plain as they are described: what the families are compared with.

Each class has the keys of the files in the wild; the families rebuild them by another way.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class Level(nn.Module):
    """One level of a nested U-Net around `inner`; the innermost has none."""

    def __init__(self, outer: int, width: int, inner: nn.Module | None, norm: type[nn.Module], inputs: int = 0) -> None:
        super().__init__()
        biased, self.first = norm is nn.InstanceNorm2d, bool(inputs)
        down = nn.Conv2d(inputs or outer, width, 4, 2, 1, bias=biased)
        if inputs:
            assert inner is not None
            up = nn.ConvTranspose2d(2 * width, outer, 4, 2, 1)
            self.model = nn.Sequential(down, inner, nn.ReLU(), up, nn.Tanh())
        elif inner is None:
            up = nn.ConvTranspose2d(width, outer, 4, 2, 1, bias=biased)
            self.model = nn.Sequential(nn.LeakyReLU(0.2), down, nn.ReLU(), up, norm(outer))
        else:
            up = nn.ConvTranspose2d(2 * width, outer, 4, 2, 1, bias=biased)
            self.model = nn.Sequential(nn.LeakyReLU(0.2), down, norm(width), inner, nn.ReLU(), up, norm(outer))

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.model(x)
        return made if self.first else torch.cat([functional.leaky_relu(x, 0.2), made], 1)


class NestedUNet(nn.Module):
    """Three levels, of pictures of 8 x 8 and more."""

    def __init__(self, norm: type[nn.Module] = nn.BatchNorm2d, inputs: int = 3, outputs: int = 1) -> None:
        super().__init__()
        inner = Level(6, 8, Level(8, 8, None, norm), norm)
        self.model = Level(outputs, 6, inner, norm, inputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)  # type: ignore[no-any-return]


class Step(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)  # type: ignore[no-any-return]


class ListedUNet(nn.Module):
    """Three levels; `affine` norms and a transposed convolution at the end, or the picture doubled by repetition."""

    def __init__(self, *, affine: bool = False, biased: bool = False) -> None:
        super().__init__()
        widths, ups = (3, 6, 8, 8), ((8, 8), (16, 6))
        for i, (a, b) in enumerate(pairwise(widths), start=1):
            norm = [nn.InstanceNorm2d(b, affine=affine)] if i == 2 else []
            layers = [nn.Conv2d(a, b, 4, 2, 1, bias=biased), *norm, nn.LeakyReLU(0.2), nn.Dropout(0.5)]
            self.add_module(f"down{i}", Step(*layers))
        for i, (a, b) in enumerate(ups, start=1):
            norm = [nn.InstanceNorm2d(b, affine=affine)]
            self.add_module(f"up{i}", Step(nn.ConvTranspose2d(a, b, 4, 2, 1, bias=biased), *norm, nn.ReLU()))
        ends: list[nn.Module] = [
            nn.Upsample(scale_factor=2),
            nn.ZeroPad2d((1, 0, 1, 0)),
            nn.Conv2d(12, 3, 4, padding=1),
        ]
        self.final = nn.Sequential(*([nn.ConvTranspose2d(12, 3, 4, 2, 1)] if affine else ends), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        first = self.down1(x)
        second = self.down2(first)
        x = torch.cat([self.up1(self.down3(second)), second], 1)
        return self.final(torch.cat([self.up2(x), first], 1))  # type: ignore[no-any-return]


class Resized(nn.Module):
    """A ResNet that doubles the side by repetition and a convolution (PyTorch-GAN's CycleGAN), of two blocks."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, 4, 7), nn.InstanceNorm2d(4), nn.ReLU()]
        for n in (4, 8):
            layers += [nn.Conv2d(n, 2 * n, 3, 2, 1), nn.InstanceNorm2d(2 * n), nn.ReLU()]
        layers += [_Residual(16), _Residual(16)]
        for n in (16, 8):
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(n, n // 2, 3, 1, 1), nn.InstanceNorm2d(n // 2), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(4, 3, 7), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)  # type: ignore[no-any-return]


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        convolution = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width)]
        again = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width)]
        self.block = nn.Sequential(*convolution, nn.ReLU(), *again)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)  # type: ignore[no-any-return]


class Anime(nn.Module):
    """AnimeGANv2's layers as functions over a state dict, of a first width of 4."""

    def __init__(self, *, align: bool = True) -> None:
        super().__init__()
        self.align, self.state = align, _anime_state(4)
        for key, tensor in self.state.items():
            self.register_parameter(key.replace(".", "/"), nn.Parameter(tensor))

    def state_dict(self, *_: object, **__: object) -> dict[str, Tensor]:  # type: ignore[override]
        return {key.replace("/", "."): tensor.detach() for key, tensor in self.named_parameters()}

    def forward(self, x: Tensor) -> Tensor:
        state = self.state_dict()

        def step(x: Tensor, name: str, stride: int = 1, act: bool = True) -> Tensor:
            weight = state[f"{name}.1.weight"]
            pad = weight.shape[-1] // 2
            x = functional.pad(x, (0, 1, 0, 1) if stride == 2 else (pad,) * 4, mode="reflect") if pad else x
            groups = x.shape[1] if weight.shape[1] == 1 else 1
            x = functional.conv2d(x, weight, state.get(f"{name}.1.bias"), stride, groups=groups)
            return norm(x, f"{name}.2", act)

        def norm(x: Tensor, name: str, act: bool) -> Tensor:
            x = functional.group_norm(x, 1, state[f"{name}.weight"], state[f"{name}.bias"])
            return functional.leaky_relu(x, 0.2) if act else x

        def larger(x: Tensor) -> Tensor:
            return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=self.align)

        x = step(step(step(x, "block_a.0"), "block_a.1", 2), "block_a.2")
        x = step(step(step(x, "block_b.0", 2), "block_b.1"), "block_c.0")
        for i in range(1, 5):
            y = step(step(x, f"block_c.{i}.layers.0"), f"block_c.{i}.layers.1")
            y = norm(functional.conv2d(y, state[f"block_c.{i}.layers.2.weight"]), f"block_c.{i}.layers.3", False)
            x = y if i == 1 else x + y
        x = larger(step(x, "block_c.5"))
        x = larger(step(step(x, "block_d.0"), "block_d.1"))
        x = step(step(step(x, "block_e.0"), "block_e.1"), "block_e.2")
        return functional.conv2d(x, state["out_layer.0.weight"]).tanh()


def _anime_state(w: int) -> dict[str, Tensor]:
    steps = {"a.0": (3, w, 7), "a.1": (w, 2 * w, 3), "a.2": (2 * w, 2 * w, 3), "b.0": (2 * w, 4 * w, 3)}
    steps |= dict.fromkeys(("b.1", "c.0", "d.0", "d.1"), (4 * w, 4 * w, 3))
    steps |= {"c.5": (8 * w, 4 * w, 3), "e.0": (4 * w, 2 * w, 3), "e.1": (2 * w, 2 * w, 3), "e.2": (2 * w, w, 7)}
    for i in range(1, 5):
        steps[f"c.{i}.layers.0"] = (4 * w if i == 1 else 8 * w, 8 * w if i == 1 else 16 * w, 1)
        steps[f"c.{i}.layers.1"] = (1, 8 * w if i == 1 else 16 * w, 3)
    state = {}
    for name, (inputs, outputs, kernel) in steps.items():
        state[f"block_{name}.1.weight"] = torch.zeros(outputs, inputs, kernel, kernel)
        state |= {f"block_{name}.2.{part}": torch.zeros(outputs) for part in ("weight", "bias")}
        if inputs == 1:
            state[f"block_{name}.1.bias"] = torch.zeros(outputs)
    for i in range(1, 5):
        state[f"block_c.{i}.layers.2.weight"] = torch.zeros(8 * w, 8 * w if i == 1 else 16 * w, 1, 1)
        state |= {f"block_c.{i}.layers.3.{part}": torch.zeros(8 * w) for part in ("weight", "bias")}
    return state | {"out_layer.0.weight": torch.zeros(3, w, 1, 1)}


class Attentive(nn.Module):
    """U-GAT-IT's layers as functions over a state dict: width 2, two blocks; `full` ones draw 16 x 16."""

    def __init__(self, *, full: bool) -> None:
        super().__init__()
        self.full = full
        for key, shape in _attentive_shapes(2, 8 * 4 * 4 if full else 8).items():
            self.register_parameter(key.replace(".", "/"), nn.Parameter(torch.zeros(shape)))

    def state_dict(self, *_: object, **__: object) -> dict[str, Tensor]:  # type: ignore[override]
        return {key.replace("/", "."): tensor.detach() for key, tensor in self.named_parameters()}

    def forward(self, x: Tensor) -> Tensor:
        state = self.state_dict()

        def convolved(x: Tensor, key: str, stride: int = 1) -> Tensor:
            pad = state[key].shape[-1] // 2
            return functional.conv2d(functional.pad(x, (pad,) * 4, mode="reflect"), state[key], stride=stride)

        def mixed(x: Tensor, rho: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
            plane = (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), keepdim=True) + 1e-5).sqrt()
            whole = (x - x.mean((1, 2, 3), keepdim=True)) / (x.var((1, 2, 3), keepdim=True) + 1e-5).sqrt()
            return (rho * plane + (1 - rho) * whole) * gain + bias

        for index, stride in ((1, 1), (5, 2), (9, 2)):
            x = functional.instance_norm(convolved(x, f"DownBlock.{index}.weight", stride)).relu()
        for i in (12, 13):
            y = functional.instance_norm(convolved(x, f"DownBlock.{i}.conv_block.1.weight")).relu()
            x = x + functional.instance_norm(convolved(y, f"DownBlock.{i}.conv_block.5.weight"))
        maps = [x * state[f"{name}.weight"].reshape(1, -1, 1, 1) for name in ("gap_fc", "gmp_fc")]
        x = functional.conv2d(torch.cat(maps, 1), state["conv1x1.weight"], state["conv1x1.bias"]).relu()
        y = x.flatten(1) if self.full else x.mean((2, 3))
        y = ((y @ state["FC.0.weight"].T).relu() @ state["FC.2.weight"].T).relu()
        gain, bias = ((y @ state[f"{name}.weight"].T)[:, :, None, None] for name in ("gamma", "beta"))
        for i in (1, 2):
            name = f"UpBlock1_{i}"
            y = mixed(convolved(x, f"{name}.conv1.weight"), state[f"{name}.norm1.rho"], gain, bias).relu()
            x = x + mixed(convolved(y, f"{name}.conv2.weight"), state[f"{name}.norm2.rho"], gain, bias)
        for i in (2, 7):
            x = convolved(x.repeat_interleave(2, 2).repeat_interleave(2, 3), f"UpBlock2.{i}.weight")
            x = mixed(x, *(state[f"UpBlock2.{i + 1}.{part}"] for part in ("rho", "gamma", "beta"))).relu()
        return convolved(x, "UpBlock2.11.weight").tanh()


def _attentive_shapes(w: int, features: int) -> dict[str, tuple[int, ...]]:
    wide = 4 * w
    shapes: dict[str, tuple[int, ...]] = {"DownBlock.1.weight": (w, 3, 7, 7), "DownBlock.5.weight": (2 * w, w, 3, 3)}
    shapes["DownBlock.9.weight"] = (wide, 2 * w, 3, 3)
    square, plane = (wide, wide, 3, 3), (1, wide, 1, 1)
    for i in (1, 2):
        shapes |= {f"DownBlock.{11 + i}.conv_block.{k}.weight": square for k in (1, 5)}
        shapes |= {f"UpBlock1_{i}.conv{k}.weight": square for k in (1, 2)}
        shapes |= {f"UpBlock1_{i}.norm{k}.rho": plane for k in (1, 2)}
    shapes |= {"gap_fc.weight": (1, wide), "gmp_fc.weight": (1, wide), "conv1x1.weight": (wide, 2 * wide, 1, 1)}
    shapes |= {"conv1x1.bias": (wide,), "FC.0.weight": (wide, features), "FC.2.weight": (wide, wide)}
    shapes |= {"gamma.weight": (wide, wide), "beta.weight": (wide, wide), "UpBlock2.11.weight": (3, w, 7, 7)}
    for i, n in ((2, wide), (7, 2 * w)):
        shapes[f"UpBlock2.{i}.weight"] = (n // 2, n, 3, 3)
        shapes |= {f"UpBlock2.{i + 1}.{part}": (1, n // 2, 1, 1) for part in ("rho", "gamma", "beta")}
    return shapes
