"""The share of the machine's roofline that a result reaches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ganrt.benchmarks.document import Result
from ganrt.benchmarks.limits import Limits
from ganrt.benchmarks.roofline import roofline
from ganrt.engines.cost import layer_costs
from ganrt.errors import BackendUnavailable, UsageError


def with_share(result: Result, path: Path, limits: Limits) -> Result:
    """The result with `roofline_share`, where it was measured on the CPU and the graph's costs are known."""
    if result.images_per_second is None or result.device != "cpu" or result.batch_size is None:
        return result
    try:
        costs = layer_costs(path)
        if costs is None or result.precision is None:
            return result
        roof = roofline(costs, limits.limit(result.precision), result.precision, result.batch_size)
    except (BackendUnavailable, UsageError) as error:
        return replace(result, notes=(*result.notes, f"no roofline: {error}"))
    return replace(result, roofline_share=round(roof.share(result.images_per_second), 4))
