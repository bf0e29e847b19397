"""The low precisions: what is made, and what stayed in FP32. Nothing here imports the onnx package."""

from __future__ import annotations

from dataclasses import dataclass

from ganrt.engines.protocol import Arrays
from ganrt.engines.stamp import FallbackLayer

# The form that each is made from. FP16: with whole instance norms, which engines compute in FP32 inside. INT8:
# without transposed convolutions, which few engines have in INT8.
FORMS = {"fp16": "clean-norm", "int8": "phase-mixed"}
PRECISIONS = tuple(FORMS)


@dataclass(frozen=True)
class Samples:
    """Inputs by name, as the graph takes them: some to measure ranges with, and others to judge by.

    Generators: drawn from the prior. Translators and encoders: pictures of the kind that they will see.
    """

    calibration: Arrays
    judged: Arrays


@dataclass(frozen=True)
class Limits:
    """What the result must reach, in dB, and what that may cost; `patience_s` None: as long as it takes."""

    gate: float
    budget_s: float = 20.0
    patience_s: float | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Lowered:
    """A model in a lower precision, past its gate.

    Attributes:
        data: the ONNX file's bytes.
        psnr, ssim: of the worst picture, in dB and up to 1; None where all are identical, and of latents no SSIM.
        samples: how many were judged.
        notes: what went otherwise than asked, a sentence each.
    """

    data: bytes
    precision: str
    form: str
    psnr: float | None
    samples: int
    fallback_layers: tuple[FallbackLayer, ...]
    notes: tuple[str, ...]
    ssim: float | None = None
