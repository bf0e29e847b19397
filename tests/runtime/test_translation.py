"""Translators: sizes, batches and padding, fits that are exact on known pictures, alpha, cycles, canaries."""

import base64
import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest
from tiny_onnx import save_tiny, save_translator, translator_spec

import ganrt
from ganrt.engines.backends import open_model
from ganrt.engines.protocol import BatchSizes, Engine
from ganrt.pattern import pattern, pattern_size
from ganrt.runtime.canary import canary_error, canary_source
from ganrt.runtime.compare import compare, comparison_picture
from ganrt.runtime.fitting import Fit, finish, fit_photo
from ganrt.runtime.generator import Generator
from ganrt.runtime.photos import Photo
from ganrt.runtime.picture_style import parse_colour
from ganrt.runtime.pictures import encode_png
from ganrt.runtime.translation import translate_photos
from ganrt.spec import Canary, ImageInput

BLUR = np.random.default_rng(5).uniform(0, 0.1, (3, 3, 3, 3)).astype(np.float32)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def photo(colour, alpha=None, name="a.png"):
    return Photo(Path(name), "0" * 64, colour, alpha)


@pytest.fixture
def fixed(tmp_path):
    with ganrt.load(save_translator(tmp_path / "fixed.onnx", kernel=BLUR)) as generator:
        yield generator


@pytest.fixture
def dynamic(tmp_path):
    with ganrt.load(save_translator(tmp_path / "dynamic.onnx", translator_spec(dynamic=True))) as generator:
        yield generator


class Recorder(Engine):
    """A real engine inside, with other batch sizes around it; keeps the batches that it was given."""

    def __init__(self, path, sizes):
        inner = open_model(path)
        self._inner, self.batch_sizes, self.seen = inner, sizes, []
        self.spec, self.backend, self.device, self.precision = inner.spec, "recorder", inner.device, inner.precision
        self.input_names, self.model_sha256 = inner.input_names, inner.model_sha256

    def _run(self, inputs):
        self.seen.append(len(inputs["source"]))
        return self._inner.run(inputs)

    def _close(self):
        self._inner.close()


def test_a_negative_is_exact(dynamic):
    pictures = noise(3, 8, 20, 3)
    np.testing.assert_array_equal(dynamic.translate(pictures), 255 - pictures)


@pytest.mark.parametrize("batch_size", [None, 1, 2, 7, 1000])
def test_a_translation_does_not_depend_on_its_companions(fixed, batch_size):
    pictures = noise(40, 8, 12, 3)
    translated = fixed.translate(pictures, batch_size)
    for i in (0, 17, 39):
        np.testing.assert_array_equal(fixed.translate(pictures[i : i + 1])[0], translated[i])
    np.testing.assert_array_equal(fixed.translate(pictures[::-1], batch_size)[::-1], translated)


def test_a_fixed_micro_batch_is_padded_and_the_padding_unseen(tmp_path, fixed):
    engine = Recorder(tmp_path / "fixed.onnx", BatchSizes(8, 8, 8))
    pictures = noise(11, 8, 12, 3)
    np.testing.assert_array_equal(Generator(engine).translate(pictures), fixed.translate(pictures))
    assert engine.seen == [8, 8]


def test_large_pictures_go_in_smaller_batches(tmp_path, dynamic):
    engine = Recorder(tmp_path / "dynamic.onnx", BatchSizes(1, 16, 64))
    generator = Generator(engine)
    generator.translate(noise(5, 256, 512, 3))
    generator.translate(noise(5, 1024, 1024, 3)[:2])
    generator.translate(noise(20, 8, 8, 3))
    assert engine.seen == [2, 2, 1, 1, 1, 16, 4]


def test_no_pictures_give_no_pictures(fixed, dynamic):
    assert fixed.translate(noise(0, 8, 12, 3)).shape == (0, 8, 12, 3)
    assert dynamic.translate(noise(0, 16, 4, 3)).shape == (0, 16, 4, 3)


@pytest.mark.parametrize(
    "pictures",
    [
        np.zeros((1, 8, 12, 3), np.float32),
        noise(8, 12, 3),
        noise(1, 8, 12, 4),
        noise(1, 12, 8, 3),
        noise(1, 3, 8, 12),
        [[1]],
        None,
    ],
)
def test_other_pictures_are_refused_with_what_was_expected(fixed, pictures):
    with pytest.raises(ganrt.UsageError, match=r"expected uint8 \[n, 8, 12, 3\]"):
        fixed.translate(pictures)


@pytest.mark.parametrize("size", [(8, 10), (0, 8), (8, 0), (6, 8)])
def test_a_dynamic_model_takes_multiples_alone(dynamic, size):
    with pytest.raises(ganrt.UsageError, match="multiple of 4"):
        dynamic.translate(noise(1, *size, 3))


def test_translators_do_not_draw_and_generators_do_not_translate(fixed, tmp_path):
    for call in (fixed.sample, lambda: fixed.avatar("ann"), lambda: fixed.synthesize(np.zeros((1, 6)))):
        with pytest.raises(ganrt.UsageError, match="ganrt translate"):
            call()
    with (
        ganrt.load(save_tiny(tmp_path / "tiny.onnx")) as generator,
        pytest.raises(ganrt.UsageError, match="does not translate pictures"),
    ):
        generator.translate(noise(1, 8, 8, 3))


# Fits of a model of 8 x 12 pixels.


def fitted(colour, mode, opacity=None, spec=None, **options):
    return fit_photo(photo(colour, opacity), spec or translator_spec(), Fit(mode, **options))


@pytest.mark.parametrize("mode", ["resize", "crop", "pad"])
def test_a_picture_of_the_right_size_is_left_alone(mode):
    colour, alpha = noise(8, 12, 3), noise(8, 12, seed=1)
    for spec in (translator_spec(), translator_spec(dynamic=True)):
        result = fitted(colour, mode, alpha, spec)
        np.testing.assert_array_equal(result.source, colour)
        np.testing.assert_array_equal(result.alpha, alpha)
        assert result.shown == (8, 12)


def enlarged(picture, rows, columns):
    return picture.repeat(rows, axis=0).repeat(columns, axis=1)


def test_resize_stretches_by_area_averages():
    small = noise(8, 12, 3)
    np.testing.assert_array_equal(fitted(enlarged(small, 3, 2), "resize").source, small)
    checks = np.indices((16, 24)).sum(0)[..., None] % 2 * np.uint8(200)
    assert (fitted(checks.astype(np.uint8), "resize").source == 100).all()


def test_resize_shrinks_one_side_without_aliasing_while_the_other_grows():
    stripes = np.zeros((4, 120, 3), np.uint8)
    stripes[:, ::10] = 100
    assert (fitted(stripes, "resize").source == 10).all()


def test_crop_takes_the_centre_and_keeps_proportions():
    small = noise(8, 12, 3)
    page = noise(20, 24, 3, seed=1)
    page[2:18] = enlarged(small, 2, 2)
    np.testing.assert_array_equal(fitted(page, "crop").source, small)
    page = noise(16, 31, 3, seed=1)
    page[:, 3:27] = enlarged(small, 2, 2)
    np.testing.assert_array_equal(fitted(page, "crop").source, small)


def test_pad_keeps_the_whole_picture_on_the_background():
    small = noise(8, 6, 3)
    result = fitted(enlarged(small, 2, 2), "pad", background=(1, 2, 3))
    np.testing.assert_array_equal(result.source[:, 3:9], small)
    assert (result.source[:, :3] == (1, 2, 3)).all()
    assert (result.source[:, 9:] == (1, 2, 3)).all()
    wide = noise(4, 12, 3)
    result = fitted(wide, "pad", noise(4, 12, seed=3))
    np.testing.assert_array_equal(result.source[2:6], wide)
    assert (result.alpha[:2] == 0).all()
    assert (result.alpha[6:] == 0).all()
    np.testing.assert_array_equal(result.alpha[2:6], noise(4, 12, seed=3))
    four = translator_spec(channels=4)
    assert (fitted(wide, "pad", spec=four).source[..., 3] == 255).all()
    assert (fitted(wide, "pad", noise(4, 12, seed=3), four).source[:2, :, 3] == 0).all()


@pytest.mark.parametrize(
    ("size", "resize", "crop", "pad"),
    [
        ((9, 14), (8, 16), (8, 12), (12, 16)),
        ((11, 4), (12, 4), (8, 4), (12, 4)),
        ((1, 1), (4, 4), (4, 4), (4, 4)),
        ((2, 101), (4, 100), (4, 200), (4, 104)),
    ],
)
def test_sizes_of_a_dynamic_model(size, resize, crop, pad):
    spec = translator_spec(dynamic=True)
    for mode, expected in (("resize", resize), ("crop", crop), ("pad", pad)):
        assert fitted(noise(*size, 3), mode, noise(*size), spec).source.shape[:2] == expected


def test_a_dynamic_crop_is_centred_and_a_pad_repeats_the_border_and_is_undone():
    spec, colour = translator_spec(dynamic=True), noise(11, 14, 3)
    np.testing.assert_array_equal(fitted(colour, "crop", spec=spec).source, colour[1:9, 1:13])
    result = fitted(colour, "pad", spec=spec)
    np.testing.assert_array_equal(result.source[:11, :14], colour)
    assert (result.source[11, :14] == colour[10]).all()
    assert (result.source[:11, 15] == colour[:, 13]).all()
    np.testing.assert_array_equal(finish(result, result.source), colour)
    assert finish(result, enlarged(result.source, 2, 2)).shape == (22, 28, 3)


def test_alpha_is_kept_exactly_or_flattened():
    colour, alpha = noise(8, 12, 3), noise(8, 12, seed=1)
    result = fitted(colour, "resize", alpha)
    np.testing.assert_array_equal(finish(result, 255 - colour), np.dstack([255 - colour, alpha]))
    result = fitted(colour, "resize", alpha, alpha="flatten", background=(0, 100, 255))
    share = alpha[..., None] / 255
    expected = colour * share + np.array([0, 100, 255]) * (1 - share)
    assert np.abs(result.source - expected).max() <= 0.5 + 1e-9
    assert finish(result, colour).shape == (8, 12, 3)


def test_channels_follow_the_model():
    grey, rgb, alpha = noise(8, 12, 1), noise(8, 12, 3), noise(8, 12)
    one, four = translator_spec(channels=1), translator_spec(channels=4)
    np.testing.assert_array_equal(fitted(grey, "resize").source, grey.repeat(3, axis=2))
    np.testing.assert_array_equal(fitted(grey, "resize", spec=one).source, grey)
    luma = (rgb @ np.array([0.299, 0.587, 0.114]))[..., None]
    assert np.abs(fitted(rgb, "resize", spec=one).source - luma).max() <= 1
    result = fitted(rgb, "resize", alpha, spec=one)
    np.testing.assert_array_equal(finish(result, grey), np.dstack([grey, grey, grey, alpha]))
    np.testing.assert_array_equal(fitted(rgb, "resize", alpha, spec=four).source, np.dstack([rgb, alpha]))
    opaque = fitted(grey, "resize", spec=four)
    np.testing.assert_array_equal(opaque.source[..., 3], 255)
    np.testing.assert_array_equal(finish(opaque, opaque.source), opaque.source)


def test_pictures_and_models_that_cannot_be_fitted(monkeypatch):
    from ganrt.runtime import fitting

    monkeypatch.setattr(fitting, "MAX_SIDE", 16)
    assert fitted(noise(16, 8, 3), "resize", spec=translator_spec(dynamic=True)).shown == (16, 8)
    with pytest.raises(ganrt.BadInputFile, match=r"a\.png: a side is longer than 16"):
        fitted(noise(24, 8, 3), "resize", spec=translator_spec(dynamic=True))
    two = dataclasses.replace(translator_spec(), image=ImageInput(height=8, width=8, channels=2))
    with pytest.raises(ganrt.UsageError, match="does not take"):
        fitted(noise(8, 8, 3), "resize", spec=two)


@pytest.mark.parametrize("options", [{"mode": "stretch"}, {"alpha": "drop"}])
def test_unknown_fits_are_refused(options):
    with pytest.raises(ganrt.UsageError, match="accepted are"):
        Fit(**options)


def test_colours():
    assert parse_colour("ff8000") == parse_colour("#FF8000") == (255, 128, 0)
    for text in ("", "fff", "ff80000", "gg0000", "red"):
        with pytest.raises(ganrt.UsageError, match="RRGGBB"):
            parse_colour(text)


# Photos through a model.


@pytest.mark.parametrize("batch_size", [None, 1, 3])
def test_photos_come_out_in_order_whatever_their_sizes(dynamic, batch_size):
    sizes = [(8, 8), (9, 13), (8, 8), (30, 5), (9, 13), (8, 8), (4, 4)]
    photos = [photo(noise(*size, 3, seed=i), name=f"{i}.png") for i, size in enumerate(sizes)]
    translated = list(translate_photos(dynamic, iter(photos), Fit("pad"), batch_size=batch_size))
    assert [done.path.name for done in translated] == [f"{i}.png" for i in range(7)]
    for done, given in zip(translated, photos, strict=True):
        np.testing.assert_array_equal(done.source, given.colour)
        np.testing.assert_array_equal(done.image, 255 - given.colour)


def test_photos_are_taken_batch_by_batch(dynamic):
    taken = 0

    def photos():
        nonlocal taken
        for i in range(100):
            taken += 1
            yield photo(noise(8, 8, 3, seed=i))

    for done, _ in enumerate(translate_photos(dynamic, photos(), Fit(), batch_size=4), 1):
        assert taken <= done + 4
    assert taken == 100


def test_large_photos_do_not_wait_for_others(dynamic, monkeypatch):
    from ganrt.runtime import batches

    monkeypatch.setattr(batches, "MAX_BATCH_PIXELS", 100)
    photos = iter([photo(noise(12, 12, 3, seed=i)) for i in range(3)])
    next(translate_photos(dynamic, photos, Fit()))
    assert len(list(photos)) == 2


def test_a_cycle_is_measured_on_the_picture_alone(dynamic, tmp_path):
    given = photo(noise(9, 13, 3), noise(9, 13, seed=1))
    done = next(translate_photos(dynamic, [given], Fit("pad"), back=dynamic))
    assert done.cycle.mean_l1 == 0.0
    np.testing.assert_array_equal(done.cycle.image, np.dstack([given.colour, given.alpha]))
    kernel = np.zeros((3, 3, 3, 3), np.float32)  # forgets everything: grey
    with ganrt.load(save_translator(tmp_path / "g.onnx", translator_spec(dynamic=True), kernel=kernel)) as forgets:
        done = next(translate_photos(dynamic, [given], Fit("pad"), back=forgets))
    assert done.cycle.mean_l1 == pytest.approx(np.abs(given.colour.astype(float) - 128).mean())


def test_a_model_that_does_not_lead_back_is_refused(fixed, dynamic, tmp_path):
    given = [photo(noise(8, 16, 3))]
    other = save_translator(tmp_path / "other.onnx", translator_spec(height=16))
    coarse = save_translator(tmp_path / "coarse.onnx", translator_spec(dynamic=True, multiple_of=8))
    assert list(translate_photos(fixed, given, Fit(), back=dynamic))
    with ganrt.load(other) as a, ganrt.load(coarse) as b, ganrt.load(save_tiny(tmp_path / "t.onnx")) as c:
        for forth, back in ((fixed, a), (dynamic, b), (dynamic, fixed), (fixed, c)):
            with pytest.raises(ganrt.UsageError, match="lead back|every size|does not translate"):
                next(translate_photos(forth, given, Fit(), back=back))


# Canaries and comparisons.


def with_canary(path, **options):
    spec = translator_spec(**options)
    values = ganrt.latents(1, pattern_size(3), 3, 4, prior="uniform")[0]
    picture = 255 - pattern(values, spec.image.height, spec.image.width, 3)
    digest = hashlib.sha256(picture.tobytes()).hexdigest()
    png = base64.b64encode(encode_png(picture)).decode()
    spec = dataclasses.replace(spec, canary=Canary(seed=3, index=4, sha256=digest, png=png))
    return save_translator(path, spec), spec


@pytest.mark.parametrize("dynamic", [False, True])
def test_the_canary_of_a_translator(tmp_path, dynamic):
    path, spec = with_canary(tmp_path / "c.onnx", dynamic=dynamic)
    with ganrt.load(path) as generator:
        assert canary_error(generator) == 0
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    with ganrt.load(save_translator(tmp_path / "other.onnx", spec, kernel=kernel)) as generator:
        assert canary_error(generator) > 50


def test_the_picture_of_a_canary_belongs_to_its_seed_and_index():
    spec = translator_spec(height=16, width=16)
    picture = canary_source(spec, 0, 0)
    assert picture.shape == (16, 16, 3)
    assert not np.array_equal(picture, canary_source(spec, 0, 1))
    assert not np.array_equal(picture, canary_source(spec, 1, 0))


def test_translators_are_compared_on_tiles_and_noise(tmp_path, fixed, dynamic):
    changed = save_translator(tmp_path / "changed.onnx", kernel=BLUR * 1.3)
    with ganrt.load(tmp_path / "fixed.onnx") as same, ganrt.load(changed) as other:
        assert compare(fixed, same, 6).max_error == 0
        result = compare(fixed, other, 6)
        assert result.max_error > 2
        assert not result.within(1, 48)
        coarse = save_translator(tmp_path / "coarse.onnx", translator_spec(multiple_of=2))
        with ganrt.load(coarse) as takes_others:
            for unlike in (dynamic, takes_others):
                with pytest.raises(ganrt.UsageError, match="differ"):
                    compare(fixed, unlike, 2)
    spec = fixed.spec
    np.testing.assert_array_equal(comparison_picture(spec, 0, 2), canary_source(spec, 0, 2))
    assert len(np.unique(comparison_picture(spec, 0, 3))) > 100
    np.testing.assert_array_equal(comparison_picture(spec, 0, 3), comparison_picture(spec, 0, 3))
