"""What `ganrt translate` and `reconstruct` share: options, where outputs go, reading, writing, the sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer

from ganrt.cli.app import Progress, in_use, say
from ganrt.cli.options import EncodingOptions
from ganrt.errors import BadInputFile, NegativeResult, OutputFailed
from ganrt.runtime.picture_files import PictureFile, find_pictures, output_name, output_names

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ganrt.runtime.fitting import Fit
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.photos import Photo
    from ganrt.runtime.picture_style import PictureStyle

Pictures = Annotated[
    list[str],
    typer.Argument(
        metavar="IN...",
        help="Pictures (PNG, JPEG, WebP, BMP, TIFF), folders of them, or globs. Of a TIFF the first page is "
        "taken; animated pictures are refused.",
        show_default=False,
    ),
]
Folder = Annotated[
    Path, typer.Option("-o", "--output", help="A folder: photo.jpg becomes photo.png, or as --encode, in it.")
]


@dataclass(frozen=True)
class PictureOptions(EncodingOptions):
    """How pictures are found, read, sized and written."""

    fit: Annotated[
        str | None,
        typer.Option(
            "--fit",
            help="How a picture gets the model's size. resize: stretched. crop: the largest centred part of the "
            "model's proportions. pad: whole, centred on --background. A model of any size: resize to the nearest "
            "size that it takes; crop, or pad (undone afterwards), to the next one. "
            "Default: resize, but pad for a film and a model of any size.",
        ),
    ] = None
    alpha: Annotated[
        str, typer.Option("--alpha", help="keep: hand it to the output. flatten: lay the picture over --background.")
    ] = "keep"
    background: Annotated[str, typer.Option("--background", help="RRGGBB.")] = "ffffff"
    sheet: Annotated[
        bool,
        typer.Option("--sheet", help="Also sheet.png: input and output side by side, 100 rows at most, 256 px cells."),
    ] = False
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Also the folders inside the folders.")] = False
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Go on after a picture that cannot be read; exit 1 at the end.")
    ] = False
    batch_size: Annotated[int | None, typer.Option("--batch-size", "-b", min=1, help="Pictures a batch.")] = None

    def fitting(self, otherwise: str = "resize") -> Fit:
        """How they get the model's size; `otherwise` where nothing was said of it."""
        from ganrt.runtime.fitting import Fit
        from ganrt.runtime.picture_style import parse_colour

        return Fit(self.fit or otherwise, self.alpha, parse_colour(self.background))

    def style(self) -> PictureStyle:
        """How they are written: transparent ones over --background where the encoding has no transparency."""
        from ganrt.runtime.picture_style import PictureStyle

        style = PictureStyle(self.encode or "png", self.quality)
        return replace(style, background=self.background) if style.opaque else style


class Result(Protocol):
    """What came of one picture."""

    @property
    def path(self) -> Path:
        """The picture's file."""

    @property
    def row(self) -> list[NDArray[np.uint8]]:
        """The pictures on the sheet: uint8 [h, w, c] each, as many for every result."""


R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Plan:
    """Where everything goes, settled and checked before any work."""

    output: Path
    pictures: list[PictureFile]
    sheet: Path | None
    style: PictureStyle
    force: bool

    def path(self, picture: PictureFile, tail: str = "") -> Path:
        """The output of one picture; `tail` comes before its ending."""

        return self.output / output_name(picture, tail + self.style.ending)


def make_plan(
    inputs: list[str], output: Path, given: PictureOptions, force: bool, tails: Sequence[str] = ("",)
) -> Plan:
    """Finds the pictures, and makes sure that every output has a place.

    Args:
        tails: of the outputs of each picture, before their endings.

    Raises:
        BadInputFile: no pictures. UsageError: two outputs of one name.
        OutputFailed: an output exists (without `force`), or is one of the inputs, or the folder is a file.
    """
    from ganrt.files import ensure_absent

    if output.exists() and not output.is_dir():
        raise OutputFailed(f"{output} is a file; expected a folder for the output")
    style = given.style()
    pictures, sheet = find_pictures(inputs, given.recursive, output), "sheet.png"
    output_names(pictures, [tail + style.ending for tail in tails], [sheet] if given.sheet else [])
    plan = Plan(output, pictures, output / sheet if given.sheet else None, style, force)
    targets = [plan.path(picture, tail) for picture in pictures for tail in tails]
    targets += [plan.sheet] if plan.sheet else []
    sources = {picture.path.resolve() for picture in pictures}
    for target in targets:
        if target.resolve() in sources:
            raise OutputFailed(f"{target} is one of the inputs: give another --output")
        ensure_absent(target, force, within=output)
    return plan


@dataclass
class PictureRun:
    """One run: what was written and what was bad. `generator` is the model that the written pictures name."""

    generator: Generator
    fit: Fit
    plan: Plan
    skip_bad: bool
    written: list[dict[str, object]] = field(default_factory=list)
    bad: list[dict[str, str]] = field(default_factory=list)
    laid_over: bool = False
    _saved: list[Path] = field(default_factory=list)

    def photos(self) -> Iterator[Photo]:
        """Reads the pictures one by one; with `skip_bad` those that cannot be read are left out and remembered."""
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

    def write_all(self, results: Iterable[R], write: Callable[[PictureFile, R], dict[str, object]]) -> None:
        """Hands each result to `write` as it comes, which returns its entry in the report; then writes the sheet."""
        from ganrt.files import check_written
        from ganrt.runtime.picture_style import PictureStyle
        from ganrt.runtime.pictures import Sheet

        page = Sheet()
        places = {picture.path: picture for picture in self.plan.pictures}
        with Progress(len(places), "pictures") as progress:
            for done in results:
                self.written.append(write(places[done.path], done))
                if self.plan.sheet:
                    page.add(done.row)
                progress(len(self.written) + len(self.bad))
        if self.plan.sheet and page.rows:
            # a PNG always: WebP holds 16383 pixels a side, which 64 rows exceed
            self.save(self.plan.sheet, page.picture(), {"rows": page.rows}, PictureStyle())
        check_written(self._saved)
        shown = f" (sheet: {self.plan.sheet})" if self.plan.sheet else ""
        say(f"{len(self.written)} pictures: {self.plan.output}{shown}")

    def origin(self, picture: PictureFile, sha256: str) -> dict[str, object]:
        """What every output says about the picture that it was made from."""
        return {
            "source": picture.path.name,
            "source_sha256": sha256,
            "fit": self.fit.mode,
            "alpha": self.fit.alpha,
            "background": bytes(self.fit.background).hex(),
        }

    def save(
        self, path: Path, image: NDArray[np.uint8], origin: dict[str, object], style: PictureStyle | None = None
    ) -> None:
        """Writes a picture, in the plan's style unless in another; a PNG says what made it."""
        from ganrt import __version__
        from ganrt.files import write_file

        style = style or self.plan.style
        if style.opaque and image.shape[2] == 4 and not self.laid_over:
            self.laid_over = True
            say(f"note: {style.encode} has no transparency: pictures lie over --background {style.background}")
        data = style.encoded(style.applied(image), {**in_use(self.generator), "ganrt": __version__, **origin})
        write_file(path, data, force=self.plan.force, within=self.plan.output)
        self._saved.append(path)

    def report(self) -> dict[str, object]:
        sheet = str(self.plan.sheet) if self.plan.sheet and self.written else None
        return {**in_use(self.generator), "pictures": self.written, "bad": self.bad, "sheet": sheet}

    def refuse_bad(self) -> None:
        """Raises NegativeResult if pictures were left out; call it last."""
        if self.bad:
            raise NegativeResult(
                f"{len(self.bad)} of {len(self.plan.pictures)} pictures could not be read; the others are done"
            )
