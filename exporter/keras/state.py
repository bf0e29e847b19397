"""What every reader of Keras files gives: the weights in Keras' layout, and what the file says about the layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# How the weights' keys name their layers:
#   name   `<layer's name>/<variable>` (HDF5 with a model config)
#   class  `layers/<class>[_k]/vars/<i>`, k counting the layers of one class (Keras 3 and late Keras 2)
#   order  `<owner>/<variable>`, owners in the order of the layers that own weights (TensorFlow's checkpoints)
Naming = Literal["name", "class", "order"]


@dataclass(frozen=True)
class Origin:
    """What a Keras file says beside its weights.

    Attributes:
        naming: see `Naming`.
        owners: the key prefixes of the layers that own weights, in the file's order; for "order" that of the layers.
        model: the model's JSON, {"class_name": ..., "config": ...}; None in files with weights alone.
        notes: what the reader chose or left out.
    """

    naming: Naming
    owners: tuple[str, ...]
    model: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
