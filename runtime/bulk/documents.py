"""The JSON documents of a run: their form in bytes, and how large what they tell of may be."""

from __future__ import annotations

import hashlib
import json
from typing import Any

Json = dict[str, Any]
LARGEST_SHARD = 10_000_000
LARGEST_SHARDS = 1_000_000  # of a run: each is two files at least
LARGEST_COUNT = 10**12


def canonical(document: object) -> bytes:
    """JSON with sorted keys and a newline at its end: equal documents are equal bytes."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True).encode() + b"\n"


def digest(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()
