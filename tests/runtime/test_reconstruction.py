"""Encoders and reconstruction: batches, canaries, comparisons, and which encoder belongs to which generator."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from tiny_encoder import CHECKPOINT, encoder_model, encoder_spec, encoder_weight, save_encoder, save_generator
from tiny_onnx import save_tiny, save_translator, tiny_spec

import ganrt
from ganrt.engines.backends import open_model
from ganrt.engines.protocol import BatchSizes, Engine
from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.canary import canary_error, canary_source, code_errors
from ganrt.runtime.compare import compare, psnr
from ganrt.runtime.fitting import Fit
from ganrt.runtime.generator import Generator
from ganrt.runtime.photos import Photo
from ganrt.runtime.reconstruction import check_pair, reconstruct_photos
from ganrt.spec import Canary, Source


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def photos(pictures, alpha=None):
    return [Photo(Path(f"{i}.png"), "0" * 64, picture, alpha) for i, picture in enumerate(pictures)]


@pytest.fixture
def encoder(tmp_path):
    with ganrt.load(save_encoder(tmp_path / "encoder.onnx")) as generator:
        yield generator


@pytest.fixture
def generator(tmp_path):
    with ganrt.load(save_generator(tmp_path / "digits.onnx")) as generator:
        yield generator


def test_encode_gives_the_graphs_z(encoder):
    pictures = noise(5, 8, 8, 1)
    z = encoder.encode(pictures)
    expected = pictures.reshape(5, -1) / 255 @ encoder_weight(encoder_spec()).astype(np.float64)
    assert (z.shape, z.dtype) == ((5, 6), np.float32)
    np.testing.assert_allclose(z, expected, rtol=1e-5, atol=1e-6)
    assert encoder.encode(pictures[:0]).shape == (0, 6)


@pytest.mark.parametrize("batch_size", [None, 1, 7, 1000])
def test_a_latent_does_not_depend_on_its_companions(encoder, batch_size):
    pictures = noise(40, 8, 8, 1)
    z = encoder.encode(pictures, batch_size)
    np.testing.assert_allclose(encoder.encode(pictures[::-1], batch_size)[::-1], z, rtol=1e-6, atol=1e-7)
    for i in (0, 39):
        np.testing.assert_allclose(encoder.encode(pictures[i : i + 1])[0], z[i], rtol=1e-6, atol=1e-7)


class FixedBatches(Engine):
    """A real engine inside that takes eight pictures at a time."""

    batch_sizes = BatchSizes(8, 8, 8)

    def __init__(self, path):
        inner = self._inner = open_model(path)
        self.spec, self.backend, self.device, self.precision = inner.spec, "fixed", inner.device, inner.precision
        self.input_names, self.model_sha256 = inner.input_names, inner.model_sha256

    def _run(self, inputs):
        assert len(inputs["source"]) == 8
        return self._inner.run(inputs)

    def _close(self):
        self._inner.close()


def test_a_fixed_micro_batch_is_padded_and_the_padding_unseen(tmp_path, encoder):
    pictures = noise(11, 8, 8, 1)
    with Generator(FixedBatches(tmp_path / "encoder.onnx")) as fixed:
        z = fixed.encode(pictures)
    np.testing.assert_allclose(z, encoder.encode(pictures), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "pictures",
    [noise(2, 8, 9, 1), noise(2, 8, 8, 3), noise(8, 8, 1), np.zeros((2, 8, 8, 1), np.float32), [[1]]],
    ids=["size", "channels", "dimensions", "type", "list"],
)
def test_pictures_that_an_encoder_does_not_take(encoder, pictures):
    with pytest.raises(UsageError, match=r"expected uint8 \[n, 8, 8, 1\]"):
        encoder.encode(pictures)


def test_every_model_says_what_it_is_not(tmp_path, encoder, generator):
    with pytest.raises(UsageError, match="'digits' has the task 'generate': it does not encode pictures"):
        generator.encode(noise(1, 8, 8, 1))
    with pytest.raises(UsageError, match="it does not translate pictures"):
        encoder.translate(noise(1, 8, 8, 1))
    for call in (encoder.sample, lambda: encoder.synthesize(np.zeros((1, 6))), lambda: encoder.avatar("ann")):
        with pytest.raises(UsageError, match="does not draw images from latents\n.*ganrt reconstruct --encoder"):
            call()


def reconstructed(generator, encoder, pictures, **options):
    return list(reconstruct_photos(generator, encoder, photos(pictures), Fit(), **options))


@pytest.mark.parametrize("batch_size", [None, 1, 3])
def test_reconstructions_are_the_generators_pictures_of_the_encoders_latents(generator, encoder, batch_size):
    pictures = noise(20, 8, 8, 1)
    done = reconstructed(generator, encoder, pictures, batch_size=batch_size)
    z = encoder.encode(pictures)
    images = generator.synthesize(z)
    assert [one.path.name for one in done] == [f"{i}.png" for i in range(20)]
    for i, one in enumerate(done):
        np.testing.assert_allclose(one.z, z[i], rtol=1e-6, atol=1e-7)
        assert np.abs(one.image.astype(int) - images[i]).max() <= 1
        np.testing.assert_array_equal(one.source, pictures[i])
        assert one.psnr == psnr(one.source, one.image)
        assert one.row[0] is one.source
        assert one.row[1] is one.image


def test_photos_are_fitted_and_alpha_is_kept(generator, encoder):
    alpha = noise(16, 16, seed=1)
    (done,) = reconstruct_photos(generator, encoder, photos([noise(16, 16, 3)], alpha), Fit())
    assert done.source.shape == (8, 8, 1)
    assert done.image.shape == (8, 8, 4)
    drawn = generator.synthesize(encoder.encode(done.source[None]))[0]
    np.testing.assert_array_equal(done.image[..., :3], np.broadcast_to(drawn, (8, 8, 3)))
    assert done.psnr == psnr(done.source, drawn), "alpha is no part of the picture that is compared"


def test_classes_are_needed_and_matter(tmp_path, encoder):
    pictures = noise(2, 8, 8, 1)
    with ganrt.load(save_generator(tmp_path / "g.onnx", labels=3)) as generator:
        with pytest.raises(UsageError, match=r"'g' draws by class.*\n.*--class, one of kind 0, kind 1, kind 2"):
            reconstructed(generator, encoder, pictures)
        with pytest.raises(UsageError, match="class 'kind 7'"):
            reconstructed(generator, encoder, pictures, labels="kind 7")
        one, other = (reconstructed(generator, encoder, pictures, labels=k)[0].image for k in ("kind 1", 2))
        np.testing.assert_array_equal(one, generator.synthesize(encoder.encode(pictures), labels=1)[0])
        assert not np.array_equal(one, other)


def spec_of(checkpoint=CHECKPOINT, **options):
    source = Source(format="torch", sha256=checkpoint) if checkpoint else None
    return dataclasses.replace(tiny_spec(name="digits", channels=1, **options), source=source)


@pytest.mark.parametrize(
    ("generator", "encoder", "message"),
    [
        (spec_of("cd" * 32), encoder_spec(), f"belongs to the generator of checkpoint {CHECKPOINT}\n.*{'cd' * 32}"),
        (spec_of(None), encoder_spec(), "exported from no known checkpoint"),
        (spec_of(), encoder_spec(pair=None), "does not say which generator.*\n.*--pair GENERATOR.onnx"),
        (encoder_spec(), encoder_spec(), "has the task 'encode'\nexpected the generator"),
        (spec_of(), spec_of(), "has the task 'generate'\nexpected its encoder"),
        (spec_of(side=16), encoder_spec(), "draws 16 x 16 x 1 .*\n.*takes 8 x 8 x 1"),
        (spec_of(), encoder_spec(dim=7), "from 6 values\n.*gives 7"),
    ],
)
def test_what_is_no_pair_is_refused(generator, encoder, message):
    with pytest.raises(UsageError, match=message) as caught:
        check_pair(generator, encoder, files=("g.onnx", "e.onnx"))
    assert any(name in str(caught.value) for name in ("g.onnx", "e.onnx"))
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("generator", "encoder", "fits"),
    [
        (spec_of("cd" * 32), encoder_spec(), True),
        (spec_of(None), encoder_spec(pair=None), True),
        (spec_of("cd" * 32, side=16), encoder_spec(), False),
        (spec_of(), encoder_spec(channels=3), False),
    ],
)
def test_any_pair_asks_for_sizes_alone(generator, encoder, fits):
    if fits:
        check_pair(generator, encoder, any_pair=True)
    else:
        with pytest.raises(UsageError, match="expected the same"):
            check_pair(generator, encoder, any_pair=True)


def test_reconstruction_checks_the_pair_before_it_reads(encoder, tmp_path):
    with ganrt.load(save_generator(tmp_path / "g.onnx", checkpoint="cd" * 32)) as other:
        with pytest.raises(UsageError, match="belongs to the generator"):
            next(reconstruct_photos(other, encoder, iter(lambda: 1 / 0, 1), Fit()))
        assert len(reconstructed(other, encoder, noise(1, 8, 8, 1), any_pair=True)) == 1


def with_canary(tmp_path, change=0.0):
    spec = encoder_spec()
    with ganrt.load(save_encoder(tmp_path / "plain.onnx", spec)) as plain:
        z = plain.encode(canary_source(spec, 3, 4)[None])[0]
    z[2] += change * np.abs(z).max()
    canary = Canary(seed=3, index=4, sha256="ab" * 32, z=tuple(z.tolist()))
    return save_encoder(tmp_path / "canary.onnx", dataclasses.replace(spec, canary=canary))


def test_the_canary_of_an_encoder(tmp_path):
    with ganrt.load(with_canary(tmp_path)) as generator:
        assert canary_error(generator) == pytest.approx(0, abs=1e-4)
    with ganrt.load(with_canary(tmp_path, -0.1)) as generator:
        assert 25 <= canary_error(generator) <= 30


def test_differences_of_latents_are_255ths_of_the_largest():
    expected = np.array([-4, 1, 0], np.float32)
    np.testing.assert_allclose(code_errors(np.array([-4, 3, 0], np.float32), expected), [0, 255 / 2, 0])
    assert code_errors(np.array([-4, np.nan, 0], np.float32), expected)[1] == 1e6
    assert code_errors(np.ones(2, np.float32), np.zeros(2, np.float32))[0] == 255


def test_encoders_are_compared_by_their_latents(tmp_path, encoder):
    model = encoder_model(encoder_spec())
    weight = next(tensor for tensor in model.graph.initializer if tensor.name == "weight")
    wrong = encoder_weight(encoder_spec())
    wrong[:, 3] *= 1.1
    weight.raw_data = wrong.tobytes()
    (tmp_path / "wrong.onnx").write_bytes(model.SerializeToString())
    same = compare(encoder, encoder, 5)
    assert (same.samples, same.max_error, same.worst_psnr, same.worst_ssim) == (5, 0, None, None)
    assert same.within(0, 100)
    with ganrt.load(tmp_path / "wrong.onnx") as other:
        found = compare(other, encoder, 5)
        worst = code_errors(*(g.encode(canary_source(encoder.spec, 0, 0)[None])[0] for g in (other, encoder)))
    assert found.max_error >= np.abs(worst).max() > 1
    assert found.worst_psnr is not None
    assert math.isfinite(found.worst_psnr)
    assert not found.within(1, 48)


def test_a_spec_whose_canary_is_of_another_task(tmp_path):
    z = Canary(seed=0, index=0, sha256="ab" * 32, z=(1.0,) * 5)
    with pytest.raises(BadInputFile, match="'canary'"):
        dataclasses.replace(tiny_spec(), canary=z)
    with pytest.raises(BadInputFile, match=r"'canary\.z': expected 6 values"):
        dataclasses.replace(encoder_spec(), canary=z)
    with pytest.raises(BadInputFile, match="'canary'"):
        dataclasses.replace(encoder_spec(), canary=Canary(seed=0, index=0, sha256="ab" * 32, png="aGk="))


def test_generators_and_translators_are_compared_as_before(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "a.onnx")) as tiny, ganrt.load(save_translator(tmp_path / "b.onnx")) as swap:
        for model in (tiny, swap):
            result = compare(model, model, 2)
            assert (result.max_error, result.worst_psnr, result.worst_ssim) == (0, None, 1.0)
