"""Premultiplied comparison and the reduced form of canaries, against slow and obvious loops."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest

from ganrt.pixels import LARGEST_WHOLE, comparable, reduce, reduction


def slowly_reduced(picture, side):
    height, width, channels = picture.shape
    rows, columns = -(-height // side), -(-width // side)
    result = np.zeros((rows, columns, channels), np.uint8)
    for y, x, c in np.ndindex(result.shape):
        square = picture[y * side : (y + 1) * side, x * side : (x + 1) * side].reshape(-1, channels).astype(int)
        weights = square[:, 3] if channels == 4 and c < 3 else np.ones(len(square), int)
        if weights.sum():
            mean = Fraction(int((square[:, c] * weights).sum()), int(weights.sum()))
            result[y, x, c] = floor(mean + Fraction(1, 2))
    return result


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("height", "width", "side"), [(8, 8, 2), (7, 10, 3), (5, 4, 5), (1, 9, 4)])
def test_the_reduced_form_is_the_rounded_average(channels, height, width, side):
    picture = np.random.default_rng(7).integers(0, 256, (height, width, channels), np.uint8)
    picture[: side + 1, :side, -1] = 0  # a clear square and its neighbour's edge
    assert np.array_equal(reduce(picture, side), slowly_reduced(picture, side))


def test_halves_are_rounded_up():
    assert reduce(np.array([[[1], [2]], [[1], [2]]], np.uint8), 2)[0, 0, 0] == 2


def test_large_pictures_alone_are_reduced_to_256_at_most():
    assert reduction(512, 512, 4) is None
    assert LARGEST_WHOLE == 512 * 512 * 4
    assert reduction(1024, 1024, 3) == 4
    assert reduction(720, 700, 3) == 3
    for height, width in ((16384, 16384), (600, 601), (16384, 70)):
        side = reduction(height, width, 3)
        assert side is not None
        assert -(-max(height, width) // side) <= 256


def test_hidden_colours_do_not_count_and_rgb_stays():
    clear, red = np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 4), np.uint8)
    red[..., 0] = 255
    assert np.array_equal(comparable(clear), comparable(red))
    red[..., 3] = 51
    assert np.array_equal(comparable(red)[0, 0], [51, 0, 0, 51])
    rgb = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert np.array_equal(comparable(rgb), rgb)
