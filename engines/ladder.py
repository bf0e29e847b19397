"""How a batch of any size is run by an engine that has a few fixed ones, on a CPU and (`padded_pieces`) on a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganrt.engines.protocol import BatchSizes


@dataclass(frozen=True)
class Piece:
    """`count` images from `start` on, run as a batch of `size`; the rest of it is padding."""

    start: int
    count: int
    size: int


def pieces(count: int, sizes: tuple[int, ...]) -> list[Piece]:
    """Splits `count` images into batches of the given sizes, the largest first.

    Only the last piece may be padded: what is left when no size fits goes into the smallest one.

    Args:
        sizes: positive and distinct, in any order.
    """
    made: list[Piece] = []
    start = 0
    while start < count:
        left = count - start
        size = max((size for size in sizes if size <= left), default=min(sizes))
        made.append(Piece(start, min(size, left), size))
        start += size
    return made


def ladder(profiles: Sequence[BatchSizes], limit: int | None = None) -> dict[int, int]:
    """Size -> the profile it runs in, sizes ascending.

    Of a profile that takes a range: its minimum, optimum and maximum and the powers of two between. Every size in use
    costs a context and a graph, so there are few of them, and what is left over is padded. Where profiles overlap,
    the one whose optimum is nearest runs a size.

    Args:
        limit: the largest size wanted; None: all.
    """
    sizes = {size for profile in profiles for size in _sizes(profile, limit) if limit is None or size <= limit}
    return {size: _nearest(profiles, size) for size in sorted(sizes)}


def padded_pieces(count: int, sizes: Sequence[int]) -> list[Piece]:
    """Splits `count` images into batches of the given sizes: full ones of the largest, then the smallest that holds
    the rest. A GPU runs one padded batch sooner than several exact ones.

    Args:
        sizes: positive, ascending.
    """
    largest = sizes[-1]
    made = [Piece(start, largest, largest) for start in range(0, count - largest + 1, largest)]
    left = count - len(made) * largest
    if left:
        made.append(Piece(count - left, left, fitting(left, sizes)))
    return made


def fitting(count: int, sizes: Sequence[int]) -> int:
    """The smallest of the ascending sizes that holds `count` images; the largest if none does."""
    return next((size for size in sizes if size >= count), sizes[-1])


def _sizes(profile: BatchSizes, limit: int | None) -> set[int]:
    ends = {profile.minimum, profile.optimum, profile.maximum}
    if limit is not None and profile.minimum <= limit < profile.maximum:
        ends.add(limit)
    powers = (2**power for power in range(profile.maximum.bit_length()))
    return ends | {size for size in powers if profile.minimum <= size <= profile.maximum}


def _nearest(profiles: Sequence[BatchSizes], size: int) -> int:
    fit = [i for i, profile in enumerate(profiles) if profile.minimum <= size <= profile.maximum]
    return min(fit, key=lambda i: (abs(profiles[i].optimum - size), profiles[i].maximum))
