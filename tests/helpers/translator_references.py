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
