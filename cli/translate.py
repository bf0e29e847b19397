"""`ganrt translate`: pictures through an image-to-image model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, announce, command, in_use, print_json, say
from ganrt.errors import BadInputFile, NegativeResult, OutputFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ganrt.cli.picture_files import PictureFile
    from ganrt.runtime.fitting import Fit
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.photos import Photo
    from ganrt.runtime.translation import Translated

_ENDING, _BACK_ENDING, _SHEET = ".png", "-back.png", "sheet.png"


@command(
    "translate",
    """
    ganrt translate horse.jpg -m horse2zebra.onnx -o zebras
    ganrt translate photos --recursive -m horse2zebra.onnx --fit crop --sheet -o zebras
    ganrt translate "photos/*.jpg" -m horse2zebra.onnx --back zebra2horse.onnx -o cycle --json
    ganrt translate photos -m horse2zebra.onnx --alpha flatten --background 87ceeb --skip-bad -o zebras
    """,
)
def translate(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            help="Pictures (PNG, JPEG, WebP, BMP, TIFF), folders of them, or globs. Of a TIFF the first page is "
            "taken; animated pictures are refused.",
            show_default=False,
        ),
    ],
    model: Annotated[str, typer.Option("-m", "--model", help="An .onnx file with the task translate.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="A folder: photo.jpg becomes photo.png in it.")],
    fit: Annotated[
        str,
        typer.Option(
            "--fit",
            help="How a picture gets the model's size. resize: stretched. crop: the largest centred part of the "
            "model's proportions. pad: whole, centred on --background. A model of any size: resize to the nearest "
            "size that it takes; crop, or pad (undone afterwards), to the next one.",
        ),
    ] = "resize",
    alpha: Annotated[
        str, typer.Option("--alpha", help="keep: hand it to the output. flatten: lay the picture over --background.")
    ] = "keep",
    background: Annotated[str, typer.Option("--background", help="RRGGBB.")] = "ffffff",
    back: Annotated[
        str | None,
        typer.Option("--back", help="The opposite model: also write photo-back.png, and measure what it lost."),
    ] = None,
    sheet: Annotated[
        bool,
        typer.Option("--sheet", help="Also sheet.png: input and output side by side, 100 rows at most, 256 px cells."),
    ] = False,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Also the folders inside the folders.")] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Go on after a picture that cannot be read; exit 1 at the end.")
    ] = False,
    batch_size: Annotated[int | None, typer.Option("--batch-size", "-b", min=1, help="Pictures a batch.")] = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "fp32",
    threads: options.Threads = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Translates pictures, image to image; a picture's translation does not depend on the others."""
    from ganrt.runtime.fitting import Fit, parse_colour

    how = Fit(fit, alpha, parse_colour(background))
    plan = _make_plan(inputs, output, recursive, back is not None, sheet, force)
    with ExitStack() as stack:
        generator = stack.enter_context(options.open_generator(model, backend, device, precision, threads))
        announce(generator)
        opposite = None
        if back is not None:
            opposite = stack.enter_context(options.open_generator(back, backend, device, precision, threads))
            announce(opposite)
        run = _Run(generator, opposite, how, plan, skip_bad)
        run.translate(batch_size)
        if json:
            print_json(run.report())
    if run.bad:
        raise NegativeResult(f"{len(run.bad)} of {len(plan.pictures)} pictures could not be read; the others are done")


@dataclass(frozen=True)
class _Plan:
    """Where everything goes, settled and checked before any work."""

    output: Path
    pictures: list[PictureFile]
    sheet: Path | None
    force: bool

    def path(self, picture: PictureFile, ending: str = _ENDING) -> Path:
        from ganrt.cli.picture_files import output_name

        return self.output / output_name(picture, ending)


def _make_plan(inputs: list[str], output: Path, recursive: bool, back: bool, sheet: bool, force: bool) -> _Plan:
    from ganrt.cli.picture_files import find_pictures, output_names
    from ganrt.files import check_free, make_folder

    pictures = find_pictures(inputs, recursive, output)
    endings = (_ENDING, _BACK_ENDING) if back else (_ENDING,)
    output_names(pictures, endings, [_SHEET] if sheet else [])
    plan = _Plan(output, pictures, output / _SHEET if sheet else None, force)
    targets = [plan.path(picture, ending) for picture in pictures for ending in endings]
    targets += [plan.sheet] if plan.sheet else []
    sources = {picture.path.resolve() for picture in pictures}
    for target in targets:
        if target.resolve() in sources:
            raise OutputFailed(f"{target} is one of the inputs: give another --output")
        check_free(target, force)
    make_folder(output)
    return plan


@dataclass
class _Run:
    """One run: what was written, what was bad, and the pictures on the sheet."""

    generator: Generator
    back: Generator | None
    fit: Fit
    plan: _Plan
    skip_bad: bool
    written: list[dict[str, object]] = field(default_factory=list)
    bad: list[dict[str, str]] = field(default_factory=list)

    def translate(self, batch_size: int | None) -> None:
        """Reads, translates and writes, batch by batch."""
        from ganrt.cli.translate_sheet import Sheet
        from ganrt.runtime.translation import translate_photos

        page = Sheet()
        places = {picture.path: picture for picture in self.plan.pictures}
        with Progress(len(places), "pictures") as progress:
            for done in translate_photos(
                self.generator, self._photos(), self.fit, back=self.back, batch_size=batch_size
            ):
                self._write(places[done.path], done)
                if self.plan.sheet:
                    page.add([done.source, done.image, *([done.cycle.image] if done.cycle else [])])
                progress(len(self.written) + len(self.bad))
        if self.plan.sheet and page.rows:
            self._write_picture(self.plan.sheet, page.picture(), {"rows": page.rows})
        say(self._summary())

    def report(self) -> dict[str, object]:
        """The result for --json."""
        sheet = str(self.plan.sheet) if self.plan.sheet and self.written else None
        back = in_use(self.back) if self.back else None
        return {**in_use(self.generator), "back": back, "pictures": self.written, "bad": self.bad, "sheet": sheet}

    def _photos(self) -> Iterator[Photo]:
        from ganrt.runtime.photos import read_photo

        for picture in self.plan.pictures:
            try:
                photo = read_photo(picture.path)
            except BadInputFile as error:
                if not self.skip_bad:
                    raise
                say(f"skipped: {error}")
                self.bad.append({"source": str(picture.path), "error": str(error)})
                continue
            yield photo

    def _write(self, picture: PictureFile, done: Translated) -> None:
        origin: dict[str, object] = {
            "source": picture.path.name,
            "source_sha256": done.sha256,
            "fit": self.fit.mode,
            "alpha": self.fit.alpha,
            "background": bytes(self.fit.background).hex(),
        }
        entry: dict[str, object] = {"source": str(picture.path), "file": str(self.plan.path(picture))}
        self._write_picture(self.plan.path(picture), done.image, origin)
        if done.cycle and self.back:
            path = self.plan.path(picture, _BACK_ENDING)
            origin |= {"back": self.back.spec.name, "back_sha256": self.back.model_sha256}
            self._write_picture(path, done.cycle.image, origin)
            entry |= {"back": str(path), "mean_l1": round(done.cycle.mean_l1, 6)}
            say(f"{picture.path}: there and back, mean L1 {done.cycle.mean_l1:.3f} of 255")
        self.written.append(entry)

    def _write_picture(self, path: Path, image: NDArray[np.uint8], origin: dict[str, object]) -> None:
        from ganrt import __version__
        from ganrt.files import write_file
        from ganrt.runtime.pictures import encode_png

        data = encode_png(image, {**in_use(self.generator), "ganrt": __version__, **origin})
        write_file(path, data, force=self.plan.force)

    def _summary(self) -> str:
        text = f"{len(self.written)} pictures: {self.plan.output}"
        return text if not self.plan.sheet else f"{text} (sheet: {self.plan.sheet})"
