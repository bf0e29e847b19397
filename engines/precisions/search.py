"""Keeps the layers in FP32 whose rounding costs most, one by one, until the worst picture passes the gate."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from ganrt.engines.precisions.judge import LEAST, Judge, Score
from ganrt.engines.precisions.prepared import Prepared, is_weight
from ganrt.engines.precisions.table import Limits
from ganrt.engines.stamp import FallbackLayer
from ganrt.errors import NegativeResult

HEAVY = (
    "Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum",
    "InstanceNormalization", "GroupNormalization", "LayerNormalization", "BatchNormalization", "Softmax",
)  # fmt: skip
# What may stand between the last layer and the picture: activations, the scale, the layout.
_TAIL = (
    "Tanh", "Sigmoid", "Add", "Sub", "Mul", "Div", "Clip", "Min", "Max", "Round", "Cast", "Identity",
    "Transpose", "Reshape", "DepthToSpace",
)  # fmt: skip

Layers = dict[str, frozenset[str]]  # the first operator's name -> all of the layer's


def layers(prepared: Prepared) -> Layers:
    """Layers in order. What comes before the first heavy operator is a layer called `inputs`."""
    found: dict[str, set[str]] = {"inputs": set()}
    order = {"inputs": 0}
    layer_of: dict[ir.Value | None, str] = {}
    for node in prepared.graph:
        earlier = [layer_of[value] for value in node.inputs if value in layer_of]
        layer = max(earlier, key=order.__getitem__, default="inputs")
        if node.op_type in HEAVY:
            layer = node.name or ""
            found[layer], order[layer] = set(), len(order)
        found[layer].add(node.name or "")
        layer_of.update(dict.fromkeys(node.outputs, layer))
    return {name: frozenset(members) for name, members in found.items() if members}


def tail(prepared: Prepared) -> set[str]:
    """The operators from the last layer's result to a picture in uint8: they stay in FP32.

    Levels up to 255 in FP16 lie up to 1/8 apart, and near -1 and 1 a picture's values lie 1/16 of a level apart: both
    would round before the rounding. In FP32 the tail costs no more, since engines fuse it into one kernel.
    """
    found: set[str] = set()
    for output in prepared.graph.outputs:
        node = output.producer() if output.dtype == ir.DataType.UINT8 else None
        while node is not None and node.op_type in _TAIL:
            given = [value for value in node.inputs if value is not None and not is_weight(value)]
            read_elsewhere = any(other.name not in found for value in node.outputs for other in value.consumers())
            if len(given) != 1 or read_elsewhere:
                break
            found.add(node.name or "")
            node = given[0].producer()
    return found


_FEW = 4  # samples, the worst ones, that a single layer's cost is measured on

Make = Callable[[frozenset[str]], Prepared]  # from the names of the layers that stay in FP32
Progress = Callable[[str, int], object]


@dataclass(frozen=True)
class Found:
    """A graph that passed, and the layers that had to stay in FP32 for it."""

    prepared: Prepared
    score: Score
    fallback_layers: tuple[FallbackLayer, ...]


def search(layers: Layers, make: Make, judge: Judge, limits: Limits, progress: Progress) -> Found:
    """The graph with as many layers in the lower precision as pass the gate.

    Args:
        layers: those that can be in the lower precision.

    Raises:
        NegativeResult: the gate is not reached with any layer in the lower precision, or not in time.
    """
    began = time.monotonic()
    prepared, score = _attempt(make, (), judge, progress)
    if score.psnr >= limits.gate:
        return Found(prepared, score, ())
    kept: list[FallbackLayer] = []
    worst = _worst(score, LEAST)

    def hurry() -> None:
        if limits.patience_s is not None and time.monotonic() - began > limits.patience_s:
            raise NegativeResult(f"{_found(score, limits)}; no better graph within {limits.patience_s:.3g} s")

    for layer in _by_cost(layers, make, judge, worst[:_FEW], progress, hurry)[:-1]:
        hurry()
        kept.append(layer)
        # The worst ones first: most attempts fail on them already.
        if judge.score(make(_names(kept)), worst).psnr < limits.gate:
            continue
        prepared, whole = _attempt(make, kept, judge, progress)
        if whole.psnr >= limits.gate:
            return Found(prepared, whole, tuple(kept))
        worst = _worst(whole, LEAST)
    raise NegativeResult(
        f"{_found(score, limits)}\nnot reached with all but one of its {len(layers)} layers in FP32 either; "
        "accept less with --min-psnr, or stay with FP32"
    )


def _attempt(make: Make, kept: Sequence[FallbackLayer], judge: Judge, progress: Progress) -> tuple[Prepared, Score]:
    prepared = make(_names(kept))
    what = f"judging, {len(kept)} layers in FP32" if kept else "judging"
    return prepared, judge.score(prepared, progress=lambda percent: progress(what, percent))


def _by_cost(
    layers: Layers, make: Make, judge: Judge, chosen: Sequence[int], progress: Progress, hurry: Callable[[], object]
) -> list[FallbackLayer]:
    """All layers, that first whose worst error is largest when it alone is in the lower precision."""
    costs = {}
    for number, name in enumerate(layers):
        hurry()
        progress("measuring layers", round(100 * number / len(layers)))
        costs[name] = judge.score(make(frozenset(layers) - {name}), chosen).psnr
    return [FallbackLayer(name, f"alone {costs[name]:.1f} dB") for name in sorted(costs, key=costs.__getitem__)]


def _worst(score: Score, count: int) -> list[int]:
    return [int(i) for i in np.argsort(-score.errors, kind="stable")[:count]]


def _names(kept: Sequence[FallbackLayer]) -> frozenset[str]:
    return frozenset(layer.name for layer in kept)


def _found(score: Score, limits: Limits) -> str:
    what = (
        f"a tensor that is not finite ('{score.broken}')" if score.broken else f"a PSNR of {score.psnr:.1f} dB to FP32"
    )
    return f"the worst picture has {what}; the gate is {limits.gate:g} dB"
