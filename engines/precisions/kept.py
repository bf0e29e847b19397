"""Models in a lower precision, kept in the cache: what was lowered and gated once is not lowered and gated again."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace

from ganrt.engines.cache import Key, find, store
from ganrt.engines.machine import package_version
from ganrt.engines.precisions.table import Lowered
from ganrt.engines.stamp import FallbackLayer
from ganrt.errors import OutputFailed

FORMAT = 3  # of the entries, and of what lowering makes: another number makes all of them anew
_KIND, _SUFFIX = "lowered", ".lowered"
_PACKAGES = ("ganrt", "onnx", "onnx-ir", "onnxruntime", "numpy")
_SIZE_BYTES = 8


def kept_or_made(
    model_sha256: str, request: dict[str, str | float | None], make: Callable[[], Lowered]
) -> tuple[Lowered, bool]:
    """What is kept of an earlier time, and True; else what `make` gives, which is kept.

    Args:
        request: all that changes the result: precision, form, gate, budget.
    """
    versions = {name: package_version(name) for name in _PACKAGES}
    key = {"format": FORMAT, "model": model_sha256, "asked": request, "versions": versions}
    there = _kept(key)
    if there is not None:
        return there, True
    made = make()
    with suppress(OutputFailed):  # it costs only the next time
        store(_KIND, key, _SUFFIX, _encoded(made))
    return made, False


def _encoded(lowered: Lowered) -> bytes:
    """The size of a JSON object, that object, and the ONNX file."""
    words = json.dumps(asdict(replace(lowered, data=b"")) | {"data": None}).encode()
    return len(words).to_bytes(_SIZE_BYTES, "little") + words + lowered.data


def _kept(key: Key) -> Lowered | None:
    entry = find(_KIND, key, _SUFFIX)  # sound: its name holds its hash
    if entry is None:
        return None
    end = _SIZE_BYTES + int.from_bytes(entry[:_SIZE_BYTES], "little")
    values = json.loads(entry[_SIZE_BYTES:end])
    values["fallback_layers"] = tuple(FallbackLayer(**layer) for layer in values["fallback_layers"])
    return Lowered(**values | {"data": entry[end:], "notes": tuple(values["notes"])})
