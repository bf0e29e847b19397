"""INT8: layers with quantised data and weights, calibrated on samples of the prior; the worst ones stay in FP32."""

from __future__ import annotations

from ganrt.engines.precisions.interpreter import Interpreter
from ganrt.engines.precisions.judge import Judge
from ganrt.engines.precisions.prepared import Prepared
from ganrt.engines.precisions.quantised_graph import quantisable, quantised_graph
from ganrt.engines.precisions.scales import measure_scales
from ganrt.engines.precisions.search import Found, Progress, search
from ganrt.engines.precisions.table import Limits
from ganrt.engines.protocol import Arrays
from ganrt.errors import NegativeResult


def whole_int8(prepared: Prepared, calibration: Arrays) -> Prepared:
    """The graph with every layer in INT8 that can be, unjudged.

    Raises:
        NegativeResult: there is no layer to quantise, or FP32 is not finite.
    """
    layers = _layers(prepared)
    scales = _scales(prepared, calibration, 1, None)
    return quantised_graph(prepared, layers, scales)


def make_int8(prepared: Prepared, judge: Judge, calibration: Arrays, limits: Limits, progress: Progress) -> Found:
    """The INT8 graph that passes the gate; its islands are layers that cost too much.

    Raises:
        NegativeResult: there is no layer to quantise, FP32 is not finite, or the gate cannot be reached.
    """
    layers = _layers(prepared)
    progress("measuring ranges", 0)
    scales = _scales(prepared, calibration, judge.step, limits.threads)

    def make(kept: frozenset[str]) -> Prepared:
        return quantised_graph(prepared, layers.keys() - kept, scales)

    return search({name: frozenset({name}) for name in layers}, make, judge, limits, progress)


def _layers(prepared: Prepared) -> dict[str, tuple[str, str, int]]:
    layers = quantisable(prepared)
    if not layers:
        raise NegativeResult("no layer of this graph can be quantised: none has constant weights in FP32")
    return layers


def _scales(prepared: Prepared, calibration: Arrays, step: int, threads: int | None) -> dict[str, float]:
    tensors = dict.fromkeys(data for data, _, _ in _layers(prepared).values())
    return measure_scales(Interpreter(prepared, threads), tensors, calibration, step)
