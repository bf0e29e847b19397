"""What `ganrt compile` is asked for, and those commands that compile too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from ganrt.cli import options
from ganrt.cli.option_blocks import was


class Hardware(str, Enum):
    """TensorRT's levels of hardware compatibility."""

    EXACT = "exact"
    SAME = "same-compute-capability"
    AMPERE_PLUS = "ampere-plus"


@dataclass(frozen=True)
class EngineRequest:
    """What only engines have."""

    panel: ClassVar[str] = "Engines"
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            help="tensorrt-rtx: sm75, sm80, sm86, sm89, sm120, sm121, rtx4090, ...; several: sm86,sm89. "
            "Default: all, which is all but sm121.",
        ),
    ] = None
    batch: Annotated[
        list[str] | None,
        typer.Option("--batch", metavar="<str>", help="MIN:OPT:MAX, by default 1:8:64; several times."),
    ] = None
    ladder: Annotated[
        str | None, typer.Option("--ladder", help="Static batches instead, such as 1,2,4,8, a profile each.")
    ] = None
    workspace: Annotated[
        int | None, typer.Option("--workspace", help="Most MiB of scratch memory.", min=1, max=2**20)
    ] = None
    level: Annotated[
        int | None, typer.Option("--level", help="How long to search for fast kernels, 0 to 5.", min=0, max=5)
    ] = None
    version_compatible: Annotated[
        bool,
        typer.Option(
            "--version-compatible", help="tensorrt: for later ones of its major version too: docs/engines.md."
        ),
    ] = False
    hardware: Annotated[Hardware, typer.Option("--hardware", help="tensorrt: devices other than the one at hand.")] = (
        Hardware.EXACT
    )


@dataclass(frozen=True)
class Lowering(options.ThreadOptions):
    """Which precision, and how it is judged."""

    panel: ClassVar[str] = "Precision, and how it is judged"
    precision: Annotated[str, typer.Option("--precision", help="fp16 or int8; engines: fp32, too.")] = "fp16"
    form: Annotated[
        str | None, typer.Option("--form", help="The exact graph to start from; by default the precision's own.")
    ] = None
    min_psnr: Annotated[
        float | None,
        typer.Option(
            "--min-psnr",
            help="Least PSNR in dB to FP32; FP16: 45, INT8: 35. Less for models that were not trained.",
            min=0,
        ),
        was("--gate"),
    ] = None
    budget: Annotated[
        float, typer.Option("--budget", help="Seconds of judging: as many of 256 samples as that allows.", min=0)
    ] = 20.0


@dataclass(frozen=True)
class Request:
    """What is to be made, of which file, and where."""

    model: Path
    folder: Path
    lowering: Lowering
    force: bool = False
    backend: str = "onnxruntime"
    engine: EngineRequest = EngineRequest()
