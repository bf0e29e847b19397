"""Small ONNX graphs made in code, and two evaluators: ONNX Runtime in float32, torch in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor
from torch.nn import functional

Array = NDArray[Any]


class Graph:
    """Collects nodes and weights. `dtype` of weights, inputs and outputs."""

    def __init__(self, dtype: type[np.floating[Any]] = np.float64, seed: int = 0) -> None:
        self.dtype, self.random = np.dtype(dtype), np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.kind = helper.np_dtype_to_tensor_dtype(self.dtype)

    def input(self, name: str, *shape: int | str) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, self.kind, list(shape)))
        return name

    def weight(self, *shape: int) -> str:
        return self.constant(self.random.standard_normal(shape))

    def constant(self, values: Any, name: str | None = None) -> str:
        array = np.asarray(values)
        array = array.astype(self.dtype) if array.dtype.kind == "f" else array.astype(np.int64)
        name = name or f"w{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, *inputs: str, name: str | None = None, domain: str = "", **attributes: Any) -> str:
        name = name or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def norm(self, value: str, channels: int, *, shift: bool = True) -> str:
        """Batch norm with random statistics; without `shift` it only scales."""
        scale = self.constant(self.random.uniform(0.5, 1.5, channels))
        beta, mean = (self.constant(shift * self.random.standard_normal(channels)) for _ in range(2))
        variance = self.constant(self.random.uniform(0.5, 1.5, channels))
        return self.add("BatchNormalization", value, scale, beta, mean, variance, epsilon=1e-4)

    def model(self, *outputs: str, shapes: dict[str, list[int | str]] | None = None) -> onnx.ModelProto:
        made = [helper.make_tensor_value_info(o, self.kind, (shapes or {}).get(o)) for o in outputs]
        graph = helper.make_graph(self.nodes, "test", self.inputs, made, self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
        model.producer_name = "tests"
        model.metadata_props.add(key="kept", value="as it is")
        return model


def run_ort(data: bytes, inputs: dict[str, Array]) -> list[Array]:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return [np.asarray(value) for value in session.run(None, inputs)]


def run_torch(data: bytes, inputs: dict[str, Array]) -> list[Array]:
    """Every float in float64, whatever the file says."""
    graph = onnx.load_model_from_string(data).graph
    values: dict[str, Tensor] = {}
    for tensor in graph.initializer:
        values[tensor.name] = _tensor(numpy_helper.to_array(tensor))
    values |= {name: _tensor(array) for name, array in inputs.items()}
    for node in graph.node:
        settings = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        given = [values[name] if name else None for name in node.input]
        made = _OPERATORS[node.op_type](settings, *given)
        values.update(zip(node.output, made if isinstance(made, tuple) else (made,), strict=True))
    return [values[output.name].numpy() for output in graph.output]


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.array(array.astype(np.float64) if array.dtype.kind == "f" else array))


def _ints(value: Any) -> list[int]:
    return [int(v) for v in value]


def _conv(a: Any, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    top, left, bottom, right = a.get("pads", (0, 0, 0, 0))
    x = functional.pad(x, (left, right, top, bottom))
    return functional.conv2d(x, w, b, a.get("strides", (1, 1)), groups=a.get("group", 1))


def _transposed(a: Any, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    top, left, bottom, right = a.get("pads", (0, 0, 0, 0))
    more = a.get("output_padding", (0, 0))
    whole = functional.conv_transpose2d(x, w, None, a.get("strides", (1, 1)), groups=a.get("group", 1))
    whole = functional.pad(whole, (-left, more[1] - right, -top, more[0] - bottom))
    return whole if b is None else whole + b[:, None, None]


def _norm(a: Any, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    eps = float(np.float32(a.get("epsilon", 1e-5)))
    factor = (scale / torch.sqrt(variance + eps)).reshape(-1, *[1] * (x.ndim - 2))
    return (x - mean.reshape(factor.shape)) * factor + shift.reshape(factor.shape)


def _instance_norm(a: Any, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return functional.instance_norm(x, weight=scale, bias=shift, eps=float(np.float32(a.get("epsilon", 1e-5))))


def _resize(a: Any, x: Tensor, _: Any, scales: Tensor | None = None, sizes: Tensor | None = None) -> Tensor:
    if scales is None:
        assert sizes is not None
        scales = sizes / torch.tensor(x.shape)
    return x.repeat_interleave(int(scales[2]), 2).repeat_interleave(int(scales[3]), 3)


def _depth_to_space(a: Any, x: Tensor) -> Tensor:
    n, channels, height, width = x.shape
    s = a["blocksize"]
    x = x.reshape(n, s, s, channels // s**2, height, width).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(n, channels // s**2, height * s, width * s)


def _slice(a: Any, x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor, steps: Tensor | None = None) -> Tensor:
    for i, axis in enumerate(_ints(axes)):
        step = 1 if steps is None else int(steps[i])
        x = x.movedim(axis, 0)[int(starts[i]) : int(ends[i]) : step].movedim(0, axis)
    return x


def _gemm(a: Any, x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    made = a.get("alpha", 1.0) * (x @ (w.T if a.get("transB") else w))
    return made if b is None else made + a.get("beta", 1.0) * b


_OPERATORS: dict[str, Any] = {
    "Conv": _conv,
    "ConvTranspose": _transposed,
    "BatchNormalization": _norm,
    "InstanceNormalization": _instance_norm,
    "Resize": _resize,
    "DepthToSpace": _depth_to_space,
    "Slice": _slice,
    "Gather": lambda a, x, i: x.index_select(a.get("axis", 0), i % x.shape[a.get("axis", 0)]),
    "Gemm": _gemm,
    "MatMul": lambda a, x, w: x @ w,
    "Split": lambda a, x, sizes: x.split(_ints(sizes), a.get("axis", 0)),
    "Concat": lambda a, *xs: torch.cat(xs, a["axis"]),
    "Reshape": lambda a, x, shape: x.reshape([side or x.shape[i] for i, side in enumerate(_ints(shape))]),
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)),
    "Unsqueeze": lambda a, x, axes: x.reshape(*x.shape, 1, 1),
    "Transpose": lambda a, x: x.permute(_ints(a["perm"])),
    "Identity": lambda a, x: x,
    "Relu": lambda a, x: x.relu(),
    "LeakyRelu": lambda a, x: functional.leaky_relu(x, float(np.float32(a.get("alpha", 0.01)))),
    "Tanh": lambda a, x: x.tanh(),
    "Sigmoid": lambda a, x: x.sigmoid(),
    "Round": lambda a, x: x.round(),
    "Sqrt": lambda a, x: x.sqrt(),
    "Exp": lambda a, x: x.exp(),
    "Neg": lambda a, x: -x,
    "Reciprocal": lambda a, x: x.reciprocal(),
    "Clip": lambda a, x, low, high: x.clamp(low, high),
    "Add": lambda a, x, y: x + y,
    "Sub": lambda a, x, y: x - y,
    "Mul": lambda a, x, y: x * y,
    "Div": lambda a, x, y: x / y,
    "ReduceMean": lambda a, x, axes: x.mean(_ints(axes), keepdim=bool(a.get("keepdims", 1))),
}
