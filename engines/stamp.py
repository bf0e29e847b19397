"""What a file that was made from a portable model says of itself, in its metadata: which model that was, and in lower
precision which."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ganrt.errors import BadInputFile

STAMP_KEY = "ganrt.precision"
FORM_KEY = "ganrt.form"
DERIVED = "derived"  # the form of a file that only says that it is one: two forms of a model may be one graph
STAMPED = ("fp16", "int8")
_SHA256 = "[0-9a-f]{64}"
_LIMITS = {"precision": "|".join(STAMPED), "form": "[a-z0-9-]{1,40}", "source_sha256": _SHA256}


@dataclass(frozen=True)
class Stamp:
    """Precision, the exact form that was lowered, and the SHA-256 of the portable FP32 file."""

    precision: str
    form: str
    source_sha256: str

    def to_json(self) -> str:
        """Canonical JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


def read_stamp(metadata: Mapping[str, str]) -> Stamp | None:
    """The stamp in a file's metadata; None for files in FP32, which have none.

    Raises:
        BadInputFile: it is malformed; the message names the field.
    """
    if STAMP_KEY not in metadata:
        return None
    values = _checked(metadata, STAMP_KEY, _LIMITS)
    return Stamp(**{name: values[name] for name in _LIMITS})  # what a later version may add is left


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
    return _checked(metadata, FORM_KEY, {"source_sha256": _SHA256})["source_sha256"]


def _checked(metadata: Mapping[str, str], key: str, limits: Mapping[str, str]) -> dict[str, str]:
    """The entry's fields; each a text that matches its pattern."""
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
