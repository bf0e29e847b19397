"""FP32 graph -> graph with quantise and dequantise nodes around chosen layers, as every INT8 engine reads them.

Symmetric throughout: zero points are 0, weights have a scale for each output channel, data one for the tensor. Biases
stay in FP32, since TensorRT refuses quantised ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from ganrt.engines.precisions.prepared import Prepared

LEVELS = 127  # from -127 to 127: -128 would have no counterpart


def quantisable(prepared: Prepared) -> dict[str, tuple[str, str, int]]:
    """Layers with constant FP32 weights: name -> (data, weight, the weight's axis of output channels)."""
    found = {}
    for node in prepared.model.graph.node:
        axis = _output_axis(node)
        if axis is None:
            continue
        data, weight = node.input[0], node.input[1]
        constant = weight in prepared.weights and data not in prepared.weights
        if (
            constant
            and prepared.is_float(data)
            and prepared.is_float(weight)
            and len(prepared.weights[weight].dims) > 1
        ):
            found[node.name] = data, weight, axis
    return found


def _output_axis(node: onnx.NodeProto) -> int | None:
    """Of the second input; None for operators that are not quantised."""
    attributes = {attribute.name: attribute.i for attribute in node.attribute}
    if node.op_type == "Conv":
        return 0
    if node.op_type == "ConvTranspose":
        return 1 if attributes.get("group", 1) == 1 else None
    if node.op_type == "Gemm":
        return 0 if attributes.get("transB", 0) else 1
    return -1 if node.op_type == "MatMul" else None


def quantised_graph(prepared: Prepared, layers: Collection[str], scales: Mapping[str, float]) -> onnx.ModelProto:
    """The model with these layers in INT8.

    Args:
        layers: names out of `quantisable`.
        scales: of each layer's data: what one level stands for.
    """
    writer = _Writer(prepared, scales)
    for node in prepared.model.graph.node:
        writer.add(node, node.name in layers)
    return writer.model()


class _Writer:
    def __init__(self, prepared: Prepared, scales: Mapping[str, float]) -> None:
        self._prepared, self._scales = prepared, scales
        self._layers = quantisable(prepared)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._done: dict[str, str] = {}  # tensor -> its dequantised twin

    def add(self, node: onnx.NodeProto, quantised: bool) -> None:
        new = onnx.NodeProto()
        new.CopyFrom(node)
        if quantised:
            data, weight, axis = self._layers[node.name]
            new.input[0], new.input[1] = self._data(data), self._weight(weight, axis)
        self._weights |= {name: self._prepared.weights[name] for name in new.input if name in self._prepared.weights}
        self._nodes.append(new)

    def model(self) -> onnx.ModelProto:
        made = onnx.ModelProto()
        made.CopyFrom(self._prepared.model)
        for field, values in (("node", self._nodes), ("initializer", self._weights.values())):
            made.graph.ClearField(field)
            getattr(made.graph, field).extend(values)
        return made

    def _data(self, name: str) -> str:
        if name not in self._done:
            scale = self._constant(f"{name}.scale", np.asarray(self._scales[name], np.float32))
            zero = self._constant(f"{name}.zero", np.asarray(0, np.int8))
            self._node("QuantizeLinear", [name, scale, zero], f"{name}.int8")
            self._done[name] = self._node("DequantizeLinear", [f"{name}.int8", scale, zero], f"{name}.dequantised")
        return self._done[name]

    def _weight(self, name: str, axis: int) -> str:
        if name not in self._done:
            values, scales = quantised_weight(self._prepared.array(name), axis)
            rank, channels = values.ndim, len(scales)
            given = [
                self._constant(f"{name}.int8", values),
                self._constant(f"{name}.scale", scales),
                self._constant(f"{name}.zero", np.zeros(channels, np.int8)),
            ]
            self._done[name] = self._node("DequantizeLinear", given, f"{name}.dequantised", axis % rank)
        return self._done[name]

    def _constant(self, name: str, values: NDArray[np.generic]) -> str:
        self._weights[name] = numpy_helper.from_array(values, name)
        return name

    def _node(self, kind: str, given: list[str], made: str, axis: int | None = None) -> str:
        assert made not in self._prepared.types
        self._nodes.append(helper.make_node(kind, given, [made], name=made, axis=axis))
        return made


def quantised_weight(weight: NDArray[np.generic], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(values, scale of each channel along `axis`): weight ~ values * scale. A channel of zeros has the scale 1."""
    exact = np.moveaxis(weight.astype(np.float32), axis, 0)
    largest = np.abs(exact.reshape(len(exact), -1)).max(axis=1)
    scales = np.where(largest > 0, largest / np.float32(LEVELS), np.float32(1)).astype(np.float32)
    values = np.rint(exact / scales.reshape(-1, *[1] * (exact.ndim - 1))).clip(-LEVELS, LEVELS).astype(np.int8)
    return np.ascontiguousarray(np.moveaxis(values, 0, axis)), scales
