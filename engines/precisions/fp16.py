"""FP16: one strongly typed graph, its islands found by measuring."""

from __future__ import annotations

from ganrt.engines.precisions.half_graph import can_be_half, half_graph
from ganrt.engines.precisions.judge import Judge, batches
from ganrt.engines.precisions.layers import layers, tail
from ganrt.engines.precisions.prepared import Prepared
from ganrt.engines.precisions.ranges import measure, out_of_range
from ganrt.engines.precisions.search import Found, Progress, search
from ganrt.engines.precisions.table import Limits
from ganrt.engines.protocol import Arrays
from ganrt.engines.stamp import Island


def make_fp16(prepared: Prepared, judge: Judge, calibration: Arrays, limits: Limits, progress: Progress) -> Found:
    """The FP16 graph that passes the gate; its islands are operators out of range, then layers that cost too much.

    Raises:
        NegativeResult: FP32 is not finite, or the gate cannot be reached.
    """
    progress("measuring ranges", 0)
    extremes = measure(prepared, judge.interpreter(prepared), batches(calibration, judge.step))
    in_tail = tail(prepared)
    reasons = {name: why for name, why in out_of_range(prepared, extremes).items() if name not in in_tail}
    able = {node.name or "" for node in prepared.graph if can_be_half(node)}
    halves = able - in_tail - set(reasons)
    candidates = {name: members & halves for name, members in layers(prepared).items() if members & halves}

    def make(kept: frozenset[str]) -> Prepared:
        stay = in_tail.union(reasons, *(candidates[name] for name in kept))
        return half_graph(prepared, stay)

    found = search(candidates, make, judge, limits, progress)
    ranges = [Island(name, why) for name, why in reasons.items() if name in able]
    return Found(found.prepared, found.score, (*ranges, *found.islands))
