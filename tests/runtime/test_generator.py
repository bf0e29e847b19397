"""The runtime: image (seed, index) depends on nothing else; padding, labels, truncation, threads."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tiny_onnx import DIM, save_tiny, tiny_spec

import ganrt
from ganrt.engines.protocol import BatchSizes, Engine
from ganrt.runtime.generator import Generator
from ganrt.runtime.sampling import Truncation
from ganrt.spec import Latent


@pytest.fixture
def generator(tiny):
    with ganrt.load(tiny) as generator:
        yield generator


class Recorder(Engine):
    """A real engine inside, with other batch sizes around it; keeps the batches that it was given."""

    def __init__(self, inner, sizes):
        self._inner, self.batch_sizes, self.seen = inner, sizes, []
        self.spec, self.backend, self.device, self.precision = inner.spec, "recorder", inner.device, inner.precision
        self.input_names, self.model_sha256 = inner.input_names, inner.model_sha256

    def _run(self, inputs):
        self.seen.append({name: array.copy() for name, array in inputs.items()})
        return self._inner.run(inputs)

    def _close(self):
        self._inner.close()


def recorder(path, minimum=1, maximum=64, optimum=16):
    from ganrt.engines.backends import open_model

    return Recorder(open_model(path), BatchSizes(minimum, optimum, maximum))


def test_it_says_what_it_is(generator, tiny):
    assert generator.spec == tiny_spec()
    assert (generator.backend, generator.device, generator.precision) == ("onnxruntime", "cpu", "fp32")
    assert generator.model_sha256 == hashlib.sha256(tiny.read_bytes()).hexdigest()


def test_an_image_is_what_the_graph_says_of_its_latent(generator):
    z = ganrt.latents(5, DIM, seed=9, start=3)
    np.testing.assert_array_equal(generator.sample(5, seed=9, start=3), generator.synthesize(z))


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 16, 64, 1000])
def test_images_do_not_depend_on_batch_count_or_start(generator, batch_size):
    whole = generator.sample(70, seed=5, start=100)
    np.testing.assert_array_equal(generator.sample(70, seed=5, start=100, batch_size=batch_size), whole)
    np.testing.assert_array_equal(generator.sample(9, seed=5, start=133, batch_size=batch_size), whole[33:42])


def test_images_do_not_depend_on_order(generator):
    pairs = [(seed, index) for seed in (0, 7, 2**64 - 1) for index in (0, 2**63, 5)]
    images = {}
    for batch, drawn in generator.sample_pairs(pairs, batch_size=4):
        images |= dict(zip(batch, drawn, strict=True))
    for batch, drawn in generator.sample_pairs(pairs[::-1], batch_size=2):
        for pair, image in zip(batch, drawn, strict=True):
            np.testing.assert_array_equal(image, images[pair])


def test_a_fixed_micro_batch_is_padded_and_the_padding_unseen(tiny, generator):
    engine = recorder(tiny, minimum=8, maximum=8, optimum=8)
    padded = Generator(engine)
    np.testing.assert_array_equal(padded.sample(19, seed=1), generator.sample(19, seed=1))
    assert [len(batch["z"]) for batch in engine.seen] == [8, 8, 8]
    assert padded.sample(0).shape == (0, 8, 8, 3)


def test_a_large_request_is_cut_to_what_the_engine_takes(tiny):
    engine = recorder(tiny, maximum=16)
    Generator(engine).sample(50, batch_size=1000)
    assert [len(batch["z"]) for batch in engine.seen] == [16, 16, 16, 2]


def test_many_threads_draw_the_same_images(generator):
    expected = generator.sample(32, seed=4)
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda i: generator.sample(1, seed=4, start=i)[0], range(32)))
    np.testing.assert_array_equal(np.stack(drawn), expected)


def test_an_avatar_belongs_to_its_identity(generator):
    index = ganrt.identity_index("player-8841")
    np.testing.assert_array_equal(generator.avatar("player-8841"), generator.sample(1, seed=0, start=index)[0])
    assert not np.array_equal(generator.avatar("player-8841"), generator.avatar("player-8842"))
    assert not np.array_equal(generator.avatar("a"), generator.avatar("a", namespace="other game"))


def test_truncation_means_resampling_for_a_normal_prior(tiny):
    engine = recorder(tiny)
    drawer = Generator(engine)
    drawer.sample(64)
    drawer.sample(64, truncation=0.5)
    drawer.sample(64, truncation=Truncation(0.5, mode="scale", threshold=5.0))
    plain, resampled, scaled = (np.concatenate([b["z"] for b in engine.seen[i : i + 4]]) for i in (0, 4, 8))
    np.testing.assert_array_equal(plain, ganrt.latents(64, DIM))
    expected = ganrt.latents(64, DIM, prior="truncated_normal", threshold=2.0, psi=0.5, psi_mode="resample")
    np.testing.assert_array_equal(resampled, expected)
    assert np.abs(resampled).max() <= 1.0
    expected = ganrt.latents(64, DIM, prior="truncated_normal", threshold=5.0, psi=0.5, psi_mode="scale")
    np.testing.assert_array_equal(scaled, expected)


def test_a_uniform_prior_scales_and_refuses_a_threshold(tmp_path):
    spec = tiny_spec(latent=Latent(dim=DIM, prior="uniform"))
    engine = recorder(save_tiny(tmp_path / "uniform.onnx", spec))
    drawer = Generator(engine)
    drawer.sample(4, truncation=0.5)
    np.testing.assert_array_equal(engine.seen[0]["z"], ganrt.latents(4, DIM, prior="uniform", psi=0.5))
    with pytest.raises(ganrt.UsageError, match="uniform prior"):
        drawer.sample(1, truncation=Truncation(threshold=2.0))


def test_a_truncated_prior_has_its_own_threshold_and_mode(tmp_path):
    spec = tiny_spec(latent=Latent(dim=DIM, prior="truncated_normal", threshold=1.5, psi_mode="scale"))
    engine = recorder(save_tiny(tmp_path / "truncated.onnx", spec))
    Generator(engine).sample(4, truncation=0.7)
    expected = ganrt.latents(4, DIM, prior="truncated_normal", threshold=1.5, psi=0.7, psi_mode="scale")
    np.testing.assert_array_equal(engine.seen[0]["z"], expected)


def test_labels_by_name_number_weights_or_chance(tmp_path):
    engine = recorder(save_tiny(tmp_path / "labels.onnx", tiny_spec(labels=5)))
    drawer = Generator(engine)
    for labels in ("Kind 3", "3", 3, [0, 0, 0, 1, 0], np.tile([0.0, 0, 0, 1, 0], (2, 1))):
        drawer.sample(2, labels=labels)
        np.testing.assert_array_equal(engine.seen[-1]["labels"], [[0, 0, 0, 1, 0]] * 2)
    everyone = drawer.sample(40)
    drawn = np.concatenate([batch["labels"] for batch in engine.seen[-3:]])
    assert set(drawn.argmax(axis=1)) == set(range(5))
    assert (drawn.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(drawer.sample(3, start=20, batch_size=1), everyone[20:23])
    rows = np.eye(5)[np.arange(20) % 5]
    drawer.sample(20, labels=rows, batch_size=8)
    np.testing.assert_array_equal(np.concatenate([b["labels"] for b in engine.seen[-3:]]), rows)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ("kind 9", r"did you mean 4 \(kind 4\)"),
        (5, "expected 0 to 4"),
        (-1, "0 to 4"),
        ([1, 0], r"\[5\]"),
        ([np.nan] * 5, "finite"),
        ([1e300, 0, 0, 0, 0], "finite"),
        (["kind 1"], "type list: expected a class's name or number"),
        ({"kind 1": 1.0}, "type dict: expected"),
        (True, "type bool: expected"),
        ([[1, 0, 0, 0, 0], [1, 0]], "expected a class's name"),
    ],
)
def test_wrong_labels_are_explained(tmp_path, labels, words):
    with (
        ganrt.load(save_tiny(tmp_path / "labels.onnx", tiny_spec(labels=5))) as drawer,
        pytest.raises(ganrt.UsageError, match=words),
    ):
        drawer.sample(1, labels=labels)


def test_labels_for_a_generator_without_are_an_error(generator):
    with pytest.raises(ganrt.UsageError, match="has no classes"):
        generator.sample(1, labels=0)


def test_statistics_of_each_image_stay_with_it_across_batches(tmp_path):
    """Forty images in batches of sixteen, each with a truncation of its own, as each alone."""
    with ganrt.load(save_tiny(tmp_path / "statistics.onnx", tiny_spec(statistics=True))) as generator:
        z, each = ganrt.latents(40, DIM), np.linspace(0.1, 1, 40, dtype=np.float32)
        together = generator.synthesize(z, truncation=each)
        assert generator.batch_size < 40
        for k in (0, 15, 16, 33, 39):
            assert np.array_equal(together[k], generator.synthesize(z[k : k + 1], truncation=each[k : k + 1])[0]), k


def test_psi_selects_the_statistics_unless_told_otherwise(tmp_path):
    engine = recorder(save_tiny(tmp_path / "statistics.onnx", tiny_spec(statistics=True)))
    drawer = Generator(engine)
    for truncation, expected in ((None, 1.0), (0.4, 0.4), (Truncation(0.4, statistics=0.9), 0.9)):
        drawer.sample(2, truncation=truncation)
        np.testing.assert_array_equal(engine.seen[-1]["truncation"], np.full(2, expected, np.float32))
    with pytest.raises(ganrt.UsageError, match="0.02 to 1"):
        drawer.sample(1, truncation=0.01)


@pytest.mark.parametrize(
    "arguments",
    [
        {"count": -1},
        {"count": 1.5},
        {"count": True},
        {"seed": -1},
        {"seed": 2**64},
        {"start": 2**64 - 1, "count": 2},
        {"batch_size": 0},
        {"truncation": -0.5},
        {"truncation": float("nan")},
        {"truncation": Truncation(0.5, mode="clamp")},
        {"truncation": Truncation(0.5, threshold=-1.0)},
    ],
)
def test_arguments_that_make_no_sense(generator, arguments):
    with pytest.raises(ganrt.UsageError):
        generator.sample(**arguments)


def test_the_last_index_of_all_is_drawn(generator):
    assert generator.sample(1, seed=2**64 - 1, start=2**64 - 1).shape == (1, 8, 8, 3)


@pytest.mark.parametrize(
    "z", [np.zeros(DIM), np.zeros((2, DIM + 1)), np.full((1, DIM), np.nan), np.zeros((1, DIM), complex), [["a"] * DIM]]
)
def test_latents_that_are_none(generator, z):
    with pytest.raises(ganrt.UsageError, match="z "):
        generator.synthesize(z)


def test_synthesize_leaves_its_input_alone_and_takes_any_count(generator):
    z = np.random.default_rng(0).normal(size=(37, DIM))
    before = z.copy()
    images = generator.synthesize(z)
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(images[20], generator.synthesize(z[20:21])[0])
    assert generator.synthesize(np.empty((0, DIM))).shape == (0, 8, 8, 3)


def test_closing_is_final_and_may_be_repeated(tiny):
    with ganrt.load(tiny) as drawer:
        drawer.sample(1)
    drawer.close()
    with pytest.raises(ganrt.UsageError, match="closed"):
        drawer.sample(1)


def test_an_unknown_model_names_the_bundled_ones():
    with pytest.raises(ganrt.BadInputFile, match="bundled models: avatars"):
        ganrt.load("avatarz")


def test_rows_of_labels_are_one_an_image(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "labels.onnx", tiny_spec(labels=3))) as drawer:
        rows = np.eye(3)[np.arange(20) % 3]
        np.testing.assert_array_equal(drawer.sample(20, labels=rows.tolist()), drawer.sample(20, labels=rows))
        for count in (19, 21):
            with pytest.raises(ganrt.UsageError, match=f"20 rows of weights for {count} images"):
                drawer.sample(count, labels=rows)


def test_latents_beyond_float32_are_refused(generator):
    with pytest.raises(ganrt.UsageError, match="too large"):
        generator.synthesize(np.full((1, DIM), 1e300))


def test_a_path_is_a_path_even_if_a_model_is_called_like_it():
    from pathlib import Path

    with pytest.raises(ganrt.BadInputFile):
        ganrt.load(Path("avatars"))
