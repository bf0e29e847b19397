"""Numbers and look codes under the pictures of a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_NUMBER, _CODE = 0.5, 0.36  # scales of the font: of a number, of a look code
_LINE, _MARGIN = 13, 4  # pixels of a line of code, and around all
_MOST_LINES = 12


def captioned(pictures: Sequence[Pixels], codes: Sequence[str | None]) -> list[Pixels]:
    """Each picture over a white strip with its number, from 1, and its code, broken into lines as wide as the picture.

    A code of more than 12 lines is left out: cut off it would be none.

    Args:
        pictures: uint8 [h, w, c], of one shape.
        codes: one a picture; None: there is none.

    Returns:
        uint8 [h + strip, w, c], with at least 3 channels.
    """
    width = pictures[0].shape[1]
    broken = [_broken(code, width) for code in codes]
    strip = _LINE + 3 * _MARGIN + _LINE * max(map(len, broken))
    numbered = zip(pictures, broken, strict=True)
    return [_with_strip(picture, str(number), lines, strip) for number, (picture, lines) in enumerate(numbered, 1)]


def _broken(code: str | None, width: int) -> list[str]:
    if code is None:
        return []
    lines = _lines(code, width - 2 * _MARGIN)
    return lines if len(lines) <= _MOST_LINES else []


def _lines(code: str, width: int) -> list[str]:
    """A code in lines of at most `width` pixels: after colons where it can be, and never before its check letters."""
    *fields, number, check = code.split(":")
    lines = [""]
    for word in (*(f"{field}:" for field in fields), f"{number}:{check}"):
        if not _fits(lines[-1] + word, width):
            lines.append("")
        for letter in word:  # of what is too long for a line, as much as it takes
            if lines[-1] and not _fits(lines[-1] + letter, width):
                lines.append("")
            lines[-1] += letter
    tail = len(check) + 2
    if len(lines) > 1 and len(lines[-1]) < tail:  # check letters stay with what they follow
        lines[-2:] = [lines[-2][: len(lines[-1]) - tail], lines[-2][len(lines[-1]) - tail :] + lines[-1]]
    return [line for line in lines if line]


def _fits(text: str, width: int) -> bool:
    return bool(cv2.getTextSize(text, _FONT, _CODE, 1)[0][0] <= width)


def _with_strip(picture: Pixels, number: str, lines: Sequence[str], strip: int) -> Pixels:
    picture = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
    below = np.full((strip, picture.shape[1], 3), 255, np.uint8)  # text that OpenCV writes makes holes in alpha
    _write(below, number, _LINE + _MARGIN, _NUMBER)
    for k, line in enumerate(lines):
        _write(below, line, (k + 2) * _LINE + 2 * _MARGIN, _CODE)
    if picture.shape[2] == 4:
        below = np.dstack([below, np.full(below.shape[:2], 255, np.uint8)])
    return np.concatenate([picture, below])


def _write(strip: Pixels, text: str, bottom: int, scale: float) -> None:
    cv2.putText(strip, text, (_MARGIN, bottom), _FONT, scale, (0, 0, 0), 1, cv2.LINE_AA)
