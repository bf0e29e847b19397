"""Latent edits, `--set-z 0:35=-1`: dimensions of every latent set to a value.

Applied after interpolation, edits pin their dimensions: those stay put while the others walk.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.arguments import shown

F32: TypeAlias = NDArray[np.float32]

MAX_EDITS = 10_000
_LARGEST = float(np.finfo(np.float32).max)
_ACCEPTED = "INDEX=VALUE and START:STOP=VALUE (STOP excluded), such as 3=0.5 or 0:35=-1"

_EDIT = re.compile(
    r"(?:(?P<index>[0-9]{1,9})|(?P<start>[0-9]{0,9}):(?P<stop>[0-9]{0,9}))"
    r"=(?P<value>[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?)"
)


@dataclass(frozen=True)
class Edit:
    """Dimensions `start` to `stop` - 1 get `value`; without a stop, to the last one."""

    start: int
    stop: int | None
    value: float


def parse_edits(text: str) -> tuple[Edit, ...]:
    """The edits of a comma-separated list, in the order given.

    text: INDEX=VALUE and START:STOP=VALUE, such as "0:35=-1,40=0.5". Ranges are Python's: STOP is excluded, an
    empty START means 0, an empty STOP the last dimension; there are no negative indices. Values are finite
    float32 numbers; at most ten thousand edits. Raises UsageError naming the faulty part.
    """
    if not isinstance(text, str):
        raise UsageError(f"edit: given {shown(text)}, accepted are {_ACCEPTED}")
    tokens = text.split(",", MAX_EDITS)
    if len(tokens) > MAX_EDITS:
        raise UsageError(f"edit: given more than {MAX_EDITS} edits, accepted are at most as many")
    return tuple(_parse_edit(token.strip(" ")) for token in tokens)


def _parse_edit(token: str) -> Edit:
    match = _EDIT.fullmatch(token)
    if match is None:
        raise UsageError(f"edit: given {shown(token)}, accepted are {_ACCEPTED}")
    value = float(match["value"])
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise UsageError(f"edit: given {shown(token)}, accepted are values that float32 holds, at most {_LARGEST:g}")
    if match["index"] is not None:
        return Edit(int(match["index"]), int(match["index"]) + 1, value)
    edit = Edit(int(match["start"] or 0), int(match["stop"]) if match["stop"] else None, value)
    if edit.stop is not None and edit.stop <= edit.start:
        raise UsageError(
            f"edit: given {shown(token)}, an empty range; accepted are ranges START:STOP with START < STOP"
        )
    return edit


def edit(z: F32, edits: Sequence[Edit]) -> F32:
    """Latents with the edits applied in order, later ones winning.

    z: float32 [n, dim] or [dim]; left as it is. Returns float32 of the same shape, a copy.
    Raises UsageError for an edit beyond the last dimension.
    """
    if z.ndim not in (1, 2):
        raise UsageError(f"z: given shape {z.shape}, accepted are [n, dim] and [dim]")
    dim = z.shape[-1]
    result = np.array(z, dtype=np.float32)
    for one in edits:
        stop = dim if one.stop is None else one.stop
        if not 0 <= one.start < stop <= dim:
            given = f"{one.start}:{'' if one.stop is None else one.stop}={one.value:g}"
            raise UsageError(f"edit: given {given}, accepted are dimensions within 0:{dim}, the latent's")
        result[..., one.start : stop] = one.value
    return result
