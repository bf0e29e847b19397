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
