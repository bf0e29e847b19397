"""White-box cartoonization against a reference in NumPy, and the graph in ONNX Runtime."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from sources import in_memory

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.graph import build_graph
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise
from ganrt.graphs.files import to_bytes

F64 = NDArray[np.float64]
WIDTH = 4
# The layers from the first to the last, as the two files call them.
TENSORFLOW = (
    *("generator/Conv", "generator/Conv_1", "generator/Conv_2", "generator/Conv_3", "generator/Conv_4"),
    *("generator/Conv_5", "generator/Conv_6", "generator/Conv_7", "generator/Conv_8", "generator/Conv_9"),
)
TORCH = (
    *("initial_down.0", "down1.0", "down1.2", "down2.0", "down2.2"),
    *("up1.0", "up2.0", "up2.2", "last.0", "last.2"),
)
ENDS = [(3, 1), (1, 1), (1, 2), (2, 2), (2, 4), (4, 2), (2, 2), (2, 1), (1, 1), (1, 3)]


def variables() -> dict[str, F64]:
    """By TensorFlow's names: kernels HWIO."""
    random = np.random.default_rng(0)
    made = {}
    for theirs, (a, b) in zip(TENSORFLOW, ENDS, strict=True):
        size = 7 if theirs in (TENSORFLOW[0], TENSORFLOW[-1]) else 3
        ins, outs = (3 if a == 3 else a * WIDTH), (3 if b == 3 else b * WIDTH)
        made[f"{theirs}/weights"] = random.normal(0, 1.2 / np.sqrt(size * size * ins), (size, size, ins, outs))
        made[f"{theirs}/biases"] = random.normal(0, 0.1, outs)
    for i in range(4):
        for k in (1, 2):
            wide = 4 * WIDTH
            made[f"generator/block_{i}/conv{k}/weights"] = random.normal(0, 0.5 / np.sqrt(9 * wide), (3, 3, wide, wide))
            made[f"generator/block_{i}/conv{k}/biases"] = random.normal(0, 0.1, wide)
    return made


def state(tensorflow: bool) -> dict[str, torch.Tensor]:
    if tensorflow:
        return {name: torch.from_numpy(value).float() for name, value in variables().items()}
    owners = dict(zip(TENSORFLOW, TORCH, strict=True))
    owners |= {f"generator/block_{i}/conv{k + 1}": f"res_blocks.{i}.block.{2 * k}" for i in range(4) for k in range(2)}
    made = {}
    for name, value in variables().items():
        owner, _, part = name.rpartition("/")
        tensor = torch.from_numpy(value).float()
        made[f"{owners[owner]}.{'bias' if part == 'biases' else 'weight'}"] = (
            tensor if part == "biases" else tensor.permute(3, 2, 0, 1)
        )
    return made


def drawn(pictures: F64, tensorflow: bool) -> F64:
    """[n, h, w, 3] in [-1, 1] in the network's own order of colours -> the same, filtered."""
    given = variables()

    def layer(x: F64, name: str, stride: int = 1) -> F64:
        kernel = given[f"generator/{name}/weights"]
        border = kernel.shape[0] // 2
        before = 0 if stride == 2 and tensorflow else border
        x = np.pad(x, ((0, 0), (before, border), (before, border), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], (1, 2))[:, ::stride, ::stride]
        return np.einsum("nhwcij,ijco->nhwo", windows, kernel) + given[f"generator/{name}/biases"]

    def leaky(x: F64) -> F64:
        return np.where(x > 0, x, 0.2 * x)

    def larger(x: F64, axis: int) -> F64:
        side = x.shape[axis]
        places = np.arange(2 * side) / 2 if tensorflow else ((np.arange(2 * side) + 0.5) / 2 - 0.5).clip(0)
        low = np.floor(places).astype(int)
        share = (places - low).reshape([-1 if k == axis else 1 for k in range(4)])
        return x.take(low, axis) * (1 - share) + x.take(np.minimum(low + 1, side - 1), axis) * share

    first = leaky(layer(pictures, "Conv"))
    second = leaky(layer(leaky(layer(first, "Conv_1", 2)), "Conv_2"))
    x = leaky(layer(leaky(layer(second, "Conv_3", 2)), "Conv_4"))
    for i in range(4):
        x = x + layer(leaky(layer(x, f"block_{i}/conv1")), f"block_{i}/conv2")
    x = larger(larger(leaky(layer(x, "Conv_5")), 1), 2)
    x = leaky(layer(leaky(layer(x + second, "Conv_6")), "Conv_7"))
    x = layer(leaky(layer(larger(larger(x, 1), 2) + first, "Conv_8")), "Conv_9")
    return smoothed(pictures, x if tensorflow else np.tanh(np.tanh(x)), 5e-3 if tensorflow else 1e-2)


def smoothed(guide: F64, x: F64, eps: float) -> F64:
    def box(values: F64) -> F64:
        padded = np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)))
        return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2)).sum((4, 5))

    def mean(values: F64) -> F64:
        return box(values) / box(np.ones_like(values))

    slope = (mean(guide * x) - mean(guide) * mean(x)) / (mean(guide**2) - mean(guide) ** 2 + eps)
    return mean(slope) * guide + mean(mean(x) - slope * mean(guide))


def read(tensorflow: bool, **given: str | bool) -> Candidate:
    return recognise(in_memory(state(tensorflow)), None, Settings.read(given)).candidate


@pytest.mark.parametrize("tensorflow", [True, False])
def test_both_files_draw_what_the_reference_draws(tensorflow: bool) -> None:
    made = read(tensorflow, size="32x24")
    assert made.spec.family == "whitebox"
    levels = np.random.default_rng(1).integers(0, 256, (2, 32, 24, 3), np.uint8)
    source = levels / 127.5 - 1
    expected = drawn(source[..., ::-1], True)[..., ::-1] if tensorflow else drawn(source, False)
    assert 0.1 < expected.std() < 3
    with torch.no_grad():
        got = made.module(torch.from_numpy(source).float().permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    assert np.abs(got - expected).max() < 1e-4
    session = onnxruntime.InferenceSession(to_bytes(build_graph(made)), providers=["CPUExecutionProvider"])
    picture = session.run(["image"], {"source": levels})[0].astype(float)
    assert np.abs(picture - ((expected + 1) * 127.5).clip(0, 255)).max() < 0.52


def test_damaged_files_are_refused_with_the_key() -> None:
    for key, value, told in (
        ("generator/Conv_3/weights", torch.ones(3), "generator/Conv_3/weights has shape"),
        ("generator/Conv_3/other", torch.ones(3), "unexpected: generator/Conv_3/other"),
    ):
        with pytest.raises(BadInputFile, match=told):
            recognise(in_memory(state(True) | {key: value}), None, Settings())
    for tensorflow, key in ((False, "down2.2.bias"), (True, "generator/Conv_3/biases")):
        lost = {name: value for name, value in state(tensorflow).items() if name != key}
        with pytest.raises(BadInputFile, match=f"missing: {key}\n"):
            recognise(in_memory(lost), None, Settings())


def test_a_checkpoint_of_tensorflow_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "tools"))
    import make_random_hub_module

    tensors = {name: value.astype("f4") for name, value in variables().items()}
    make_random_hub_module.write_bundle(tmp_path / "model-7", tensors)
    made = recognise(read_file(tmp_path / "model-7.index"), None, Settings.read({"size": "32x24"})).candidate
    for part in ("index", "data-00000-of-00001"):
        shutil.copy(tmp_path / f"model-7.{part}", tmp_path / f"model-8.{part}")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model-8"\n')
    with pytest.raises(BadInputFile, match=r"several checkpoints\nexpected one: give its index, such as model-8.index"):
        read_file(tmp_path)
    picture = torch.rand(1, 3, 32, 24) * 2 - 1
    assert torch.equal(made.module(picture), read(True, size="32x24").module(picture))
