"""`ganrt evaluate`: distances between sets of pictures, encodings and codes, within a feature extractor."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.checks import sides
from ganrt.cli import options
from ganrt.cli.app import Progress, command, print_json, say
from ganrt.cli.requests import Latents
from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.picture_files import find_pictures
from ganrt.spec import MAX_SIDE

if TYPE_CHECKING:
    from ganrt.benchmarks.evaluation.evaluate import Settings
    from ganrt.benchmarks.evaluation.extractors import Extractor, ExtractorOptions
    from ganrt.benchmarks.evaluation.pictures import Drawing, Pictures
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.sampling import Truncation

_COUNT = 1000


@dataclass(frozen=True)
class DrawnOptions:
    """Pictures that a generator draws, in place of those of --fake."""

    model: Annotated[
        str | None, typer.Option("-m", "--model", help="In place of --fake: a generator, a bundled name or .onnx file.")
    ] = None
    count: Annotated[
        int | None, typer.Option("--count", "-n", min=1, help=f"Pictures to draw with --model; {_COUNT} by default.")
    ] = None
    per_class: Annotated[
        int | None, typer.Option("--per-class", min=1, help="In place of --count: so many of each class or code.")
    ] = None
    seed: Annotated[int, typer.Option("--seed", help="Whose pictures are drawn.")] = 0
    start: Annotated[int, typer.Option("--start", help="The first index.")] = 0
    latents: Latents = None

    def __post_init__(self) -> None:
        if (self.count is not None) + (self.per_class is not None) + (self.latents is not None) > 1:
            raise UsageError("--count, --per-class and --latents: expected one of them")
        if self.latents is not None and (self.seed or self.start):
            raise UsageError("--latents: --seed and --start belong to --count")

    def drawing(self, truncation: Truncation, class_name: str | None, fixed: options.ControlOptions) -> Drawing:
        """What is drawn, but for the controls, whose names the generator knows."""
        from ganrt.benchmarks.evaluation.pictures import Drawing
        from ganrt.runtime.latent_files import read_latent_file

        given = None if self.latents is None else read_latent_file(self.latents)
        count = self.per_class or self.count or (_COUNT if given is None else len(given.z))
        by_class = self.per_class is not None
        return Drawing(count, self.seed, self.start, by_class, truncation, class_name, fixed.pins, latents=given)


@dataclass(frozen=True)
class MeasureOptions:
    """What is measured, and within which extractors."""

    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics",
            help="frechet, score, precision-recall, knn, matching, with commas between; by default all that what was "
            "given allows.",
        ),
    ] = None
    features: Annotated[
        str,
        typer.Option(
            "--features",
            help="The extractor: colour-and-edges-1 (nothing to download), an .onnx file, or torchvision:NAME:WEIGHTS.",
        ),
    ] = "colour-and-edges-1"
    normalise: Annotated[
        str | None,
        typer.Option("--normalise", help="What the extractor's floats are: unit, tanh, bytes or imagenet."),
    ] = None
    feature_size: Annotated[
        str | None, typer.Option("--feature-size", help="HEIGHTxWIDTH, for extractors that take any size.")
    ] = None
    feature_output: Annotated[
        str | None, typer.Option("--feature-output", help="The output of an .onnx extractor with the features.")
    ] = None
    class_output: Annotated[
        str | None, typer.Option("--class-output", help="The output with class logits or probabilities.")
    ] = None
    encoder: Annotated[
        str | None, typer.Option("--encoder", help="An .onnx encoder whose codes of the real pictures knn classifies.")
    ] = None
    neighbours: Annotated[int, typer.Option("--neighbours", "-k", help="k of precision-recall, knn, matching.")] = 3
    size: Annotated[
        str | None,
        typer.Option("--size", help="HEIGHTxWIDTH that all pictures get first; by default that of the first fake."),
    ] = None
    fit: Annotated[str, typer.Option("--fit", help="How they get it: resize (stretched), crop or pad.")] = "resize"
    background: Annotated[str, typer.Option("--background", help="RRGGBB behind transparent pictures.")] = "ffffff"

    def settings(self) -> Settings:
        """Checked, but for the names of the metrics: which are possible depends on what is given."""
        from ganrt.benchmarks.evaluation.evaluate import Settings
        from ganrt.runtime.fitting import Fit
        from ganrt.runtime.picture_style import parse_colour

        names = None if self.metrics is None else tuple(part.strip() for part in self.metrics.split(","))
        fit = Fit(self.fit, "flatten", parse_colour(self.background))
        return Settings(names, self.neighbours, fit=fit, size=_size("--size", self.size))

    def extractor_options(self, device: options.DeviceOptions) -> ExtractorOptions:
        """Checked."""
        from ganrt.benchmarks.evaluation.extractors import ExtractorOptions

        size = _size("--feature-size", self.feature_size)
        outputs = (self.feature_output, self.class_output)
        return ExtractorOptions(self.normalise, size, *outputs, device.device, device.threads)

    def open_extractors(self, given: ExtractorOptions) -> tuple[Extractor, Extractor | None]:
        """What the options say about a file holds for the extractor; for the encoder, where that is the only file."""
        from ganrt.benchmarks.evaluation.extractors import DEFAULT, ExtractorOptions
        from ganrt.benchmarks.evaluation.onnx_extractor import open_extractor

        if self.encoder is None:
            return open_extractor(self.features, given), None
        plain = ExtractorOptions(device=given.device, threads=given.threads)
        first, second = (plain, given) if self.features == DEFAULT else (given, plain)
        return open_extractor(self.features, first), open_extractor(self.encoder, second)


@command(
    "evaluate",
    """
    ganrt evaluate --real photos -m avatars --count 64 --seed 1
    ganrt evaluate --real photos --fake avatars --metrics frechet,precision-recall --json
    ganrt evaluate --real photos -m avatars --count 64 --features classifier.onnx --normalise imagenet
    ganrt evaluate --real digits -m codes.onnx --per-class 20 --metrics matching -o codes.json
    ganrt evaluate --real photos -m avatars --latents latents.npy --metrics frechet
    ganrt evaluate --real digits --encoder digits-encoder.onnx --metrics knn
    """,
)
def evaluate(
    *,
    real: Annotated[
        str | None,
        typer.Option("--real", help="A folder (with those inside it) or glob of pictures; sub-folders are labels."),
    ] = None,
    fake: Annotated[
        str | None, typer.Option("--fake", help="The same for the pictures to judge; sub-folders are codes.")
    ] = None,
    drawn: DrawnOptions,
    truncation: options.TruncationOptions,
    class_name: options.ClassName = None,
    fixed: options.ControlOptions,
    measured: MeasureOptions,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A .json file for the whole report.")] = None,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Compares pictures, drawn or in folders, with real ones: the figures hold within one feature extractor."""
    from ganrt.benchmarks.evaluation.lines import report_lines, write_report
    from ganrt.files import ensure_absent

    if fake is not None and drawn.model is not None:
        raise UsageError("--fake and --model: expected one of them")
    of_model = (drawn, truncation, class_name, fixed)
    if drawn.model is None and of_model != (
        DrawnOptions(),
        options.TruncationOptions(),
        None,
        options.ControlOptions(),
    ):
        raise UsageError(
            "--count, --per-class, --class, --seed, --start, --latents, --set, --set-z and truncation: they belong to "
            "--model"
        )
    drawing = drawn.drawing(truncation.distribution(), class_name, fixed)
    if output is not None:
        ensure_absent(output, force)
    settings, given = measured.settings(), measured.extractor_options(engine)
    with ExitStack() as stack:
        real_side, fake_side = _files("--real", real), _files("--fake", fake)
        if drawn.model is not None:
            generator = stack.enter_context(engine.open(drawn.model))
            options.note_weights(generator, class_name)
            options.note_frozen(generator, truncation.truncation)
            fake_side = _generated(generator, drawing, fixed)
        report = _evaluate(real_side, fake_side, measured.open_extractors(given), settings)
    if output is not None:
        write_report(output, report, force=force)
    if json:
        print_json(report)
    else:
        for line in report_lines(report):
            typer.echo(line)


def _generated(generator: Generator, drawing: Drawing, fixed: options.ControlOptions) -> Pictures:
    from ganrt.benchmarks.evaluation.pictures import GeneratedPictures

    controls = generator.controls.canonical(fixed.settings)
    return GeneratedPictures(generator, replace(drawing, controls=controls))


def _evaluate(
    real: Pictures | None, fake: Pictures | None, extractors: tuple[Extractor, Extractor | None], settings: Settings
) -> dict[str, object]:
    from ganrt import __version__
    from ganrt.benchmarks.evaluation.evaluate import evaluate as run_evaluation
    from ganrt.benchmarks.evaluation.lines import header_lines

    with ExitStack() as stack:

        def progress(what: str, total: int) -> Progress:
            return stack.enter_context(Progress(total, what))

        report = run_evaluation(real, fake, extractors[0], settings, encoder=extractors[1], progress=progress)
    for line in header_lines(report):
        say(line)
    return {"ganrt": __version__, **report}


def _files(option: str, given: str | None) -> Pictures | None:
    from ganrt.benchmarks.evaluation.pictures import PictureFiles

    if given is None:
        return None
    try:
        found = find_pictures([given], recursive=True)
    except BadInputFile as error:
        raise BadInputFile(f"{option} {error}") from error
    return PictureFiles(given, [(picture.path, picture.place) for picture in found])


def _size(option: str, given: str | None) -> tuple[int, int] | None:
    if given is None:
        return None
    height, width = sides(option, given, "HEIGHTxWIDTH", "64x64", MAX_SIDE)
    return height, width
