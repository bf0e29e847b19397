"""The classic DCGAN generator (Radford et al. 2016; key layout of the PyTorch reference) and its critic."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


class Generator(nn.Module):
    """z: float32 [n, z_dim, 1, 1], standard normal -> float32 [n, 3, 64, 64] in [-1, 1]; keys `main.N.*`."""

    def __init__(self, z_dim: int = 100, width: int = 64) -> None:
        super().__init__()
        channels = [z_dim, 8 * width, 4 * width, 2 * width, width]
        blocks: list[nn.Module] = []
        for i, (before, after) in enumerate(pairwise(channels)):
            stride, padding = (1, 0) if i == 0 else (2, 1)
            blocks += [
                nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        self.main = nn.Sequential(*blocks, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh())

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.main(z)


class Critic(nn.Module):
    """Image -> one score a patch; spectral norm (Miyato et al. 2018) keeps its slope bounded."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(0.2, inplace=True)]
        self.main = nn.Sequential(*layers, spectral_norm(nn.Conv2d(4 * width, 1, 3, 1, 1)))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.main(image)
