"""OpenVINO models: read, split after their first layer, compiled for fixed shapes, and kept in ganrt's own cache.

OpenVINO's own cache gives no sign of a damaged file and then draws something else.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ganrt.engines.cache import drop, find_or_make
from ganrt.engines.contract import Found
from ganrt.engines.onnx_file import OnnxFile
from ganrt.errors import BackendUnavailable, BadInputFile
from ganrt.interrupts import import_whole

INSTALL = 'pip install "ganrt[openvino]"'
STEM = "stem"  # the tensor between the two parts
_HEAVY = ("MatMul", "Convolution", "ConvolutionBackpropData", "GroupConvolution", "GroupConvolutionBackpropData")
_LARGEST_BLOB = 64 * 2**20  # larger models compile nearly as fast as their blob is read and hashed

Shapes = Mapping[str, tuple[int, ...]]


def import_openvino() -> Any:
    """The openvino module; raises BackendUnavailable where it is missing or broken."""
    try:
        with _silent():
            module = import_whole("openvino")
        _ = module.Core, module.__version__
    except (ImportError, OSError, AttributeError) as error:
        raise BackendUnavailable(f"openvino is missing or broken: {error}\ninstall it: {INSTALL}") from error
    return module


@contextmanager
def _silent() -> Iterator[None]:
    """OpenVINO sends word of its import over the network, from a process that it forks, unless it misses this package:
    nothing that draws pictures needs a network, and no benchmark another process.
    """
    name = "openvino_telemetry"
    hidden = name not in sys.modules
    if hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # so that importing it fails
    try:
        yield
    finally:
        if hidden:
            del sys.modules[name]


def read(core: Any, onnx_file: OnnxFile) -> Any:
    """The model of an ONNX file."""
    try:
        return core.read_model(io.BytesIO(onnx_file.data))
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise BadInputFile(f"{onnx_file.path} is not a graph that OpenVINO can run: {reason}") from error


def tensors(ports: Any) -> Found:
    """OpenVINO's descriptions of inputs or outputs in the words of the graph contract."""
    kinds = {"f32": "float32", "u8": "uint8"}
    found: Found = {}
    for port in ports:
        kind = port.get_element_type().get_type_name()
        shape = [None if side.is_dynamic else side.get_length() for side in port.get_partial_shape()]
        found[port.get_any_name()] = kinds.get(kind, kind), shape
    return found


def split(openvino: Any, model: Any) -> tuple[Any, Any] | None:
    """(stem, rest) of a generator: the first layer that reads `z`, with what follows it up to the next layer.

    The rest takes the stem's output as `stem`, and whatever else the model takes. None where no layer reads `z`.
    Latents rounded to BF16 are other latents: of all layers the first is the one whose rounding shows, and it costs
    next to nothing in FP32.
    """
    layer = _first_layer(model)
    if layer is None:
        return None
    last = _end_of_stem(layer)
    stem_model = openvino.Model([last.output(0)], _parameters_of(last), "stem")
    stem = stem_model.clone()
    stem.outputs[0].get_tensor().set_names({STEM})
    parameter = openvino.opset13.parameter(last.output(0).get_partial_shape(), last.output(0).get_element_type(), STEM)
    parameter.output(0).get_tensor().set_names({STEM})
    for target in list(last.output(0).get_target_inputs()):
        if target.get_node().get_type_name() != "Result" or target.get_node() in model.get_results():
            target.replace_source_output(parameter.output(0))
    results = model.get_results()
    needed = [p for p in model.get_parameters() if _reaches(results, p)]
    return stem, openvino.Model(results, [parameter, *needed], "rest")


def _first_layer(model: Any) -> Any:
    """The first heavy operation whose data come from `z`."""
    from_z: set[str] = set()
    for operation in model.get_ordered_ops():
        name = operation.get_name()
        if operation.get_type_name() == "Parameter":
            if "z" in operation.output(0).get_names():
                from_z.add(name)
        elif any(value.get_node().get_name() in from_z for value in operation.input_values()):
            if operation.get_type_name() in _HEAVY:
                return operation
            from_z.add(name)
    return None


def _end_of_stem(layer: Any) -> Any:
    """Follows the bias, activation and reshapes of a layer for as long as one operation alone reads the last."""
    while True:
        readers = {target.get_node().get_name(): target.get_node() for target in layer.output(0).get_target_inputs()}
        following = next(iter(readers.values()), None)
        if len(readers) != 1 or following is None or following.get_type_name() in (*_HEAVY, "Result"):
            return layer
        if any(not _is_constant(v) and v.get_node().get_name() != layer.get_name() for v in following.input_values()):
            return layer
        layer = following


def _is_constant(value: Any) -> bool:
    node = value.get_node()
    return node.get_type_name() == "Constant" or (
        node.get_type_name() != "Parameter"
        and bool(node.input_values())
        and all(_is_constant(v) for v in node.input_values())
    )


def _parameters_of(operation: Any) -> list[Any]:
    found: dict[str, Any] = {}
    seen: set[str] = set()
    waiting = [operation]
    while waiting:
        node = waiting.pop()
        if node.get_name() in seen:
            continue
        seen.add(node.get_name())
        if node.get_type_name() == "Parameter":
            found[node.get_name()] = node
        waiting += [value.get_node() for value in node.input_values()]
    return list(found.values())


def _reaches(results: list[Any], parameter: Any) -> bool:
    names = {p.get_name() for result in results for p in _parameters_of(result)}
    return parameter.get_name() in names


def compile_for(
    core: Any,
    version: str,
    model: Any,
    name: str,
    shapes: Shapes,
    properties: Mapping[str, Any],
    *,
    keep: bool = True,
) -> Any:
    """`model` compiled for the CPU and these input shapes, out of the cache where it lies there.

    Args:
        name: what tells this model from others, such as its SHA-256.
        version: OpenVINO's.
        keep: whether small models go into the cache.

    Raises:
        BackendUnavailable: OpenVINO reads the graph, but has no way to run it.
    """
    made: list[Any] = []

    def compile_blob() -> bytes:
        made.append(_compile(core, model, shapes, properties))
        return bytes(made[0].export_model().getvalue())

    if not keep or _weights(model) > _LARGEST_BLOB:
        return _compile(core, model, shapes, properties)
    key = {
        "model": name,
        "openvino": version,
        "processor": core.get_property("CPU", "FULL_DEVICE_NAME"),
        "capabilities": sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")),
        "shapes": {port: list(shape) for port, shape in shapes.items()},
        "properties": dict(properties),
    }
    blob = find_or_make("openvino", key, ".blob", compile_blob)
    if made:
        return made[0]
    try:
        return core.import_model(io.BytesIO(blob), "CPU", dict(properties))
    except RuntimeError:  # of another build with the same version
        drop("openvino", key, ".blob")
        return _compile(core, model, shapes, properties)


def _compile(core: Any, model: Any, shapes: Shapes, properties: Mapping[str, Any]) -> Any:
    try:
        fixed = model.clone()
        fixed.reshape({port: list(shape) for port, shape in shapes.items()})
        return core.compile_model(fixed, "CPU", dict(properties))
    except RuntimeError as error:
        found = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
        raise BackendUnavailable(
            f"OpenVINO cannot compile this graph for {found}: {str(error).strip().splitlines()[-1]}\n"
            "take another backend: --backend onnxruntime"
        ) from error


def _weights(model: Any) -> int:
    return sum(op.get_byte_size() for op in model.get_ops() if op.get_type_name() == "Constant")
