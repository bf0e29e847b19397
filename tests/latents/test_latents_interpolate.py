"""Paths between latents: ends, norms, smoothness, and the cases without an answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from ganrt.errors import UsageError
from ganrt.runtime.interpolate import cubic_path, lerp, slerp
from ganrt.runtime.latents import latents

A, B = latents(40, 100, seed=1), latents(40, 100, seed=2)
T = np.linspace(0.0, 1.0, 40)


@pytest.mark.parametrize("path", [lerp, slerp])
def test_ends_are_met(path):
    for t, end in [(0.0, A), (1.0, B)]:
        result = path(A, B, t)
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, end, rtol=3e-7, atol=1e-7)
    np.testing.assert_array_equal(lerp(A, B, 0.0), A)
    np.testing.assert_array_equal(lerp(A, B, 1.0), B)


@pytest.mark.parametrize("path", [lerp, slerp])
def test_shapes(path):
    assert path(A[0], B[0], 0.5).shape == (100,)
    assert path(A[0], B[0], T).shape == (40, 100)
    assert path(A, B[0], 0.5).shape == (40, 100)
    assert path(A, B, T).shape == (40, 100)
    np.testing.assert_array_equal(path(A, B, T)[7], path(A[7], B[7], T[7]))
    np.testing.assert_array_equal(path(A[0], B[0], T)[7], path(A[0], B[0], T[7]))


def test_slerp_keeps_the_norm_and_turns_evenly():
    a, b = (x / np.linalg.norm(x.astype(float)) * 10 for x in (A[0], B[0]))
    arc = slerp(a, b, T).astype(float)
    np.testing.assert_allclose(np.linalg.norm(arc, axis=1), 10.0, rtol=1e-6)
    cosines = (arc[1:] * arc[:-1]).sum(axis=1) / 100
    np.testing.assert_allclose(cosines, cosines[0], rtol=1e-6)
    assert np.linalg.norm(lerp(a, b, 0.5)) < 8.0  # what slerp is for


def test_slerp_of_a_quarter_turn():
    half = slerp([2.0, 0.0], [0.0, 2.0], [0.5, 1 / 3])
    np.testing.assert_allclose(half, [[2**0.5, 2**0.5], [3**0.5, 1.0]], rtol=1e-6)


@pytest.mark.parametrize("angle", [1e-12, 1e-9, 1e-7, 1e-4, 0.1, 3.0, np.pi - 1e-4, np.pi - 1e-7])
def test_slerp_is_accurate_at_every_angle(angle):
    arc = slerp([1.0, 0.0], [np.cos(angle), np.sin(angle)], T)
    np.testing.assert_allclose(arc, np.stack((np.cos(T * angle), np.sin(T * angle)), axis=1), rtol=2e-7, atol=2e-8)


def test_slerp_of_parallel_vectors_is_the_line():
    np.testing.assert_array_equal(slerp(A, A, 0.3), A)
    np.testing.assert_allclose(slerp(A[0], 3 * A[0], T), lerp(A[0], 3 * A[0], T), rtol=3e-7)
    zero = np.zeros(100)
    np.testing.assert_array_equal(slerp(zero, B[0], T), lerp(zero, B[0], T))
    np.testing.assert_array_equal(slerp(zero, zero, 0.5), zero)


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_slerp_of_antipodal_vectors_turns_without_passing_zero(factor):
    turn = slerp(A, -factor * A, 0.5).astype(float)
    norms = np.linalg.norm(A.astype(float), axis=1)
    np.testing.assert_allclose(np.linalg.norm(turn, axis=1), norms * (1 + factor) / 2, rtol=1e-6)
    np.testing.assert_allclose((turn * A).sum(axis=1), 0.0, atol=1e-4)
    np.testing.assert_allclose(slerp(A, -factor * A, 0.0), A, rtol=3e-7, atol=1e-7)
    np.testing.assert_allclose(slerp(A, -factor * A, 1.0), -factor * A, rtol=3e-7, atol=1e-6)
    np.testing.assert_allclose(slerp([2.0], [-2.0], [0.0, 0.5, 1.0]), [[2.0], [0.0], [-2.0]], atol=1e-7)


@pytest.mark.parametrize("scale", [1e-30, 1e-10, 1e10, 9e29])
def test_slerp_of_tiny_and_huge_vectors(scale):
    expected = np.array([2**-0.5, 2**-0.5]) * scale
    np.testing.assert_allclose(slerp([scale, 0.0], [0.0, scale], 0.5), expected, rtol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 24])
def test_closed_path_is_scipys_periodic_spline(count):
    path = cubic_path(A[:count])
    assert path.length == count
    times = np.linspace(-count, 2 * count, 301)
    knots = np.concatenate((A[:count], A[:1])).astype(float)
    expected = CubicSpline(np.arange(count + 1), knots, bc_type="periodic")(times)
    np.testing.assert_allclose(path(times), expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_array_equal(path(np.arange(count)), A[:count])
    np.testing.assert_array_equal(path(count), A[0])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 24])
def test_open_path_is_scipys_natural_spline(count):
    path = cubic_path(A[:count], closed=False)
    assert path.length == count - 1
    times = np.linspace(0, count - 1, 301)
    np.testing.assert_array_equal(path(np.arange(count)), A[:count])
    if count > 1:
        expected = CubicSpline(np.arange(count), A[:count].astype(float), bc_type="natural")(times)
        np.testing.assert_allclose(path(times), expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("closed", [True, False])
def test_first_and_second_derivatives_are_continuous(closed):
    path = cubic_path(A[:9], closed)
    h = 2.0**-5
    for knot in range(9) if closed else range(1, 8):
        values = path(knot + h * np.arange(-3, 4)).astype(float)
        # Exact for a cubic, one-sided from four points: by how much the derivatives jump at the knot.
        left, right = values[3::-1], values[3:]
        slopes = [np.array([-11, 18, -9, 2]) @ side / (6 * h) for side in (left, right)]
        bends = [np.array([2, -5, 4, -1]) @ side / h**2 for side in (left, right)]
        np.testing.assert_allclose(-slopes[0], slopes[1], atol=1e-3)
        np.testing.assert_allclose(bends[0], bends[1], atol=1e-2)


def test_one_time_gives_one_latent():
    path = cubic_path(A[:5])
    assert path(1.25).shape == (100,)
    assert path(1.25).dtype == np.float32
    np.testing.assert_array_equal(path(1.25), path([0.5, 1.25])[1])
    np.testing.assert_array_equal(path(-3.75), path(1.25))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: slerp([1.0, 2.0], [1.0], 0.5), "a, b: given shapes"),
        (lambda: slerp(np.ones((2, 3)), np.ones((4, 3)), 0.5), r"a, b, t: given \[2, 4\] rows"),
        (lambda: lerp(np.ones((2, 3)), np.ones(3), T), r"a, b, t: given \[2, 40\] rows"),
        (lambda: slerp([1.0, np.nan], [1.0, 2.0], 0.5), "a: accepted are finite"),
        (lambda: slerp([1.0], [np.inf], 0.5), "b: accepted are finite"),
        (lambda: slerp([1.0], [2e30], 0.5), "b: accepted are finite"),
        (lambda: slerp([1.0], ["x"], 0.5), "b: accepted are finite"),
        (lambda: slerp([[1.0], [2.0, 3.0]], [1.0], 0.5), "a: accepted are finite"),
        (lambda: lerp([1.0], [2.0], 1.5), "t: accepted is"),
        (lambda: lerp([1.0], [2.0], -0.5), "t: accepted is"),
        (lambda: lerp([1.0], [2.0], [[0.5]]), "t: accepted is"),
        (lambda: lerp(1.0, 2.0, 0.5), "a, b: given shapes"),
        (lambda: cubic_path([]), "keyframes: given shape"),
        (lambda: cubic_path([1.0, 2.0]), "keyframes: given shape"),
        (lambda: cubic_path([[np.nan]]), "keyframes: accepted are finite"),
        (lambda: cubic_path(A[:3], closed=False)(2.01), "t: accepted are times from 0 to 2"),
        (lambda: cubic_path(A[:3], closed=False)(-0.01), "t: accepted are times from 0 to 2"),
        (lambda: cubic_path(A[:3])(1e16), "t: accepted are finite"),
        (lambda: cubic_path(A[:3])([[1.0]]), "t: given shape"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(UsageError, match=message):
        call()
