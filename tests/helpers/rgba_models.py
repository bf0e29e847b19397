"""A tiny RGBA generator with a garish colour under what is clear: whoever shows it has dropped or mixed alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tiny_onnx import DIM, tiny_spec

from ganrt.spec import METADATA_KEY

SIDE = 16
HIDDEN = (255, 0, 255)  # beneath what is clear
INSIDE = slice(4, 12)  # rows and columns of the opaque square
HALF = slice(2, 4)  # rows above it, of alpha 96 in the square's colour


def save_rgba(path: Path) -> Path:
    """A square in a dark greenish colour that z chooses (red and blue below 110), half transparent above, else clear.

    uint8 [n, 16, 16, 4], straight alpha.
    """
    alpha = np.zeros((1, SIDE, SIDE, 1), np.float32)
    alpha[:, INSIDE, INSIDE] = 255
    alpha[:, HALF, INSIDE] = 96
    seen = np.repeat(alpha > 0, 3, axis=3).astype(np.float32)
    weight = np.random.default_rng(5).normal(0, 12, (DIM, 3)).astype(np.float32)
    constants = {
        "weight": weight,
        "middle": np.array([50, 160, 60], np.float32),
        "shape": np.array([-1, 1, 1, 3], np.int64),
        "seen": seen,
        "hidden": (1 - seen) * np.array(HIDDEN, np.float32),
        "alpha": alpha,
        "nothing": np.float32(0),
        "first": np.array([0], np.int64),
        "second": np.array([1], np.int64),
        "last": np.array([3], np.int64),
        "low": np.float32(0),
        "high": np.float32(110),
        "most": np.float32(255),
    }
    nodes = [
        helper.make_node("MatMul", ["z", "weight"], ["y"]),
        helper.make_node("Clip", ["y", "dim", "bright"], ["bounded"]),
        helper.make_node("Add", ["bounded", "middle"], ["colour"]),
        helper.make_node("Reshape", ["colour", "shape"], ["pixel"]),
        helper.make_node("Mul", ["pixel", "seen"], ["square"]),
        helper.make_node("Add", ["square", "hidden"], ["rgb"]),
        helper.make_node("Slice", ["pixel", "first", "second", "last"], ["one"]),
        helper.make_node("Mul", ["one", "nothing"], ["zero"]),
        helper.make_node("Add", ["zero", "alpha"], ["a"]),
        helper.make_node("Concat", ["rgb", "a"], ["rgba"], axis=3),
        helper.make_node("Round", ["rgba"], ["rounded"]),
        helper.make_node("Clip", ["rounded", "low", "most"], ["clipped"]),
        helper.make_node("Cast", ["clipped"], ["image"], to=TensorProto.UINT8),
    ]
    constants |= {"dim": np.float32(-50), "bright": np.float32(50)}
    del constants["high"]
    graph = helper.make_graph(
        nodes,
        "rgba",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", DIM])],
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", SIDE, SIDE, 4])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="tests")
    helper.set_model_props(model, {METADATA_KEY: tiny_spec(name="rgba", side=SIDE, channels=4).to_json()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return path
