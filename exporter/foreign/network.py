"""A network as its file gives it: an ONNX model of it, and the file itself to compare with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.options import Settings
from ganrt.spec import ImageInput
from ganrt.tolerances import EXPORT_ERROR

# Values for the inputs in the order of `Network.inputs` -> the picture as the file gives it.
Run = Callable[[Sequence[NDArray[Any]]], NDArray[Any]]
Dims = tuple[int | None, ...]  # None: any length


@dataclass(frozen=True)
class Tensor:
    """An input as the model declares it; `kind` is ONNX's element type."""

    name: str
    dims: Dims
    kind: int


@dataclass(frozen=True)
class Network:
    """What a reader of one kind hands on.

    Attributes:
        model: opset 18, IR 10, `ai.onnx` alone, no random operators; inputs and outputs as the file has them.
        run: the file itself, not `model`.
        against: what `run` is, for the spec.
        notes: what had to be assumed.
        tolerance: how far `model` may be from it, as floats: more where the file computes in half precision.
    """

    model: onnx.ModelProto
    run: Run
    against: str
    notes: tuple[str, ...] = ()
    tolerance: float = EXPORT_ERROR


@dataclass(frozen=True)
class Interface:
    """How z and the labels, or a picture, get in, and where the picture comes out.

    Attributes:
        z: the input of z; of translators that of the picture, which `source` describes.
        z_ones: how many axes of length 1 lie before and after dim in the network's own z.
        fixed: whether the network draws one picture at a time only.
        output: its name; `output_index` where it lies among the outputs.
        labels_first: whether the labels are the network's first input.
    """

    z: Tensor
    dim: int
    z_ones: tuple[int, int]
    labels: Tensor | None
    labels_count: int | None
    fixed: bool
    output: str
    output_index: int
    labels_first: bool
    source: ImageInput | None = None
    source_layout: str = "nchw"

    @property
    def numbers(self) -> bool:
        """Whether the labels are class numbers, not rows."""
        return self.labels is not None and self.labels.kind in _INTEGERS

    def z_shape(self, batch: int) -> list[int]:
        """The network's own shape of z."""
        before, after = self.z_ones
        return [batch, *[1] * before, self.dim, *[1] * after]


def tensors(values: Sequence[Any]) -> list[Tensor]:
    """Declared inputs or outputs of a graph."""
    return [Tensor(value.name, _dims(value), value.type.tensor_type.elem_type) for value in values]


def _dims(value: Any) -> Dims:
    return tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in value.type.tensor_type.shape.dim)


def real_inputs(model: onnx.ModelProto) -> list[Tensor]:
    """The inputs that are no weights: old files list their weights among the inputs."""
    weights = {tensor.name for tensor in model.graph.initializer}
    return tensors([value for value in model.graph.input if value.name not in weights])


def read_interface(model: onnx.ModelProto, wanted: Settings, path: Path) -> Interface:
    """Settles which input is what, from what the model declares and what the user says.

    Raises:
        UsageError: it takes something else than the settings say, or they leave something open.
        BadInputFile: no generator: no float latent, or a batch fixed at more than one.
    """
    inputs = real_inputs(model)
    count = wanted.labels or _counted(model, inputs)
    z, labels = _roles(inputs, count, path)
    by_number = labels is not None and labels.dims[1:] in ((), (1,))
    for tensor, kinds in ((z, _FLOATS), (labels, {**_FLOATS, **_INTEGERS} if by_number else _FLOATS)):
        if tensor is not None and tensor.kind not in kinds:
            kind = onnx.TensorProto.DataType.Name(tensor.kind).lower()
            raise BadInputFile(
                f"{path}: input {tensor.name!r} is {kind}; expected floats: z, and labels as one-hot rows\n"
                "wrap the generator so that it takes them and export it again"
            )
    output = _output(model, wanted, path)
    picture = _picture(z, wanted) if labels is None else None
    ones, dim = ((0, 0), 0) if picture else _latent(z, wanted, path)
    return Interface(
        z=z,
        dim=dim,
        z_ones=ones,
        labels=labels,
        labels_count=count if labels is not None else None,
        fixed=_fixed(inputs, path),
        output=output,
        output_index=[value.name for value in model.graph.output].index(output),
        labels_first=labels is inputs[0],
        source=picture[0] if picture else None,
        source_layout=picture[1] if picture else "nchw",
    )


def _counted(model: onnx.ModelProto, inputs: list[Tensor]) -> int | None:
    """How many rows the table has that class numbers look up, where one input of two holds integers."""
    numbers = {tensor.name for tensor in inputs if tensor.kind in _INTEGERS}
    if len(inputs) != 2 or len(numbers) != 1:
        return None
    rows = {tensor.name: tensor.dims[0] for tensor in model.graph.initializer if tensor.dims}
    for node in model.graph.node:
        if node.op_type in ("Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape") and node.input[0] in numbers:
            numbers.add(node.output[0])
        elif node.op_type == "Gather" and node.input[1] in numbers and node.input[0] in rows:
            return int(rows[node.input[0]])
    return None


def _picture(tensor: Tensor, wanted: Settings) -> tuple[ImageInput, str] | None:
    """The picture that a translator takes, and its layout; None where the input is z."""
    if len(tensor.dims) != 4 or wanted.latent is not None or wanted.z_shape is not None:
        return None
    for layout, axis, sides in (("nchw", 1, tensor.dims[2:]), ("nhwc", 3, tensor.dims[1:3])):
        channels = tensor.dims[axis]
        if channels in (1, 3, 4) and all(side is None or side > _LEAST_SIDE for side in sides):
            given = wanted.size or (_SIDE, _SIDE)
            height, width = (side or own for side, own in zip(sides, given, strict=True))
            return ImageInput(height=height, width=width, channels=channels), layout
    return None


_LEAST_SIDE, _SIDE = 8, 256
_INTEGERS: Mapping[int, str] = {onnx.TensorProto.INT64: "int64", onnx.TensorProto.INT32: "int32"}
_FLOATS: Mapping[int, str] = {
    onnx.TensorProto.FLOAT: "float32",
    onnx.TensorProto.FLOAT16: "float16",
    onnx.TensorProto.DOUBLE: "float64",
}


def numpy_type(tensor: Tensor) -> str:
    """NumPy's name of an input's type."""
    return {**_FLOATS, **_INTEGERS}[tensor.kind]


def _roles(inputs: list[Tensor], count: int | None, path: Path) -> tuple[Tensor, Tensor | None]:
    shown = ", ".join(f"{tensor.name} {_shape(tensor)}" for tensor in inputs) or "none"
    if len(inputs) != (2 if count else 1):
        expected = "z and labels" if count else "z alone; say --labels COUNT if the second one is labels"
        raise UsageError(f"{path} takes {len(inputs)} inputs: {shown}\nexpected {expected}")
    if not count:
        return inputs[0], None
    numbers = [tensor for tensor in inputs if tensor.kind in _INTEGERS]
    if len(numbers) == 1 and numbers[0].dims[1:] in ((), (1,)):
        return next(tensor for tensor in inputs if tensor is not numbers[0]), numbers[0]
    # z comes first unless the widths say otherwise.
    fits = [bool(tensor.dims) and tensor.dims[-1] == count for tensor in inputs]
    z, labels = inputs if not (fits[0] and not fits[1]) else inputs[::-1]
    if len(labels.dims) != 2 or labels.dims[1] not in (None, count):
        raise UsageError(f"{path}: --labels {count} fits no input: {shown}\nexpected [n, {count}]")
    return z, labels


def _shape(tensor: Tensor) -> str:
    return "[" + ", ".join("?" if dim is None else str(dim) for dim in tensor.dims) + "]"


def _latent(z: Tensor, wanted: Settings, path: Path) -> tuple[tuple[int, int], int]:
    """How many ones surround dim, and dim."""
    ones = wanted.z_shape or _declared_ones(z, wanted)
    if ones is not None and len(z.dims) == 2 + sum(ones):
        declared = z.dims[1 + ones[0]]
        dim = wanted.latent or declared
        others = [size for i, size in enumerate(z.dims) if i not in (0, 1 + ones[0])]
        if dim and declared in (None, dim) and all(size in (None, 1) for size in others):
            return ones, dim
    raise UsageError(
        f"{path}: z is input {z.name!r} of shape {_shape(z)}; expected [n, dim], or one axis with ones around it\n"
        "say which: --latent 100, --z-shape n,dim,1,1"
    )


def _declared_ones(z: Tensor, wanted: Settings) -> tuple[int, int] | None:
    """From the one axis that is longer than 1, or free; an axis of the wanted length wins."""
    axes = [i for i, size in enumerate(z.dims) if i and size == wanted.latent] if wanted.latent else []
    axes = axes or [i for i, size in enumerate(z.dims) if i and size != 1] or [1][: len(z.dims) - 1]
    return (axes[0] - 1, len(z.dims) - axes[0] - 1) if len(axes) == 1 else None


def _fixed(inputs: list[Tensor], path: Path) -> bool:
    batches = {tensor.dims[0] for tensor in inputs if tensor.dims}
    if batches - {None, 1}:
        raise BadInputFile(
            f"{path} draws {sorted(b for b in batches if b)} pictures at a time; expected a free batch, or 1\n"
            "export it again with a dynamic batch axis"
        )
    return 1 in batches


def _output(model: onnx.ModelProto, wanted: Settings, path: Path) -> str:
    outputs = tensors(model.graph.output)
    names = [tensor.name for tensor in outputs]
    if wanted.image_output is not None:
        if wanted.image_output not in names:
            raise UsageError(f"{path} has no output {wanted.image_output!r}\nexpected one of: {', '.join(names)}")
        return wanted.image_output
    pictures = [tensor.name for tensor in outputs if len(tensor.dims) == 4]
    chosen = names if len(names) == 1 else pictures
    if len(chosen) != 1:
        raise UsageError(
            f"{path} has {len(names)} outputs: {', '.join(names)}\nsay which is the picture: --image-output NAME"
        )
    return chosen[0]
