"""Philox4x32-10 against Random123's known answers, and the tiling of its counters."""

from __future__ import annotations

import numpy as np
import pytest

from ganrt.runtime import philox

# kat_vectors of Random123, philox4x32 with 10 rounds: counter, key, output.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def columns(texts):
    return np.array([[int(word, 16) for word in text.split()] for text in texts], dtype=np.uint64).T


def test_known_answers_of_random123():
    counters, keys, outputs = (columns(texts) for texts in zip(*KNOWN_ANSWERS, strict=True))
    np.testing.assert_array_equal(philox.philox4x32(counters, keys), outputs)
    for i in range(3):
        one = philox.philox4x32(counters[:, i : i + 1], keys[:, i : i + 1])
        np.testing.assert_array_equal(one[:, 0], outputs[:, i])


def test_arguments_are_left_as_they_are():
    counters, keys = np.arange(8, dtype=np.uint64).reshape(4, 2), np.ones((2, 1), dtype=np.uint64)
    before = counters.copy(), keys.copy()
    philox.philox4x32(counters, keys)
    np.testing.assert_array_equal(counters, before[0])
    np.testing.assert_array_equal(keys, before[1])


def test_counter_and_key_layout_of_stream_words():
    seed, index, stream = 0x299F31D0A4093822, 0x13198A2E85A308D3, 0x03707344
    block = 0x243F6A88
    words = philox.stream_words(np.array([seed], np.uint64), np.array([index], np.uint64), stream, block, block + 1)
    np.testing.assert_array_equal(words[0], columns(["d16cfe09 94fdcceb 5001e420 24126ea1"])[:, 0])


def test_one_seed_and_a_seed_a_row_agree():
    indices = np.arange(5, dtype=np.uint64)
    shared = philox.stream_words(np.array([2**40 + 3], np.uint64), indices, 2, 3, 9)
    repeated = philox.stream_words(np.full(5, 2**40 + 3, np.uint64), indices, 2, 3, 9)
    np.testing.assert_array_equal(shared, repeated)
    assert shared.shape == (5, 24)


@pytest.mark.parametrize(("rows", "blocks"), [(0, 3), (1, 1), (7, 25), (1000, 25), (3, 20_000), (20_000, 1)])
def test_tiles_cover_the_grid_once(rows, blocks):
    hits = np.zeros((rows, blocks), dtype=int)
    for row, block in philox.tiles(rows, blocks):
        assert hits[row, block].size <= philox.TILE_BLOCKS
        hits[row, block] += 1
    assert (hits == 1).all()
