"""The test picture of translators' canaries."""

import numpy as np

from ganrt.pattern import pattern, pattern_size


def test_tiles_lie_where_the_docstring_says():
    values = np.linspace(-1, 1, pattern_size(3)).astype(np.float32)
    picture = pattern(values, 20, 36, 3)
    assert picture.shape == (20, 36, 3)
    for y, x in ((0, 0), (19, 35), (7, 13), (10, 4)):
        first = ((8 * y // 20) * 8 + 8 * x // 36) * 3
        expected = np.round((values[first : first + 3].astype(float) + 1) * 127.5)
        np.testing.assert_array_equal(picture[y, x], expected)
    assert picture.min() == 0
    assert picture.max() == 255
