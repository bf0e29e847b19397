"""The options of the commands that send pictures through a model, declared once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli.options import EncodingOptions

if TYPE_CHECKING:
    from ganrt.runtime.fitting import Fit
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

    def how(self, otherwise: str = "resize") -> Fit:
        """How they get the model's size; `otherwise` where nothing was said of it."""
        from ganrt.runtime.backgrounds import parse_colour
        from ganrt.runtime.fitting import Fit

        return Fit(self.fit or otherwise, self.alpha, parse_colour(self.background))

    def style(self) -> PictureStyle:
        """How they are written: transparent ones over --background where the encoding has no transparency."""
        from ganrt.runtime.picture_style import PictureStyle

        style = PictureStyle(self.encode or "png", self.quality)
        return replace(style, background=self.background) if style.opaque else style
