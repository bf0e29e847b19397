"""The forms by name, and the passes that make each. Nothing here imports the onnx package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """One pass: module (with a dot, of this package), class, and what it is made with."""

    module: str
    name: str
    options: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """An exactly equivalent graph: what it is, its passes in order, and the one without which it is another form."""

    summary: str
    steps: tuple[Step, ...] = ()
    essential: str = ""


@dataclass(frozen=True)
class MadeForm:
    """A form of a model.

    Attributes:
        data: the ONNX file's bytes; of `plain` those that were given.
        notes: one sentence for each node that a pass left alone though it looked like one to rewrite.
        changed: the passes that rewrote anything.
    """

    name: str
    data: bytes
    notes: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class CheckedForm(MadeForm):
    """A form that passed its check, or `plain` where the one asked for did not.

    Attributes:
        worst: the largest difference of an output from the plain graph's: in levels of uint8 pictures, for floats
            relative to the largest value.
        psnr: of the worst picture, in dB; infinite where all are equal.
    """

    worst: float
    psnr: float


_CLEAN = (
    Step("ganrt.graphs.fold_constants", "FoldConstants"),
    Step(".exchange", "UpsampleLate"),
    Step("ganrt.graphs.fold_batch_norm", "FoldBatchNorm"),
    Step(".join_affine", "JoinAffine"),
    Step("ganrt.graphs.fold_constants", "FoldConstants"),
    Step(".dead_channels", "DropDeadChannels"),
    Step(".one_gemm", "JoinGemms"),
    Step(".trim_kernels", "TrimKernels"),
    Step(".pixel_to_gemm", "PixelToGemm"),
    Step(".transposed", "TransposedToPhases", {"largest_stride": 1}),
)
_NORMS = (Step(".instance_norm", "JoinInstanceNorm"),)
_TILE = (Step(".tile_outputs", "TileOutputs"),)
_STRIP = (Step(".strip_rows", "StripRows"),)
_WINOGRAD = (Step(".winograd", "Winograd"),)
_ACTIVATE = (Step(".exchange", "ActivateEarly"),)
_PICTURE = (Step(".exchange", "ShuffleLate"), Step(".picture_layout", "ShuffleToPicture"))


def _upsampled(layout: str) -> tuple[Step, ...]:
    # A 1x1 picture that is upsampled first is still one: its convolutions become products only now.
    return Step(".upsampled", "UpsampledToPhases", {"layout": layout}), Step(".pixel_to_gemm", "PixelToGemm")


def _transposed(layout: str) -> Step:
    return Step(".transposed", "TransposedToPhases", {"layout": layout})


def _phases(layout: str) -> tuple[Step, ...]:
    tile = _TILE if layout == "mixed" else ()
    return (
        *_CLEAN,
        *_upsampled(layout),
        _transposed(layout),
        *tile,
        *_ACTIVATE,
    )


PLAIN = "plain"
FORMS = {
    PLAIN: Form("as exported"),
    "clean": Form("the same layers, without what is constant, idle or dead", _CLEAN),
    "upsample": Form(
        "upsampled convolutions in phases, transposed ones as they are, the last layer in tiles",
        (*_CLEAN, *_upsampled("mixed"), *_TILE),
    ),
    "strip": Form(
        "upsample, with the last block of large pictures in strips of rows",
        (*_CLEAN, *_upsampled("mixed"), *_STRIP, *_TILE),
    ),
    "phase": Form("one small convolution for each phase", _phases("split")),
    "phase3": Form("one wide convolution for all phases", _phases("merged")),
    "phase-mixed": Form(
        "wide where it costs nothing (few outputs, equal windows), else one for each", _phases("mixed")
    ),
    "phase-blur": Form(
        "transposed convolutions and the blurs behind them joined, then one wide convolution for all phases",
        (*_CLEAN, Step(".fold_blur", "FoldBlur"), *_upsampled("merged"), _transposed("merged"), *_ACTIVATE),
    ),
    "phase-late": Form("phase-mixed, interleaved together with the picture's layout", (*_phases("mixed"), *_PICTURE)),
    "winograd": Form(
        "upsample, with large convolutions of 3x3 by Winograd's minimal filtering",
        (*_CLEAN, *_upsampled("mixed"), *_WINOGRAD, *_TILE),
        essential="Winograd",
    ),
    "clean-norm": Form("clean, with instance norms as one operator", (*_CLEAN, *_NORMS)),
    "tile-norm": Form("clean-norm, with the last layer in tiles", (*_CLEAN, *_NORMS, *_TILE)),
    "winograd-norm": Form("tile-norm, with the same", (*_CLEAN, *_NORMS, *_WINOGRAD, *_TILE), essential="Winograd"),
    "phase-norm": Form("phase-mixed, with instance norms as one operator", (*_phases("mixed"), *_NORMS)),
}
