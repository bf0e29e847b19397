"""Keras' 'same' padding in torch's terms, one axis at a time, for every kernel k and stride s.

TensorFlow splits what is left over with the odd one at the end (bottom, right), which torch's symmetric `padding`
cannot say. Checked against TensorFlow for kernels and strides in both directions (tests/fixtures/keras).
"""

from __future__ import annotations

from dataclasses import dataclass


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Conv2D: (rows before, rows after, output size); the output has ceil(size / stride) rows."""
    output = -(-size // stride)
    total = max((output - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2, output


@dataclass(frozen=True)
class Transposed:
    """One axis of an equivalent torch ConvTranspose2d.

    Attributes:
        lead: zeros put before the kernel (torch layout): makes an asymmetric crop symmetric, without a Slice. torch's
            `padding=2, output_padding=1` for (5, 2) has the same shape but moves the picture by one pixel.
        padding, output_padding: torch's.
        output: the output's size.
    """

    lead: int
    padding: int
    output_padding: int
    output: int


def transposed_axis(size: int, kernel: int, stride: int, same: bool) -> Transposed:
    """Conv2DTranspose: 'same' gives size * stride rows; 'valid' max(kernel - stride, 0) more.

    The whole result, (size - 1) * stride + kernel rows, is cropped by floor(t / 2) before and the rest of
    t = max(kernel - stride, 0) after; where the stride is larger than the kernel, rows of zeros follow.
    """
    over = max(kernel - stride, 0)
    if not same:
        return Transposed(0, 0, max(stride - kernel, 0), size * stride + over)
    before, after = over // 2, over - over // 2
    return Transposed(after - before, after, max(stride - kernel, 0), size * stride)
