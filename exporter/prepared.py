"""What every way of reading a generator hands to `export`: families and whole networks alike."""

from __future__ import annotations

from dataclasses import dataclass

import onnx

from ganrt.exporter.families.protocol import Built


@dataclass(frozen=True)
class Prepared:
    """A generator that is read but not yet verified.

    Attributes:
        built: its reference; what `model` is verified against.
        format: of the file, of SHA-256 `sha256`.
        notes: what reading chose, such as EMA weights.
        model: keeps the graph contract; None: it is still to be traced from `built`.
        against: what the reference is, in words; None: the module that was built.
        beside: the names of the other networks in the file.
    """

    built: Built
    format: str
    sha256: str
    notes: tuple[str, ...] = ()
    model: onnx.ModelProto | None = None
    against: str | None = None
    beside: tuple[str, ...] = ()
