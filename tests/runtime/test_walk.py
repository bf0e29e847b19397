"""Walks: ends, loops, frames independent of their predecessors, pinned dimensions."""

import numpy as np
import pytest
from tiny_onnx import DIM, save_tiny, tiny_spec

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


FLOWERS = tiny_spec(labels=5)


def rows(*numbers):
    return np.eye(5, dtype=np.float32)[list(numbers)]


def test_labels_are_exact_at_the_keyframes_and_linear_between():
    walk = ganrt.walk([7], duration=2, loop=False, classes=["kind 1", 3, "0"])
    weights = walk.labels(FLOWERS, range(walk.frame_count(10)), 10)
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(weights[[0, 10, 20]], rows(1, 3, 0))
    for frame in range(10):
        np.testing.assert_allclose(weights[frame, [1, 3]], [1 - frame / 10, frame / 10], atol=1e-7)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    assert (weights >= 0).all()
    z = walk.latents(LATENT, range(21), 10)
    np.testing.assert_array_equal(z, np.tile(keyframe(7), (21, 1)))


@pytest.mark.parametrize("method", METHODS)
def test_a_loop_of_labels_leads_back_whatever_the_method(method):
    walk = ganrt.walk([1, 2, 3], duration=3, loop=True, method=method, classes=[0, 1, 2])
    weights = walk.labels(FLOWERS, range(30), 10)
    np.testing.assert_array_equal(weights[[0, 10, 20]], rows(0, 1, 2))
    np.testing.assert_allclose(weights[25], (rows(2)[0] + rows(0)[0]) / 2, atol=1e-7)
    z = walk.latents(LATENT, range(30), 10)
    for frame, seed in ((0, 1), (10, 2), (20, 3)):  # both arrive together
        np.testing.assert_allclose(z[frame], keyframe(seed), atol=1e-6)
    for frame in (3, 17, 29):
        np.testing.assert_array_equal(walk.labels(FLOWERS, [frame], 10)[0], weights[frame])


def test_one_class_holds_while_seeds_walk_and_none_gives_none():
    walk = ganrt.walk([1, 2], duration=1, classes=[4])
    np.testing.assert_array_equal(walk.labels(FLOWERS, range(5), 10), rows(4, 4, 4, 4, 4))
    assert ganrt.walk([1, 2]).labels(FLOWERS, range(5), 10) is None


def test_the_stream_feeds_the_labels(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "tiny.onnx", FLOWERS)) as generator:
        walk = ganrt.walk([1, 2], duration=1.5, loop=True, classes=["kind 4", "kind 2"])
        frames = list(generator.stream(walk, fps=20))
        z, weights = (path(what, range(30), 20) for path, what in ((walk.latents, LATENT), (walk.labels, FLOWERS)))
        np.testing.assert_array_equal(np.stack(frames), generator.synthesize(z, labels=weights))
        still = list(generator.stream(ganrt.walk([1, 2], duration=1.5, loop=True), fps=20))
        np.testing.assert_array_equal(np.stack(still), generator.synthesize(z, labels=0))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"classes": ["kind 9"]}, "no class of that name"),
        ({"classes": [5]}, "expected 0 to 4"),
        ({"pinned": "9=1"}, "within 0:6"),
        ({"truncation": ganrt.Truncation(statistics=0.5)}, "no batch-norm statistics"),
    ],
)
def test_a_stream_refuses_at_once_what_the_generator_does_not_have(tmp_path, options, words):
    with (
        ganrt.load(save_tiny(tmp_path / "tiny.onnx", FLOWERS)) as generator,
        pytest.raises(ganrt.UsageError, match=words),
    ):
        generator.stream(ganrt.walk([1], **options))


def test_a_stream_of_classes_from_a_generator_without_is_refused(tmp_path):
    with (
        ganrt.load(save_tiny(tmp_path / "plain.onnx")) as generator,
        pytest.raises(ganrt.UsageError, match="no classes"),
    ):
        generator.stream(ganrt.walk([1], classes=[0]))


@pytest.mark.parametrize(
    ("seeds", "classes", "words"),
    [([1, 2], [0, 1, 2], "as many of each"), ([1], "daisy", "a sequence"), ([1], [-1], "class"), ([1], [0.5], "class")],
)
def test_classes_that_make_no_sense(seeds, classes, words):
    with pytest.raises(ganrt.UsageError, match=words):
        ganrt.walk(seeds, classes=classes)
