"""What a reader found: one network of a file, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from ganrt.exporter.keras.fields import Origin
    from ganrt.exporter.readers.pickles import Record

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Source:
    """One network of a file.

    Attributes:
        path: of the file, which has `size` bytes and SHA-256 `sha256` ("" if it was not read whole; of folders: see
            `folder_sha256`).
        format: "safetensors", "torch", one of Keras' (see `ganrt.exporter.keras.reading`), or a whole graph's kind.
        tensors: by key; floats are float32 and finite (unless not read whole), integers as stored. In Keras' layout
            where `keras` is set; none of whole graphs.
        dtype: the floats' type in the file, such as "float32" or "float16, float32".
        container: the dotted keys and prefixes that it lay under, "" if at the top.
        average: whether these are averaged weights.
        within: the network whose state dict this is a part of; None: it stands alone.
        beside: the other networks of the file.
        notes: what was chosen.
        config: the config.json beside the weights, in Hugging Face's layout.
        keras: what a Keras file says of the layers.
        module: the pickled module, as inert records.
        lone: tensors by themselves in the dictionary around it, such as the average style.
    """

    path: Path
    format: str
    size: int
    sha256: str
    tensors: State
    dtype: str = ""
    container: str = ""
    average: bool = False
    within: str | None = None
    beside: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    config: Path | None = None
    keras: Origin | None = None
    module: Record | None = None
    lone: State = field(default_factory=dict)
