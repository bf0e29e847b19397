"""How a batch of any size is run by an engine that has a few fixed ones."""

from __future__ import annotations

from dataclasses import dataclass


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
