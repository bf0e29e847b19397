"""The options that several commands share, declared once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from ganrt.checks import sides
from ganrt.cli.app import announce, say

if TYPE_CHECKING:
    from ganrt.engines import protocol
    from ganrt.runtime.design import Design
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.looks import Look
    from ganrt.runtime.picture_style import PictureStyle
    from ganrt.runtime.sampling import Truncation
    from ganrt.runtime.settings import Settings

Model = Annotated[str, typer.Option("-m", "--model", help="A bundled model's name, or the path of an .onnx file.")]


def _own_unless_given(context: typer.Context, precision: str) -> str:
    """FP32 that somebody asked for is refused of a file that has it not; FP32 by default is the file's own."""
    source = context.get_parameter_source("precision")
    return precision if source is None or source.name != "DEFAULT" else "auto"


Psi = Annotated[
    float | None,
    typer.Option("--truncation", "--trunc", help="Truncation factor psi; below 1: less variety, more typical."),
]
Codes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CODE",
        help="Look codes, such as ganrt:avatars-1:0:8841: each redraws its picture.",
        show_default=False,
    ),
]
ClassName = Annotated[
    str | None,
    typer.Option("--class", help="A class's name or number, or a mixture such as 947:0.5,992:0.5."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
OutputFile = Annotated[Path, typer.Option("-o", "--output", help="The file to write.")]


@dataclass(frozen=True)
class ControlOptions:
    """What is set in every picture; both are checked when they are read, before a model is loaded."""

    panel: ClassVar[str] = "Set in every picture"
    set_controls: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="<name=value>",
            help="A named control: hair=afro, skin=0.8; may be given several times. ganrt controls list shows them.",
        ),
    ] = None
    set_z: Annotated[
        list[str] | None,
        typer.Option(
            "--set-z",
            metavar="<str>",
            help="Latent dimensions, after --set: 0:4=1, or 3=0.5; may be given several times.",
        ),
    ] = None

    def __post_init__(self) -> None:
        from ganrt.runtime.edits import parse_edits

        if self.pins:
            parse_edits(self.pins)
        _ = self.settings

    @property
    def settings(self) -> Settings:
        """What --set asks for; whether the model has such controls is checked when it is there."""
        from ganrt.runtime.settings import parse_settings

        return parse_settings(self.set_controls or ())

    @property
    def pins(self) -> str:
        """What --set-z asks for, as the runtime takes it."""
        return ",".join(self.set_z or ())

    def design(self, truncation: Truncation, class_name: str | None = None) -> Design:
        from ganrt.runtime.design import Design

        return Design(truncation, class_name, self.settings, self.pins)


@dataclass(frozen=True)
class ThreadOptions:
    """What a command that uses the CPU alone may take of it."""

    panel: ClassVar[str] = "Backend and device"
    threads: Annotated[int | None, typer.Option("--threads", help="CPU threads; by default one a core.", min=1)] = None


@dataclass(frozen=True)
class DeviceOptions(ThreadOptions):
    """Where a model runs, for commands that choose among backends and precisions themselves."""

    device: Annotated[str, typer.Option("-d", "--device", help="auto, cpu or cuda; never silently another.")] = "auto"


@dataclass(frozen=True)
class EngineOptions(DeviceOptions):
    """What executes the model."""

    backend: Annotated[str, typer.Option("--backend", help="auto, or a backend's name; ganrt doctor lists them.")] = (
        "auto"
    )
    precision: Annotated[
        str,
        typer.Option(
            "--precision",
            help="fp32, bf16, fp16, int8, or fastest: as tuned. A compiled file has its own, and no other.",
            callback=_own_unless_given,
        ),
    ] = "fp32"
    memory: Annotated[
        int | None,
        typer.Option(
            "--memory",
            help="Most MiB of memory: a compiled engine's on the GPU; a foreign graph's, when it is tried.",
            min=1,
        ),
    ] = None
    low_priority: Annotated[
        bool, typer.Option("--low-priority", help="A compiled engine's work yields to other work on the GPU.")
    ] = False

    def open(self, model: str) -> Generator:
        """Loads the generator that the options ask for, and says what is in use."""
        generator = self.load(model)
        try:
            announce(generator)
        except BaseException:
            generator.close()
            raise
        return generator

    def load(self, model: str) -> Generator:
        """Loads the generator that the options ask for; says so where nothing was tuned for `fastest`."""
        from ganrt.runtime.generator import open_generator

        generator = open_generator(model, self.backend, self.engine_options(self.device))
        if self.precision == "fastest":
            _note_untuned(generator, model, self)
        return generator

    def engine_options(self, device: str) -> protocol.EngineOptions:
        """What an engine on a device is asked for."""
        from ganrt.engines.protocol import EngineOptions

        memory = None if self.memory is None else self.memory * 2**20
        return EngineOptions(
            device=device,
            precision=self.precision,
            threads=self.threads,
            memory=memory,
            low_priority=self.low_priority,
        )


@dataclass(frozen=True)
class EncodingOptions:
    """How single pictures are encoded."""

    panel: ClassVar[str] = "Pictures"
    encode: Annotated[str | None, typer.Option("--encode", help="png, webp or jpeg. Default: png.")] = None
    quality: Annotated[
        int | None, typer.Option("--quality", help="1 to 100; webp: 101 is lossless. Default: jpeg 95, webp 90.")
    ] = None


@dataclass(frozen=True)
class SizeOptions:
    """How large pictures are, and what is cut of them."""

    panel: ClassVar[str] = "Pictures"
    zoom: Annotated[int, typer.Option("--zoom", min=1, max=64, help="Pictures become ZOOM times as large.")] = 1
    size: Annotated[int | None, typer.Option("--size", help="Pixels of the longer side, resized smoothly.")] = None
    mask: Annotated[
        str, typer.Option("--mask", help="none, or round: a disc with its background, transparent around it.")
    ] = "none"


@dataclass(frozen=True)
class StyleOptions(SizeOptions, EncodingOptions):
    """How single pictures are written; checked when they are made."""

    background: Annotated[
        str | None,
        typer.Option(
            "--background",
            help="Behind pictures with transparency: none, auto (a soft colour of each picture's own) or RRGGBB. "
            "Default: none, or white where the format has no transparency.",
        ),
    ] = None

    def style(self) -> PictureStyle:
        """The style that the options ask for.

        Raises:
            UsageError: they make no sense.
        """
        from ganrt.runtime.picture_style import PictureStyle

        return PictureStyle(self.encode or "png", self.quality, self.zoom, self.size, self.background, self.mask)


@dataclass(frozen=True)
class DistributionOptions:
    """What latents are drawn from, where psi is given otherwise."""

    panel: ClassVar[str] = "Truncation"
    truncation_mode: Annotated[
        str | None,
        typer.Option(
            "--truncation-mode",
            help="scale: psi * TN(threshold); resample: TN(psi * threshold). Default: the model's own.",
        ),
    ] = None
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            help="Where the normal distribution is cut off, such as 5; by default the model's own, else 2 where other "
            "truncation is given.",
        ),
    ] = None
    statistics_truncation: Annotated[
        float | None,
        typer.Option("--statistics-truncation", help="BigGAN: the truncation of the batch-norm statistics alone."),
    ] = None

    def distribution(self, psi: float | None = None) -> Truncation:
        from ganrt.runtime.sampling import Truncation

        return Truncation(psi, self.truncation_mode, self.threshold, self.statistics_truncation)


@dataclass(frozen=True)
class TruncationOptions(DistributionOptions):
    """How latents are truncated."""

    truncation: Psi = None

    def distribution(self, psi: float | None = None) -> Truncation:
        """The truncation that the options ask for; `psi` in place of --truncation."""
        return super().distribution(self.truncation if psi is None else psi)


def _note_untuned(generator: Generator, model: str, engine: EngineOptions) -> None:
    """Says so if FP32 is in use for want of a choice, not by choice."""
    from ganrt.engines.backends import BACKENDS
    from ganrt.engines.choice import remembered

    own = generator.precision != "fp32" or BACKENDS[generator.backend].compiled  # the file's
    if own or generator.spec.task == "encode":
        return
    if engine.backend != "auto":
        say(f"note: what was tuned holds for --backend auto alone; --precision fastest is FP32 with {engine.backend}")
        return
    sha256, threads = generator.model_sha256, engine.threads
    if not any(remembered(sha256, "fastest", where, threads) for where in dict.fromkeys((engine.device, "auto"))):
        same = "" if threads is None else f" --threads {threads}"
        say(
            f"note: not tuned here, so --precision fastest is plain FP32; "
            f"`ganrt tune -m {model}{same}` finds what is faster"
        )


def note_weights(generator: Generator, class_name: str | None) -> None:
    """Says so if the weights of a mixture of classes do not sum to one."""
    from ganrt.runtime.labels import weights_note

    note = weights_note(generator.spec.labels, class_name)
    if note:
        say(f"note: {note}")


def note_frozen(generator: Generator, psi: float | None) -> None:
    """Says so if batch-norm statistics are frozen at a truncation that the noise does not follow by itself."""

    frozen = generator.spec.statistics.value if generator.spec.statistics.mode == "frozen" else None
    if psi is None and frozen not in (None, 1):
        say(
            f"note: statistics frozen at {frozen:g}, noise not truncated by it: --truncation {frozen:g} gives the "
            "pictures of that truncation before freezing"
        )


def model_of_looks(looks: Sequence[Look], model: str, context: typer.Context) -> str:
    """The model to load for some looks: --model if it was given, else theirs.

    Raises:
        UsageError: see `look_drawing.model_for`.
    """
    from ganrt.runtime.look_drawing import model_for

    return model_for(looks, chosen_model(model, context))


def chosen_model(model: str, context: typer.Context) -> str | None:
    """What --model says; None where it was not given."""
    source = context.get_parameter_source("model")
    return None if source is None or source.name == "DEFAULT" else model


def parse_grid(text: str) -> tuple[int, int]:
    """ "4x3" -> (4 columns, 3 rows); raises UsageError."""
    columns, rows = sides("--grid", text, "COLUMNSxROWS", "4x3", 1000)
    return columns, rows
