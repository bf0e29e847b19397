"""A small generator with a layer of each kind that the built-in drawer knows, made without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tiny_onnx import DIM, tiny_spec

from ganrt.spec import METADATA_KEY

SIDE = 48


def save_layered(path: Path) -> Path:
    """z -> dense, norms, activations, convolutions of both kinds, resizing, pixel shuffle -> uint8 [n, 48, 48, 3]."""
    random = np.random.default_rng(11)
    weights: dict[str, np.ndarray] = {}

    def normal(name: str, *shape: int) -> str:
        weights[name] = random.normal(0, (2 / max(1, np.prod(shape[1:]))) ** 0.5, shape).astype(np.float32)
        return name

    def numbers(name: str, values: list[int] | list[float], kind: type = np.int64) -> str:
        weights[name] = np.array(values, kind)
        return name

    ones = numbers("ones", [1.0] * 4, np.float32)
    weights["five"], weights["two"] = np.full((5, 1, 1), 0.3, np.float32), np.float32(2)
    node = helper.make_node
    up = {"coordinate_transformation_mode": "half_pixel"}
    twice = {"strides": [2, 2], "pads": [1, 1, 1, 1]}
    nodes = [
        node("Gemm", ["z", normal("g", 36, DIM), normal("gb", 36)], ["a"], transB=1),
        node("Reshape", ["a", numbers("shape", [-1, 4, 3, 3])], ["b"]),
        node("BatchNormalization", ["b", ones, normal("m1", 4), normal("m2", 4), ones], ["c"]),
        node("LeakyRelu", ["c"], ["d"], alpha=0.2),
        node("Resize", ["d", "", numbers("x2", [1, 1, 2, 2], np.float32)], ["e"], nearest_mode="floor", **up),
        node("Conv", ["e", normal("k1", 5, 4, 3, 3), normal("b1", 5)], ["f"], pads=[1, 1, 1, 1]),
        node("PRelu", ["f", "five"], ["g1"]),
        node("ConvTranspose", ["g1", normal("k2", 5, 6, 4, 4), normal("b2", 6)], ["h"], **twice),
        node("Relu", ["h"], ["h1"]),
        node("InstanceNormalization", ["h1", numbers("s", [1.0] * 6, np.float32), normal("t", 6)], ["i"]),
        node("Elu", ["i"], ["j"]),
        node("Resize", ["j", "", "x2"], ["k"], mode="linear", **up),
        node("Pad", ["k", numbers("pads", [0, 0, 1, 2, 0, 0, 1, 0])], ["l"]),
        node("Slice", ["l", numbers("from", [1, 2]), numbers("to", [25, 2**31]), numbers("axes", [2, 3])], ["m"]),
        node("Conv", ["m", normal("k3", 12, 6, 3, 3)], ["n1"], pads=[1, 1, 1, 1], dilations=[1, 1]),
        node("Softsign", ["n1"], ["n2"]),
        node("Mul", ["n2", "two"], ["n3"]),
        node("DepthToSpace", ["n3"], ["o"], blocksize=2, mode="DCR"),
        node("Sigmoid", ["o"], ["p"]),
        node("Mul", ["p", numbers("white", 255.0, np.float32)], ["q"]),
        node("Clip", ["q", numbers("black", 0.0, np.float32), "white"], ["r"]),
        node("Round", ["r"], ["u"]),
        node("Transpose", ["u"], ["v"], perm=[0, 2, 3, 1]),
        node("Cast", ["v"], ["image"], to=TensorProto.UINT8),
    ]  # fmt: skip
    inputs = [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", DIM])]
    output = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", SIDE, SIDE, 3])
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "layered", inputs, [output], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="tests")
    helper.set_model_props(model, {METADATA_KEY: tiny_spec(name="layered", side=SIDE).to_json()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return path
