"""A graph of somebody else's made to keep the contract: its inputs from z, labels or source, and the uint8 tail.

What lies before and behind is `Owned`'s, traced by itself, so that graph and reference cannot differ in it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import torch
from onnx import TensorProto, compose
from onnx_ir.passes.common import IdentityEliminationPass, LiftConstantsToInitializersPass, RemoveUnusedNodesPass
from torch import Tensor, nn

from ganrt.exporter.candidate import Candidate, ValueRange
from ganrt.exporter.graph import IR_VERSION, NATIVE, remove_traces, to_native_input, to_uint8, value_infos
from ganrt.exporter.owner.call import Owned, shaped
from ganrt.exporter.tracing import OPSET, quiet
from ganrt.graphs.values import attribute, constant, dims, input_of, is_operator
from ganrt.spec import BATCH, IMAGE, GeneratorSpec

_PREFIX = "net."  # before every name of the file's own, so that none meets the contract's


class _Before(nn.Module):
    """The contract's inputs -> the network's, in its types."""

    def __init__(self, owned: Owned, value_range: ValueRange, kinds: Sequence[int]) -> None:
        super().__init__()
        self.convert, self.value_range, self.kinds = owned.before, value_range, kinds

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        values = self.convert(tuple(to_native_input(value, self.value_range) for value in inputs))
        return tuple(value.to(_TORCH[kind]) for value, kind in zip(values, self.kinds, strict=True))


class _After(nn.Module):
    """The network's picture -> (uint8 [n, h, w, c], float32 [n, c, h, w])."""

    def __init__(self, owned: Owned, value_range: ValueRange) -> None:
        super().__init__()
        self.call, self.convert, self.value_range = owned.call, owned.after, value_range

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        native = self.convert(shaped(picture, self.call))
        return to_uint8(native, self.value_range), native


_TORCH: Mapping[int, torch.dtype] = {
    TensorProto.FLOAT: torch.float32,
    TensorProto.DOUBLE: torch.float64,
    TensorProto.INT64: torch.int64,
    TensorProto.INT32: torch.int32,
    TensorProto.UINT8: torch.uint8,
}


_FLOATS = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.UINT8)


def join(candidate: Candidate, model: onnx.ModelProto, index: int, picture: tuple[int, ...]) -> onnx.ModelProto:
    """The model with the contract's inputs and outputs; the float picture stays inside as `native` [n, c, h, w].

    Args:
        candidate: its module is `Owned`.
        model: see `Opened.convert`; not changed.
        index: of the output that holds the picture. picture: its shape without the batch.
    """
    owned, spec = candidate.module, candidate.spec
    assert isinstance(owned, Owned)
    inputs, output = list(model.graph.input), [value for value in model.graph.output if _may_be_picture(value)][index]
    kinds = [value.type.tensor_type.elem_type for value in inputs]
    examples = [torch.zeros(2, *port.shape, dtype=getattr(torch, port.dtype)) for port in spec.inputs.values()]
    names = [f"given_{i}" for i in range(len(inputs))]
    before = _traced(_Before(owned, candidate.value_range, kinds), examples, list(spec.inputs), names)
    drawn = torch.zeros(2, *picture, dtype=_TORCH[output.type.tensor_type.elem_type])
    after = _traced(_After(owned, candidate.value_range), [drawn], ["picture"], [IMAGE, NATIVE])
    pairs = [(f"head.{name}", _PREFIX + value.name) for name, value in zip(names, inputs, strict=True)]
    head = compose.add_prefix(before, "head.", rename_inputs=False)
    net = compose.merge_models(head, compose.add_prefix(model, _PREFIX), io_map=pairs)
    tail = compose.add_prefix(after, "tail.", rename_outputs=False)
    return _finished(compose.merge_models(net, tail, io_map=[(_PREFIX + output.name, "tail.picture")]), spec)


def _may_be_picture(value: onnx.ValueInfoProto) -> bool:
    """As `tensors_of` counts them."""
    kind = value.type.tensor_type
    return kind.elem_type in _FLOATS and not (kind.HasField("shape") and not kind.shape.dim)


def _finished(model: onnx.ModelProto, spec: GeneratorSpec) -> onnx.ModelProto:
    """Without what the picture does not depend on; inputs and outputs as the spec states them."""
    for value in [value for value in model.graph.output if value.name not in (IMAGE, NATIVE)]:
        model.graph.output.remove(value)
    passes = (
        LiftConstantsToInitializersPass(lift_all_constants=True),
        IdentityEliminationPass(),
        RemoveUnusedNodesPass(),
    )
    whole = ir.from_proto(model)
    for each in passes:
        each(whole)
    made = ir.to_proto(whole)
    remove_traces(made)
    for i, node in enumerate(made.graph.node):
        node.name = f"{node.op_type}_{i}"
    del made.graph.input[:], made.graph.output[:]
    made.graph.input.extend(value_infos(spec.inputs))
    made.graph.output.extend(value_infos(spec.outputs))
    made.producer_name, made.producer_version, made.graph.name = "ganrt", "", spec.family
    return made


def _traced(module: nn.Module, examples: Sequence[Tensor], inputs: list[str], outputs: list[str]) -> onnx.ModelProto:
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
    made = onnx.load_from_string(buffer.getvalue())
    made.ir_version = IR_VERSION
    return made


def free_batch(model: onnx.ModelProto, batch: int) -> onnx.ModelProto:
    """A copy whose constant reshapes to [batch, ...] take their first axis from what they are given.

    The others are what they are for that batch; where that cannot be inferred and one of them is -1, the first becomes
    0 (as the input's first axis).
    """
    freed = ir.serde.deserialize_model(onnx.shape_inference.infer_shapes(model, data_prop=True))
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
    made = ir.serde.serialize_model(freed)
    made.graph.ClearField("value_info")
    return made
