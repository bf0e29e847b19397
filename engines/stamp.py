"""What a file of lower precision says of itself, in its metadata: its precision, and which model it was made from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ganrt.errors import BadInputFile

STAMP_KEY = "ganrt.precision"
STAMPED = ("fp16", "int8")
_LIMITS = {"precision": "|".join(STAMPED), "form": "[a-z0-9-]{1,40}", "source_sha256": "[0-9a-f]{64}"}


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
    try:
        values = json.loads(metadata[STAMP_KEY])
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise BadInputFile(f"metadata '{STAMP_KEY}': expected a JSON object, got {metadata[STAMP_KEY][:80]!r}")
    for name, pattern in _LIMITS.items():
        value = values.get(name)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise BadInputFile(f"metadata '{STAMP_KEY}', field '{name}': expected {pattern}, got {str(value)[:80]!r}")
    return Stamp(**{name: values[name] for name in _LIMITS})  # what a later version may add is left
