"""Feature extractors: what turns a picture into numbers, so that sets of pictures can be compared.

Figures made with different extractors have nothing to do with each other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.arguments import one_of
from ganrt.spec import ImageInput

DEFAULT = "colour-and-edges-1"
# What is taken off a value in [0, 1], and what the rest is divided by.
NORMALISATIONS = {
    "unit": ((0.0,) * 3, (1.0,) * 3),
    "tanh": ((0.5,) * 3, (0.5,) * 3),
    "bytes": ((0.0,) * 3, (1 / 255,) * 3),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
Floats = NDArray[np.float32]
Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class Outputs:
    """Of a batch: `features` float32 [n, d]; `classes` float32 [n, k], logits or probabilities, where there are any."""

    features: Floats
    classes: Floats | None = None


@dataclass(frozen=True)
class ExtractorOptions:
    """What a file does not say about itself; None: nothing was given.

    Attributes:
        normalise: a key of `NORMALISATIONS`, for networks that take floats.
        size: height and width, where the network leaves them open or another size than its usual one is wanted.
        feature_output, class_output: names of an ONNX graph's outputs.
        device: `auto`, `cpu` or `cuda`. threads: CPU threads; None: as many as there are cores.
    """

    normalise: str | None = None
    size: Size | None = None
    feature_output: str | None = None
    class_output: str | None = None
    device: str = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.normalise is not None:
            one_of("normalise", self.normalise, tuple(NORMALISATIONS))
        one_of("device", self.device, ("auto", "cpu", "cuda"))


class Extractor(ABC):
    """One extractor. `takes` is the one size of its pictures, `gives_classes` whether it classifies them too."""

    name: str
    description: str
    sha256: str | None  # of its file
    device: str
    takes: ImageInput
    gives_classes: bool

    @abstractmethod
    def run(self, pictures: NDArray[np.uint8]) -> Outputs:
        """Pictures uint8 [n, h, w, c] of the size `takes` -> their features, one row each."""


def normalised(pictures: NDArray[np.uint8], normalise: str) -> Floats:
    """uint8 [n, h, w, c] -> float32 [n, c, h, w], normalised."""
    mean, deviation = (np.array(values, np.float32) for values in NORMALISATIONS[normalise])
    channels = pictures.shape[3]
    values = (pictures.astype(np.float32) / 255 - mean[:channels]) / deviation[:channels]
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2), np.float32)


_SIDE, _BINS = 64, 8
_EDGE_WEIGHT = 8.0
_LUMA = np.array([0.299, 0.587, 0.114])
Doubles = NDArray[np.float64]


class ColourAndEdges(Extractor):
    """The extractor without any download: `colour-and-edges-1`, 256 numbers a picture, no learned weights.

    Of a picture of 64 x 64 pixels, RGB in [0, 1]:

    - mean of each channel in 4 x 4 cells (48 numbers) and standard deviation in them (48);
    - edges by direction, 8 bins of half a turn, in 4 x 4 cells (128) and, of the picture averaged to 16 x 16, in 2 x 2
      cells (32): as the histograms of oriented gradients of Dalal and Triggs (2005), but not normalised. A pixel's
      gradient (half the difference of its neighbours' BT.601 luma, edges repeated) goes by its length to the two
      nearest bins; a cell's number is eight times the mean, which brings edges and colours to one order of size.

    The definition never changes: a better one gets a new number. It tells colours, contrasts and coarse shapes apart.
    It knows nothing of what a picture shows, and a small distance in it does not mean that the pictures are good.
    """

    name = DEFAULT
    description = "cell means and deviations of colour, edges by direction; no learned weights"
    sha256 = None
    device = "cpu"
    takes = ImageInput(height=_SIDE, width=_SIDE, channels=3)
    gives_classes = False

    def run(self, pictures: NDArray[np.uint8]) -> Outputs:
        """uint8 [n, 64, 64, 3] -> features float32 [n, 256]."""
        x = pictures.astype(np.float64) / 255
        cells = _cells(x, 4)
        luma = (x @ _LUMA)[..., None]
        coarse = _cells(luma, 16).mean(axis=(2, 4))
        parts = [
            cells.mean(axis=(2, 4)),
            cells.std(axis=(2, 4)),
            _edges(luma[..., 0], 4),
            _edges(coarse[..., 0], 2),
        ]
        rows = [part.reshape(len(x), -1) for part in parts]
        return Outputs(np.concatenate(rows, axis=1).astype(np.float32))


def _cells(x: Doubles, count: int) -> Doubles:
    """[n, side, side, c] -> [n, count, side / count, count, side / count, c]."""
    n, side, _, channels = x.shape
    return x.reshape(n, count, side // count, count, side // count, channels)


def _edges(luma: Doubles, cells: int) -> Doubles:
    """[n, side, side] -> [n, cells, cells, 8]: weighted mean length of the gradients of each direction."""
    padded = np.pad(luma, ((0, 0), (1, 1), (1, 1)), mode="edge")
    down = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    right = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    length = np.hypot(down, right)
    place = (np.arctan2(down, right) / np.pi % 1) * _BINS  # dark to light or light to dark: one direction
    lower = np.floor(place)
    share = place - lower
    bins = np.zeros((*luma.shape, _BINS))
    for one, weight in ((lower, 1 - share), (lower + 1, share)):
        where = one.astype(np.int64)[..., None] % _BINS
        np.put_along_axis(bins, where, np.take_along_axis(bins, where, -1) + (length * weight)[..., None], -1)
    return np.asarray(_EDGE_WEIGHT * _cells(bins, cells).mean(axis=(2, 4)))
