"""Reads what matters of an ONNX file without the onnx package: versions, metadata, weights, external data.

An ONNX file is a protocol buffer; the field numbers below are from the public onnx.proto. Only the parts
needed are decoded, everything else is skipped by its length, and nothing of the file is executed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.protobuf import BYTES, VARINT, fields, message, packed, text
from ganrt.engines.stamp import DERIVED, read_form_stamp, read_stamp
from ganrt.errors import BadInputFile
from ganrt.spec import METADATA_KEY, GeneratorSpec

MAX_BYTES = 2 * 2**30  # the limit of a protocol buffer

_FLOAT, _FLOAT16, _DOUBLE = 1, 10, 11
_NUMPY_TYPES = {_FLOAT: np.float32, _FLOAT16: np.float16, _DOUBLE: np.float64}


@dataclass(frozen=True)
class Weight:
    """One initializer; `values` is a flat view of floating-point data, None for other types."""

    name: str
    shape: tuple[int, ...]
    values: NDArray[np.floating] | None
    external: bool


@dataclass(frozen=True)
class OnnxFile:
    """What an ONNX file says about itself.

    Attributes:
        weights: every tensor of the file, wherever it stands: initializers, attributes, inner graphs, functions.
        functions: names of the local functions, which `read_onnx` refuses.
        form: which exactly equivalent graph it is, or was before it was lowered to another precision; `derived` of a
            form's own file, which does not say which it is.
        derived_from: SHA-256 of the portable file that it was made of, if any.
    """

    path: Path
    data: bytes
    ir_version: int
    opset: int
    producer: str
    metadata: dict[str, str]
    operators: tuple[str, ...]
    weights: tuple[Weight, ...]
    functions: tuple[str, ...] = ()
    form: str = "plain"
    derived_from: str = ""

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the whole file."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def model_sha256(self) -> str:
        """SHA-256 of the portable model that this is, or was derived from."""
        return self.derived_from or self.sha256

    @property
    def precision(self) -> str:
        """In which it computes: "fp32", or what `ganrt compile` made of it."""
        stamp = read_stamp(self.metadata)
        return "fp32" if stamp is None else stamp.precision

    @property
    def parameters(self) -> int:
        """How many numbers the weights hold."""
        return sum(int(np.prod(weight.shape, dtype=np.int64)) for weight in self.weights)

    def spec(self) -> GeneratorSpec:
        """The embedded generator spec.

        Raises:
            BadInputFile: there is none; `SpecError` names the field if it is malformed.
        """
        if METADATA_KEY not in self.metadata:
            raise BadInputFile(
                f"{self.path} has no '{METADATA_KEY}' in its metadata: it was not written by ganrt\n"
                "export it, or better its checkpoint: ganrt export FILE -o model.onnx"
            )
        return GeneratorSpec.from_json(self.metadata[METADATA_KEY])


def read_onnx(path: Path) -> OnnxFile:
    """Reads and checks an ONNX file.

    Raises:
        BadInputFile: missing, empty, too large, not ONNX, with local functions or external data, or with a NaN or
            infinite weight.
    """
    data = _read_bytes(path)
    try:
        onnx_file = _parse(path, data)
    except (ValueError, IndexError, OverflowError, RecursionError) as error:
        raise BadInputFile(f"{path} is not an ONNX file, or it is damaged ({error})") from error
    if not onnx_file.ir_version or not onnx_file.opset or not onnx_file.operators:
        raise BadInputFile(f"{path} is not an ONNX file: it holds no graph")
    _check_whole(onnx_file)
    _check_weights(onnx_file)
    return _with_origin(onnx_file)


def _with_origin(onnx_file: OnnxFile) -> OnnxFile:
    """Says which model a file of lower precision, or of another form, was made from."""
    try:
        stamp, source = read_stamp(onnx_file.metadata), read_form_stamp(onnx_file.metadata)
    except BadInputFile as error:
        raise BadInputFile(f"{onnx_file.path}: {error}\nmake it again: ganrt compile -m MODEL -o DIR") from error
    if stamp is not None:
        return replace(onnx_file, form=stamp.form, derived_from=stamp.source_sha256)
    return onnx_file if source is None else replace(onnx_file, form=DERIVED, derived_from=source)


def derived(model: OnnxFile, data: bytes, form: str) -> OnnxFile:
    """The file of a graph that ganrt derived from `model`.

    Raises:
        BadInputFile: `data` is not an ONNX file, or not a whole one.
    """
    try:
        made = _parse(model.path, data)
    except (ValueError, IndexError, OverflowError, RecursionError) as error:
        raise BadInputFile(f"form '{form}' of {model.path} is not an ONNX file ({error})") from error
    _check_whole(made)
    return replace(made, form=form, derived_from=model.model_sha256)


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise BadInputFile(f"{path} is a folder; expected an ONNX file{_models_within(path)}")
        if path.suffix == ".engine":
            raise BadInputFile(f"{path} is a compiled engine; expected the ONNX file that it was compiled from")
        if size == 0:
            raise BadInputFile(f"{path} is empty; expected an ONNX file")
        if size > MAX_BYTES:
            raise BadInputFile(f"{path} has {size} bytes; an ONNX file has at most {MAX_BYTES}")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadInputFile(f"{path} does not exist; expected an ONNX file") from error
    except OSError as error:
        raise BadInputFile(f"{path} cannot be read: {error.strerror}") from error


def _models_within(folder: Path) -> str:
    """The advice for a folder that holds some, such as a bundle's."""
    found = sorted(path for pattern in ("*.onnx", "*/*.onnx") for path in folder.glob(pattern))[:4]
    return f"; in it are: {', '.join(map(str, found))}" if found else ""


def _check_whole(onnx_file: OnnxFile) -> None:
    """Refuses what could draw on anything but the file: a runtime would read external data from any file named."""
    for weight in onnx_file.weights:
        if weight.external:
            raise BadInputFile(
                f"{onnx_file.path}: weight '{weight.name[:80]}' lies in another file (external data), which is "
                "refused\nsave the model as one file: onnx.save(model, path, save_as_external_data=False)"
            )
    if onnx_file.functions:
        raise BadInputFile(
            f"{onnx_file.path} has local functions ({', '.join(onnx_file.functions)[:200]}); expected plain operators\n"
            "inline them: onnx.save(onnx.inliner.inline_local_functions(onnx.load(path)), new_path)"
        )


def _check_weights(onnx_file: OnnxFile) -> None:
    for weight in onnx_file.weights:
        if weight.values is not None and not np.isfinite(weight.values).all():
            raise BadInputFile(
                f"{onnx_file.path}: weight '{weight.name}' holds NaN or infinite values\n"
                "export a checkpoint that was saved before the training diverged"
            )


def _parse(path: Path, data: bytes) -> OnnxFile:
    ir_version = opset = 0
    producer = ""
    metadata: dict[str, str] = {}
    operators: list[str] = []
    weights: list[Weight] = []
    functions: list[str] = []
    for number, _, value in fields(memoryview(data)):
        if number == 1 and isinstance(value, int):
            ir_version = value
        elif number == 2:
            producer = text(value)
        elif number == 7:
            _parse_graph(message(value), operators, weights)
        elif number == 8:
            opset = max(opset, _opset(message(value)))
        elif number == 20:  # how to train: an initialization and an algorithm, both graphs
            for _, _, graph in fields(message(value)):
                _parse_graph(message(graph), [], weights)
        elif number == 25:
            functions.append(_parse_function(message(value), weights))
        elif number == 14:
            entry = {n: text(v) for n, _, v in fields(message(value))}
            metadata[entry.get(1, "")] = entry.get(2, "")
    named = metadata, tuple(operators), tuple(weights), tuple(functions)
    return OnnxFile(path, data, ir_version, opset, producer, *named)


def _opset(data: memoryview) -> int:
    values = {number: value for number, _, value in fields(data)}
    domain = text(values[1]) if 1 in values else ""
    version = values.get(2, 0)
    return version if domain in ("", "ai.onnx") and isinstance(version, int) else 0


def _parse_graph(data: memoryview, operators: list[str], weights: list[Weight]) -> None:
    for number, _, value in fields(data):
        if number == 1:
            _parse_node(message(value), operators, weights)
        elif number == 5:
            weights.append(parse_tensor(message(value)))
        elif number == 15:
            weights += _sparse(message(value))


def _parse_function(data: memoryview, weights: list[Weight]) -> str:
    """Collects a local function's tensors; its name."""
    name = ""
    for number, _, value in fields(data):
        if number == 1:
            name = text(value)
        elif number == 7:
            _parse_node(message(value), [], weights)
        elif number == 11:  # an attribute with its default
            _parse_attribute(message(value), [], weights)
    return name


def _sparse(data: memoryview) -> list[Weight]:
    """A SparseTensorProto's values and indices."""
    return [parse_tensor(message(value)) for number, _, value in fields(data) if number in (1, 2)]


def _parse_node(data: memoryview, operators: list[str], weights: list[Weight]) -> None:
    for number, _, value in fields(data):
        if number == 4:
            operators.append(text(value))
        elif number == 5:
            _parse_attribute(message(value), operators, weights)


def _parse_attribute(data: memoryview, operators: list[str], weights: list[Weight]) -> None:
    """A tensor (5), tensors (10), a graph (6), graphs (11), a sparse tensor (22), sparse tensors (23), or none."""
    for number, _, value in fields(data):
        if isinstance(value, int):
            continue
        if number in (5, 10):
            weights.append(parse_tensor(value))
        elif number in (6, 11):
            _parse_graph(value, operators, weights)
        elif number in (22, 23):
            weights += _sparse(value)


def parse_tensor(data: memoryview) -> Weight:
    """A TensorProto."""
    shape: list[int] = []
    name, kind, external = "", 0, False
    raw: memoryview | None = None
    for number, wire, value in fields(data):
        if number == 1:
            shape += [value] if wire == VARINT and isinstance(value, int) else packed(message(value))
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8:
            name = text(value)
        elif number in (4, 9, 10) and wire == BYTES and kind in (0, _FLOAT, _DOUBLE, _FLOAT16):
            # float_data, raw_data and double_data are little-endian arrays of the element type
            raw = message(value)
        elif number == 13 or (number == 14 and value == 1):
            external = True
    dtype = _NUMPY_TYPES.get(kind)
    values = None if raw is None or dtype is None else np.frombuffer(raw, np.dtype(dtype).newbyteorder("<"))
    return Weight(name, tuple(shape), values, external)
