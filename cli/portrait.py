"""`ganrt portrait`: the look of a model that comes nearest to a picture."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, command, in_use, print_json, say, tell
from ganrt.errors import UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.photos import Photo
    from ganrt.runtime.portrait import Crop, Found, Portrait

_WORDS = {
    "given": "as given",
    "found": "found",
    "unsure": "unsure, the picture does not decide",
    "hidden": "shows nowhere in this look",
}


@command(
    "portrait",
    """
    ganrt portrait me.jpg
    ganrt portrait me.jpg --crop 60,20,300,300 --set glasses=round -o me-avatar.png
    ganrt portrait me.jpg -m avatars-1 --json
    """,
)
def portrait(
    picture: Annotated[Path, typer.Argument(metavar="IN", help="A picture (PNG, JPEG, WebP, BMP, TIFF).")],
    model: options.Model = DEFAULT_MODEL,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Picture and avatar side by side, .png; by default NAME-portrait.png, here."
        ),
    ] = None,
    crop: Annotated[
        str | None,
        typer.Option(
            "--crop",
            metavar="<x,y,w,h>",
            help="The part to look at, in pixels: head and shoulders. No face is looked for: by default it is the "
            "largest part of the model's proportions, in the middle, of a tall picture at the top.",
        ),
    ] = None,
    set_controls: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="<name=value>",
            help="A named control that you know better, such as hair=afro; may be given several times.",
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", help="The model's encoder, an .onnx file: used instead of searching for controls."),
    ] = None,
    class_name: options.ClassName = None,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Finds the look of a model that comes nearest to a picture, and prints its code. It recognises nobody."""
    from ganrt.files import ensure_absent, write_file
    from ganrt.runtime.photos import read_photo
    from ganrt.runtime.portrait import most_pictures
    from ganrt.runtime.portrait import portrait as find
    from ganrt.runtime.settings import parse_settings

    settings, part = parse_settings(set_controls or ()), _crop(crop)
    target = output or Path(f"{picture.stem}-portrait.png")
    if target.suffix.lower() != ".png":
        raise UsageError(f"--output {target}: expected a name that ends in .png")
    ensure_absent(target, force)
    photo = read_photo(picture)
    with ExitStack() as stack:
        generator = stack.enter_context(engine.open(model))
        encoding = None if encoder is None else stack.enter_context(engine.load(encoder))
        with Progress(most_pictures(generator), "pictures at most") as progress:
            found = find(
                photo, generator, controls=settings, crop=part, encoder=encoding, labels=class_name, progress=progress
            )
        write_file(target, _page(generator, found, photo), force=force)
        for one in found.found:
            say(_line(one))
        if part is None:
            say("note: no face was looked for; --crop X,Y,WIDTH,HEIGHT says where head and shoulders are")
        say(f"mean CIE76 difference {found.error:.1f} (black to white: 100), {found.drawn} pictures drawn: {target}")
        if json:
            print_json({**in_use(generator), **_report(found), "source": str(picture), "file": str(target)})
        elif found.code:
            tell(found.code)
        else:
            say("note: the latent has too many values for a look code; --json lists none either")


def _crop(given: str | None) -> Crop | None:
    if given is None:
        return None
    match = re.fullmatch(r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})", given)
    if match is None:
        raise UsageError(f"--crop {given[:60]}: expected X,Y,WIDTH,HEIGHT in pixels, such as 60,20,300,300")
    left, top, width, height = map(int, match.groups())
    return left, top, width, height


def _page(generator: Generator, found: Portrait, photo: Photo) -> bytes:
    from ganrt.runtime.design import look_origin
    from ganrt.runtime.picture_style import PictureStyle
    from ganrt.runtime.pictures import encode_png

    origin = look_origin(generator, found.look, PictureStyle()) if found.code else in_use(generator)
    return encode_png(found.page, {**origin, "source": photo.path.name, "source_sha256": photo.sha256})


def _line(one: Found) -> str:
    """ "hair=afro: found; next is dreads, at 12 % more error" """
    told = f"{one.control}={one.value}: {_WORDS[one.certainty]}"
    if one.certainty == "found" and one.second:
        told += f"; next is {one.second}, at {_percent(one.rise)} more error"
    elif one.certainty == "unsure" and one.second:
        told += f"; {one.second} comes as near"
    return told


def _percent(share: float) -> str:
    return f"{share:.0%}" if share < 10 else "over 1000%"


def _report(found: Portrait) -> dict[str, object]:
    background = None if found.background is None else bytes(found.background).hex()
    controls = {one.control: {key: value for key, value in asdict(one).items() if key != "control"}
                for one in found.found}  # fmt: skip
    return {
        "look": found.code,
        "error": round(found.error, 3),
        "background": background,
        "drawn": found.drawn,
        "controls": controls,
    }
