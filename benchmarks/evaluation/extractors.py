"""Feature extractors: what turns a picture into numbers, so that sets of pictures can be compared.

Figures made with different extractors have nothing to do with each other.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
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


def open_extractor(given: str, options: ExtractorOptions) -> Extractor:
    """Opens an extractor.

    Args:
        given: `colour-and-edges-1`; the path of an ONNX file; or `torchvision:NAME:WEIGHTS`, a torchvision
            classifier's name and the path of its weights.

    Raises:
        BadInputFile: the file is missing, damaged or takes or gives something else than pictures and features.
        BackendUnavailable: what runs it is not installed. UsageError: options that are missing or do not fit.
    """
    if given == DEFAULT:
        from ganrt.benchmarks.evaluation.colour_and_edges import ColourAndEdges

        if options != ExtractorOptions(device=options.device, threads=options.threads):
            raise UsageError(f"--normalise, --feature-size and the outputs' names: {DEFAULT} needs none of them")
        return ColourAndEdges()
    if given.startswith("torchvision:"):
        from ganrt.benchmarks.evaluation.torchvision_extractor import open_torchvision

        _, name, weights = [*given.split(":", 2), "", ""][:3]
        if not re.fullmatch(r"[a-z0-9_]+", name) or not weights:
            raise UsageError(f"--features {given}: expected torchvision:NAME:WEIGHTS, as torchvision:resnet50:r50.pth")
        return open_torchvision(name, Path(weights), options)
    if Path(given).suffix.lower() != ".onnx":
        raise UsageError(
            f"--features {given}: expected {DEFAULT}, an .onnx file or torchvision:NAME:WEIGHTS\n"
            "another network: export it with torch.onnx.export, with one image input and one feature output"
        )
    from ganrt.benchmarks.evaluation.onnx_extractor import OnnxExtractor

    return OnnxExtractor(Path(given), options)


def normalised(pictures: NDArray[np.uint8], normalise: str) -> Floats:
    """uint8 [n, h, w, c] -> float32 [n, c, h, w], normalised."""
    mean, deviation = (np.array(values, np.float32) for values in NORMALISATIONS[normalise])
    channels = pictures.shape[3]
    values = (pictures.astype(np.float32) / 255 - mean[:channels]) / deviation[:channels]
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2), np.float32)
