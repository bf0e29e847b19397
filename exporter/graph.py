"""torch module -> ONNX model that keeps the graph contract.

Opset 18, IR 10, `ai.onnx` alone, one file, one dynamic axis `n` (and `h` and `w` where the spec leaves them open);
inputs as the spec names them, output `image` uint8 [n, h, w, c], or `z` float32 [n, dim] of an encoder. Tracing
(`tracing.py`) takes any family's module, and this file keeps the contract.

Batch norms are folded before tracing: exactly in real numbers, in float64, rounded once. torch's own exporter folds
whatever batch norm it meets while it optimises, in float32, so a pass over the graph would come too late. Graphs that
were exported elsewhere have theirs folded by `ganrt.graphs.fold_batch_norm`; both compute the factors by `affine`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from copy import deepcopy
from typing import cast

import numpy as np
import onnx_ir as ir
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from torch import Tensor, nn

from ganrt.exporter.candidate import Candidate, ValueRange
from ganrt.exporter.tracing import OPSET, trace
from ganrt.graphs.files import check, to_bytes
from ganrt.graphs.fold_batch_norm import affine
from ganrt.graphs.values import values_of
from ganrt.spec import BATCH, METADATA_KEY, SIDES, GeneratorSpec, Port, Z

IR_VERSION = 10
NATIVE = "native"  # the float picture before the tail: an inner tensor, which verification reads
_PREFIX = "generator."
_CARRIERS = {"Identity", "Transpose", "Reshape", "Cast", "Squeeze", "Unsqueeze", "Flatten", "Gather"}


class WithHead(nn.Module):
    """(inputs) -> what the module gives; pictures come in as uint8 [n, h, w, c]."""

    def __init__(self, generator: nn.Module, value_range: ValueRange) -> None:
        super().__init__()
        self.generator = generator
        self.value_range = value_range

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        return cast(Tensor, self.generator(*(to_native_input(value, self.value_range) for value in inputs)))


class _WithTail(WithHead):
    """(inputs) -> (uint8 [n, h, w, c], float32 [n, c, h, w])."""

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        native = cast(Tensor, super().forward(*inputs))
        return to_uint8(native, self.value_range), native


def to_native_input(value: Tensor, value_range: ValueRange) -> Tensor:
    """The head: uint8 [n, h, w, c] -> float32 [n, c, h, w] in [-1, 1] (tanh) or [0, 1] (sigmoid).

    Cast before all else, for the same reason as in the tail. Floats (latents, labels) stay as they are.
    """
    if value.is_floating_point():
        return value
    levels = value.float().permute(0, 3, 1, 2)
    return levels / 127.5 - 1 if value_range == "tanh" else levels / 255


def to_uint8(native: Tensor, value_range: ValueRange) -> Tensor:
    """The tail: float32 [n, c, h, w] -> uint8 [n, h, w, c], rounded half to even.

    In float to the very end: backends differ in how they cast and move uint8, and agree on floats.
    """
    return to_levels(native, value_range).round().permute(0, 2, 3, 1).to(torch.uint8)


def to_levels(native: Tensor, value_range: ValueRange) -> Tensor:
    """[-1, 1] (tanh) or [0, 1] (sigmoid) -> grey levels in [0, 255], not rounded; shape and type stay."""
    levels = (native + 1) * 127.5 if value_range == "tanh" else native * 255
    return levels.clamp(0, 255)


def build_graph(built: Candidate) -> ir.Model:
    """The ONNX model of a generator, batch norm folded, without its spec. Equal weights give equal bytes."""
    wrapper = _WithTail if built.spec.output else WithHead
    outputs = [*built.spec.outputs, NATIVE] if built.spec.output else list(built.spec.outputs)
    model = trace(wrapper(fold_batch_norm(built.module), built.value_range).eval(), built.spec, outputs)
    _name_open_axes(model, built.spec)
    _rename(model.graph, getattr(built.module, "names", {}))
    del model.graph.outputs[1:]  # NATIVE stays as an inner tensor
    finish(model, built.spec)
    check_contract(model, built.spec)
    return model


def finish(model: ir.Model, spec: GeneratorSpec) -> None:
    """Drops what tracing left behind: stack traces with local paths, names of passes, doc strings, torch's symbols."""
    ClearMetadataAndDocStringPass()(model)
    model.metadata_props.clear()
    for value in values_of(model):
        value.metadata_props.clear()
        value.doc_string = None
        if not value.is_graph_input() and not value.is_graph_output():
            value.shape = None  # of torch's symbols; every reader infers it again
    # No version: the bytes are to depend on the weights alone.
    model.producer_name, model.producer_version = "ganrt", ""
    model.graph.name = spec.family


def embed_spec(model: ir.Model, spec: GeneratorSpec) -> bytes:
    """The file's bytes, with the spec in its metadata; deterministic."""
    return to_bytes(model, {METADATA_KEY: spec.to_json()})


def with_native_output(model: ir.Model) -> bytes:
    """A file of the same graph with the float picture as a second output, `native` float32 [n, c, h, w].

    An encoder's graph gives floats already and stays as it is.
    """
    extended = model.clone()
    if [value.name for value in model.graph.outputs] != [Z]:
        native = _native(extended)
        native.dtype = ir.DataType.FLOAT
        extended.graph.outputs.append(native)
    return to_bytes(extended)


def _native(model: ir.Model) -> ir.Value:
    return next(value for value in values_of(model) if value.name == NATIVE)


def last_operator(model: ir.Model) -> str:
    """The operator that makes the float picture, looking through those that only move values."""
    node = _native(model).producer()
    while node is not None and node.op_type in _CARRIERS and node.inputs[0] is not None:
        node = node.inputs[0].producer()
    return node.op_type if node is not None else ""


def _name_open_axes(model: ir.Model, spec: GeneratorSpec) -> None:
    """`4*h_parts` becomes `h`, in the input and the output: they are equal, or the graph would not be the spec's."""
    if spec.image is None or not spec.image.dynamic:
        return
    for value in [*model.graph.inputs, *model.graph.outputs[:1]]:
        assert value.shape is not None
        value.shape = ir.Shape([value.shape[0], *SIDES, *value.shape[3:]])


def _rename(graph: ir.Graph, owners: Mapping[str, str]) -> None:
    """Weights get the checkpoint's keys, nodes `ConvTranspose_3`, and what a node makes the node's name.

    Args:
        owners: the checkpoint's names of modules, where the module has others.
    """
    weights, count = list(graph.initializers.values()), itertools.count()
    graph.initializers.clear()  # a new name may be another's old one
    for value in weights:
        name = value.name or ""
        own = name.startswith(_PREFIX)
        value.name = _key(name.removeprefix(_PREFIX), owners) if own else f"constant_{next(count)}"
        graph.initializers.add(value)
    for i, node in enumerate(graph):
        node.name = f"{node.op_type}_{i}"
        for j, output in enumerate(node.outputs):
            if output.name and not output.is_graph_output():
                output.name = node.name if j == 0 else f"{node.name}_{j}"


def _key(name: str, owners: Mapping[str, str]) -> str:
    owner, _, last = name.rpartition(".")
    return f"{owners[owner]}.{last}" if owner in owners else name


def check_contract(model: ir.Model, spec: GeneratorSpec) -> None:
    """The contract, asserted: a breach is a defect of the exporter and not of its input."""
    check(model)
    found = [(value.name, value.type, value.shape) for value in (*model.graph.inputs, *model.graph.outputs)]
    ports = {**spec.inputs, **spec.outputs}
    expected = [(name, *type_and_shape(port)) for name, port in ports.items()]
    opsets = dict(model.opset_imports)
    if opsets != {"": OPSET} or model.ir_version != IR_VERSION or model.functions or found != expected:
        raise AssertionError(
            f"the graph breaks the contract: {opsets}, IR {model.ir_version}, {found} is not {expected}"
        )


def type_and_shape(port: Port) -> tuple[ir.TensorType, ir.Shape]:
    """Of a graph's input or output as the spec states it."""
    return ir.TensorType(ir.DataType.from_numpy(np.dtype(port.dtype))), ir.Shape([BATCH, *port.dims])


Convolution = nn.Conv2d | nn.ConvTranspose2d


def fold_batch_norm(module: nn.Module) -> nn.Module:
    """A copy of `module` (eval mode, float32) without the batch norms that follow a convolution in an `nn.Sequential`.

    Only a `Sequential` promises that nothing else reads what lies between the two; a norm elsewhere stays.
    """
    folded = deepcopy(module)
    uses = [id(child) for _, child in folded.named_modules(remove_duplicate=False)]
    for sequence in [child for child in folded.modules() if isinstance(child, nn.Sequential)]:
        for i in range(len(sequence) - 1):
            convolution, norm = sequence[i], sequence[i + 1]
            # A layer that is used twice has two places to fold into; leave it alone.
            if _foldable(convolution, norm) and uses.count(id(convolution)) == uses.count(id(norm)) == 1:
                _fold(convolution, norm)  # type: ignore[arg-type]
                sequence[i + 1] = nn.Identity()
    return folded


def _foldable(convolution: nn.Module, norm: nn.Module) -> bool:
    return (
        isinstance(convolution, (nn.Conv2d, nn.ConvTranspose2d))
        and isinstance(norm, nn.BatchNorm2d)
        and norm.running_mean is not None
    )


def _fold(convolution: Convolution, norm: nn.BatchNorm2d) -> None:
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    one, zero = torch.ones_like(mean), torch.zeros_like(mean)
    numbers = [one if norm.weight is None else norm.weight, zero if norm.bias is None else norm.bias, mean, variance]
    gamma, beta, means, variances = (values.detach().double().numpy() for values in numbers)
    factor, offset = affine(gamma, beta, means, variances, norm.eps)
    scale, shift = torch.from_numpy(factor), torch.from_numpy(offset)
    if convolution.bias is not None:
        shift = convolution.bias.double() * scale + shift
    weight = convolution.weight.double()
    if isinstance(convolution, nn.ConvTranspose2d):  # [in, out / groups, kh, kw]: the groups lie along the inputs
        grouped = weight.reshape(convolution.groups, -1, *weight.shape[1:])
        scaled = (grouped * scale.reshape(convolution.groups, 1, -1, 1, 1)).reshape(weight.shape)
    else:
        scaled = weight * scale[:, None, None, None]
    convolution.weight = nn.Parameter(scaled.float(), requires_grad=False)
    convolution.bias = nn.Parameter(shift.float(), requires_grad=False)
