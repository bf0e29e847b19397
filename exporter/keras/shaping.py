"""The torch modules that torch itself lacks: Keras' reshape and crop, on [n, c, h, w]."""

from __future__ import annotations

from torch import Tensor, nn


class Reshape(nn.Module):
    """Keras' Reshape: values are counted in [h, w, c] order, whereas torch keeps [c, h, w].

    Viewing a vector straight as [c, h, w] would have the right shape and scramble the picture.
    """

    def __init__(self, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def forward(self, x: Tensor) -> Tensor:
        """[n, features] or [n, c, h, w] -> the same."""
        if len(self.before) == 3:
            x = x.permute(0, 2, 3, 1)
        x = x.reshape(-1, *self.after)
        return x.permute(0, 3, 1, 2) if len(self.after) == 3 else x

    def extra_repr(self) -> str:
        return f"{self.before} -> {self.after}, height, width, channels"


class Crop(nn.Module):
    """Cropping2D: [n, c, H, W] -> [n, c, height, width], from row `top` and column `left` on."""

    def __init__(self, top: int, left: int, height: int, width: int) -> None:
        super().__init__()
        self.rows = slice(top, top + height)
        self.columns = slice(left, left + width)

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, self.rows, self.columns]
