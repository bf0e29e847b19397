"""Pictures to bytes, off the engine's threads: OpenCV's encoders release Python's lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import OutputFailed, UsageError
from ganrt.runtime.bulk.plan import Layout
from ganrt.runtime.pictures import encode_png, to_opencv

Encode = Callable[[NDArray[np.uint8], Mapping[str, object] | None], bytes]
ENDINGS = {"png": "png", "webp": "webp", "jpeg": "jpg", "": "npy"}


def make_encoder(layout: Layout, channels: int) -> Encode:
    """The encoder of a layout: (uint8 [h, w, c], origin or None) -> bytes. PNG alone keeps the origin.

    PNG without any parameter is OpenCV's fast path: level 1 and run lengths, two to three times as fast as any level
    that is named, and the same pixels. Of JPEG all colour is kept (4:4:4): its usual halving shows on flat drawings.

    Raises:
        UsageError: the encoding has no such channels.
    """
    if layout.picture == "png":
        return encode_png
    if layout.picture == "jpeg" and channels == 4:
        raise UsageError("--encode jpeg has no transparency, and this generator draws RGBA: give png or webp")
    return _lossy(layout)


def _lossy(layout: Layout) -> Encode:
    ending = "." + ENDINGS[layout.picture]
    quality = layout.quality or 0
    if layout.picture == "jpeg":
        full = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, full]
    else:
        options = [cv2.IMWRITE_WEBP_QUALITY, quality]

    def encode(image: NDArray[np.uint8], _: Mapping[str, object] | None = None) -> bytes:
        ok, encoded = cv2.imencode(ending, to_opencv(image), options)
        if not ok:
            raise OutputFailed(f"the {layout.picture} encoder refused a picture of shape {list(image.shape)}")
        return encoded.tobytes()

    return encode
