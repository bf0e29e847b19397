"""INT8 among the candidates: timed first with every layer in INT8, and searched for only where that could win."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganrt.engines.backends import BACKENDS
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.precisions import int8_model, whole_int8_model
from ganrt.errors import GanrtError
from ganrt.runtime.sample_inputs import precision_samples
from ganrt.runtime.tuning.candidates import Candidate
from ganrt.runtime.tuning.field import TRIED, Field

_SEARCH = 0.6  # of the budget is spent when the search ends
_LATEST = 0.4  # of the budget is spent when a search begins at the latest
_PROMISE = 0.9  # layers that stay in FP32 take their share: who is hardly ahead with none will not win
_NO_TIME = "int8 left out: no time to look for layers to keep in FP32 (--budget gives more)"


def int8_candidates(field: Field, *, demanded: bool) -> None:
    """Tries INT8, and adds what passed to the field.

    Args:
        demanded: whether INT8 itself was asked for; else it is left out where it cannot be the fastest.
    """
    able = list(dict.fromkeys(c.backend for c in field.heats if "int8" in BACKENDS[c.backend].precisions))
    if not able:
        return
    try:
        if demanded or _could_win(field, able):
            field.show("int8", "looking for layers to keep in FP32", 0)
            lowered = _searched(field)
            for backend in able:
                field.try_one(Candidate(backend, "int8", lowered))
    except GanrtError as error:
        field.notes.append(f"int8 left out: {str(error).splitlines()[0]}")


def _searched(field: Field) -> OnnxFile:
    gate = field.gate(Candidate("", "int8", field.model))
    patience = max(1.0, field.budget.left(_SEARCH))
    return int8_model(field.model, precision_samples(field.model.spec()), gate=gate, patience_s=patience)


def _could_win(field: Field, able: Sequence[str]) -> bool:
    """Layers kept in FP32 make it slower, so that all in INT8 is the fastest that it could be."""
    if field.is_slow:
        field.notes.append(
            "int8 left out: its search takes too long for a model of this size (--precision int8 does it)"
        )
        return False
    if field.budget.over(_LATEST):
        field.notes.append(_NO_TIME)
        return False
    field.show("int8", "timing it with every layer in INT8", 0)
    calibration = {name: values[:2] for name, values in precision_samples(field.model.spec()).calibration.items()}
    whole = whole_int8_model(field.model, calibration)
    bound = math.inf
    for backend in able:
        candidate = Candidate(backend, "int8", whole)
        if field.try_one(candidate):
            bound = min(bound, field.score(candidate))
            del field.heats[candidate]
    others = field.fastest([p for p in TRIED["fastest"] if p != "int8"], most=1)
    best = field.score(others[0]) if others else math.inf
    if bound >= _PROMISE * best:
        reason = f"with all layers in INT8 it takes {bound / best:.2f} times as long as {others[0].name}"
        field.notes.append(f"int8 left out: {reason}")
        return False
    if field.budget.over(_LATEST):
        field.notes.append(_NO_TIME)
        return False
    return True
