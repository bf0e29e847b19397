"""From pictures to features: labels, sizes, channels, transparency, generators; one batch in memory at a time."""

import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_extractors import save_classifier, weight
from tiny_onnx import save_tiny, save_translator, tiny_spec

import ganrt
from ganrt import BadInputFile, UsageError
from ganrt.benchmarks.evaluation.extractors import DEFAULT, ExtractorOptions
from ganrt.benchmarks.evaluation.onnx_extractor import open_extractor
from ganrt.benchmarks.evaluation.pictures import Drawing, GeneratedPictures, PictureFiles
from ganrt.benchmarks.evaluation.samples import measure, prepare
from ganrt.runtime.fitting import Fit, resized
from ganrt.runtime.latents import class_choice
from ganrt.runtime.photos import Photo
from ganrt.spec import ImageInput, Labels

STRETCHED = Fit("resize", "flatten")


def noise(height=16, width=16, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def photo(colour, alpha=None):
    return Photo(Path("p.png"), "", colour, alpha)


def takes(side=8, channels=3):
    return ImageInput(height=side, width=side, channels=channels)


def files(*places):
    return PictureFiles("folder", [(Path("folder") / place, Path(place)) for place in places])


def test_labels_are_the_first_sub_folders():
    pictures = files("10/a.png", "9/b.png", "9/deeper/c.png", "0/d.png")
    assert pictures.labels == ("0", "9", "10")
    assert pictures._numbers == [2, 1, 1, 0]
    assert files("b/x.png", "a/y.png", "10/z.png").labels == ("10", "a", "b")
    assert files("a/x.png", "y.png").labels == ()
    assert files("x.png").labels == ()


def test_every_picture_gets_the_common_size_first():
    small = prepare(photo(noise(32, 32)), takes(16), (4, 4, 3), STRETCHED)
    np.testing.assert_array_equal(small, resized(resized(noise(32, 32), (4, 4)), (16, 16)))
    direct = prepare(photo(noise(32, 32)), takes(16), None, STRETCHED)
    np.testing.assert_array_equal(direct, resized(noise(32, 32), (16, 16)))
    average = noise(32, 32).reshape(16, 2, 16, 2, 3).mean((1, 3))  # shrinking is the area average
    np.testing.assert_allclose(direct, average, atol=0.51)


def test_grey_fakes_make_colour_irrelevant():
    found = prepare(photo(noise(8, 8)), takes(8), (8, 8, 1), STRETCHED)
    assert (found == found[..., :1]).all()
    np.testing.assert_allclose(found[..., 0], noise(8, 8) @ [0.299, 0.587, 0.114], atol=0.6)
    assert prepare(photo(noise(8, 8, 1)), takes(8), (8, 8, 3), STRETCHED).shape == (8, 8, 3)


def test_transparent_pictures_lie_over_the_background():
    alpha = np.zeros((8, 8), np.uint8)
    for common in (None, (8, 8, 3)):
        found = prepare(photo(noise(8, 8), alpha), takes(8), common, Fit("resize", "flatten", (10, 20, 30)))
        assert (found == [10, 20, 30]).all()


def test_fit_holds_for_the_first_size():
    wide = np.zeros((8, 24, 3), np.uint8)
    wide[:, 8:16] = 200
    assert (prepare(photo(wide), takes(4), (8, 8, 3), Fit("crop", "flatten")) == 200).all()
    assert (prepare(photo(wide), takes(4), None, Fit("crop", "flatten")) == 200).all()
    second = prepare(photo(wide), takes(8), (8, 24, 3), Fit("crop", "flatten"))
    np.testing.assert_array_equal(second, resized(wide, (8, 8)))


def test_features_are_those_of_each_picture_in_order(tmp_path):
    extractor = open_extractor(str(save_classifier(tmp_path / "c.onnx")), ExtractorOptions("bytes", device="cpu"))
    expected = []
    for i in range(70):  # more than two batches
        picture = noise(8, 8, seed=i)
        (tmp_path / str(i % 2)).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / str(i % 2) / f"{i}.png"), picture[..., ::-1])
        expected.append(picture.mean((0, 1)))
    paths = [Path(str(i % 2)) / f"{i}.png" for i in range(70)]
    done = []
    pictures = PictureFiles("x", [(tmp_path / path, path) for path in paths])
    sample = measure(pictures, extractor, pictures.shape(), STRETCHED, done.append)
    np.testing.assert_allclose(sample.features, expected, rtol=1e-5)
    np.testing.assert_allclose(sample.classes, np.array(expected) @ weight(3, 4), rtol=1e-3, atol=1e-2)
    np.testing.assert_array_equal(sample.labels, np.arange(70) % 2)
    assert sample.shapes == {(8, 8, 3): 70}
    assert done == list(range(1, 71))


def test_a_generator_draws_what_sample_draws(tmp_path):
    extractor = open_extractor(DEFAULT, ExtractorOptions())
    with ganrt.load(save_tiny(tmp_path / "t.onnx", tiny_spec(labels=3)), device="cpu") as generator:
        pictures = GeneratedPictures(generator, Drawing(40, seed=5, start=7))
        assert pictures.labels == ("kind 0", "kind 1", "kind 2")
        drawn = list(pictures)
        expected = generator.sample(40, seed=5, start=7)
        np.testing.assert_array_equal([one.colour for one, _ in drawn], expected)
        labels = class_choice([5] * 40, list(range(7, 47)), 3)
        np.testing.assert_array_equal([label for _, label in drawn], labels)
        assert pictures.shape() == (8, 8, 3)
        assert measure(pictures, extractor, pictures.shape(), STRETCHED).features.shape == (40, 256)
        one_class = GeneratedPictures(generator, Drawing(4, labels="kind 1"))
        assert one_class.labels == ()
        np.testing.assert_array_equal([one.colour for one, _ in one_class], generator.sample(4, labels=1))


def test_so_many_of_each_code_with_latents_of_their_own(tmp_path):
    spec = tiny_spec(labels=3)
    spec = type(spec)(**{**vars(spec), "labels": Labels(count=3, meaning="code")})
    with ganrt.load(save_tiny(tmp_path / "t.onnx", spec), device="cpu") as generator:
        pictures = GeneratedPictures(generator, Drawing(20, seed=1, start=2, per_class=True))
        assert (len(pictures), pictures.labels) == (60, ("0", "1", "2"))
        drawn = list(pictures)
        assert [label for _, label in drawn] == [0] * 20 + [1] * 20 + [2] * 20
        expected = generator.sample(20, seed=1, start=2 + 40, labels=2)
        np.testing.assert_array_equal([one.colour for one, _ in drawn[40:]], expected)
        with pytest.raises(UsageError, match="--per-class"):
            GeneratedPictures(generator, Drawing(2, per_class=True, labels=1))
        with pytest.raises(UsageError, match="2\\^64"):
            GeneratedPictures(generator, Drawing(2, start=2**64 - 3, per_class=True))
    with ganrt.load(save_tiny(tmp_path / "u.onnx"), device="cpu") as plain:
        with pytest.raises(UsageError, match="with classes or codes"):
            GeneratedPictures(plain, Drawing(2, per_class=True))
        assert GeneratedPictures(plain, Drawing(2)).labels == ()
    translator = ganrt.load(save_translator(tmp_path / "s.onnx"), device="cpu")
    with translator, pytest.raises(UsageError, match="does not draw pictures"):
        GeneratedPictures(translator, Drawing(2)).shape()


def test_pictures_are_not_kept():
    class Many(PictureFiles):
        def __iter__(self):
            return ((photo(np.zeros((512, 512, 3), np.uint8)), -1) for _ in range(200))  # 157 MB in all

    extractor = open_extractor(DEFAULT, ExtractorOptions())
    tracemalloc.start()
    measure(Many("x", [(Path("x"), Path("x"))]), extractor, (64, 64, 3), STRETCHED)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6


def test_features_that_are_not_finite_name_the_picture(tmp_path):
    class Broken(type(open_extractor(DEFAULT, ExtractorOptions()))):
        def run(self, pictures):
            outputs = super().run(pictures)
            outputs.features[1, 3] = np.nan
            return outputs

    for i in range(3):
        cv2.imwrite(str(tmp_path / f"{i}.png"), noise())
    pictures = PictureFiles("x", [(tmp_path / f"{i}.png", Path(f"{i}.png")) for i in range(3)])
    with pytest.raises(BadInputFile, match=r"NaN or infinite values for .*1\.png"):
        measure(pictures, Broken(), None, STRETCHED)
