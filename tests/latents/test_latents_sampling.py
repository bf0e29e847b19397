"""What a latent does not depend on, shapes and types, and the errors of wrong arguments."""

from __future__ import annotations

import numpy as np
import pytest

from ganrt.errors import UsageError
from ganrt.runtime import philox
from ganrt.runtime.latents import class_choice, latents, sample

LIMIT = 2**64
OPTIONS = [{}, {"psi": 0.5}, {"prior": "truncated_normal"}, {"psi": 0.5, "psi_mode": "resample"}, {"prior": "uniform"}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("dim", [1, 4, 101])
def test_count_and_start_do_not_matter(options, dim):
    whole = latents(300, dim, seed=9, start=5, **options)
    assert whole.shape == (300, dim)
    assert whole.dtype == np.float32
    assert whole.flags.c_contiguous
    for start, count in [(0, 1), (7, 13), (299, 1), (120, 180)]:
        np.testing.assert_array_equal(latents(count, dim, 9, 5 + start, **options), whole[start : start + count])


@pytest.mark.parametrize("blocks", [1, 3, 64])
def test_tiles_do_not_matter(monkeypatch, blocks):
    expected = latents(20, 70, 3, 1), sample(range(20), [4], 70)
    monkeypatch.setattr(philox, "TILE_BLOCKS", blocks)
    np.testing.assert_array_equal(latents(20, 70, 3, 1), expected[0])
    np.testing.assert_array_equal(sample(range(20), [4], 70), expected[1])


def test_dimensions_do_not_matter():
    np.testing.assert_array_equal(latents(6, 33)[:, :10], latents(6, 10))


def test_sample_takes_pairs_in_any_order():
    seeds, indices = np.array([7, 0, LIMIT - 1, 7], np.uint64), np.array([3, 2**40, 0, 2], np.uint64)
    rows = sample(seeds, indices, 12)
    for row, seed, index in zip(rows, seeds, indices, strict=True):
        np.testing.assert_array_equal(row, latents(1, 12, int(seed), int(index))[0])
    np.testing.assert_array_equal(sample([0, 1, 4], [0], 12)[2], latents(1, 12, seed=4)[0])
    np.testing.assert_array_equal(sample([4], [0, 1, 2], 12), latents(3, 12, seed=4))
    np.testing.assert_array_equal(sample(np.arange(3), np.zeros(3, np.int32), 2), sample([0, 1, 2], [0], 2))


def test_the_end_of_the_range():
    last = latents(2, 3, start=LIMIT - 2)
    np.testing.assert_array_equal(last[1:], latents(1, 3, start=LIMIT - 1))
    assert latents(1, 3, seed=LIMIT - 1).shape == (1, 3)


def test_nothing_asked_nothing_given():
    assert latents(0, 5).shape == (0, 5)
    assert latents(0, 5, psi=0.0, psi_mode="resample").shape == (0, 5)
    assert sample([], [], 5).shape == (0, 5)
    assert sample([], [0], 5).shape == (0, 5)
    assert sample([3], [], 5).shape == (0, 5)
    assert class_choice([], [], 5).shape == (0,)


def test_priors_meet_their_bounds():
    assert np.abs(latents(2000, 64, threshold=1.5)).max() <= 1.5
    assert np.abs(latents(2000, 64, threshold=1.5)).max() > 1.499
    assert np.abs(latents(2000, 64, prior="truncated_normal")).max() <= 2.0
    assert np.abs(latents(2000, 64, prior="truncated_normal", psi=0.5)).max() <= 1.0
    assert np.abs(latents(2000, 64, psi=0.25, psi_mode="resample")).max() <= 0.5
    assert np.abs(latents(2000, 64, prior="uniform", psi=0.5)).max() <= 0.5


def test_psi_of_scale_multiplies_last_and_psi_0_resampled_is_zero():
    z = latents(50, 30, threshold=2.0)
    np.testing.assert_array_equal(latents(50, 30, threshold=2.0, psi=0.3), z * np.float32(0.3))
    np.testing.assert_array_equal(latents(50, 30, psi=0.0, psi_mode="resample"), np.zeros((50, 30), np.float32))


def test_defaults_of_the_threshold():
    np.testing.assert_array_equal(latents(9, 30, prior="truncated_normal"), latents(9, 30, threshold=2.0))
    resampled = latents(9, 30, psi=0.5, psi_mode="resample")
    np.testing.assert_array_equal(resampled, latents(9, 30, threshold=1.0))
    np.testing.assert_array_equal(resampled, latents(9, 30, threshold=4.0, psi=0.25, psi_mode="resample"))


def test_streams_differ():
    streams = [sample([1], [2], 8, stream=stream) for stream in range(4)]
    assert len({stream.tobytes() for stream in streams}) == 4


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *[("count", value) for value in (-1, 1.0, True, None, "3", LIMIT + 1)],
        *[("dim", value) for value in (0, -4, 2.5, True, 2**20 + 1, None)],
        *[("seed", value) for value in (-1, LIMIT, 1.0, False, "0")],
        *[("start", value) for value in (-1, LIMIT, LIMIT - 3, 0.0)],
        *[("prior", value) for value in ("gauss", "", None, 3)],
        *[("psi_mode", value) for value in ("clip", None)],
        *[("psi", value) for value in (-0.1, 16.5, float("nan"), float("inf"), True, None, "1")],
        *[("threshold", value) for value in (0, 0.0, -1, 8.1, float("nan"), float("inf"), True, "2")],
    ],
)
def test_wrong_arguments_are_named(argument, value):
    arguments = {"count": 4, "dim": 3} | {argument: value}
    with pytest.raises(UsageError, match=rf"^{argument}: given .*accepted (is|are) ") as caught:
        latents(**arguments)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: latents(3, 3, prior="uniform", threshold=2.0), "threshold: given 2.0"),
        (lambda: latents(3, 3, psi=5.0, psi_mode="resample"), r"psi: resampling .* 5.0 \* 2.0 = 10.0, .* at most 8"),
        (lambda: latents(2**20, 2**20), r"count, dim: given 1048576 \* 1048576"),
        (lambda: sample([1, 2], [1, 2, 3], 4), "seeds, indices: given 2 and 3"),
        (lambda: sample([-1], [0], 4), "seeds: given -1"),
        (lambda: sample([0], [1.5], 4), "indices: given 1.5"),
        (lambda: sample(np.array([-1]), [0], 4), "seeds: given an array of int64"),
        (lambda: sample(np.array([1.0]), [0], 4), "seeds: given an array of float64"),
        (lambda: sample(np.zeros((1, 1), np.uint64), [0], 4), "seeds: given an array of uint64"),
        (lambda: sample("12", [0], 4), "seeds: given '12'"),
        (lambda: sample(5, [0], 4), "seeds: given 5"),
        (lambda: sample([0], [0], 4, stream=7), "stream: given 7"),
        (lambda: class_choice([0], [0], 0), "count: given 0"),
        (lambda: class_choice([0], [0], 2**32 + 1), "count: given 4294967297"),
    ],
)
def test_wrong_calls_are_explained(call, message):
    with pytest.raises(UsageError, match=message):
        call()


@pytest.mark.parametrize("argument", ["count", "dim", "seed", "start", "psi", "threshold"])
def test_numbers_too_long_to_print(argument):
    with pytest.raises(UsageError, match=f"^{argument}: given a huge int, accepted"):
        latents(**({"count": 1, "dim": 1} | {argument: 10**5000}))
