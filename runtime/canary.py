"""The canary: one stored picture of the portable FP32 form, drawn again to see that nothing changed."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import SpecError
from ganrt.runtime.generator import Generator
from ganrt.spec import Canary


def canary_picture(canary: Canary) -> NDArray[np.uint8]:
    """The stored picture, uint8 [h, w, c].

    Raises:
        SpecError: it is not a PNG.
    """
    encoded = np.frombuffer(canary.png_bytes(), np.uint8)
    picture = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED) if len(encoded) else None
    if picture is None:
        raise SpecError("spec field 'canary.png': expected a PNG picture")
    picture = picture[..., None] if picture.ndim == 2 else picture[..., [2, 1, 0, 3][: picture.shape[2]]]
    return np.asarray(picture, np.uint8)


def canary_error(generator: Generator) -> int | None:
    """The largest difference between the canary and the same picture drawn now, 0 to 255; None without a canary."""
    canary = generator.spec.canary
    if canary is None:
        return None
    stored = canary_picture(canary)
    drawn = generator.sample(1, seed=canary.seed, start=canary.index, labels=canary.labels)[0]
    if stored.shape != drawn.shape:
        raise SpecError(f"spec field 'canary.png': expected a picture of {list(drawn.shape)}, got {list(stored.shape)}")
    return int(np.abs(stored.astype(np.int16) - drawn).max())
