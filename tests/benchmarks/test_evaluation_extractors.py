"""Extractors: the default one against a slow reference, ONNX files, torch classifiers; and what is refused."""

import sys

import numpy as np
import pytest
from tiny_encoder import encoder_spec, save_encoder
from tiny_extractors import save_classifier, weight
from tiny_onnx import save_tiny

import ganrt
from ganrt import BackendUnavailable, BadInputFile, UsageError
from ganrt.benchmarks.evaluation.extractors import DEFAULT, NORMALISATIONS, ExtractorOptions
from ganrt.benchmarks.evaluation.onnx_extractor import open_extractor

CPU = ExtractorOptions(device="cpu")


def noise(count=3, side=8, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, channels), np.uint8)


def slow_edges(luma, cells):
    """One picture, pixel by pixel."""
    side = len(luma)
    found = np.zeros((cells, cells, 8))
    for i in range(side):
        for j in range(side):
            down = (luma[min(i + 1, side - 1), j] - luma[max(i - 1, 0), j]) / 2
            right = (luma[i, min(j + 1, side - 1)] - luma[i, max(j - 1, 0)]) / 2
            place = np.degrees(np.arctan2(down, right)) % 180 / 22.5
            cell = found[i * cells // side, j * cells // side]
            cell[int(place) % 8] += np.hypot(down, right) * (1 - place % 1)
            cell[(int(place) + 1) % 8] += np.hypot(down, right) * (place % 1)
    return 8 * found / (side // cells) ** 2


def test_the_default_extractor_against_a_slow_reference():
    pictures = noise(2, 64)
    found = open_extractor(DEFAULT, CPU).run(pictures).features
    assert found.shape == (2, 256)
    assert found.dtype == np.float32
    for picture, row in zip(pictures / 255, found, strict=True):
        blocks = [picture[i : i + 16, j : j + 16] for i in range(0, 64, 16) for j in range(0, 64, 16)]
        luma = picture @ [0.299, 0.587, 0.114]
        coarse = np.array([[luma[i : i + 4, j : j + 4].mean() for j in range(0, 64, 4)] for i in range(0, 64, 4)])
        parts = [
            np.array([block.mean((0, 1)) for block in blocks]),
            np.array([block.std((0, 1)) for block in blocks]),
            slow_edges(luma, 4),
            slow_edges(coarse, 2),
        ]
        np.testing.assert_allclose(row, np.concatenate([part.ravel() for part in parts]), atol=1e-6)


def test_the_default_extractor_tells_directions_apart():
    across = np.zeros((1, 64, 64, 3), np.uint8)
    across[:, ::4] = across[:, 1::4] = 255
    edges = [open_extractor(DEFAULT, CPU).run(p).features[0, 96:104] for p in (across, across.swapaxes(1, 2))]
    assert [int(np.argmax(one)) for one in edges] == [4, 0]


@pytest.mark.parametrize("normalise", list(NORMALISATIONS))
def test_an_onnx_classifier(tmp_path, normalise):
    path = save_classifier(tmp_path / "c.onnx")
    extractor = open_extractor(str(path), ExtractorOptions(normalise, device="cpu"))
    assert (extractor.takes.height, extractor.takes.channels, extractor.gives_classes) == (8, 3, True)
    outputs = extractor.run(noise(5))
    x = noise(5) / 255
    expected = {
        "unit": x,
        "tanh": 2 * x - 1,
        "bytes": 255 * x,
        "imagenet": (x - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
    }[normalise].mean((1, 2))
    np.testing.assert_allclose(outputs.features, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(outputs.classes, expected @ weight(3, 4), rtol=1e-4, atol=1e-4)


def test_onnx_graphs_of_fixed_batch_any_size_and_grey(tmp_path):
    fixed = open_extractor(str(save_classifier(tmp_path / "f.onnx", batch=2)), ExtractorOptions("unit", device="cpu"))
    free = open_extractor(str(save_classifier(tmp_path / "c.onnx")), ExtractorOptions("unit", device="cpu"))
    np.testing.assert_allclose(fixed.run(noise(5)).features, free.run(noise(5)).features, rtol=1e-6)
    path = save_classifier(tmp_path / "any.onnx", height="h", width="w", channels=1)
    sized = open_extractor(str(path), ExtractorOptions("unit", (6, 9), device="cpu"))
    assert (sized.takes.height, sized.takes.width, sized.takes.channels) == (6, 9, 1)
    assert sized.run(np.full((2, 6, 9, 1), 51, np.uint8)).features == pytest.approx(0.2)


def test_outputs_by_name(tmp_path):
    path = save_classifier(tmp_path / "c.onnx", outputs=("pool", "head"))
    with pytest.raises(UsageError, match="gives pool, head: say which with --feature-output"):
        open_extractor(str(path), ExtractorOptions("unit", device="cpu"))
    with pytest.raises(UsageError, match="output 'nix'"):
        open_extractor(str(path), ExtractorOptions("unit", feature_output="nix", device="cpu"))
    chosen = ExtractorOptions("unit", feature_output="head", class_output="head", device="cpu")
    outputs = open_extractor(str(path), chosen).run(noise())
    np.testing.assert_array_equal(outputs.features, outputs.classes)
    alone = open_extractor(str(save_classifier(tmp_path / "a.onnx", outputs=("y",))), ExtractorOptions("unit"))
    assert not alone.gives_classes
    assert alone.run(noise()).features.shape == (3, 3)


def test_an_encoder_of_ganrt(tmp_path):
    path = save_encoder(tmp_path / "e.onnx", encoder_spec(channels=3))
    outputs = open_extractor(str(path), CPU).run(noise())
    assert outputs.classes is None
    with ganrt.load(path, device="cpu") as encoder:
        np.testing.assert_allclose(outputs.features, encoder.encode(noise()), rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "options", "error", "words"),
    [
        (lambda p: save_classifier(p), {}, UsageError, "--normalise unit, tanh, bytes, imagenet"),
        (lambda p: save_classifier(p), {"normalise": "unit", "size": (4, 4)}, UsageError, "8 x 8 only"),
        (lambda p: save_classifier(p, height="h"), {"normalise": "unit"}, UsageError, "--feature-size"),
        (lambda p: save_classifier(p, channels=2), {"normalise": "unit"}, BadInputFile, "with 1 or 3 channels"),
        (lambda p: save_tiny(p), {}, BadInputFile, "has the task 'generate'"),
        (lambda p: p.write_bytes(b"no model" * 9), {}, BadInputFile, "is not an ONNX file"),
        (lambda p: None, {}, BadInputFile, "does not exist"),
    ],
)
def test_files_that_do_not_fit(tmp_path, make, options, error, words):
    path = tmp_path / "x.onnx"
    make(path)
    with pytest.raises(error, match=words):
        open_extractor(str(path), ExtractorOptions(**options, device="cpu"))


def test_a_latent_is_not_a_picture(tmp_path):
    with pytest.raises(BadInputFile, match="expected one input, float"):
        open_extractor(str(save_tiny(tmp_path / "g.onnx", metadata=None) and _without_spec(tmp_path / "g.onnx")), CPU)


def _without_spec(path):
    import onnx

    model = onnx.load(str(path))
    del model.metadata_props[:]
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("resnet.pth", "expected colour-and-edges-1, an .onnx file or torchvision:NAME:WEIGHTS"),
        ("torchvision:resnet50", "expected torchvision:NAME:WEIGHTS"),
        ("torchvision:../x:y.pth", "expected torchvision:NAME:WEIGHTS"),
    ],
)
def test_names_that_mean_nothing(given, words):
    with pytest.raises(UsageError, match=words):
        open_extractor(given, CPU)
    with pytest.raises(UsageError, match="needs none of them"):
        open_extractor(DEFAULT, ExtractorOptions("unit"))
    with pytest.raises(UsageError, match="normalise"):
        ExtractorOptions("imagenett")


def test_a_torch_classifier_gives_what_its_last_layer_takes():
    torch = pytest.importorskip("torch")
    from ganrt.benchmarks.evaluation.torchvision_extractor import TorchClassifier, last_linear

    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(3, 6, 3), torch.nn.BatchNorm2d(6), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1)]
    body = torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(6, 5), torch.nn.ReLU())
    net = torch.nn.Sequential(body, torch.nn.Linear(5, 4))
    extractor = TorchClassifier(net, "net", "0" * 64, (8, 8), ExtractorOptions("unit", device="cpu"))
    outputs = extractor.run(noise())
    with torch.no_grad():  # the batch norm must use its running statistics
        expected = body.eval()(torch.from_numpy(noise()).permute(0, 3, 1, 2) / 255)
        classes = net[1](expected)
    np.testing.assert_allclose(outputs.features, expected.numpy(), atol=1e-6)
    np.testing.assert_allclose(outputs.classes, classes.numpy(), atol=1e-6)
    with pytest.raises(UsageError, match="no linear layer"):
        last_linear(torch.nn.Sequential(*layers))


def test_torchvision_missing_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(BackendUnavailable, match=r'pip install "ganrt\[export\]" torchvision'):
        open_extractor("torchvision:resnet18:r18.pth", CPU)


@pytest.mark.slow
def test_a_torchvision_network_with_weights_from_a_file(tmp_path):
    torch = pytest.importorskip("torch")
    try:
        from torchvision.models import resnet18
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"torchvision is not installed for this torch: {error}")
    net = resnet18(weights=None, num_classes=7).eval()
    torch.save(net.state_dict(), tmp_path / "r.pth")
    extractor = open_extractor(f"torchvision:resnet18:{tmp_path / 'r.pth'}", ExtractorOptions("unit", (64, 64)))
    outputs = extractor.run(noise(2, 64))
    with torch.no_grad():
        expected = net(torch.from_numpy(noise(2, 64)).permute(0, 3, 1, 2) / 255)
    np.testing.assert_allclose(outputs.classes, expected.numpy(), atol=1e-4)
    assert outputs.features.shape == (2, 512)
    with pytest.raises(BadInputFile, match="does not hold the weights of resnet50"):
        open_extractor(f"torchvision:resnet50:{tmp_path / 'r.pth'}", CPU)
