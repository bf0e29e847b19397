"""Tiny ONNX classifiers: the mean of each channel, and a linear layer of random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


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
    constants = {"weight": weight(channels, classes), "axes": np.array([2, 3])}
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", [source], ends, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return path
