"""INT8: layers with quantised data and weights, calibrated on samples of the prior; the worst ones stay in FP32.

Quantise and dequantise nodes stand around the layers, as every INT8 engine reads them. Symmetric throughout: zero
points are 0, weights have a scale for each output channel, data one for the tensor, of least mean square error. Biases
stay in FP32, since TensorRT refuses quantised ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from ganrt.engines.precisions.interpreter import Interpreter, Values
from ganrt.engines.precisions.judge import Judge, batches
from ganrt.engines.precisions.prepared import FLOAT, Prepared, is_float, is_weight
from ganrt.engines.precisions.search import Found, Progress, search
from ganrt.engines.precisions.table import Limits
from ganrt.engines.protocol import Arrays
from ganrt.errors import NegativeResult
from ganrt.graphs.values import attribute, constant, dims, input_of

LEVELS = 127  # from -127 to 127: -128 would have no counterpart


def quantisable(prepared: Prepared) -> dict[str, tuple[str, str, int]]:
    """Layers with constant FP32 weights: name -> (data, weight, the weight's axis of output channels)."""
    found = {}
    for node in prepared.graph:
        axis, data, weight = _output_axis(node), input_of(node, 0), input_of(node, 1)
        if axis is None or data is None or weight is None or is_weight(data) or not is_weight(weight):
            continue
        if is_float(data) and is_float(weight) and len(dims(weight) or ()) > 1:
            found[node.name or ""] = data.name or "", weight.name or "", axis
    return found


def _output_axis(node: ir.Node) -> int | None:
    """Of the second input; None for operators that are not quantised."""
    if node.op_type == "Conv":
        return 0
    if node.op_type == "ConvTranspose":
        return 1 if attribute(node, "group", 1) == 1 else None
    if node.op_type == "Gemm":
        return 0 if attribute(node, "transB", 0) else 1
    return -1 if node.op_type == "MatMul" else None


def quantised_graph(prepared: Prepared, layers: Collection[str], scales: Mapping[str, float]) -> Prepared:
    """The model with these layers in INT8.

    Args:
        layers: names out of `quantisable`.
        scales: of each layer's data: what one level stands for.
    """
    made = prepared.copy()
    writer, found = _Writer(made.graph, scales), quantisable(made)
    for node in list(made.graph):
        if node.name in layers:
            writer.quantise(node, found[node.name or ""][2])
    return made


class _Writer:
    def __init__(self, graph: ir.Graph, scales: Mapping[str, float]) -> None:
        self._graph, self._scales = graph, scales
        self._done: dict[ir.Value, ir.Value] = {}  # tensor -> its dequantised twin

    def quantise(self, layer: ir.Node, axis: int) -> None:
        data, weight = layer.inputs[0], layer.inputs[1]
        assert data is not None
        assert weight is not None
        if data not in self._done:
            self._done[data] = self._data(data, layer)
        if weight not in self._done:
            self._done[weight] = self._weight(weight, axis, layer)
        layer.replace_input_with(0, self._done[data])
        layer.replace_input_with(1, self._done[weight])

    def _data(self, data: ir.Value, layer: ir.Node) -> ir.Value:
        name = data.name or ""
        scale = self._constant(f"{name}.scale", np.asarray(self._scales[name], np.float32))
        zero = self._constant(f"{name}.zero", np.asarray(0, np.int8))
        levels = self._node("QuantizeLinear", [data, scale, zero], f"{name}.int8", ir.DataType.INT8, layer)
        return self._node("DequantizeLinear", [levels, scale, zero], f"{name}.dequantised", FLOAT, layer)

    def _weight(self, weight: ir.Value, axis: int, layer: ir.Node) -> ir.Value:
        name, exact = weight.name or "", constant(weight)
        assert exact is not None
        values, scales = quantised_weight(exact, axis)
        given = [
            self._constant(f"{name}.int8", values),
            self._constant(f"{name}.scale", scales),
            self._constant(f"{name}.zero", np.zeros(len(scales), np.int8)),
        ]
        return self._node("DequantizeLinear", given, f"{name}.dequantised", FLOAT, layer, axis % values.ndim)

    def _constant(self, name: str, values: NDArray[np.generic]) -> ir.Value:
        made = ir.val(name, const_value=ir.tensor(values, name=name))
        self._graph.register_initializer(made)
        return made

    def _node(
        self, kind: str, given: list[ir.Value], name: str, dtype: ir.DataType, before: ir.Node, axis: int | None = None
    ) -> ir.Value:
        node = ir.node(kind, given, {} if axis is None else {"axis": axis}, name=name)
        node.outputs[0].name, node.outputs[0].dtype = name, dtype
        self._graph.insert_before(before, node)
        return node.outputs[0]


def quantised_weight(weight: NDArray[np.generic], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(values, scale of each channel along `axis`): weight ~ values * scale. A channel of zeros has the scale 1."""
    exact = np.moveaxis(weight.astype(np.float32), axis, 0)
    largest = np.abs(exact.reshape(len(exact), -1)).max(axis=1)
    scales = np.where(largest > 0, largest / np.float32(LEVELS), np.float32(1)).astype(np.float32)
    values = np.rint(exact / scales.reshape(-1, *[1] * (exact.ndim - 1))).clip(-LEVELS, LEVELS).astype(np.int8)
    return np.ascontiguousarray(np.moveaxis(values, 0, axis)), scales


# Shares of the largest value that the last level may stand for: what lies beyond is clipped, the rest gets finer steps.
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)


def measure_scales(interpreter: Interpreter, tensors: Collection[str], samples: Arrays, step: int) -> dict[str, float]:
    """What one level stands for, for each tensor.

    Args:
        step: samples a batch.

    Raises:
        NegativeResult: a tensor is not finite.
    """
    largest = dict.fromkeys(tensors, 0.0)

    def watch_largest(_: ir.Node, values: Values) -> None:
        for name in values.keys() & largest.keys():
            found = float(np.abs(values[name]).max(initial=0.0))
            if not np.isfinite(found):  # before `max`, which drops NaN
                raise NegativeResult(f"tensor '{name}' is not finite even in FP32: it cannot be quantised")
            largest[name] = max(largest[name], found)

    errors = {name: np.zeros(len(_SHARES)) for name in tensors}

    def watch_errors(_: ir.Node, values: Values) -> None:
        for name in values.keys() & fresh:
            fresh.discard(name)  # several operators may read it
            errors[name] += [_error(values[name], share * largest[name] / LEVELS) for share in _SHARES]

    for inputs in batches(samples, step):
        interpreter.run(inputs, watch_largest)
    for inputs in batches(samples, step):
        fresh = set(tensors)
        interpreter.run(inputs, watch_errors)
    return {name: _SHARES[int(np.argmin(errors[name]))] * largest[name] / LEVELS or 1.0 for name in tensors}


def _error(values: NDArray[np.float32], scale: float) -> float:
    if scale == 0:
        return 0.0
    levels = np.rint(values / np.float32(scale)).clip(-LEVELS - 1, LEVELS)
    return float(np.square(levels * np.float32(scale) - values).sum(dtype=np.float64))


def whole_int8(prepared: Prepared, calibration: Arrays) -> Prepared:
    """The graph with every layer in INT8 that can be, unjudged.

    Raises:
        NegativeResult: there is no layer to quantise, or FP32 is not finite.
    """
    layers = _layers(prepared)
    scales = _scales(prepared, calibration, 1, None)
    return quantised_graph(prepared, layers, scales)


def make_int8(prepared: Prepared, judge: Judge, calibration: Arrays, limits: Limits, progress: Progress) -> Found:
    """The INT8 graph that passes the gate; its fallback layers are those that cost too much.

    Raises:
        NegativeResult: there is no layer to quantise, FP32 is not finite, or the gate cannot be reached.
    """
    layers = _layers(prepared)
    progress("measuring ranges", 0)
    scales = _scales(prepared, calibration, judge.step, limits.threads)

    def make(kept: frozenset[str]) -> Prepared:
        return quantised_graph(prepared, layers.keys() - kept, scales)

    return search({name: frozenset({name}) for name in layers}, make, judge, limits, progress)


def _layers(prepared: Prepared) -> dict[str, tuple[str, str, int]]:
    layers = quantisable(prepared)
    if not layers:
        raise NegativeResult("no layer of this graph can be quantised: none has constant weights in FP32")
    return layers


def _scales(prepared: Prepared, calibration: Arrays, step: int, threads: int | None) -> dict[str, float]:
    tensors = dict.fromkeys(data for data, _, _ in _layers(prepared).values())
    return measure_scales(Interpreter(prepared, threads), tensors, calibration, step)
