"""torch module -> ONNX model that keeps the graph contract.

Opset 18, IR 10, `ai.onnx` alone, one file, one dynamic axis `n` (and `h` and `w` where the spec leaves them open);
inputs as the spec names them, output `image` uint8 [n, h, w, c], or `z` float32 [n, dim] of an encoder. Tracing
(`tracing.py`) takes any family's module, and this file keeps the contract.

Batch norms are folded before tracing: exactly in real numbers, in float64, rounded once. torch's own exporter folds
whatever batch norm it meets while it optimises, in float32, so a pass over the graph would come too late. Graphs that
were exported elsewhere have theirs folded by `ganrt.graphs.fold_batch_norm`; both compute the factors by `affine`.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, cast

import onnx
import torch
from torch import Tensor, nn

from ganrt.exporter.candidate import Candidate, ValueRange
from ganrt.exporter.tracing import OPSET, trace
from ganrt.graphs.fold_batch_norm import affine
from ganrt.spec import BATCH, METADATA_KEY, SIDES, GeneratorSpec, Port, Z

IR_VERSION = 10
NATIVE = "native"  # the float picture before the tail: an inner tensor, which verification reads
_PREFIX = "generator."
_CARRIERS = {"Identity", "Transpose", "Reshape", "Cast", "Squeeze", "Unsqueeze", "Flatten", "Gather"}


class _WithHead(nn.Module):
    """(inputs) -> what the module gives; pictures come in as uint8 [n, h, w, c]."""

    def __init__(self, generator: nn.Module, value_range: ValueRange) -> None:
        super().__init__()
        self.generator = generator
        self.value_range = value_range

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        return cast(Tensor, self.generator(*(to_native_input(value, self.value_range) for value in inputs)))


class _WithTail(_WithHead):
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


def build_graph(built: Candidate) -> onnx.ModelProto:
    """The ONNX model of a generator, batch norm folded, without its spec. Equal weights give equal bytes."""
    wrapper = _WithTail if built.spec.output else _WithHead
    outputs = [*built.spec.outputs, NATIVE] if built.spec.output else list(built.spec.outputs)
    model = trace(wrapper(fold_batch_norm(built.module), built.value_range).eval(), built.spec, outputs)
    remove_traces(model)
    _name_open_axes(model, built.spec)
    _rename(model, getattr(built.module, "names", {}))
    del model.graph.output[1:]  # NATIVE stays as an inner tensor
    # No version: the bytes are to depend on the weights alone.
    model.producer_name, model.producer_version = "ganrt", ""
    model.graph.name = built.spec.family
    _check(model, built.spec)
    return model


def embed_spec(model: onnx.ModelProto, spec: GeneratorSpec) -> bytes:
    """The file's bytes, with the spec in its metadata; deterministic."""
    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    whole.metadata_props.add(key=METADATA_KEY, value=spec.to_json())
    return cast(bytes, whole.SerializeToString(deterministic=True))


def with_native_output(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with the float picture as a second output, `native` float32 [n, c, h, w].

    An encoder's graph gives floats already and stays as it is.
    """
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    if [value.name for value in model.graph.output] == [Z]:
        return extended
    extended.graph.output.append(onnx.helper.make_tensor_value_info(NATIVE, onnx.TensorProto.FLOAT, None))
    return extended


def last_operator(model: onnx.ModelProto, output: str) -> str:
    """The operator that makes `output`, looking through those that only move values."""
    makers = {name: node for node in model.graph.node for name in node.output}
    node = makers.get(output)
    for _ in range(len(model.graph.node)):
        if node is None or node.op_type not in _CARRIERS:
            break
        node = makers.get(node.input[0])
    return str(node.op_type) if node is not None else ""


def _name_open_axes(model: onnx.ModelProto, spec: GeneratorSpec) -> None:
    """`4*h_parts` becomes `h`, in the input and the output: they are equal, or the graph would not be the spec's."""
    if spec.image is None or not spec.image.dynamic:
        return
    for value in [*model.graph.input, *model.graph.output[:1]]:
        for axis, name in enumerate(SIDES, start=1):
            value.type.tensor_type.shape.dim[axis].dim_param = name


def remove_traces(model: onnx.ModelProto) -> None:
    """Drops what tracing left behind: stack traces with local paths, names of passes, doc strings."""
    graph = model.graph
    parts: list[Any] = [model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer]
    for part in parts:
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    for node in graph.node:
        for attribute in node.attribute:
            attribute.ClearField("doc_string")
    # Inner shapes mention torch's symbols; every reader infers them again.
    graph.ClearField("value_info")


def _rename(model: onnx.ModelProto, owners: Mapping[str, str]) -> None:
    """Weights get the checkpoint's keys, nodes `ConvTranspose_3`, and what a node makes the node's name.

    Args:
        owners: the checkpoint's names of modules, where the module has others.
    """
    graph = model.graph
    names = {tensor.name: _key(tensor.name.removeprefix(_PREFIX), owners) for tensor in graph.initializer}
    constants = [name for name in names if not name.startswith(_PREFIX)]
    names.update({name: f"constant_{i}" for i, name in enumerate(constants)})
    fixed = {value.name for value in [*graph.input, *graph.output]}
    for i, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{i}"
        for j, output in enumerate(node.output):
            if output and output not in fixed:
                names[output] = node.name if j == 0 else f"{node.name}_{j}"
    for tensor in graph.initializer:
        tensor.name = names[tensor.name]
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def _key(name: str, owners: Mapping[str, str]) -> str:
    owner, _, last = name.rpartition(".")
    return f"{owners[owner]}.{last}" if owner in owners else name


def _check(model: onnx.ModelProto, spec: GeneratorSpec) -> None:
    """The contract, asserted: a breach is a defect of the exporter and not of its input."""
    onnx.checker.check_model(model, full_check=True)
    opsets = [(opset.domain, opset.version) for opset in model.opset_import]
    found = [*model.graph.input, *model.graph.output]
    expected = [*value_infos(spec.inputs), *value_infos(spec.outputs)]
    if opsets != [("", OPSET)] or model.ir_version != IR_VERSION or len(model.functions) or found != expected:
        raise AssertionError(
            f"the graph breaks the contract: {opsets}, IR {model.ir_version}, {found} is not {expected}"
        )


def value_infos(ports: Mapping[str, Port]) -> list[onnx.ValueInfoProto]:
    """The graph's inputs or outputs as the spec states them."""
    kinds = {"float32": onnx.TensorProto.FLOAT, "uint8": onnx.TensorProto.UINT8}
    return [
        onnx.helper.make_tensor_value_info(name, kinds[port.dtype], [BATCH, *port.dims]) for name, port in ports.items()
    ]


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
