"""Where FP16 has not the range: measured on the FP32 graph, operator by operator, on sampled inputs.

FP16 holds 2^-24 to 65504, with 11 significant bits from 2^-14 on. An operator stays in FP32 if

* a tensor that it reads or makes comes within a factor of four of the largest number (other latents go further), or
  is so small throughout that FP16's fixed steps of 2^-24 are coarser than its usual 11 bits;
* its weights overflow or lose more than rounding takes, such as an epsilon below 2^-14;
* it adds up so many numbers, or such large ones, that a sum in FP16 would overflow, or no longer notice the next one;
* it is a softmax over scores above 16, whose steps in FP16 change its weights by a per cent; then what makes them too;
* it has to do with numbers that become integers, such as the row of a table: rounded they would pick another row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from ganrt.engines.precisions.interpreter import Interpreter, Values
from ganrt.engines.precisions.prepared import Prepared, is_float, is_weight
from ganrt.engines.protocol import Arrays
from ganrt.errors import NegativeResult
from ganrt.graphs.values import attribute, constant

LARGEST, HEADROOM, SMALLEST = 65504.0, 4.0, 2.0**-13
_WEIGHT_LOSS = 2.0**-10  # root mean square, relative; rounding alone takes at most 2^-11
_MOST_TERMS = 2**11  # a sum of so many equal numbers in FP16 is as large as its own step
_LARGEST_SCORE = 16.0
_SUMS = ("ReduceMean", "ReduceSum", "ReduceL1", "GlobalAveragePool")
_SQUARES = ("ReduceL2", "ReduceSumSquare", "InstanceNormalization", "GroupNormalization", "LayerNormalization")
_SOFTMAX = ("Softmax", "LogSoftmax")


@dataclass
class Extremes:
    """What was measured: the largest magnitude of every FP32 tensor, and how many terms an operator adds up."""

    largest: dict[str, float] = field(default_factory=dict)
    terms: dict[str, int] = field(default_factory=dict)


def measure(prepared: Prepared, interpreter: Interpreter, batches: Iterator[Arrays]) -> Extremes:
    """Runs the FP32 graph on some inputs.

    Raises:
        NegativeResult: a tensor is not finite even in FP32.
    """
    found = Extremes()

    def note(name: str, value: NDArray[Any], where: str) -> None:
        largest = _largest(value)
        if not np.isfinite(largest):
            raise NegativeResult(
                f"tensor '{name}' is not finite even in FP32 ({where})\n"
                "export a checkpoint that was saved before the training diverged"
            )
        found.largest[name] = max(found.largest.get(name, 0.0), largest)

    def watch(node: ir.Node, values: Values) -> None:
        for name in _float_names(node.outputs):  # each tensor once, where it is made
            note(name, values[name], f"operator {node.name}")
        found.terms[node.name or ""] = max(found.terms.get(node.name or "", 0), _terms(node, values))

    for inputs in batches:
        for name in _float_names(prepared.graph.inputs):
            note(name, inputs[name], "an input")
        interpreter.run(inputs, watch)
    return found


def _largest(value: NDArray[Any]) -> float:
    """The largest magnitude; not-a-number if there is one. No copy is made: tensors take hundreds of megabytes."""
    return max(float(value.max()), -float(value.min())) if value.size else 0.0


def _float_names(values: Iterable[ir.Value | None]) -> list[str]:
    return [value.name for value in values if value is not None and value.name and is_float(value)]


def _first(node: ir.Node) -> str:
    """The name of a node's first input."""
    return (node.inputs[0].name or "") if node.inputs and node.inputs[0] is not None else ""


def _terms(node: ir.Node, values: Values) -> int:
    """How many numbers one result of a reduction or norm is made of; 0 for other operators."""
    if node.op_type not in (*_SUMS, *_SQUARES, *_SOFTMAX) or _first(node) not in values:
        return 0
    given = values[_first(node)]
    if node.op_type in ("InstanceNormalization", "GlobalAveragePool"):
        return prod(given.shape[2:])
    if node.op_type == "GroupNormalization":
        return prod(given.shape[1:]) // int(attribute(node, "num_groups", 1))
    if node.op_type == "LayerNormalization":
        return prod(given.shape[attribute(node, "axis", -1) :])
    if node.op_type in _SOFTMAX:
        return int(given.shape[attribute(node, "axis", -1)])
    return int(given.size // max(1, values[node.outputs[0].name or ""].size))


def out_of_range(prepared: Prepared, extremes: Extremes) -> dict[str, str]:
    """Operators that must stay in FP32, and why: name -> reason."""
    hot = _hot_tensors(prepared, extremes)
    reasons: dict[str, str] = {}
    for node in prepared.graph:
        for reason in _reasons(node, extremes, hot):
            reasons.setdefault(node.name or "", reason)
    return reasons


def _hot_tensors(prepared: Prepared, extremes: Extremes) -> dict[str, str]:
    hot = {}
    for name, largest in extremes.largest.items():
        if largest > LARGEST / HEADROOM:
            hot[name] = f"'{name}' reaches {largest:.3g}"
        elif 0 < largest < SMALLEST:
            hot[name] = f"'{name}' stays below {largest:.3g}"
    for node in prepared.graph:
        if node.op_type in _SOFTMAX and extremes.largest.get(_first(node), 0) > _LARGEST_SCORE:
            hot.setdefault(_first(node), f"scores of a softmax reach {extremes.largest[_first(node)]:.3g}")
    return _indices(prepared) | hot


def _indices(prepared: Prepared) -> dict[str, str]:
    """FP32 tensors that integers are made of, and those that they are made of; not the picture's own levels."""
    waiting = [
        value
        for node in prepared.graph
        if not any(output.is_graph_output() or is_float(output) for output in node.outputs)
        for value in node.inputs
    ]
    found: dict[str, str] = {}
    while waiting:
        value = waiting.pop()
        if value is not None and value.name not in found and is_float(value) and not is_weight(value):
            found[value.name or ""] = f"integers are made of '{value.name}'"
            producer = value.producer()
            waiting += producer.inputs if producer is not None else []
    return found


def _reasons(node: ir.Node, extremes: Extremes, hot: Mapping[str, str]) -> Iterator[str]:
    for value in (*node.inputs, *node.outputs):
        if value is None:
            continue
        if value.name and value.name in hot:
            yield hot[value.name]
        if is_weight(value) and is_float(value):
            loss = weight_loss(value)
            if loss > _WEIGHT_LOSS:
                yield f"weight '{value.name}' would " + ("overflow" if np.isinf(loss) else f"lose {100 * loss:.2g} %")
    terms = extremes.terms.get(node.name or "", 0)
    if terms:
        power = 2 if node.op_type in _SQUARES else 1
        total = 0.0 if node.op_type in _SOFTMAX else terms * extremes.largest[_first(node)] ** power
        if terms > _MOST_TERMS or total > LARGEST / HEADROOM:
            yield f"adds up {terms} numbers" + (f", to {total:.3g} at most" if total else "")


def weight_loss(weight: ir.Value) -> float:
    """Root mean square of what rounding to FP16 changes, relative; infinite if a value overflows."""
    stored = constant(weight)
    assert stored is not None
    exact = stored.astype(np.float64)
    with np.errstate(over="ignore"):
        rounded = exact.astype(np.float16).astype(np.float64)
    if not np.isfinite(rounded).all():
        return float("inf")
    size = float(np.square(exact).mean()) if exact.size else 0.0
    return float(np.sqrt(np.square(rounded - exact).mean() / size)) if size else 0.0
