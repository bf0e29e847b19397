"""What version 1.1 of the spec changes when pictures are drawn: parts, style spaces, alpha and reduced canaries."""

from __future__ import annotations

import base64
import dataclasses
import hashlib

import cv2
import numpy as np
import pytest
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.benchmarks.inputs import Agreement
from ganrt.engines.forms.check import _psnr as form_psnr
from ganrt.engines.precisions.judge import _wide as judged
from ganrt.errors import SpecError, UsageError
from ganrt.exporter.session import draw_canary, encode_png
from ganrt.exporter.verify import _picture as exported
from ganrt.pixels import reduce
from ganrt.runtime.canary import canary_error, require_canary
from ganrt.runtime.compare import compare, psnr, ssim
from ganrt.runtime.sampling import Truncation, sampler
from ganrt.spec import Canary, Latent

PARTS = Latent(dim=12, prior="normal:6,onehot:4,uniform:2", psi_mode="resample")
STYLE = Latent(dim=6, prior="normal", psi_mode="style")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    path = save_tiny(tmp_path_factory.mktemp("parts") / "parts.onnx", tiny_spec(latent=PARTS))
    with ganrt.load(path, backend="onnxruntime") as generator:
        yield generator


@pytest.fixture(scope="module")
def style(tmp_path_factory):
    path = save_tiny(tmp_path_factory.mktemp("style") / "style.onnx", tiny_spec(latent=STYLE))
    with ganrt.load(path, backend="onnxruntime") as generator:
        yield generator


def test_a_model_in_parts_draws_its_latents(parts):
    z = ganrt.latents(5, 12, seed=3, start=2, prior=PARTS.prior)
    assert np.array_equal(parts.sample(5, seed=3, start=2), parts.synthesize(z))
    assert not np.array_equal(parts.sample(1, truncation=0.1), parts.sample(1))


@pytest.mark.parametrize("method", ["slerp", "lerp", "cubic"])
def test_walks_go_part_by_part_and_choices_stay_choices(method):
    walk = ganrt.walk(seeds=[1, 2, 3, 5], duration=2, method=method)
    z = walk.latents(PARTS, range(20), 10)
    knots = walk.keyframes(PARTS)
    assert np.array_equal(z[::5], knots)
    choices = z[:, 6:10]
    assert choices.min() >= 0
    assert np.allclose(choices.sum(axis=1), 1, atol=1e-6)
    alone = ganrt.walk(latents=knots[:, :6], duration=2, method=method)
    assert np.array_equal(z[:, :6], alone.latents(Latent(dim=6, prior="normal"), range(20), 10))


def test_edits_and_drifts_know_parts():
    pinned = ganrt.walk(seeds=[1, 2], pinned="6:10=0,7=1").latents(PARTS, range(9), 10)
    assert np.array_equal(pinned[:, 6:10], np.tile(np.float32([0, 1, 0, 0]), (9, 1)))
    drift = ganrt.walk(seeds=[8], method="drift", duration=20).latents(PARTS, range(0, 200, 5), 10)
    chosen = ganrt.latents(1, 12, seed=8, prior=PARTS.prior)[:, 6:10]
    assert np.array_equal(drift[:, 6:10], np.tile(chosen, (40, 1)))
    assert drift[:, 10:].min() >= -1
    assert drift[:, 10:].max() <= 1
    assert np.abs(np.diff(drift[:, 0])).max() > 0
    whole = ganrt.walk(seeds=[8], method="drift", duration=20).latents(Latent(dim=12, prior="normal"), range(3), 10)
    assert np.array_equal(
        whole[:, :6], ganrt.walk(seeds=[8], method="drift", duration=20).latents(PARTS, range(3), 10)[:, :6]
    )


def test_psi_of_a_style_space_goes_to_the_graph_alone(style):
    z = ganrt.latents(3, 6, seed=1)
    for psi, sent in ((None, 1.0), (0.0, 0.0), (0.5, 0.5), (16.0, 16.0)):
        drawn = style.sample(3, seed=1, truncation=psi)
        assert np.array_equal(drawn, style.synthesize(z, truncation=sent))
        assert np.array_equal(drawn, style.synthesize(z, truncation=np.full(3, sent, np.float32)))
    assert not np.array_equal(style.sample(3, seed=1, truncation=0.0), style.sample(3, seed=1))
    rows = style.synthesize(z, truncation=np.float32([0, 0.5, 1]))
    assert np.array_equal(rows[1], style.sample(1, seed=1, start=1, truncation=0.5)[0])


@pytest.mark.parametrize("psi", [-0.1, 16.5, float("nan")])
def test_psi_out_of_range_is_refused_before_anything_is_drawn(style, psi):
    with pytest.raises(UsageError, match="from 0 to 16"):
        style.sample(1, truncation=psi)
    with pytest.raises(UsageError, match="from 0 to 16"):
        style.synthesize(np.zeros((2, 6), np.float32), truncation=np.float32([0.5, psi]))


def test_a_style_space_has_no_statistics_and_no_threshold(style):
    with pytest.raises(UsageError, match="no batch-norm statistics"):
        style.sample(1, truncation=Truncation(statistics=0.5))
    with pytest.raises(UsageError, match="pulls its styles"):
        style.sample(1, truncation=Truncation(threshold=1.0))


def test_walks_and_streams_carry_psi_to_the_styles(style):
    walk = ganrt.walk(seeds=[1, 2], truncation=[0.0, 1.0], duration=1, loop=False)
    assert np.allclose(walk.truncations(style.spec, range(11), 10), np.linspace(0, 1, 11))
    assert np.array_equal(walk.keyframes(STYLE), ganrt.walk(seeds=[1, 2]).keyframes(STYLE))
    with style.stream(walk, fps=10, paced=False) as frames:
        first = next(iter(frames))
    assert np.array_equal(first, style.sample(1, seed=1, truncation=0.0)[0])
    assert style.queue(truncation=0.0, warm=False) is not None


class FixedSession:
    def __init__(self, picture):
        self.picture = picture

    def run(self, _):
        return [self.picture[None]]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_canary_of_a_large_picture_is_reduced_and_fits(channels):
    picture = np.random.default_rng(5).integers(0, 256, (1024, 1100, channels), np.uint8)  # noise: the worst for a PNG
    canary = draw_canary(FixedSession(picture), tiny_spec(), sampler)
    assert canary.reduced == 5
    assert canary.sha256 == hashlib.sha256(picture.tobytes()).hexdigest()
    stored = cv2.imdecode(np.frombuffer(canary.png_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert stored.shape[:2] == (205, 220)
    spec = dataclasses.replace(tiny_spec(side=1024, channels=channels), canary=canary)
    assert spec.spec_version == "1.1"
    assert ganrt.spec.GeneratorSpec.from_json(spec.to_json()) == spec


def test_a_picture_that_always_fits_stays_whole():
    picture = np.random.default_rng(5).integers(0, 256, (512, 512, 4), np.uint8)
    spec = dataclasses.replace(tiny_spec(), canary=draw_canary(FixedSession(picture), tiny_spec(), sampler))
    assert (spec.canary.reduced, spec.spec_version) == (None, "1.0")


def with_canary(path, spec, picture, side):
    """A model whose canary is kept in squares of `side`."""
    png = base64.b64encode(encode_png(reduce(picture, side))).decode()
    canary = Canary(seed=0, index=0, sha256=hashlib.sha256(picture.tobytes()).hexdigest(), png=png, reduced=side)
    return save_tiny(path, dataclasses.replace(spec, canary=canary))


@pytest.mark.parametrize("channels", [3, 4])
def test_a_reduced_canary_is_compared_reduced(tmp_path, channels):
    spec = tiny_spec(side=16, channels=channels)
    with ganrt.load(save_tiny(tmp_path / "plain.onnx", spec)) as generator:
        picture = generator.sample(1)[0]
    with ganrt.load(with_canary(tmp_path / "good.onnx", spec, picture, 3)) as generator:
        assert canary_error(generator) == 0
        require_canary(generator)
    with ganrt.load(with_canary(tmp_path / "bad.onnx", spec, 255 - picture, 3)) as generator:
        assert canary_error(generator) > 50
        with pytest.raises(ganrt.errors.BackendUnavailable, match="draws another picture"):
            require_canary(generator)
    with ganrt.load(with_canary(tmp_path / "odd.onnx", spec, picture[:9], 3)) as generator, pytest.raises(SpecError):
        canary_error(generator)


def test_psnr_and_ssim_do_not_see_hidden_colours():
    picture = np.random.default_rng(2).integers(0, 256, (32, 32, 4), np.uint8)
    picture[:16, :, 3] = 0
    hidden = picture.copy()
    hidden[:16, :, :3] = 255 - hidden[:16, :, :3]
    assert (psnr(picture, hidden), ssim(picture, hidden)) == (np.inf, 1.0)
    shown = picture.copy()
    shown[16:, :, :3] = 255 - shown[16:, :, :3]
    assert psnr(picture, shown) < 20
    opaque = picture.copy()
    opaque[..., 3] = 255
    changed = np.where([True, True, True, False], opaque // 2, opaque)
    in_rgb = psnr(opaque[..., :3], changed[..., :3])
    assert psnr(opaque, changed) == pytest.approx(in_rgb + 10 * np.log10(4 / 3))  # alpha is a fourth value, and equal


def faint(red):
    """Two pixels, the first of alpha 51, the second clear, of this much red."""
    picture = np.zeros((1, 16, 16, 4), np.uint8)
    picture[..., 0] = red
    picture[:, :8, :, 3] = 51
    return picture


def test_verify_compares_rgba_premultiplied(tmp_path):
    path = save_tiny(tmp_path / "rgba.onnx", tiny_spec(channels=4))
    with ganrt.load(path) as a, ganrt.load(path) as b:
        assert compare(a, b, 4).max_error == 0
        a.sample, b.sample = (lambda *_, red=red, **__: faint(red) for red in (255, 0))
        result = compare(a, b, 1)
    assert (result.max_error, result.differing_pixels) == (51, 0.125)
    assert result.worst_psnr == pytest.approx(10 * np.log10(255**2 / (51**2 / 8)))


def test_every_gate_compares_rgba_premultiplied():
    seen, hidden = faint(255)[0], faint(0)[0]
    hidden[:8] = seen[:8]
    assert form_psnr(seen, hidden) == np.inf
    assert np.array_equal(judged(seen), judged(hidden))
    floats = np.zeros((4, 16, 16), np.float32)
    errors = exported(floats, floats, seen, hidden, seen.astype(float))
    assert (errors.levels, errors.mean_square) == (255, 0)
    assert Agreement().with_pictures(seen[None], hidden[None]) == Agreement(1, None, 0)
