"""A graph of somebody else's made to keep the contract: its inputs from z, labels or source, and the uint8 tail.

What lies before and behind is `Owned`'s, traced by itself, so that graph and reference cannot differ in it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx_ir as ir
import torch
from onnx_ir.passes.common import IdentityEliminationPass, LiftConstantsToInitializersPass, RemoveUnusedNodesPass
from onnx_ir.tensor_adapters import to_torch_dtype
from torch import Tensor, nn

from ganrt.exporter.candidate import Candidate, ValueRange
from ganrt.exporter.graph import IR_VERSION, NATIVE, finish, to_native_input, to_uint8, type_and_shape
from ganrt.exporter.owner.call import Owned, shaped
from ganrt.exporter.tracing import OPSET, quiet
from ganrt.graphs.files import infer_shapes, read_model
from ganrt.graphs.values import attribute, constant, dims, input_of, is_operator, values_of
from ganrt.spec import BATCH, IMAGE, GeneratorSpec


class _Before(nn.Module):
    """The contract's inputs -> the network's, in its types."""

    def __init__(self, owned: Owned, value_range: ValueRange, kinds: Sequence[ir.DataType]) -> None:
        super().__init__()
        self.convert, self.value_range, self.kinds = owned.before, value_range, kinds

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        values = self.convert(tuple(to_native_input(value, self.value_range) for value in inputs))
        return tuple(value.to(to_torch_dtype(kind)) for value, kind in zip(values, self.kinds, strict=True))


class _After(nn.Module):
    """The network's picture -> (uint8 [n, h, w, c], float32 [n, c, h, w])."""

    def __init__(self, owned: Owned, value_range: ValueRange) -> None:
        super().__init__()
        self.call, self.convert, self.value_range = owned.call, owned.after, value_range

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        native = self.convert(shaped(picture, self.call))
        return to_uint8(native, self.value_range), native


_PICTURES = (ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.UINT8)


def join(candidate: Candidate, model: ir.Model, index: int, picture: tuple[int, ...]) -> ir.Model:
    """The model with the contract's inputs and outputs; the float picture stays inside as `native` [n, c, h, w].

    Args:
        candidate: its module is `Owned`.
        model: see `Opened.convert`; not changed.
        index: of the output that holds the picture. picture: its shape without the batch.
    """
    owned, spec = candidate.module, candidate.spec
    assert isinstance(owned, Owned)
    net = model.clone()
    output = [value for value in net.graph.outputs if _may_be_picture(value)][index]
    net.graph.outputs[:] = [output]
    kinds = [value.dtype or ir.DataType.FLOAT for value in net.graph.inputs]
    examples = [torch.zeros(2, *port.shape, dtype=getattr(torch, port.dtype)) for port in spec.inputs.values()]
    names = [f"given_{i}" for i in range(len(kinds))]
    whole = _traced(_Before(owned, candidate.value_range, kinds), examples, list(spec.inputs), names)
    drawn = torch.zeros(2, *picture, dtype=to_torch_dtype(output.dtype or ir.DataType.FLOAT))
    after = _traced(_After(owned, candidate.value_range), [drawn], ["picture"], [IMAGE, NATIVE])
    _add_prefix(whole, "head.", kept=list(spec.inputs))
    _append(whole.graph, _add_prefix(net, "net."))  # before all of the file's names, so that none meets the contract's
    _append(whole.graph, _add_prefix(after, "tail.", kept=[IMAGE, NATIVE]))
    whole.model_version = 1  # as in files of earlier versions: their bytes stay the same
    return _finished(whole, spec)


def _may_be_picture(value: ir.Value) -> bool:
    """As `tensors_of` counts them."""
    return value.dtype in _PICTURES and (value.shape is None or len(value.shape) > 0)


def _add_prefix(model: ir.Model, prefix: str, kept: Sequence[str] = ()) -> ir.Graph:
    for value in values_of(model):
        if value.name and value.name not in kept:
            value.name = prefix + value.name
    return model.graph


def _append(graph: ir.Graph, part: ir.Graph) -> None:
    """Moves `part` behind `graph`, whose outputs are its inputs."""
    given = list(graph.outputs)
    graph.outputs.clear()
    for value, made in zip(part.inputs, given, strict=True):
        value.replace_all_uses_with(made, replace_graph_outputs=True)
    nodes, weights, outputs = list(part), list(part.initializers.values()), list(part.outputs)
    part.outputs.clear()
    part.initializers.clear()
    part.remove(nodes)
    graph.extend(nodes)
    for weight in weights:
        graph.initializers.add(weight)
    graph.outputs.extend(outputs)


def _finished(model: ir.Model, spec: GeneratorSpec) -> ir.Model:
    """Without what the picture does not depend on; inputs and outputs as the spec states them."""
    passes = (
        LiftConstantsToInitializersPass(lift_all_constants=True),
        IdentityEliminationPass(),
        RemoveUnusedNodesPass(),
    )
    for each in passes:
        each(model)
    for i, node in enumerate(model.graph):
        node.name = f"{node.op_type}_{i}"
    del model.graph.outputs[1:]  # NATIVE stays as an inner tensor
    finish(model, spec)
    ports = [*spec.inputs.values(), *spec.outputs.values()]
    for value, port in zip((*model.graph.inputs, *model.graph.outputs), ports, strict=True):
        value.type, value.shape = type_and_shape(port)
    return model


def _traced(module: nn.Module, examples: Sequence[Tensor], inputs: list[str], outputs: list[str]) -> ir.Model:
    """By the older exporter, which takes a tenth of a second where the newer one takes seconds."""
    buffer = io.BytesIO()
    axes: Mapping[str, Any] = {name: {0: BATCH} for name in [*inputs, *outputs]}
    with quiet():
        torch.onnx.export(
            module.eval(),
            tuple(examples),
            buffer,  # type: ignore[arg-type]  # torch.onnx.export's notes: the old exporter takes buffers
            dynamo=False,
            opset_version=OPSET,
            input_names=inputs,
            output_names=outputs,
            dynamic_axes=axes,
        )
    made = read_model(buffer.getvalue())
    made.ir_version = IR_VERSION
    return made


def free_batch(model: ir.Model, batch: int) -> ir.Model:
    """A copy whose constant reshapes to [batch, ...] take their first axis from what they are given.

    The others are what they are for that batch; where that cannot be inferred and one of them is -1, the first becomes
    0 (as the input's first axis).
    """
    freed = model.clone()
    infer_shapes(freed, data_prop=True)
    for i, node in enumerate(freed.graph):
        given = constant(input_of(node, 1)) if is_operator(node, "Reshape") else None
        if given is None or given.ravel()[:1].tolist() != [batch]:
            continue
        inferred = dims(node.outputs[0])
        whole = inferred is not None and None not in inferred
        new = [-1, *(inferred if inferred and whole else given.ravel().tolist())[1:]]
        if new.count(-1) > 1:
            if attribute(node, "allowzero", 0):
                continue
            new[0] = 0
        shape = ir.val(f"free_batch_{i}", const_value=ir.tensor(np.array(new, np.int64), name=f"free_batch_{i}"))
        freed.graph.register_initializer(shape)
        node.replace_input_with(1, shape)
    return freed
