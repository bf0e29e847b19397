"""What lowering measures of every tensor: its largest magnitude, and whether all of it is finite."""

import numpy as np
import pytest

from ganrt.engines.precisions.judge import _all_finite
from ganrt.engines.precisions.ranges import _largest


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, -np.nan])
def test_one_number_that_is_not_finite_is_noticed(dtype, value):
    values = np.linspace(-60000, 65504, 1000).astype(dtype)
    assert _all_finite(values)
    values[500] = value
    assert not _all_finite(values)
    assert not np.isfinite(_largest(values.astype(np.float32)))


@pytest.mark.parametrize(("values", "largest"), [([1, -3, 2], 3), ([1, -3, 4], 4), ([-2, -1], 2), ([5], 5), ([], 0)])
def test_the_largest_magnitude(values, largest):
    assert _largest(np.array(values, np.float32)) == largest
    assert _all_finite(np.array(values, np.float16))
