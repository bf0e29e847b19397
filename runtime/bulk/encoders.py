"""Pictures to bytes, off the engine's threads: OpenCV's encoders release Python's lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.bulk.plan import Layout
from ganrt.runtime.picture_style import ENCODINGS, PictureStyle

Encode = Callable[[NDArray[np.uint8], Mapping[str, object] | None], bytes]
ENDINGS = {"": "npy", **{name: ending[1:] for name, ending in ENCODINGS.items()}}


def make_encoder(layout: Layout) -> Encode:
    """The encoder of a layout: (uint8 [h, w, c], origin or None) -> bytes. PNG alone keeps the origin."""
    return PictureStyle(layout.picture or "png", layout.quality).encoded  # npy asks for none
