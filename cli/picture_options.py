"""The options of the commands that send pictures through a model, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Pictures = Annotated[
    list[str],
    typer.Argument(
        metavar="IN...",
        help="Pictures (PNG, JPEG, WebP, BMP, TIFF), folders of them, or globs. Of a TIFF the first page is "
        "taken; animated pictures are refused.",
        show_default=False,
    ),
]
Folder = Annotated[Path, typer.Option("-o", "--output", help="A folder: photo.jpg becomes photo.png in it.")]
FitMode = Annotated[
    str,
    typer.Option(
        "--fit",
        help="How a picture gets the model's size. resize: stretched. crop: the largest centred part of the "
        "model's proportions. pad: whole, centred on --background. A model of any size: resize to the nearest "
        "size that it takes; crop, or pad (undone afterwards), to the next one.",
    ),
]
Alpha = Annotated[
    str, typer.Option("--alpha", help="keep: hand it to the output. flatten: lay the picture over --background.")
]
Background = Annotated[str, typer.Option("--background", help="RRGGBB.")]
Sheet = Annotated[
    bool,
    typer.Option("--sheet", help="Also sheet.png: input and output side by side, 100 rows at most, 256 px cells."),
]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Also the folders inside the folders.")]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="Go on after a picture that cannot be read; exit 1 at the end.")
]
BatchSize = Annotated[int | None, typer.Option("--batch-size", "-b", min=1, help="Pictures a batch.")]
