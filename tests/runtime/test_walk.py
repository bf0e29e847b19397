"""Walks: ends, loops, frames independent of their predecessors, pinned dimensions."""

import numpy as np
import pytest
from tiny_onnx import DIM, save_tiny

import ganrt
from ganrt.runtime.walk import METHODS
from ganrt.spec import Latent

LATENT = Latent(dim=DIM, prior="normal")


def keyframe(seed):
    return ganrt.latents(1, DIM, seed=seed)[0]


@pytest.mark.parametrize("method", METHODS)
def test_an_open_walk_begins_and_ends_on_its_keyframes(method):
    walk = ganrt.walk([1, 2, 3], duration=2, loop=False, method=method)
    z = walk.latents(LATENT, range(walk.frame_count(30)), 30)
    assert z.shape == (61, DIM)
    for frame, seed in ((0, 1), (30, 2), (60, 3)):
        np.testing.assert_allclose(z[frame], keyframe(seed), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_loop_has_no_seam(method):
    walk = ganrt.walk([1, 2, 3, 4], duration=4, loop=True, method=method)
    z = walk.latents(LATENT, range(120), 30)
    steps = np.linalg.norm(np.diff(np.concatenate([z, z[:1]]), axis=0), axis=1)
    assert walk.frame_count(30) == 120
    assert steps[-1] < 1.5 * np.median(steps)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("loop", [True, False])
def test_a_frame_needs_no_predecessor(method, loop):
    walk = ganrt.walk([5, 6, 7], duration=1, loop=loop, method=method)
    every = walk.latents(LATENT, range(walk.frame_count(24)), 24)
    for frame in (0, 7, 8, 23):
        np.testing.assert_array_equal(walk.latents(LATENT, [frame], 24)[0], every[frame])


def test_one_keyframe_stands_still():
    walk = ganrt.walk([5], duration=1)
    np.testing.assert_array_equal(walk.latents(LATENT, range(3), 10), np.tile(keyframe(5), (3, 1)))


def test_pinned_dimensions_stay_put_and_truncation_is_kept():
    walk = ganrt.walk([5, 6], pinned="0:2=-1,4=0.5", truncation=0.25)
    z = walk.latents(LATENT, range(20), 10)
    assert (z[:, :2] == -1).all()
    assert (z[:, 4] == 0.5).all()
    assert np.abs(z[:, [2, 3, 5]]).max() <= 1.0


def test_the_stream_gives_every_frame_once(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "tiny.onnx")) as generator:
        walk = ganrt.walk([1, 2], duration=1.5, loop=True)
        frames = list(generator.stream(walk, fps=20))
        assert len(frames) == 30
        expected = generator.synthesize(walk.latents(LATENT, range(30), 20))
        np.testing.assert_array_equal(np.stack(frames), expected)


@pytest.mark.parametrize(
    "arguments",
    [
        {"seeds": []},
        {"seeds": [-1]},
        {"seeds": [1], "duration": 0},
        {"seeds": [1], "duration": float("inf")},
        {"seeds": [1], "method": "spline"},
        {"seeds": [1], "pinned": "x=1"},
    ],
)
def test_walks_that_make_no_sense(arguments):
    with pytest.raises(ganrt.UsageError):
        ganrt.walk(**arguments)


@pytest.mark.parametrize("fps", [0, -1, 2000, float("nan")])
def test_rates_that_make_no_sense(fps):
    with pytest.raises(ganrt.UsageError, match="fps"):
        ganrt.walk([1]).frame_count(fps)
