"""Comparisons that find a difference, and the truncation study's measures."""

import numpy as np
import pytest
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.runtime.canary import canary_error
from ganrt.runtime.compare import compare, psnr, ssim
from ganrt.runtime.measures import diversity
from ganrt.runtime.sweep import sweep, sweep_sheet
from ganrt.spec import Latent


def noise(seed, shape=(32, 32, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_psnr_and_ssim_of_known_pairs():
    a = noise(0)
    assert psnr(a, a) == np.inf
    assert ssim(a, a) == pytest.approx(1.0)
    off_by_one = np.where(a == 255, a - 1, a + 1).astype(np.uint8)
    assert psnr(a, off_by_one) == pytest.approx(20 * np.log10(255))
    assert ssim(a, off_by_one) > 0.99
    assert ssim(a, noise(1)) < 0.1
    black, white = np.zeros_like(a), np.full_like(a, 255)
    assert psnr(black, white) == 0.0
    assert ssim(black, white) == pytest.approx(6.5025 / (255**2 + 6.5025))  # c1 / (255^2 + c1): only luminance differs


def test_ssim_agrees_with_a_slow_reference():
    """The definition, window by window: weights, means, variances."""
    a, b = noise(0, (15, 15, 1)), noise(1, (15, 15, 1))
    b = (a // 2 + b // 2).astype(np.uint8)
    offsets = np.arange(11) - 5
    kernel = np.exp(-(offsets**2) / (2 * 1.5**2))
    window = np.outer(kernel, kernel) / kernel.sum() ** 2
    x, y = (np.pad(i[..., 0].astype(float), 5, mode="reflect") for i in (a, b))
    values = []
    for i in range(15):
        for j in range(15):
            p, q = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            mp, mq = (window * p).sum(), (window * q).sum()
            vp, vq, c = (
                (window * (p - mp) ** 2).sum(),
                (window * (q - mq) ** 2).sum(),
                (window * (p - mp) * (q - mq)).sum(),
            )
            values.append(
                (2 * mp * mq + 2.55**2) * (2 * c + 7.65**2) / ((mp**2 + mq**2 + 2.55**2) * (vp + vq + 7.65**2))
            )
    assert ssim(a, b) == pytest.approx(np.mean(values), abs=1e-9)


def test_a_model_equals_itself_and_differs_from_another(tmp_path):
    one = save_tiny(tmp_path / "one.onnx")
    other = tmp_path / "other.onnx"
    other.write_bytes(one.read_bytes())
    import onnx
    from onnx import numpy_helper

    model = onnx.load(other)
    weight = next(t for t in model.graph.initializer if t.name == "weight")
    weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * 1.1, "weight"))
    onnx.save(model, other)
    with ganrt.load(one) as a, ganrt.load(one) as b, ganrt.load(other) as c:
        same = compare(a, b, 8)
        assert same.max_error == 0
        assert same.worst_psnr is None
        assert same.within(0, 100)
        different = compare(a, c, 8)
        assert different.max_error > 5
        assert not different.within(1, 40)
        scores = [psnr(a.sample(1, start=i)[0], c.sample(1, start=i)[0]) for i in range(8)]
        assert different.worst_index == int(np.argmin(scores))
        assert different.worst_psnr == pytest.approx(min(scores))


def test_generators_of_other_shapes_are_not_compared(tmp_path):
    wide = tiny_spec(latent=Latent(dim=9, prior="normal"))
    with ganrt.load(save_tiny(tmp_path / "a.onnx")) as a, ganrt.load(save_tiny(tmp_path / "b.onnx", wide)) as b:
        with pytest.raises(ganrt.UsageError, match="differ"):
            compare(a, b)
        with pytest.raises(ganrt.UsageError, match="samples"):
            compare(a, a, 0)


def test_a_model_without_a_canary_has_no_canary_error(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "a.onnx")) as generator:
        assert canary_error(generator) is None


def test_diversity_is_the_mean_pairwise_distance():
    images = np.zeros((3, 16, 16, 1), np.uint8)
    images[1] = 255
    assert diversity(images) == pytest.approx((16 + 0 + 16) / 3)
    assert diversity(images[:1]) == 0


def test_rows_are_fresh_noise_and_truncation_takes_diversity(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "a.onnx")) as generator:
        rows = sweep(generator, [0.1, 0.5, 1.0], 5, seed=3, diversity_samples=32)
        assert [row.images.shape for row in rows] == [(5, 8, 8, 3)] * 3
        assert rows[0].diversity.high < rows[1].diversity.low < rows[1].diversity.high < rows[2].diversity.low
        np.testing.assert_array_equal(rows[1].images, generator.sample(5, seed=3, start=32, truncation=0.5))
        page = sweep_sheet(rows)
        assert page.shape == (24, 44 + 40, 3)
        np.testing.assert_array_equal(page[8:16, 44:52], rows[1].images[0])
        assert [(row.start, row.samples) for row in rows] == [(0, 32), (32, 32), (64, 32)]
        assert rows[1].diversity.value == pytest.approx(
            diversity(generator.sample(32, seed=3, start=32, truncation=0.5))
        )


def test_a_row_does_not_depend_on_how_many_are_shown(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "a.onnx")) as generator:
        few, many = (sweep(generator, [0.5], columns, diversity_samples=40)[0] for columns in (2, 40))
        np.testing.assert_array_equal(few.images, many.images[:2])
        assert (few.diversity, few.sharpness) == (many.diversity, many.sharpness)
        seen = []
        sweep(generator, [0.5, 1.0], 2, diversity_samples=40, progress=seen.append)
        assert seen[-1] == 80
        assert seen == sorted(seen)


def test_psi_moves_latent_and_statistics_unless_told_otherwise(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "a.onnx", tiny_spec(statistics=True))) as generator:
        both = sweep(generator, [0.2, 0.8], 3, diversity_samples=8)
        fixed = sweep(generator, [0.2, 0.8], 3, diversity_samples=8, truncation=ganrt.Truncation(statistics=0.5))
        assert [row.statistics for row in both] == [0.2, 0.8]
        assert [row.statistics for row in fixed] == [0.5, 0.5]
        for row in fixed:
            truncation = ganrt.Truncation(psi=row.psi, statistics=0.5)
            np.testing.assert_array_equal(row.images, generator.sample(3, start=row.start, truncation=truncation))
            assert not np.array_equal(row.images, generator.sample(3, start=row.start, truncation=row.psi))


@pytest.mark.parametrize(
    ("factors", "options", "words"),
    [
        ([], {}, "at least one factor"),
        ([0.5], {"columns": 0}, "at least one latent"),
        ([0.5], {"diversity_samples": 7}, "at least 8"),
        ([0.5, 1.5], {}, "truncation 1.5: expected 0.02 to 1, which .*\n--statistics"),
        ([0.5, -1], {"truncation": ganrt.Truncation(statistics=0.5)}, "psi"),
    ],
)
def test_sweeps_that_make_no_sense_are_refused_before_any_work(tmp_path, factors, options, words):
    seen = []
    model = save_tiny(tmp_path / "a.onnx", tiny_spec(statistics=True))
    with ganrt.load(model) as generator, pytest.raises(ganrt.UsageError, match=words):
        sweep(generator, factors, progress=seen.append, **options)
    assert seen == []


def test_labels_of_large_rows_grow_with_the_pictures(tmp_path):
    with ganrt.load(save_tiny(tmp_path / "a.onnx", tiny_spec(side=256, channels=1))) as generator:
        rows = sweep(generator, [0.125, 1.0], 2, diversity_samples=8)
    page = sweep_sheet(rows)
    margin = page.shape[1] - 512
    assert margin > 60
    for top in (0, 256):
        written = np.argwhere(page[top : top + 256, :margin].min(axis=2) < 128)
        assert np.ptp(written[:, 0]) > 12  # the digits are high enough to read
        assert abs(written[:, 0].mean() - 128) < 12
