"""How alike two sets of pictures are that show different things: their average picture, and the spread around it.

Neither says that a generator is right. But colours in reverse, pictures upside down, and a range that is read wrong
change both at once, and are told from a few dozen pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
FIELDS = 8
LEAST = 8  # pictures of each kind
_CLEAR = 1.5  # times that another reading must be nearer
_PADDINGS = (2, 0)  # of torchvision's `save_image` and `make_grid`, and of none


def _reversed_colours(x: NDArray[Any]) -> NDArray[Any]:
    return x[..., ::-1]


READINGS: Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "colours in reverse (BGR)": _reversed_colours,
    "upside down": lambda x: x[:, ::-1],
    "rows and columns swapped": lambda x: x.swapaxes(1, 2) if x.shape[1] == x.shape[2] else x,
    "as a negative": lambda x: 1 - x,
    "values from 0 to 1 (--range sigmoid)": lambda x: (2 * x - 1).clip(0, 1),
    "values from -1 to 1 (--range tanh)": lambda x: (x + 1) / 2,
}


@dataclass(frozen=True)
class Likeness:
    """Distances are root mean squares over `FIELDS` x `FIELDS` fields and the colours, of pictures from 0 to 1.

    Attributes:
        own: between two halves of the samples: what chance makes.
        drawn: between the samples and what was drawn.
        reading, nearest: the reading of what was drawn that is nearest to the samples, and its distance.
    """

    own: float
    drawn: float
    reading: str
    nearest: float

    @property
    def misread(self) -> bool:
        """Whether that reading is clearly nearer than what was drawn, and chance does not explain it."""
        return self.nearest * _CLEAR < self.drawn and self.drawn > self.own


def likeness(samples: Pictures, drawn: Pictures) -> Likeness:
    """Both uint8 [n, h, w, c], c as one another, n at least `LEAST`."""
    mine, theirs = (_fields(each) for each in (drawn, samples))
    wanted = _moments(theirs)
    found = {name: _distance(_moments(read(mine)), wanted) for name, read in READINGS.items()}
    reading = min(found, key=lambda name: found[name])
    own = _distance(_moments(theirs[::2]), _moments(theirs[1::2]))
    return Likeness(own, _distance(_moments(mine), wanted), reading, found[reading])


def tiles(picture: Pictures, height: int, width: int) -> list[Pictures]:
    """The pictures of a contact sheet of `height` x `width` cells; the picture itself if it has that size."""
    rows, columns = picture.shape[:2]
    if (rows, columns) == (height, width):
        return [picture]
    for padding in _PADDINGS:
        down, below = divmod(rows - padding, height + padding)
        across, right = divmod(columns - padding, width + padding)
        if below == right == 0 and down > 0 and across > 0:
            places = [(r * (height + padding) + padding, c * (width + padding) + padding)
                      for r in range(down) for c in range(across)]  # fmt: skip
            cells = [picture[top : top + height, left : left + width] for top, left in places]
            return [cell for cell in cells if cell.any()]  # a sheet's last row is filled up with black
    return []


def _fields(pictures: Pictures) -> NDArray[np.float32]:
    small = [cv2.resize(picture, (FIELDS, FIELDS), interpolation=cv2.INTER_AREA) for picture in pictures]
    made: NDArray[np.float32] = np.asarray(small, np.float32).reshape(len(small), FIELDS, FIELDS, -1) / np.float32(255)
    return made


def _moments(fields: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([fields.mean(0), fields.std(0)])


def _distance(left: NDArray[Any], right: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(np.square(left - right))))


def stacked(pictures: Sequence[Pictures], channels: int) -> Pictures:
    """Pictures of one size as uint8 [n, h, w, channels]: transparency is left out, grey repeated."""
    made = []
    for picture in pictures:
        colours = picture[..., :3] if picture.shape[-1] > 3 else picture
        if channels == 1 and colours.shape[-1] == 3:
            colours = colours.mean(-1, keepdims=True).round().astype(np.uint8)
        made.append(np.repeat(colours, 3, -1) if channels > 1 and colours.shape[-1] == 1 else colours)
    return np.stack(made)
