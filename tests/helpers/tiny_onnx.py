"""Tiny ONNX generators that keep the graph contract, made without torch: one matrix and the uint8 tail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ganrt.spec import METADATA_KEY, GeneratorSpec, ImageInput, Labels, Latent, Output, Statistics

DIM = 6


def tiny_spec(
    *,
    name: str = "tiny",
    side: int = 8,
    channels: int = 3,
    labels: int = 0,
    statistics: bool = False,
    frozen: float | None = None,
    latent: Latent | None = None,
) -> GeneratorSpec:
    """The spec of `tiny_model`'s generator."""
    return GeneratorSpec(
        name=name,
        family="tiny",
        latent=latent or Latent(dim=DIM, prior="normal", psi_mode="resample"),
        labels=Labels(count=labels, names=tuple(f"kind {i}" for i in range(labels))) if labels else None,
        statistics=_statistics(statistics, frozen),
        output=Output(height=side, width=side, channels=channels),
    )


def _statistics(as_input: bool, frozen: float | None) -> Statistics:
    if frozen is not None:
        return Statistics(mode="frozen", value=frozen, default=frozen)
    return Statistics(mode="input", low=0.02, high=1.0) if as_input else Statistics()


def tiny_model(spec: GeneratorSpec | None, *, nan: bool = False, metadata: str | None = None) -> onnx.ModelProto:
    """z (and labels, truncation) -> matrix product -> tanh -> uint8 [n, h, w, c]."""
    shape = spec or tiny_spec()
    assert shape.output is not None
    assert shape.latent is not None
    side, channels = shape.output.height, shape.output.channels
    columns = {"z": shape.latent.dim}
    if shape.labels:
        columns["labels"] = shape.labels.count
    if "truncation" in shape.inputs:
        columns["truncation"] = 1
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"] if name == "truncation" else ["n", count])
        for name, count in columns.items()
    ]
    weight = np.random.default_rng(3).normal(0, 0.5, (sum(columns.values()), channels * side * side)).astype(np.float32)
    if nan:
        weight[0, 0] = np.nan
    nodes = [helper.make_node("Concat", _as_columns(columns), ["x"], axis=1)]
    if "truncation" in columns:
        nodes.insert(0, helper.make_node("Unsqueeze", ["truncation", "one"], ["truncation_column"]))
    nodes += [
        helper.make_node("MatMul", ["x", "weight"], ["y"]),
        helper.make_node("Tanh", ["y"], ["t"]),
        helper.make_node("Reshape", ["t", "shape"], ["picture"]),
        helper.make_node("Add", ["picture", "unit"], ["shifted"]),
        helper.make_node("Mul", ["shifted", "half"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "black", "white"], ["clipped"]),
        helper.make_node("Round", ["clipped"], ["rounded"]),
        helper.make_node("Transpose", ["rounded"], ["nhwc"], perm=[0, 2, 3, 1]),
        helper.make_node("Cast", ["nhwc"], ["image"], to=TensorProto.UINT8),
    ]
    constants = {
        "weight": weight,
        "shape": np.array([-1, channels, side, side], np.int64),
        "one": np.array([1], np.int64),
        "unit": np.float32(1),
        "half": np.float32(127.5),
        "black": np.float32(0),
        "white": np.float32(255),
    }
    output = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", side, side, channels])
    used = {name for node in nodes for name in node.input}
    initializers = [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items() if k in used]
    graph = helper.make_graph(nodes, "tiny", inputs, [output], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="tests")
    text = metadata if metadata is not None else spec.to_json() if spec else None
    if text is not None:
        helper.set_model_props(model, {METADATA_KEY: text})
    onnx.checker.check_model(model, full_check=True)
    return model


def _as_columns(names: Sequence[str] | dict[str, int]) -> list[str]:
    return ["truncation_column" if name == "truncation" else name for name in names]


KINDS = ("daisy", "rose", "tulip", "dandelion", "sunflower", "poppy")


def save_embedded(
    path: Path, table: np.ndarray | None = None, names: Sequence[str] = KINDS, how: str = "matmul"
) -> Path:
    """A conditional generator whose labels are multiplied with `table` float [count, dim]; then as `tiny_model`.

    how: `matmul`; `gemm` (with a bias); `gemm_transposed` (the table is stored as [dim, count]); `identity` (labels
    and table pass through Identity and Cast); `transpose` (a Transpose of the stored table); `constant` (a Constant
    node holds it); `two` (its left and its right half in two products); `shape` (the labels' shape is read as well);
    `tanh` (not linear: the labels go through Tanh first); `both` (a product, and Tanh beside it).
    """
    if table is None:
        table = np.random.default_rng(8).normal(size=(len(names), 5)).astype(np.float32)
    spec = tiny_spec(name="flowers", labels=len(names))
    spec = replace(spec, labels=Labels(count=len(names), names=tuple(names)))
    model = tiny_model(replace(spec, labels=Labels(count=table.shape[1])))
    model.graph.input[1].type.tensor_type.shape.dim[1].dim_value = len(names)
    concat = next(node for node in model.graph.node if node.op_type == "Concat")
    concat.input[1] = "embedded"
    nodes, weights = _embedding(table, how)
    for node in reversed(nodes):
        model.graph.node.insert(0, node)
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in weights.items())
    helper.set_model_props(model, {METADATA_KEY: spec.to_json()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return path


def _embedding(table: np.ndarray, how: str) -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    """The nodes from `labels` to `embedded`, and their weights."""
    node = helper.make_node
    half = table.shape[1] // 2
    product = node("MatMul", ["labels", "table"], ["embedded"])
    weights = {"table": table}
    if how == "matmul":
        return [product], weights
    if how == "gemm":
        return [node("Gemm", ["labels", "table", "bias"], ["embedded"], alpha=0.5)], {
            "table": table * 2,
            "bias": np.ones(table.shape[1], np.float32),
        }
    if how == "gemm_transposed":
        return [node("Gemm", ["labels", "table"], ["embedded"], transB=1)], {"table": np.ascontiguousarray(table.T)}
    if how == "identity":
        to_float = {"to": TensorProto.FLOAT}
        first = [node("Identity", ["labels"], ["l"]), node("Cast", ["l"], ["c"], **to_float)]
        second = [node("Cast", ["table"], ["moved"], **to_float), node("MatMul", ["c", "moved"], ["embedded"])]
        return first + second, {"table": table.astype(np.float16)}
    if how == "transpose":
        turn = node("Transpose", ["table"], ["moved"], perm=[1, 0])
        return [turn, node("MatMul", ["labels", "moved"], ["embedded"])], {"table": np.ascontiguousarray(table.T)}
    if how == "constant":
        return [node("Constant", [], ["table"], value=numpy_helper.from_array(table)), product], {}
    if how == "two":
        parts = [node("MatMul", ["labels", name], [f"{name}_out"]) for name in ("left", "right")]
        join = node("Concat", ["left_out", "right_out"], ["embedded"], axis=1)
        return [*parts, join], {"left": table[:, :half].copy(), "right": table[:, half:].copy()}
    if how == "shape":
        return [node("Shape", ["labels"], ["unused"]), product], weights
    tanh = node("Tanh", ["labels"], ["bent"])
    if how == "tanh":
        return [tanh, node("MatMul", ["bent", "table"], ["embedded"])], weights
    assert how == "both", how
    products = [node("MatMul", [source, "table"], [f"{source}_out"]) for source in ("labels", "bent")]
    return [tanh, *products, node("Add", ["labels_out", "bent_out"], ["embedded"])], weights


def translator_spec(
    *,
    name: str = "swap",
    height: int = 8,
    width: int = 12,
    channels: int = 3,
    multiple_of: int = 4,
    dynamic: bool = False,
) -> GeneratorSpec:
    """The spec of `translator_model`'s translator."""
    image = ImageInput(height=height, width=width, channels=channels, multiple_of=multiple_of, dynamic=dynamic)
    output = Output(height=height, width=width, channels=channels, dynamic=dynamic)
    return GeneratorSpec(name=name, family="tiny", task="translate", image=image, output=output)


def translator_model(spec: GeneratorSpec, *, kernel: np.ndarray | None = None) -> onnx.ModelProto:
    """source uint8 [n, h, w, c] -> one convolution on [-1, 1] -> image uint8 [n, h, w, c].

    kernel: float32 [c, c, 3, 3]; by default the negative, image = 255 - source exactly.
    """
    assert spec.image is not None
    channels = spec.image.channels
    if kernel is None:
        kernel = np.zeros((channels, channels, 3, 3), np.float32)
        kernel[..., 1, 1] = -np.eye(channels)
    nodes = [
        helper.make_node("Cast", ["source"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["nchw"], perm=[0, 3, 1, 2]),
        helper.make_node("Div", ["nchw", "half"], ["divided"]),
        helper.make_node("Sub", ["divided", "unit"], ["centred"]),
        helper.make_node("Conv", ["centred", "weight"], ["picture"], pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["picture", "unit"], ["shifted"]),
        helper.make_node("Mul", ["shifted", "half"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "black", "white"], ["clipped"]),
        helper.make_node("Round", ["clipped"], ["rounded"]),
        helper.make_node("Transpose", ["rounded"], ["nhwc"], perm=[0, 2, 3, 1]),
        helper.make_node("Cast", ["nhwc"], ["image"], to=TensorProto.UINT8),
    ]
    constants = {"weight": kernel.astype(np.float32)}
    constants |= {"unit": np.float32(1), "half": np.float32(127.5), "black": np.float32(0), "white": np.float32(255)}
    sides = ["h", "w"] if spec.image.dynamic else [spec.image.height, spec.image.width]
    ends = [helper.make_tensor_value_info(n, TensorProto.UINT8, ["n", *sides, channels]) for n in ("source", "image")]
    weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="tests")
    helper.set_model_props(model, {METADATA_KEY: spec.to_json()})
    onnx.checker.check_model(model, full_check=True)
    return model


def save_translator(path: Path, spec: GeneratorSpec | None = None, **options: object) -> Path:
    """Writes `translator_model(spec or translator_spec(), ...)` and returns `path`."""
    onnx.save(translator_model(spec or translator_spec(), **options), str(path))  # type: ignore[arg-type]
    return path


def save_tiny(path: Path, spec: GeneratorSpec | None = None, **options: object) -> Path:
    """Writes `tiny_model(spec or tiny_spec(), ...)` and returns `path`."""
    onnx.save(tiny_model(spec or tiny_spec(), **options), str(path))  # type: ignore[arg-type]
    return path
