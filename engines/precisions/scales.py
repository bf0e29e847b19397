"""How far the levels of INT8 reach, tensor by tensor: measured on sampled inputs, least mean square error."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from ganrt.engines.precisions.interpreter import Interpreter, Values
from ganrt.engines.precisions.judge import batches
from ganrt.engines.precisions.quantised_graph import LEVELS
from ganrt.engines.protocol import Arrays
from ganrt.errors import NegativeResult

# Shares of the largest value that the last level may stand for: what lies beyond is clipped, the rest gets finer steps.
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)


def measure_scales(interpreter: Interpreter, tensors: Collection[str], samples: Arrays, step: int) -> dict[str, float]:
    """What one level stands for, for each tensor.

    Args:
        step: samples a batch.

    Raises:
        NegativeResult: a tensor is not finite.
    """
    largest = dict.fromkeys(tensors, 0.0)

    def watch_largest(_: ir.Node, values: Values) -> None:
        for name in values.keys() & largest.keys():
            found = float(np.abs(values[name]).max(initial=0.0))
            if not np.isfinite(found):  # before `max`, which drops NaN
                raise NegativeResult(f"tensor '{name}' is not finite even in FP32: it cannot be quantised")
            largest[name] = max(largest[name], found)

    errors = {name: np.zeros(len(_SHARES)) for name in tensors}

    def watch_errors(_: ir.Node, values: Values) -> None:
        for name in values.keys() & fresh:
            fresh.discard(name)  # several operators may read it
            errors[name] += [_error(values[name], share * largest[name] / LEVELS) for share in _SHARES]

    for inputs in batches(samples, step):
        interpreter.run(inputs, watch_largest)
    for inputs in batches(samples, step):
        fresh = set(tensors)
        interpreter.run(inputs, watch_errors)
    return {name: _SHARES[int(np.argmin(errors[name]))] * largest[name] / LEVELS or 1.0 for name in tensors}


def _error(values: NDArray[np.float32], scale: float) -> float:
    if scale == 0:
        return 0.0
    levels = np.rint(values / np.float32(scale)).clip(-LEVELS - 1, LEVELS)
    return float(np.square(levels * np.float32(scale) - values).sum(dtype=np.float64))
