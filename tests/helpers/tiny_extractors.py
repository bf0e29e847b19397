"""Tiny ONNX classifiers and encoders: the mean of each channel, and a linear layer of random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ganrt.spec import METADATA_KEY, GeneratorSpec, ImageInput, Latent


def weight(channels: int, classes: int) -> np.ndarray:
    """The linear layer's weight, float32 [channels, classes]."""
    return np.random.default_rng(9).normal(0, 1, (channels, classes)).astype(np.float32)


def save_classifier(
    path: Path,
    *,
    batch: int | str = "n",
    height: int | str = 8,
    width: int | str = 8,
    channels: int = 3,
    classes: int = 4,
    outputs: tuple[str, ...] = ("features", "logits"),
    shape: list[int | str] | None = None,
) -> Path:
    """float [n, c, h, w] -> channel means [n, c] and logits [n, classes]; writes it and returns `path`.

    Args:
        outputs: the names of these two; the second may be left out.
        shape: of the input, in place of [batch, channels, height, width].
    """
    nodes = [
        helper.make_node("ReduceMean", ["input", "axes"], [outputs[0]], keepdims=0),
        helper.make_node("MatMul", [outputs[0], "weight"], ["classified"]),
    ]
    nodes += [helper.make_node("Identity", ["classified"], [name]) for name in outputs[1:]]
    ends = [helper.make_tensor_value_info(outputs[0], TensorProto.FLOAT, [batch, channels])]
    ends += [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, classes]) for name in outputs[1:]]
    source = helper.make_tensor_value_info("input", TensorProto.FLOAT, shape or [batch, channels, height, width])
    return _save(path, nodes, source, ends, weight(channels, classes))


def save_encoder(path: Path, *, side: int = 8, channels: int = 3, dim: int = 5, pixels: bool = False) -> Path:
    """source uint8 [n, h, w, c] -> z float [n, dim], with the spec of an encoder; writes it and returns `path`.

    Args:
        pixels: a projection of all pixels, so that shapes tell; else of channel means.
    """
    spec = GeneratorSpec(
        name="tiny-encoder",
        family="tiny",
        task="encode",
        pair="0" * 64,
        latent=Latent(dim=dim, prior="normal"),
        image=ImageInput(height=side, width=side, channels=channels),
    )
    nodes = [helper.make_node("Cast", ["source"], ["floats"], to=TensorProto.FLOAT)]
    if pixels:
        nodes.append(helper.make_node("Flatten", ["floats"], ["rows"], axis=1))
    else:
        nodes.append(helper.make_node("ReduceMean", ["floats", "nhwc_axes"], ["rows"], keepdims=0))
    nodes.append(helper.make_node("MatMul", ["rows", "weight"], ["z"]))
    source = helper.make_tensor_value_info("source", TensorProto.UINT8, ["n", side, side, channels])
    ends = [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", dim])]
    rows = side * side * channels if pixels else channels
    return _save(path, nodes, source, ends, weight(rows, dim), spec)


def _save(path, nodes, source, ends, matrix, spec=None):  # type: ignore[no-untyped-def]
    constants = {"weight": matrix, "axes": np.array([2, 3]), "nhwc_axes": np.array([1, 2])}
    used = {name for node in nodes for name in node.input}
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items() if name in used]
    graph = helper.make_graph(nodes, "tiny", [source], ends, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    if spec:
        helper.set_model_props(model, {METADATA_KEY: spec.to_json()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return path
