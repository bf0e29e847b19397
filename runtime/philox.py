"""Philox4x32-10, the counter-based generator behind every random number of ganrt.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011) and the known
answers of its library Random123. All words are held in uint64 arrays, so that a 32 x 32 bit product is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

U64: TypeAlias = NDArray[np.uint64]

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)  # the golden ratio and sqrt(3) - 1, as 0.32 fixed point
WORDS_PER_BLOCK = 4
BLOCK_LIMIT = 1 << 32  # blocks of one (seed, index, stream): the block number is one counter word

# One tile's arrays, about 1 MB, stay in a second-level cache; smaller tiles pay more for NumPy's calls.
TILE_BLOCKS = 8192

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIERS = np.array(MULTIPLIERS, dtype=np.uint64).reshape(2, 1, 1)
_ROUND_STEPS = np.array([[step * r for step in KEY_STEPS] for r in range(ROUNDS)], dtype=np.uint64)


def philox4x32(counter: U64, key: U64) -> U64:
    """The ten rounds of Philox4x32.

    counter: uint64 [4, n], each value below 2^32, in Random123's order.
    key: uint64 [2, n], or [2, 1] for one key throughout, each value below 2^32.
    Returns uint64 [4, n]: the output words, each below 2^32.
    """
    even, odd = counter[0::2, :, None].copy(), counter[1::2, :, None].copy()
    _rounds(even, odd, key[:, :, None])
    words = np.empty_like(counter)
    words[0::2], words[1::2] = even[..., 0], odd[..., 0]
    return words


def _rounds(even: U64, odd: U64, key: U64) -> None:
    """Run all rounds in place.

    even: words 0 and 2; odd: words 1 and 3; both uint64 [2, n, m], contiguous. key: uint64 [2, n or 1, 1].
    """
    round_keys = (key + _ROUND_STEPS[:, :, None, None]) & _LOW
    product = np.empty_like(even)
    swapped = product[::-1]  # the high half of either product goes to the other word's place
    for round_key in round_keys:
        np.multiply(even, _MULTIPLIERS, out=product)
        np.right_shift(swapped, _HALF, out=even)
        np.bitwise_xor(odd, round_key, out=odd)
        np.bitwise_xor(even, odd, out=even)
        np.bitwise_and(swapped, _LOW, out=odd)


def tiles(rows: int, blocks: int) -> Iterator[tuple[slice, slice]]:
    """Cover a grid of rows x blocks with (rows, blocks) slices of at most TILE_BLOCKS blocks each."""
    width = min(blocks, TILE_BLOCKS)
    height = max(1, TILE_BLOCKS // max(1, width))
    for row in range(0, rows, height):
        for block in range(0, blocks, width):
            yield slice(row, min(rows, row + height)), slice(block, min(blocks, block + width))


def stream_words(seeds: U64, indices: U64, stream: int, first: int, last: int) -> U64:
    """The words of blocks `first` to `last` - 1 of one stream.

    seeds: uint64 [n], or [1] for one seed throughout. indices: uint64 [n]. 0 <= first <= last <= 2^32.
    Returns uint64 [n, 4 * (last - first)], each value below 2^32; word k of block b is column 4 * (b - first) + k.
    """
    shape = len(indices), last - first
    even, odd = np.empty((2, *shape), dtype=np.uint64), np.empty((2, *shape), dtype=np.uint64)
    even[0], even[1] = np.arange(first, last, dtype=np.uint64), (indices >> _HALF)[:, None]
    odd[0], odd[1] = (indices & _LOW)[:, None], np.uint64(stream)
    _rounds(even, odd, np.stack((seeds & _LOW, seeds >> _HALF))[:, :, None])
    words = np.empty((*shape, WORDS_PER_BLOCK), dtype=np.uint64)
    words[..., 0], words[..., 1], words[..., 2], words[..., 3] = even[0], odd[0], even[1], odd[1]
    return words.reshape(shape[0], shape[1] * WORDS_PER_BLOCK)
