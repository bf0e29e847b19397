"""The arithmetic of phase forms, one axis at a time: which input row meets which tap of the kernel.

Of an axis whose output is `stride` times as long as its input, output rows stride * q + a of one phase a depend on
input rows q + d through the same taps for every q. Each phase is therefore an ordinary convolution of the input:

    transposed convolution   output o gets x[i] w[t] where stride * i + t = o + pad:
                             t = r + stride * m, d = c - m, with c, r = divmod(a + pad, stride)
    nearest upsampling, then output o gets u[o + t - pad] w[t] where u[f] = x[floor(f / stride)]:
    a convolution            d = floor((a + t - pad) / stride); taps that meet the same row add up

(Shi et al. 2016, "Is the deconvolution layer the same as a convolutional layer?", arXiv:1609.07009, has the case of a
kernel that the stride divides.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Pads = tuple[int, int]  # before the first row, after the last one


@dataclass(frozen=True)
class Phase:
    """One phase as a convolution of stride 1.

    Attributes:
        pads: of its input, never negative.
        taps: [window, kernel]; its kernel is `taps @ w`. A row of zeros is a row that the window reads for nothing.
    """

    pads: Pads
    taps: Matrix


@dataclass(frozen=True)
class Axis:
    """All phases of an axis, as many as its stride.

    Attributes:
        more: rows that a phase's output has more than the input.
        crop: rows to drop at the end, once the phases are interleaved.
    """

    phases: tuple[Phase, ...]
    more: int
    crop: int

    @property
    def stride(self) -> int:
        """Output rows for each input row."""
        return len(self.phases)


def transposed_axis(kernel: int, stride: int, pads: Pads, output_padding: int) -> Axis:
    """A transposed convolution: (n - 1) * stride + kernel + output_padding - sum(pads) rows from n."""
    reads = []
    for phase in range(stride):
        row, first = divmod(phase + pads[0], stride)
        reads.append([(row - m, tap) for m, tap in enumerate(range(first, kernel, stride))])
    return _axis(reads, kernel, kernel - stride + output_padding - sum(pads))


def upsampled_axis(kernel: int, stride: int, pads: Pads) -> Axis:
    """Nearest upsampling by `stride`, then a convolution of stride 1: stride * n + sum(pads) - kernel + 1 rows."""
    reads = [[((phase + tap - pads[0]) // stride, tap) for tap in range(kernel)] for phase in range(stride)]
    return _axis(reads, kernel, sum(pads) - kernel + 1)


def with_common_window(axis: Axis) -> Axis:
    """The same, with one window for all phases (the smallest that holds theirs), so that one convolution can do."""
    before, after = (max(phase.pads[side] for phase in axis.phases) for side in (0, 1))
    phases = []
    for phase in axis.phases:
        rows = (before - phase.pads[0], after - phase.pads[1])
        phases.append(Phase((before, after), np.pad(phase.taps, (rows, (0, 0)))))
    return Axis(tuple(phases), axis.more, axis.crop)


def _axis(reads: Sequence[Sequence[tuple[int, int]]], kernel: int, surplus: int) -> Axis:
    """`reads`: for each phase the (input row, tap) pairs; `surplus`: output rows beyond stride times the input's."""
    more = -(-surplus // len(reads))
    phases = tuple(_phase(pairs, kernel, more) for pairs in reads)
    return Axis(phases, more, more * len(reads) - surplus)


def _phase(reads: Sequence[tuple[int, int]], kernel: int, more: int) -> Phase:
    """The window is widened with idle rows where a tight one would need a crop (a negative pad) instead."""
    rows = [row for row, _ in reads]
    first = min(0, *rows, 0)
    last = max(first, -more, *rows, first)
    taps = np.zeros((last - first + 1, kernel))
    for row, tap in reads:
        taps[row - first, tap] += 1
    return Phase((-first, more + last), taps)
