"""The contact sheet of `ganrt translate` and `reconstruct`: one row a picture, what went in beside what came out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.fitting import resized
from ganrt.runtime.pictures import sheet

MAX_ROWS = 100
MAX_SIDE = 256

Pixels = NDArray[np.uint8]


class Sheet:
    """Collects the rows; those after `MAX_ROWS` are left out, larger pictures are made smaller."""

    def __init__(self) -> None:
        self._cells: list[Pixels] = []
        self._columns = 0
        self.rows = 0

    def add(self, pictures: Sequence[Pixels]) -> None:
        """One row of pictures uint8 [h, w, c], as many in every row."""
        if self.rows < MAX_ROWS:
            self.rows += 1
            self._columns = len(pictures)
            self._cells += [_small(picture) for picture in pictures]

    def picture(self) -> Pixels:
        """The sheet, uint8 [rows * h, columns * w, c], in cells of the largest picture's size on white."""
        height, width, channels = (max(cell.shape[axis] for cell in self._cells) for axis in range(3))
        return sheet([_cell(picture, height, width, channels) for picture in self._cells], self._columns)


def _small(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    longest = max(height, width)
    if longest <= MAX_SIDE:
        return picture
    return resized(picture, (max(1, height * MAX_SIDE // longest), max(1, width * MAX_SIDE // longest)))


def _cell(picture: Pixels, height: int, width: int, channels: int) -> Pixels:
    page = np.full((height, width, channels), 255, np.uint8)
    rows, columns, own = picture.shape
    page[:rows, :columns, : max(own, min(channels, 3))] = picture  # grey goes into all three colours
    return page
