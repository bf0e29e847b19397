"""torch module -> ONNX model whose batch, and a dynamic picture's sides, are open.

torch.export with symbolic sizes takes three times as long as with numbers, so the batch is a number first, one that no
network has as a size: wherever it stands in the graph, it is the batch. A graph that keeps it in another place than a
Reshape is traced again with a symbol.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from ganrt.interrupts import no_collecting
from ganrt.spec import BATCH, SIDES, GeneratorSpec

OPSET = 18
# A prime, so that a multiple of it holds the batch as a factor. The examples are zeros that nobody writes or reads:
# torch.export looks at their shapes alone.
_MARKER = 8191
_MOST_BYTES = 1 << 30  # of address space for the examples


def trace(module: nn.Module, spec: GeneratorSpec, outputs: list[str]) -> onnx.ModelProto:
    """The module as torch.onnx.export sees it.

    Args:
        module: takes the spec's inputs in their order.
        outputs: names for what it gives.

    Raises:
        whatever torch.export or a module's code raises.
    """
    if _can_be_marked(module, spec):
        model = _export(module, spec, outputs, _examples(spec, _MARKER), None)
        if _open_batch(model):
            return model
    # Two images: torch.export takes a batch of one for a constant.
    examples = _examples(spec, 2)
    return _export(module, spec, outputs, examples, (tuple(_open_axes(spec) for _ in examples),))


def _can_be_marked(module: nn.Module, spec: GeneratorSpec) -> bool:
    sizes = [size for tensor in (*module.parameters(), *module.buffers()) for size in tensor.shape]
    ports = [size for port in spec.inputs.values() for size in port.shape]
    largest = max(_MARKER * int(np.prod(port.shape)) for port in spec.inputs.values())
    open_sides = spec.image is not None and spec.image.dynamic
    return not open_sides and largest <= _MOST_BYTES and not any(map(_is_marked, (*sizes, *ports)))


def _is_marked(size: int) -> bool:
    return size != 0 and size % _MARKER == 0


def _examples(spec: GeneratorSpec, batch: int) -> tuple[Tensor, ...]:
    """Zeros that take address space and no memory until they are touched."""
    return tuple(torch.from_numpy(np.zeros((batch, *port.shape), port.dtype)) for port in spec.inputs.values())


def _export(
    module: nn.Module, spec: GeneratorSpec, outputs: list[str], examples: tuple[Tensor, ...], shapes: Any
) -> onnx.ModelProto:
    with quiet(), torch.no_grad(), _plain_batch_norms(), no_collecting():
        program = torch.onnx.export(
            module,
            examples,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(spec.inputs),
            output_names=outputs,
            dynamic_shapes=shapes,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


@contextmanager
def _plain_batch_norms() -> Iterator[None]:
    """torch's exporter writes batch norms of a batch's own statistics as if they were of running ones. Some adaptive
    instance norms are such: `F.batch_norm` of [1, n c, h, w] (Huang et al. 2018, arXiv:1804.04732)."""
    original = torch.nn.functional.batch_norm

    def plain(
        input: Tensor,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        if not training:
            return original(input, running_mean, running_var, weight, bias, training, momentum, eps)
        axes, shape = [axis for axis in range(input.ndim) if axis != 1], [1, -1, *[1] * (input.ndim - 2)]
        centred = input - input.mean(axes, keepdim=True)
        made = centred / torch.sqrt((centred * centred).mean(axes, keepdim=True) + eps)
        made = made if weight is None else made * weight.reshape(shape)
        return made if bias is None else made + bias.reshape(shape)

    torch.nn.functional.batch_norm = plain
    try:
        yield
    finally:
        torch.nn.functional.batch_norm = original


def _open_batch(model: onnx.ModelProto) -> bool:
    """Makes the marked batch an open one; False, and nothing changed, where it stands in a place of another kind."""
    graph = model.graph
    if any(_attribute_holds_batch(attribute) for node in graph.node for attribute in node.attribute):
        return False
    marked = {tensor.name: tensor for tensor in graph.initializer if _holds_batch(tensor)}
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name in marked and (node.op_type, place) != ("Reshape", 1):
                return False
    if not all(map(_is_shape_of_a_batch, marked.values())):
        return False
    for tensor in marked.values():
        sizes = numpy_helper.to_array(tensor).copy()
        sizes[sizes == _MARKER] = -1
        tensor.CopyFrom(numpy_helper.from_array(sizes, tensor.name))
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    return True


def _holds_batch(tensor: onnx.TensorProto) -> bool:
    """In its shape or, if it is no larger than what is computed from sizes, among its values or their inverses."""
    if any(map(_is_marked, tensor.dims)):
        return True
    values = numpy_helper.to_array(tensor).flatten() if np.prod(tensor.dims) <= 64 else np.array([])
    return any(_is_computed_from_batch(float(value)) for value in values if np.isfinite(value))


def _is_computed_from_batch(value: float) -> bool:
    return bool(value) and any(
        _is_marked(round(found)) and abs(found / round(found) - 1) < 1e-6 for found in (value, 1 / value)
    )


def _is_shape_of_a_batch(tensor: onnx.TensorProto) -> bool:
    """The batch itself, once, beside sizes that are all known."""
    sizes = [] if any(map(_is_marked, tensor.dims)) else numpy_helper.to_array(tensor).flatten().tolist()
    return sizes.count(_MARKER) == 1 == sum(map(_is_marked, sizes)) and min(sizes) > 0


def _attribute_holds_batch(attribute: onnx.AttributeProto) -> bool:
    tensors = [attribute.t] if attribute.HasField("t") else []
    inner = attribute.HasField("g") or bool(attribute.graphs)  # not looked into
    return inner or any(map(_is_marked, (attribute.i, *attribute.ints))) or any(map(_holds_batch, tensors))


def _open_axes(spec: GeneratorSpec) -> dict[int, Any]:
    """torch.export's open axes of every input: the batch, and a dynamic picture's sides as multiples of a symbol."""
    axes: dict[int, Any] = {0: torch.export.Dim(BATCH)}
    if spec.image is not None and spec.image.dynamic:
        for axis, name in enumerate(SIDES, start=1):
            # From two multiples on: torch.export takes a one for a constant.
            symbol = torch.export.Dim(f"{name}_parts", min=2)
            axes[axis] = spec.image.multiple_of * symbol if spec.image.multiple_of > 1 else symbol
    return axes


@contextmanager
def quiet() -> Iterator[None]:
    """Without torch's deprecation warnings and exporter logs: the user can do nothing about them."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
