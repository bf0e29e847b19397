"""JSON documents that hold their own SHA-256, so that one changed bit anywhere shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

Canonical = Callable[[Mapping[str, Any]], bytes]


def seal(values: Mapping[str, Any], field: str, canonical: Canonical) -> bytes:
    """The canonical JSON of some fields with, as `field`, the SHA-256 of the same without that field."""
    bare = {name: value for name, value in values.items() if name != field}
    return canonical({**bare, field: hashlib.sha256(canonical(bare)).hexdigest()})


def is_sealed(document: bytes, values: Mapping[str, Any], field: str, canonical: Canonical) -> bool:
    """Whether a document is what `seal` made; `values` are its fields.

    The bytes are compared, not the values: as they were written is the only way that a document is sound.
    """
    try:
        return seal(values, field, canonical) == document
    except (ValueError, RecursionError):  # NaN, which is no JSON, or objects too deep
        return False
