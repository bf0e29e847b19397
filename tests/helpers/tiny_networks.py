"""Whole networks for tests: a tiny torch generator as TorchScript or `.pt2`, and foreign ONNX files of many shapes."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

DIM, SIDE, CLASSES = 5, 8, 3


class Net(nn.Module):
    """z [n, 5] (or [n, 5, 1, 1]) and labels [n, 3] if `labels` -> [n, 3, 8, 8] in [-1, 1]."""

    def __init__(
        self,
        *,
        latent: int = DIM,
        labels: int = 0,
        spatial: bool = False,
        constant_batch: bool = False,
        noise: bool = False,
    ) -> None:
        super().__init__()
        self.constant_batch, self.noise = constant_batch, noise
        self.first: nn.Module = nn.ConvTranspose2d(latent, 4, 4) if spatial else nn.Linear(latent + labels, 64)
        self.norm = nn.BatchNorm2d(4)
        self.last = nn.ConvTranspose2d(4, 3, 4, 2, 1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.first(z).view(1 if self.constant_batch else -1, 4, 4, 4)
        if self.noise:
            x = x + torch.randn_like(x)
        return torch.tanh(3 * self.last(torch.relu(self.norm(x))))


class Conditional(Net):
    def __init__(self) -> None:
        super().__init__(labels=CLASSES)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]
        x = self.first(torch.cat([z, labels], 1)).view(-1, 4, 4, 4)
        return torch.tanh(3 * self.last(torch.relu(self.norm(x))))


def net(kind: type[Net] = Net, **options: Any) -> Net:
    """With random weights and statistics, in eval mode."""
    torch.manual_seed(4)
    made = kind(**options)
    assert made.norm.running_mean is not None
    assert made.norm.running_var is not None
    made.norm.running_mean.uniform_(-0.3, 0.3)
    made.norm.running_var.uniform_(0.3, 1.5)
    return made.eval().requires_grad_(False)


def save_torchscript(path: Path, module: nn.Module, *examples: Tensor) -> Path:
    """Traced if there are examples, else scripted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is deprecated; files made with it are not
        made = torch.jit.trace(module, examples) if examples else torch.jit.script(module)  # type: ignore[no-untyped-call]
        made.save(str(path))
    return path


def save_program(path: Path, module: nn.Module, *examples: Tensor, dynamic: bool = True) -> Path:
    """`.pt2`, with a free batch or the examples' own."""
    shapes = tuple({0: torch.export.Dim("batch")} for _ in examples) if dynamic else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module, examples, dynamic_shapes=shapes), str(path))
    return path


def onnx_net(
    *,
    layout: str = "nchw",
    last: str = "Tanh",
    z: tuple[int | str, ...] = ("n", DIM),
    labels: bool = False,
    labels_first: bool = False,
    label_name: str = "c",
    opset: int = 18,
    kind: int = TensorProto.FLOAT,
    uint8: bool = False,
    channels: int = 3,
    extra: list[Any] | None = None,
    reshape: tuple[int, ...] | None = None,
    second_output: bool = False,
    weights_as_inputs: bool = False,
) -> onnx.ModelProto:
    """z -> Flatten -> Gemm -> `last` -> Reshape to pictures.

    Args:
        z: its declared shape.
        uint8: scales to 0 to 255 and casts.
        extra: nodes put between the Gemm's output `y` and `x`, which goes into `last`.
        reshape: the constant that makes pictures, by default with a free batch.
    """
    rng = np.random.default_rng(8)
    width = DIM + (CLASSES if labels else 0)
    sides = (channels, SIDE, SIDE) if layout == "nchw" else (SIDE, SIDE, channels)
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    weight = rng.normal(0, 0.6, (width, channels * SIDE * SIDE)).astype(dtype)
    values = {"image": weight, "native": np.asarray(reshape or (-1, *sides), np.int64), "half": np.asarray(127, dtype)}
    nodes = [helper.make_node("Flatten", ["latent"], ["flat"])]
    nodes += [helper.make_node("Concat", ["flat", label_name], ["all"], axis=1)] if labels else []
    nodes += [helper.make_node("MatMul", ["all" if labels else "flat", "image"], ["y"])]
    nodes += extra if extra is not None else [helper.make_node("Identity", ["y"], ["x"])]
    nodes += [helper.make_node(last, ["x"], ["z"]), helper.make_node("Reshape", ["z", "native"], ["shaped"])]
    if uint8:
        nodes += [helper.make_node("Add", ["shaped", "one"], ["a"]), helper.make_node("Mul", ["a", "half"], ["b"])]
        nodes += [helper.make_node("Cast", ["b"], ["out"], to=TensorProto.UINT8)]
        values["one"] = np.asarray(1, dtype)
    else:
        nodes += [helper.make_node("Identity", ["shaped"], ["out"])]
    inputs = [helper.make_tensor_value_info("latent", kind, list(z))]
    if labels:
        inputs.insert(0 if labels_first else 1, helper.make_tensor_value_info(label_name, kind, ["n", CLASSES]))
    outputs = [helper.make_tensor_value_info("out", TensorProto.UINT8 if uint8 else kind, [z[0], *sides])]
    if second_output:
        nodes.append(helper.make_node("Exp", ["flat"], ["features"]))
        outputs.append(helper.make_tensor_value_info("features", kind, ["n", width]))
    used = {name for node in nodes for name in node.input}
    tensors = [numpy_helper.from_array(value, name) for name, value in values.items() if name in used]
    if weights_as_inputs:
        inputs += [helper.make_tensor_value_info(t.name, t.data_type, list(t.dims)) for t in tensors]
    graph = helper.make_graph(nodes, "foreign", inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=7, producer_name="someone")


def save_onnx(path: Path, **options: Any) -> Path:
    """`onnx_net` as a file."""
    path.write_bytes(cast(bytes, onnx_net(**options).SerializeToString()))
    return path
