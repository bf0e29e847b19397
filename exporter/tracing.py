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
import onnx_ir as ir
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from ganrt.graphs.values import Array, constant
from ganrt.interrupts import no_collecting
from ganrt.spec import BATCH, SIDES, GeneratorSpec

OPSET = 18
# A prime, so that a multiple of it holds the batch as a factor. The examples are zeros that nobody writes or reads:
# torch.export looks at their shapes alone.
_MARKER = 8191
_MOST_BYTES = 1 << 30  # of address space for the examples


def trace(module: nn.Module, spec: GeneratorSpec, outputs: list[str]) -> ir.Model:
    """The module as torch.onnx.export sees it.

    Args:
        module: takes the spec's inputs in their order.
        outputs: names for what it gives.

    Raises:
        whatever torch.export or a module's code raises.
    """
    if _can_be_marked(module, spec):
        model = _export(module, spec, outputs, examples(spec, _MARKER), None)
        if _open_batch(model):
            return model
    # Two images: torch.export takes a batch of one for a constant.
    pair = examples(spec, 2)
    return _export(module, spec, outputs, pair, (tuple(_open_axes(spec) for _ in pair),))


def counts_in_python(module: nn.Module, spec: GeneratorSpec) -> bool:
    """Whether a forward takes more steps for more pictures: the graph would hold one number of them, each in turn."""
    counts: list[int] = []
    for batch in (2, 2, 3, 3):  # what is made at the first call with a batch of that length does not count
        with torch.no_grad(), _Operators() as operators:
            module(*examples(spec, batch))
        counts.append(operators.count)
    return counts[1] != counts[3]


class _Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what torch is told to compute."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return func(*args, **(kwargs or {}))


def _can_be_marked(module: nn.Module, spec: GeneratorSpec) -> bool:
    sizes = [size for tensor in (*module.parameters(), *module.buffers()) for size in tensor.shape]
    ports = [size for port in spec.inputs.values() for size in port.shape]
    largest = max(_MARKER * int(np.prod(port.shape)) for port in spec.inputs.values())
    open_sides = spec.image is not None and spec.image.dynamic
    return not open_sides and largest <= _MOST_BYTES and not any(map(_is_marked, (*sizes, *ports)))


def _is_marked(size: int) -> bool:
    return size != 0 and size % _MARKER == 0


def examples(spec: GeneratorSpec, batch: int) -> tuple[Tensor, ...]:
    """Zeros that take address space and no memory until they are touched."""
    return tuple(torch.from_numpy(np.zeros((batch, *port.shape), port.dtype)) for port in spec.inputs.values())


def _export(
    module: nn.Module, spec: GeneratorSpec, outputs: list[str], inputs: tuple[Tensor, ...], shapes: Any
) -> ir.Model:
    with quiet(), torch.no_grad(), _plain_batch_norms(), no_collecting():
        program = torch.onnx.export(
            module,
            inputs,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(spec.inputs),
            output_names=outputs,
            dynamic_shapes=shapes,
            verbose=False,
        )
    assert program is not None
    return program.model


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


def _open_batch(model: ir.Model) -> bool:
    """Makes the marked batch an open one; False, and nothing changed, where it stands in a place of another kind."""
    graph = model.graph
    if any(_attribute_holds_batch(attribute) for node in graph for attribute in node.attributes.values()):
        return False
    stored = [(value, array) for value in graph.initializers.values() if (array := constant(value)) is not None]
    marked = [(value, array) for value, array in stored if _holds_batch(array)]
    if any((use.node.op_type, use.idx) != ("Reshape", 1) for value, _ in marked for use in value.uses()):
        return False
    if not all(_is_shape_of_a_batch(array) for _, array in marked):
        return False
    for value, array in marked:
        value.const_value = ir.tensor(np.where(array == _MARKER, -1, array), name=value.name)
    for value in (*graph.inputs, *graph.outputs):
        assert value.shape is not None
        value.shape = ir.Shape([BATCH, *value.shape[1:]])
    return True


def _holds_batch(array: Array) -> bool:
    """In its shape or, if it is no larger than what is computed from sizes, among its values or their inverses."""
    values = array.flatten() if array.size <= 64 else np.array([])
    return any(map(_is_marked, array.shape)) or any(
        _is_computed_from_batch(float(value)) for value in values if np.isfinite(value)
    )


def _is_computed_from_batch(value: float) -> bool:
    return bool(value) and any(
        _is_marked(round(found)) and abs(found / round(found) - 1) < 1e-6 for found in (value, 1 / value)
    )


def _is_shape_of_a_batch(array: Array) -> bool:
    """The batch itself, once, beside sizes that are all known."""
    sizes = [] if any(map(_is_marked, array.shape)) else array.flatten().tolist()
    return sizes.count(_MARKER) == 1 == sum(map(_is_marked, sizes)) and min(sizes) > 0


def _attribute_holds_batch(attribute: ir.Attr) -> bool:
    kind, value = attribute.type, attribute.value
    if kind in (ir.AttributeType.INT, ir.AttributeType.INTS):
        return any(map(_is_marked, np.atleast_1d(value)))
    if kind is ir.AttributeType.TENSOR:
        return _holds_batch(value.numpy())
    return kind in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS)  # not looked into


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
