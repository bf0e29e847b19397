"""A foreign ONNX file: read as data, refused where the graph contract cannot hold, brought to opset 18.

Sources: onnx.proto (field names), the ONNX operator specification (which operators draw random numbers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import torch
from onnx import inliner, version_converter
from torch import Tensor, nn

from ganrt.errors import BadInputFile, OutputFailed, UsageError
from ganrt.exporter.foreign.opened import Opened
from ganrt.exporter.graph import IR_VERSION
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import Dims
from ganrt.exporter.owner.parameters import Parameter, is_label
from ganrt.exporter.session import Session
from ganrt.exporter.tracing import OPSET
from ganrt.file_kinds import HEAD, no_onnx
from ganrt.graphs.trial import try_foreign
from ganrt.graphs.values import attribute, input_of, values_of
from ganrt.spec import METADATA_KEY
from ganrt.tolerances import EXPORT_ERROR, EXPORT_HALF_ERROR

_RANDOM = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
_STANDARD = ("", "ai.onnx")
MAX_BYTES = 2 * 2**30  # the limit of a protocol buffer, which the result must be


_NUMPY: Mapping[int, Any] = {
    onnx.TensorProto.FLOAT: np.float32,
    onnx.TensorProto.FLOAT16: np.float16,
    onnx.TensorProto.DOUBLE: np.float64,
    onnx.TensorProto.INT64: np.int64,
    onnx.TensorProto.INT32: np.int32,
}
_WHOLE = (onnx.TensorProto.INT64, onnx.TensorProto.INT32)


class _InRuntime(nn.Module):
    """The file's own bytes in ONNX Runtime, on inputs of its own types; floats come out as float32."""

    def __init__(self, session: Session, inputs: Mapping[str, int], outputs: Sequence[int]) -> None:
        super().__init__()
        self.session, self.inputs, self.chosen = session, inputs, outputs

    def forward(self, *values: Tensor) -> list[Tensor]:
        given = zip(self.inputs.items(), values, strict=True)
        made = self.session.run({name: value.numpy().astype(_NUMPY[kind]) for (name, kind), value in given})
        tensors = [torch.from_numpy(np.ascontiguousarray(made[index])) for index in self.chosen]
        return [tensor.float() if tensor.is_floating_point() else tensor for tensor in tensors]


def read(data: bytes, path: Path, settings: Settings) -> Opened:
    """An ONNX file.

    Raises:
        BadInputFile: damaged, one of ganrt's own, with weights that lie elsewhere than beside it, operators outside
            `ai.onnx`, random ones, inputs of strange types, or of an opset that does not convert.
        UsageError: it has no output of that name.
    """
    model = parse(data, path)
    if any(entry.key == METADATA_KEY for entry in model.metadata_props):
        raise BadInputFile(f"{path} is a ganrt model already: it needs no export, use it with -m")
    if any(tensor.external_data for tensor in _tensors(onnx.load_from_string(data))):
        data = model.SerializeToString()
    try_foreign(data, path)
    stored = {tensor.name for tensor in model.graph.initializer}  # old files list their weights among the inputs
    inputs = [value for value in model.graph.input if value.name not in stored]
    kinds = {value.name: value.type.tensor_type.elem_type for value in inputs}
    if strange := [name for name, kind in kinds.items() if kind not in _NUMPY]:
        names = {value: name.lower() for name, value in onnx.TensorProto.DataType.items()}
        kind = names.get(kinds[strange[0]], "of an unknown type")
        raise BadInputFile(
            f"{path}: input {strange[0]!r} is {kind}; expected floats, or whole numbers for classes\n"
            "wrap the generator so that it takes them and export it again"
        )
    weights = sum(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in model.graph.initializer)
    net = to_contract_opset(model, path)
    half, outputs = _in_full(net), list(net.graph.outputs)
    _choose_outputs(net, settings, path)
    module = _InRuntime(open_session(data, path), kinds, [outputs.index(value) for value in net.graph.outputs])
    against = "the ONNX file itself in ONNX Runtime"
    note = f"the file computes in half precision ({weights} weights); the graph computes in float32"
    dims = [_dims(value) for value in inputs]
    return Opened(
        module,
        [
            Parameter(name, kind in _WHOLE or (is_label(name) and i > 0), shape[1:], kind in _WHOLE)
            for i, ((name, kind), shape) in enumerate(zip(kinds.items(), dims, strict=True))
        ],
        lambda _: net,
        f"{against}, in half precision" if half else against,
        batch=max((shape[0] or 0 for shape in dims if shape), default=0) or None,
        notes=(note,) if half else (),
        tolerance=EXPORT_HALF_ERROR if half else EXPORT_ERROR,
    )


def _dims(value: onnx.ValueInfoProto) -> Dims:
    shape = value.type.tensor_type.shape
    return tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in shape.dim)


def _choose_outputs(model: ir.Model, settings: Settings, path: Path) -> None:
    """Leaves its own inputs alone, and the output that was said to be the picture."""
    graph, chosen = model.graph, settings.image_output
    names = [value.name or "" for value in graph.outputs]
    if chosen is not None and chosen.isdecimal() and chosen not in names and int(chosen) < len(names):
        chosen = names[int(chosen)]
    if chosen is not None and chosen not in names:
        raise UsageError(f"{path} has no output {chosen!r}\nexpected one of: {', '.join(names)}")
    graph.inputs[:] = [value for value in graph.inputs if not value.is_initializer()]
    graph.outputs[:] = [value for value in graph.outputs if chosen in (None, value.name)]


def _in_full(model: ir.Model) -> bool:
    """Makes it compute in float32 what it computes in half precision: weights, casts, inputs and outputs.

    Returns whether there was any of it.
    """
    half = False
    for value in values_of(model):
        if value.dtype is ir.DataType.FLOAT16:
            half, value.dtype = True, ir.DataType.FLOAT
        if value.const_value is not None and value.const_value.dtype is ir.DataType.FLOAT16:
            half, value.const_value = True, _widened(value.const_value)
    for node in model.graph.all_nodes():
        for name, given in list(node.attributes.items()):
            if given.type is ir.AttributeType.TENSOR and given.value.dtype is ir.DataType.FLOAT16:
                half, node.attributes[name] = True, ir.AttrTensor(name, _widened(given.value))
            elif name in ("to", "dtype") and given.value == ir.DataType.FLOAT16:
                half, node.attributes[name] = True, ir.AttrInt64(name, ir.DataType.FLOAT)
    return half


def _widened(tensor: ir.TensorProtocol) -> ir.TensorProtocol:
    return ir.tensor(tensor.numpy().astype(np.float32), name=tensor.name)


def parse(data: bytes, path: Path) -> onnx.ModelProto:
    """The model, with the weights that lie in files beside it.

    Raises:
        BadInputFile: damaged, with sparse weights, or with external data that lies elsewhere, in a link, or is cut.
    """
    try:
        model = onnx.load_from_string(data)
    except Exception as error:  # protobuf's own DecodeError, and whatever else its parsers raise
        raise BadInputFile(no_onnx(path, data[:HEAD], _short(error))) from error
    if not model.graph.node or not model.opset_import:
        raise BadInputFile(f"{path} is not an ONNX file: it holds no graph")
    room = MAX_BYTES
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            room -= _load_beside(tensor, path, room)
    if model.graph.sparse_initializer:
        raise BadInputFile(f"{path} has sparse weights\nexport it again with dense ones")
    return model


def _load_beside(tensor: onnx.TensorProto, path: Path, room: int) -> int:
    """Takes a weight's bytes from a regular file in the same folder; returns how many.

    A name is a name and no path: no folder, no "..", no link, so that a model reads nothing else of this machine.
    """
    entries = {entry.key: entry.value for entry in tensor.external_data}
    name = entries.get("location", "")
    mend = "save the model as one file: onnx.save(onnx.load(path), new_path, save_as_external_data=False)"
    beside = path.parent / name
    if not name or name != Path(name).name or "\\" in name or ":" in name or name in (".", ".."):
        raise BadInputFile(
            f"{path}: weight {tensor.name[:80]!r} lies in {name[:80]!r}, which is no file beside it\n{mend}"
        )
    if beside.is_symlink() or not beside.is_file():
        what = "a link" if beside.is_symlink() else "missing"
        raise BadInputFile(f"{path}: its weights lie in {name[:80]}, which is {what}\ncopy both files into one folder")
    try:
        offset, length = int(entries.get("offset", "0")), int(entries.get("length", "-1"))
        size = beside.stat().st_size
        length = size - offset if length < 0 else length
        if offset < 0 or offset + length > size or length > room:
            raise ValueError(f"bytes {offset} to {offset + length} of {size}")
        with beside.open("rb") as file:
            file.seek(offset)
            tensor.raw_data = file.read(length)
    except ValueError as error:
        raise BadInputFile(
            f"{path}: weight {tensor.name[:80]!r} does not lie in {name[:80]} ({error})\n{mend}"
        ) from error
    except OSError as error:
        raise OutputFailed(f"{beside} could not be read: {error.strerror or error}") from error
    tensor.data_location = onnx.TensorProto.DEFAULT
    tensor.ClearField("external_data")
    return length


def to_contract_opset(model: onnx.ModelProto, path: Path) -> ir.Model:
    """Functions inlined, standard operators only, none random, opset 18 and IR 10.

    Raises:
        BadInputFile: it cannot be brought there; the message names the operators.
    """
    try:
        model = inliner.inline_local_functions(model) if len(model.functions) else model
        _check_operators(ir.from_proto(model), path)
        versions = [entry.version for entry in model.opset_import if entry.domain in _STANDARD]
        del model.opset_import[:]
        model.opset_import.append(onnx.helper.make_opsetid("", max(versions, default=0)))
        # The converter reads old files' weights from among the inputs, so they stay there until it is done.
        model = model if versions == [OPSET] else _converted(model)
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
    except BadInputFile:
        raise
    except Exception as error:  # onnx raises its own errors, RuntimeError, ValueError, TypeError and IndexError
        raise BadInputFile(
            f"{path} cannot be brought to opset {OPSET} ({_short(error)})\n"
            f"export it again from its framework with opset {OPSET}"
        ) from error
    return ir.from_proto(model)


def _converted(model: onnx.ModelProto) -> onnx.ModelProto:
    """By onnx's converter, which has no way back for some operators of newer opsets.

    Most of their newer versions only take more types, so that opset 18 reads them as they are: the strict check tells
    whether it does, and the pictures are compared with those of the file as it was.
    """
    try:
        return version_converter.convert_version(model, OPSET)
    except Exception as error:
        if model.opset_import[0].version < OPSET:
            raise
        model.opset_import[0].version = OPSET
        model.ir_version = IR_VERSION
        try:
            onnx.checker.check_model(model, full_check=True)
        except Exception:
            raise error from None
        return model


def open_session(data: bytes, path: Path) -> Session:
    """ONNX Runtime on `data`.

    Raises:
        BadInputFile: it does not load.
    """
    try:
        return Session(data)
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise BadInputFile(f"{path} does not load in ONNX Runtime ({_short(error)})") from error


def _check_operators(model: ir.Model, path: Path) -> None:
    nodes = list(model.graph.all_nodes())
    other = sorted({f"{node.domain}.{node.op_type}" for node in nodes if node.domain not in _STANDARD})
    if other:
        raise BadInputFile(
            f"{path} has operators outside ai.onnx: {', '.join(other)[:300]}\n"
            "export it again without optimising it for one runtime"
        )
    drawing = sorted({node.op_type for node in nodes if node.op_type in _RANDOM or _is_training(node)})
    if drawing:
        raise BadInputFile(
            f"{path} is random or in training mode: {', '.join(drawing)}; expected pictures that depend on z alone\n"
            "export it again in eval mode and with constant noise"
        )


def _is_training(node: ir.Node) -> bool:
    """Dropout takes training_mode as third input since opset 12, BatchNormalization as attribute since 14."""
    if node.op_type == "Dropout":
        switch = input_of(node, 2)
        known = None if switch is None else ir.convenience.get_const_tensor(switch)
        return switch is not None and (known is None or bool(known.numpy().any()))
    return node.op_type == "BatchNormalization" and bool(attribute(node, "training_mode", 0))


def _tensors(message: Any) -> Iterator[onnx.TensorProto]:
    """Every tensor below a message, wherever ONNX allows one: sparse ones, attributes, inner graphs, functions."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in (value,) if hasattr(value, "ListFields") else value:
            if isinstance(part, onnx.TensorProto):
                yield part
            else:
                yield from _tensors(part)


def _short(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]
