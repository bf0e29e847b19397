"""ONNX -> the vendor's network: checked before their parser sees it, and their refusals in words that help."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ganrt.engines.contract import Found, check_graph
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.tensorrt.sidecar import Tensor
from ganrt.engines.tensorrt.vendor import take_words
from ganrt.errors import BackendUnavailable, BadInputFile
from ganrt.graphs import import_with_onnx

_TYPES = {"FLOAT": "float32", "HALF": "float16", "UINT8": "uint8", "INT32": "int32", "INT64": "int64", "BOOL": "bool"}
# What is in the vendor's message, or the operator -> what mends it.
_MENDS = {
    r"bf16|b16|BFLOAT16": "engines compute in FP16, which is as fast and finer: compile the portable FP32 file with "
    "--precision fp16",
    r"FP32 (GEMM|convolution) is not supported|Turing \(SM75\)": "RTX 20 and T4 (sm75) take no such layer in FP32, and "
    "fallback layers of FP16 and INT8 graphs are in FP32: give other targets (--target sm80,sm86,sm89,sm120); a lower "
    "--min-psnr takes away the fallback layers that it asked for, not those that FP16 has not the range for",
    r"antialias": "export the resampling without antialiasing, or as a convolution with the filter's weights",
    r"ConvTranspose|[Dd]econvolution": "give --form phase-mixed: the same picture without transposed convolutions",
    r"GridSample|non-standard": "export it with ONNX's own operators: ganrt export CHECKPOINT -o F.onnx",
    r"NonZero|Multinomial|Random": "draw outside of the graph: latents are an input, and its shapes must be known",
    r"UINT8|uint8": "UINT8 is for inputs and outputs only: cast inputs first, and transpose before the last cast",
    r"must have the same type|types|Half|kHALF": "all types of the graph must fit: compile the portable FP32 file, not "
    "one that another tool converted",
}
_OTHERWISE = "give another form of the graph with --form, or use backend onnxruntime-cuda for this model"


@dataclass(frozen=True)
class Network:
    """A parsed network; `parser` holds the weights, and `builder` makes what is to be made of it."""

    builder: Any
    definition: Any
    parser: Any
    tensors: tuple[Tensor, ...]


def check_onnx(graph: OnnxFile) -> None:
    """What the vendor's parser does not notice: it takes garbage for an empty network.

    Raises:
        BadInputFile: a breach of ONNX's rules.
        BackendUnavailable: the onnx package is missing.
    """
    onnx = import_with_onnx("onnx", "engines are compiled with it")
    try:
        onnx.checker.check_model(graph.data, full_check=True)
    except Exception as error:  # protobuf, the checker and shape inference each have their own
        raise BadInputFile(f"{graph.path} breaks ONNX's rules: {str(error).strip().splitlines()[0][:300]}") from error


def parse(trt: Any, logger: Any, graph: OnnxFile) -> Network:
    """Parses a checked file into a strongly typed network whose only open side is the batch.

    Translators of any size get the size of their spec: a shape that is known when the engine is compiled is faster.

    Raises:
        BadInputFile: the parser refuses it, naming node, operator and the mend; or it is not what its spec says.
        BackendUnavailable: the vendor's builder does not start (TensorRT needs a GPU).
    """
    builder = _new_builder(trt, logger)
    definition = builder.create_network(strongly_typed(trt))
    parser = trt.OnnxParser(definition, logger)
    parsed = parser.parse(graph.data)
    if not parsed or parser.num_errors:
        raise BadInputFile(_refusal(graph, [parser.get_error(i) for i in range(parser.num_errors)]))
    if not definition.num_outputs:
        raise BadInputFile(f"{graph.path}: the vendor's parser found no output in it; expected an exported generator")
    _fix_sides(graph, definition)
    tensors = tuple(_tensors(definition))
    check_graph(graph.path, graph.spec(), _found(tensors, "input"), _found(tensors, "output"))
    return Network(builder, definition, parser, tensors)


def strongly_typed(trt: Any) -> int:
    """The flag of `create_network`: its number differs between versions, and without it TensorRT 10 chooses types."""
    return 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)


def mend(message: str) -> str:
    """What helps against a vendor's message."""
    return next((text for pattern, text in _MENDS.items() if re.search(pattern, message)), _OTHERWISE)


def _new_builder(trt: Any, logger: Any) -> Any:
    try:
        builder = trt.Builder(logger)
    except TypeError as error:  # how TensorRT says that there is no GPU, or that its installation is damaged
        words = take_words(trt)
        raise BackendUnavailable(
            f"{trt.__name__} has no builder here{words and ': '}{words}\nit needs an NVIDIA GPU to compile: "
            "compile there, or for desktops without one: ganrt compile --backend tensorrt-rtx"
        ) from error
    return builder


def _refusal(graph: OnnxFile, errors: list[Any]) -> str:
    if not errors:
        return f"{graph.path}: the vendor's parser refuses it without a reason\n{_OTHERWISE}"
    first = errors[0]
    words = " ".join(first.desc().split())[:300]
    where = f"node '{first.node_name()}' ({first.node_operator() or 'no operator'})"
    return f"{graph.path}: {where} is refused: {words}\n{mend(f'{first.node_operator()} {words}')}"


def _fix_sides(graph: OnnxFile, definition: Any) -> None:
    image = graph.spec().image
    for number in range(definition.num_inputs):
        tensor = definition.get_input(number)
        shape = tuple(tensor.shape)
        if image is not None and len(shape) == 4 and -1 in shape[1:]:
            tensor.shape = (shape[0], image.height, image.width, image.channels)


def _tensors(definition: Any) -> Iterable[Tensor]:
    for number in range(definition.num_inputs):
        yield _tensor(definition.get_input(number), "input")
    for number in range(definition.num_outputs):
        yield _tensor(definition.get_output(number), "output")


def _tensor(tensor: Any, mode: str) -> Tensor:
    kind = tensor.dtype.name
    if kind not in _TYPES:
        raise BadInputFile(f"{mode} '{tensor.name}' has type {kind}; expected {', '.join(_TYPES)}")
    return Tensor(name=tensor.name, dtype=_TYPES[kind], shape=tuple(tensor.shape), mode=mode)


def _found(tensors: Iterable[Tensor], mode: str) -> Found:
    """As `check_graph` takes it, with a name for open sides."""
    return {
        tensor.name: (tensor.dtype, ["n" if side < 0 else side for side in tensor.shape])
        for tensor in tensors
        if tensor.mode == mode
    }
