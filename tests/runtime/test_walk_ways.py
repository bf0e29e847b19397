"""Drift, easing, beats, other keyframes, truncation along the path and the even pace."""

from itertools import pairwise

import numpy as np
import pytest
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.runtime.pace import picture_distance
from ganrt.runtime.walk_path import EASES, eased
from ganrt.spec import Latent

NORMAL = Latent(dim=64, prior="normal")
PRIORS = {
    "normal": (NORMAL, 1.0, np.inf),
    "uniform": (Latent(dim=64, prior="uniform"), 1 / 3, 1.0),
    "truncated": (Latent(dim=64, prior="truncated_normal", threshold=2.0), 0.7737, 2.0),
}


@pytest.mark.parametrize("prior", PRIORS)
def test_a_drift_stays_on_the_prior_and_never_jumps(prior):
    latent, variance, largest = PRIORS[prior]
    walks = [ganrt.walk([seed], method="drift", loop=False, speed=1.0) for seed in range(8)]
    z = np.stack([walk.latents(latent, range(0, 7200, 5), 60) for walk in walks])
    by_phase = z.reshape(8, -1, 12, 64).var(axis=(0, 1, 3))  # twelve moments between two points
    np.testing.assert_allclose(by_phase, variance, rtol=0.06)
    assert np.abs(z).max() <= largest
    assert abs(z.mean()) < 0.02
    fine = walks[0].latents(latent, range(1200), 60)
    steps = np.linalg.norm(np.diff(fine, axis=0), axis=1)
    assert 0.3 * np.median(steps) < steps.min() <= steps.max() < 2.5 * np.median(steps)


def test_a_drift_is_seekable_and_endless():
    walk = ganrt.walk([3], method="drift", loop=False)
    frames = [0, 7, 10**6, 10**6 + 1, 10**12]
    together = walk.latents(NORMAL, frames, 60)
    for frame, row in zip(frames, together, strict=True):
        np.testing.assert_array_equal(walk.latents(NORMAL, [frame], 60)[0], row)
    assert np.linalg.norm(together[2] - together[3]) < 0.5 < np.linalg.norm(together[1] - together[2])
    assert walk.labels(tiny_spec(labels=3), frames, 60) is None


def test_the_points_of_a_drift_are_those_of_stream_2():
    from ganrt.runtime.latents import Stream, sample

    points = sample([3], range(4), 64, stream=Stream.DRIFT).astype(np.float64)
    weights = np.array([1.0, 4.0, 1.0, 0.0])
    expected = weights @ points / np.linalg.norm(weights)
    np.testing.assert_allclose(ganrt.walk([3], method="drift").latents(NORMAL, [0], 60)[0], expected, atol=1e-6)


@pytest.mark.parametrize("prior", PRIORS)
def test_a_drift_that_loops_has_no_seam(prior):
    z = ganrt.walk([3], 10.0, method="drift").latents(PRIORS[prior][0], range(601), 60)
    np.testing.assert_array_equal(z[600], z[0])
    steps = np.linalg.norm(np.diff(z, axis=0), axis=1)
    assert steps[-1] <= 1.5 * np.median(steps)


def test_cubic_and_drift_are_twice_differentiable():
    """The third difference over a knot is no larger than elsewhere by more than the jump of a third derivative."""
    for walk in (ganrt.walk([1, 2, 3], 3.0, method="cubic"), ganrt.walk([1], 4.0, method="drift", speed=1.0)):
        frames = [*range(3000), 0, 1, 2]
        z = walk.latents(NORMAL, frames, 1000.0 if walk.method == "cubic" else 750.0).astype(np.float64)
        bends = np.linalg.norm(np.diff(z, 2, axis=0), axis=1)
        # A bend that is continuous changes little from frame to frame; a kink would show as one outlier.
        assert bends.max() < 40 * np.median(bends)
        coarse = np.linalg.norm(np.diff(z[::50], 2, axis=0), axis=1)
        assert np.abs(np.diff(coarse)).max() < 0.5 * coarse.max()


@pytest.mark.parametrize("ease", EASES)
def test_an_ease_keeps_keyframes_order_and_independence(ease):
    t = np.linspace(0, 3, 301)
    position = eased(t, ease)
    np.testing.assert_allclose(position[[0, 100, 200, 300]], [0, 1, 2, 3], atol=1e-12)
    assert (np.diff(position) >= 0).all()
    walk = ganrt.walk([1, 2, 3], 3.0, ease=ease)
    every = walk.latents(NORMAL, range(90), 30)
    np.testing.assert_array_equal(walk.latents(NORMAL, [47], 30)[0], every[47])
    np.testing.assert_allclose(every[30], ganrt.latents(1, 64, seed=2)[0], atol=1e-6)


def test_hold_rests_and_smooth_starts_at_rest():
    np.testing.assert_array_equal(eased(np.array([1.0, 1.25, 1.5]), "hold"), [1, 1, 1])
    assert eased(np.array([0.01]), "smooth")[0] < 1e-4
    assert eased(np.array([0.25]), "in-out")[0] == 4 * 0.25**3


@pytest.mark.parametrize("fps", [24, 29.97, 60])
@pytest.mark.parametrize("loop", [True, False])
def test_keyframes_fall_on_beats(fps, loop):
    walk = ganrt.walk([1, 2, 3, 4, 5], loop=loop, beats_per_minute=128, beats=2)
    assert walk.duration == pytest.approx((5 if loop else 4) * 2 * 60 / 128)
    steps = walk.frame_count(fps) - (not loop)
    for beat in range(walk.segments):
        at_frame = beat * steps / walk.segments
        assert abs(at_frame / fps - beat * 2 * 60 / 128) <= 0.5 / fps + 1e-9


def test_identities_and_latents_are_keyframes(tmp_path):
    z = ganrt.latents(2, 64, seed=9)
    np.save(tmp_path / "z.npy", z)
    for given in (z, z.tolist(), tmp_path / "z.npy"):
        np.testing.assert_array_equal(ganrt.walk(latents=given, loop=False).latents(NORMAL, [0, 120], 30), z)
    walk = ganrt.walk(identities=["ann", "bob"], loop=False)
    expected = [ganrt.latents(1, 64, seed=0, start=ganrt.identity_index(name))[0] for name in ("ann", "bob")]
    np.testing.assert_allclose(walk.latents(NORMAL, [0, 120], 30), expected, atol=1e-6)
    assert ganrt.walk(identities=["ann"], namespace="other").keyframes(NORMAL)[0, 0] != expected[0][0]


def test_truncation_goes_along_the_path():
    walk = ganrt.walk([1], 1.0, loop=False, truncation=[0.1, 1.0])
    z = walk.latents(NORMAL, range(11), 10)
    assert np.abs(z[0]).max() <= 0.2  # resample at threshold 2
    assert (np.diff(np.linalg.norm(z, axis=1)) > 0).all()
    spec = tiny_spec(statistics=True)
    np.testing.assert_allclose(walk.truncations(spec, [0, 5, 10], 10), [0.1, 0.55, 1.0], atol=1e-6)
    assert walk.truncations(tiny_spec(), [0], 10) is None
    assert ganrt.walk([1, 2], truncation=0.5).truncations(spec, [0, 3], 10).tolist() == [0.5, 0.5]


def test_statistics_follow_the_path_frame_by_frame(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "s.onnx", tiny_spec(statistics=True))) as generator:
        walk = ganrt.walk([1], 1.0, loop=False, truncation=[0.1, 1.0])
        frames = np.stack(list(generator.stream(walk, 20, paced=False)))
        z = walk.latents(generator.latent, range(21), 20)
        for frame in (0, 7, 20):
            psi = float(np.float32(0.1) + frame / 20 * (1 - np.float32(0.1)))
            expected = generator.synthesize(z[frame : frame + 1], truncation=psi)[0]
            assert np.abs(expected.astype(int) - frames[frame]).max() <= 1
        with pytest.raises(ganrt.UsageError, match="0.02 to 1"):
            generator.stream(ganrt.walk([1], truncation=[0.5, 1.5], loop=False), 20)
        with pytest.raises(ganrt.UsageError, match="shape"):
            generator.synthesize(z, truncation=np.ones(3, np.float32))


@pytest.mark.parametrize("loop", [True, False])
def test_an_even_pace_is_even_and_by_index(loop):
    """A bundled model: its pictures change in leaps, so that even steps in latents are none in pictures."""
    with ganrt.load("avatars") as generator:
        walk = ganrt.walk([1, 2], 2.0, loop)
        paced = ganrt.even_pace(walk, generator)
        uneven, even = (_spread(list(generator.stream(each, 30, paced=False))) for each in (walk, paced))
        assert even < uneven / 2
        every = paced.latents(generator.latent, range(60), 30)
        np.testing.assert_array_equal(paced.latents(generator.latent, [31], 30)[0], every[31])
        np.testing.assert_allclose(every[0], walk.keyframes(generator.latent)[0], atol=1e-6)
        np.testing.assert_array_equal(ganrt.even_pace(walk, generator).pace, paced.pace)
        beat = ganrt.even_pace(ganrt.walk([1, 2, 3], loop=loop, beats_per_minute=60), generator, samples=8)
        z = beat.latents(generator.latent, [30], 30)[0]
        np.testing.assert_allclose(z, beat.keyframes(generator.latent)[1], atol=1e-5)


def _spread(pictures):
    steps = np.array([picture_distance(a, b) for a, b in pairwise(pictures)])
    return steps.std() / steps.mean()


def test_a_walk_that_stands_still_has_no_pace(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "t.onnx")) as generator:
        walk = ganrt.walk([1])
        assert walk.is_still
        assert ganrt.even_pace(walk, generator) is walk
        with pytest.raises(ganrt.UsageError, match="drift"):
            ganrt.even_pace(ganrt.walk([1], method="drift"), generator)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "expected keyframes"),
        ({"seeds": [1], "identities": ["a"]}, "one of seeds, identities, latents and looks"),
        ({"identities": "ann"}, "sequence of names"),
        ({"latents": [1.0, 2.0]}, "one row for each latent"),
        ({"latents": [[np.nan, 2.0]]}, "finite"),
        ({"seeds": [1, 2], "truncation": [1, 0.5, 0.2]}, "as many of each"),
        ({"seeds": [1], "truncation": []}, "expected a factor"),
        ({"seeds": [1, 2], "ease": "bounce"}, "ease 'bounce'"),
        ({"seeds": [1, 2], "beats_per_minute": 0}, "beats a minute 0"),
        ({"seeds": [1, 2], "beats_per_minute": 60, "beats": 0}, "beats 0"),
        ({"seeds": [1, 2], "beats_per_minute": 60, "duration": 2}, "expected one of them"),
        ({"seeds": [1, 2], "method": "drift"}, "one seed"),
        ({"identities": ["a"], "method": "drift"}, "one seed"),
        ({"seeds": [1], "method": "drift", "speed": 0}, "speed 0"),
        ({"seeds": [1], "method": "drift", "ease": "hold"}, "no ease"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, words):
    with pytest.raises(ganrt.UsageError, match=words):
        ganrt.walk(**arguments)


def test_frames_and_files_that_are_not_there(tmp_path):
    with pytest.raises(ganrt.UsageError, match="frame 121: this open walk has the frames 0 to 120"):
        ganrt.walk([1, 2], loop=False).latents(NORMAL, [121], 30)
    with pytest.raises(ganrt.UsageError, match="frame -1"):
        ganrt.walk([1, 2]).latents(NORMAL, [-1], 30)
    with pytest.raises(ganrt.UsageError, match="latents of 3 values: this generator's have 64"):
        ganrt.walk(latents=[[1, 2, 3]]).latents(NORMAL, [0], 30)
    (tmp_path / "bad.npy").write_bytes(b"not an array")
    np.save(tmp_path / "objects.npy", np.array([{}], object))
    np.save(tmp_path / "flat.npy", np.ones(3, np.float32))
    for name in ("bad.npy", "objects.npy", "flat.npy", "missing.npy"):
        with pytest.raises(ganrt.BadInputFile, match=name):
            ganrt.walk(latents=tmp_path / name)


def test_a_loop_goes_round_and_round():
    walk = ganrt.walk([1, 2, 3], 1.0)
    once, twice = walk.latents(NORMAL, range(30), 30), walk.latents(NORMAL, range(300_000, 300_030), 30)
    np.testing.assert_array_equal(once, twice)
