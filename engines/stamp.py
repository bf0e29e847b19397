"""What a file that was made from a portable model says of itself, in its metadata: which model that was, and in lower
precision which."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ganrt.errors import BadInputFile

STAMP_KEY = "ganrt.precision"
FORM_KEY = "ganrt.form"
DERIVED = "derived"  # the form of a file that only says that it is one: two forms of a model may be one graph
STAMPED = ("fp16", "int8")
_SHA256 = "[0-9a-f]{64}"
_LIMITS = {"precision": "|".join(STAMPED), "form": "[a-z0-9-]{1,40}", "source_sha256": _SHA256}


@dataclass(frozen=True)
class FallbackLayer:
    """A layer or operator that stayed in FP32, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Stamp:
    """What was made of which file, and what the gate found.

    Attributes:
        precision, form: the exact form that was lowered, and to what.
        source_sha256: of the portable FP32 file.
        samples: how many pictures the gate judged; 0: unknown.
        psnr, ssim: of the worst of them, in dB and up to 1; None where all are identical, or it is unknown.
        islands: what stayed in FP32.
    """

    precision: str
    form: str
    source_sha256: str
    samples: int = 0
    psnr: float | None = None
    ssim: float | None = None
    islands: tuple[FallbackLayer, ...] = ()

    def to_json(self) -> str:
        """Canonical JSON; what is unknown or empty is left out."""
        values = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(values, sort_keys=True, separators=(",", ":"))


def read_stamp(metadata: Mapping[str, str]) -> Stamp | None:
    """The stamp in a file's metadata; None for files in FP32, which have none.

    Raises:
        BadInputFile: it is malformed; the message names the field.
    """
    if STAMP_KEY not in metadata:
        return None
    values = _checked(metadata, STAMP_KEY, _LIMITS)
    made = {name: values[name] for name in _LIMITS}  # what a later version may add is left
    return Stamp(
        **made,
        samples=_number(values, "samples", int) or 0,
        psnr=_number(values, "psnr", float),
        ssim=_number(values, "ssim", float),
        islands=_fallback_layers(values.get("islands", [])),
    )


def form_stamp(source_sha256: str) -> str:
    """What a form's file says: the SHA-256 of the portable file that it was made from, as canonical JSON."""
    return json.dumps({"source_sha256": source_sha256}, separators=(",", ":"))


def read_form_stamp(metadata: Mapping[str, str]) -> str | None:
    """The SHA-256 of the portable file that a form was made from; None for files that are no forms.

    Raises:
        BadInputFile: it is malformed.
    """
    if FORM_KEY not in metadata:
        return None
    source: str = _checked(metadata, FORM_KEY, {"source_sha256": _SHA256})["source_sha256"]
    return source


def _number(values: Mapping[str, Any], name: str, kind: type) -> Any:
    """A finite number; None where there is none."""
    value = values.get(name)
    if value is not None and (type(value) not in (int, kind) or not math.isfinite(value)):
        raise BadInputFile(f"metadata '{STAMP_KEY}', field '{name}': expected a number, got {str(value)[:80]!r}")
    return value


def _fallback_layers(given: Any) -> tuple[FallbackLayer, ...]:
    """The layers in FP32."""
    fields = {"name", "why"}
    if not isinstance(given, list) or not all(
        isinstance(one, dict) and set(one) == fields and all(type(text) is str for text in one.values())
        for one in given
    ):
        raise BadInputFile(
            f"metadata '{STAMP_KEY}', field 'islands': expected objects of 'name' and 'why', got {str(given)[:80]!r}"
        )
    return tuple(FallbackLayer(**one) for one in given)


def _checked(metadata: Mapping[str, str], key: str, limits: Mapping[str, str]) -> dict[str, Any]:
    """The entry's fields; each of those in `limits` a text that matches its pattern."""
    try:
        values = json.loads(metadata[key])
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise BadInputFile(f"metadata '{key}': expected a JSON object, got {metadata[key][:80]!r}")
    for name, pattern in limits.items():
        value = values.get(name)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise BadInputFile(f"metadata '{key}', field '{name}': expected {pattern}, got {str(value)[:80]!r}")
    return values
