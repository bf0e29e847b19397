"""What every runner is: a model, ready to turn one batch of inputs into uint8 NHWC pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.protocol import Arrays
from ganrt.errors import UsageError
from ganrt.spec import GeneratorSpec

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Request:
    """What a runner is opened with.

    Attributes:
        model: the ONNX file; `spec` is its.
        precision: fp32, fp16, bf16 or int8.
        threads: CPU threads within one call; None: the runner's own choice.
        device: auto, cpu or cuda.
        batch_size: images a call, fixed.
        checkpoint: what the ONNX file was made of, for peers that need torch.
        throughput: many batches are given at once; the latency of one does not matter.
        literal: the network as its authors wrote it, in place of what ganrt's exporter makes of the checkpoint; of
            peers that run graphs `model` is then its plain export.
    """

    model: Path
    spec: GeneratorSpec
    precision: str = "fp32"
    threads: int | None = None
    device: str = "auto"
    batch_size: int = 1
    checkpoint: Path | None = None
    throughput: bool = False
    literal: bool = False

    def only(self, name: str, precisions: Sequence[str], devices: Sequence[str]) -> None:
        """Raises UsageError unless this runner has the precision and the device."""
        if self.precision not in precisions:
            raise UsageError(f"{name} has no precision {self.precision}: it has {', '.join(precisions)}")
        if self.device not in ("auto", *devices):
            raise UsageError(f"{name} does not run on '{self.device}': it runs on {', '.join(devices)}")


class Runner(ABC):
    """An opened runner; `device` and `precision` are those really in use, `about` its versions and settings."""

    device: str
    precision: str
    about: dict[str, Any]

    @abstractmethod
    def run(self, inputs: Arrays) -> Images:
        """One batch, inputs as the graph takes them -> uint8 [n, h, w, c] in memory of the CPU."""

    def run_many(self, batches: Sequence[Arrays]) -> list[Images]:
        """Several batches as fast as they go; runners that can have several in flight do."""
        return [self.run(batch) for batch in batches]

    def close(self) -> None:  # noqa: B027  (most have nothing to release)
        """Releases everything."""
