"""`ganrt generate`: pictures from seeds, index ranges or identities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import LINE_EVERY_S, Progress, command, in_use, print_json, say
from ganrt.cli.requests import (
    Item,
    Looks,
    LooseSelectionOptions,
    Request,
    as_looks,
    designed,
    pair_of,
    read_codes,
    read_loose,
    refuse_beside_looks,
    require_drawable,
)
from ganrt.errors import BadInputFile, OutputFailed, UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ganrt.runtime.design import Design
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.picture_style import PictureStyle
    from ganrt.runtime.styles import Mix

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".mp4")


@dataclass(frozen=True)
class MixOptions:
    """Of a StyleGAN in two files."""

    mix: Annotated[
        list[str] | None,
        typer.Option(
            "--mix",
            metavar="<0-7=seed5>",
            help="Of a StyleGAN in two files: these styles come from another seed; several times.",
        ),
    ] = None
    save_w: Annotated[
        Path | None, typer.Option("--save-w", help="Also the pictures' styles, .npz with w float32 [n, styles, dim].")
    ] = None


@dataclass(frozen=True)
class SheetOptions:
    """The contact sheet."""

    grid: Annotated[
        str | None,
        typer.Option("--grid", help="Also a contact sheet of COLUMNSxROWS images, such as 4x3."),
    ] = None
    numbers: Annotated[
        bool, typer.Option("--numbers", help="With --grid: the sheet says each image's number, from 1, and look code.")
    ] = False

    def __post_init__(self) -> None:
        if self.numbers and self.grid is None:
            raise UsageError("--numbers: it belongs to --grid")

    @property
    def cells(self) -> tuple[int, int] | None:
        """Columns and rows."""
        return options.parse_grid(self.grid) if self.grid else None


@command(
    "generate",
    """
    ganrt generate --count 16 --grid 4x4 -o avatars
    ganrt generate --seeds 0,1,4-6 --truncation 0.7 -o seeds
    ganrt generate --count 12 --grid 4x3 -o sheet.png
    ganrt generate --count 40 --grid 8x5 --numbers -o choose.png
    ganrt generate --identities players.txt -o players
    ganrt generate --name "Ann of Ayr" --size 512 --mask round -o ann.png
    ganrt generate --set hair=afro --set glasses=round --set skin=0.8 --count 8 --grid 4x2 -o afros.png
    ganrt generate --latents latents.npy -o given
    ganrt generate ganrt:avatars-1:0:8841 -o look.png
    ganrt generate --looks looks.txt -o looks
    ganrt generate --count 4 --encode webp --quality 80 --zoom 4 -o webp
    """,
)
def generate(
    context: typer.Context,
    codes: options.Codes = None,
    model: options.Model = DEFAULT_MODEL,
    *,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            help="A folder; or a file (.png, or as --encode), for one picture or the --grid sheet alone. Identities "
            "are listed in its identities.csv.",
        ),
    ] = "out",
    selection: LooseSelectionOptions,
    truncation: options.TruncationOptions,
    fixed: options.ControlOptions,
    class_name: options.ClassName = None,
    styles: MixOptions,
    grid: SheetOptions,
    batch_size: Annotated[int | None, typer.Option("--batch-size", "-b", help="Images a batch.")] = None,
    pictures: options.StyleOptions,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Draws loose pictures (shards: bulk run): image INDEX of SEED is the same whatever count, order or batch size."""
    from ganrt.runtime.styles import parse_mixes, write_styles

    if "://" in output:
        raise UsageError(f"--output {output}: loose pictures need a folder; ganrt bulk run writes to addresses")
    request = read_codes(codes, selection) or read_loose(selection, grid.cells)
    style = pictures.style()
    plan = _Plan(Path(output), grid, request, style, force)
    design = fixed.design(truncation.distribution(), class_name)
    if isinstance(request, Looks):
        refuse_beside_looks(design)
        if styles != MixOptions():
            raise UsageError("look codes name no mixtures of styles: expected no --mix and no --save-w with them")
        model = options.model_of_looks(request.looks, model, context)
    with engine.open(model) as generator:
        design = replace(design.settled(generator), latents=request.latents)
        if isinstance(request, Request) and request.rows is not None:
            request = as_looks(generator, request, selection.identities, design)
            plan = _Plan(Path(output), grid, request, style, force)
        style.check(generator.spec, plan.columns or 1, plan.filled_rows(len(request)))
        if note := style.note(generator.spec):
            say(f"note: {note}")
        options.note_weights(generator, class_name)
        options.note_frozen(generator, truncation.truncation)
        if request.latents is not None:
            request.latents.check(generator.spec.latent)
        look = _Look(design, parse_mixes(styles.mix), None if styles.save_w is None else [])
        if isinstance(request, Looks):
            require_drawable(generator, request)
        _draw(generator, request, look, batch_size, plan)
        if styles.save_w is not None:
            write_styles(styles.save_w, look.styles or [], force=force)
            say(f"styles: {styles.save_w}")
        _tell(generator, request, look, plan, json)


def _tell(generator: Generator, request: Request | Looks, look: _Look, plan: _Plan, json: bool) -> None:
    """Says what was drawn, and where it is."""
    where = f"{plan.output} (sheet: {plan.sheet})" if plan.sheet and plan.pictures else str(plan.output)
    fitting = plan.columns * plan.rows
    drawn = len(request) if plan.pictures else min(len(request), fitting)
    say(f"{drawn} {'image' if drawn == 1 else 'images'}: {where}")
    if plan.sheet and len(request) > fitting:
        say(f"the sheet shows the first {fitting} of {len(request)}")
    if json:
        files = [str(path) for path in plan.files(request)]
        looks = [_code(generator, item, look) for item in plan.items(request)]
        print_json({**in_use(generator), "images": drawn, "files": files, "looks": looks})
    elif drawn == 1:
        say(f"look: {_code(generator, next(plan.items(request)), look) or 'none: no code can say it'}")


def _code(generator: Generator, item: Item, look: _Look) -> str | None:
    """The code of a picture; None where none can say what it was drawn with, as for latents of a file."""
    if look.design.latents is not None or look.mixes:
        return None
    try:
        return (look.design.look(generator, item) if isinstance(item, tuple) else item).code
    except UsageError:
        return None


@dataclass(frozen=True)
class _Look:
    """What is drawn, and of which mixtures of styles."""

    design: Design
    mixes: tuple[Mix, ...] = ()
    styles: list[NDArray[np.float32]] | None = None  # what --save-w writes


class _Plan:
    """Where everything goes; checked before the generator is loaded, made after."""

    def __init__(
        self,
        output: Path,
        grid: SheetOptions,
        request: Request | Looks,
        style: PictureStyle,
        force: bool,
    ) -> None:
        cells, suffix = grid.cells, output.suffix.lower()
        single = suffix == style.ending or (suffix, style.encode) == (".jpeg", "jpeg")
        if suffix in _PICTURES and not single:
            raise UsageError(
                f"--output {output}: expected a folder, or a name that ends in {style.ending}, "
                f"as --encode {style.encode}"
            )
        self.style, self.numbers = style, grid.numbers
        if single and cells is None:
            if len(request) > 1:
                raise UsageError(f"--output {output}: {len(request)} images need a folder, or --grid for one sheet")
            cells = (1, 1)
        self.columns, self.rows = cells or (0, 0)
        self.pictures, self.force, self.output = not single, force, output
        self.folder = output.parent if single else output
        self.sheet = output if single else output / f"grid-{self.columns}x{self.rows}{style.ending}" if cells else None
        self.identities = self.folder / "identities.csv" if request.identities and self.pictures else None
        self.stem = "seed{}-index{:08d}" if request.latents is None else "latent{1:08d}"
        _refuse_run(self.folder)
        self._refuse_links(request)
        if not force:
            self._ensure_absent(request)

    def _ensure_absent(self, request: Request | Looks) -> None:
        from ganrt.files import ensure_absent

        for path in (self.sheet, self.identities):
            if path:
                ensure_absent(path, force=False)
        existing = set(self.folder.iterdir()) if self.pictures and self.folder.is_dir() else set()
        for item in request if existing else ():
            if self.path(item) in existing:
                raise OutputFailed(
                    f"{self.path(item)} exists already: give --force to overwrite it, or another --output"
                )

    def _refuse_links(self, request: Request | Looks) -> None:
        """Before anything is drawn: what has the name of an output in the folder must be no link."""
        from ganrt.files import refuse_links

        links = {path for path in self.folder.iterdir() if path.is_symlink()} if self.folder.is_dir() else set()
        for path in self.files(request) if links and self.pictures else ():
            if path in links:
                refuse_links(path, self.folder)

    def path(self, item: Item) -> Path:
        """The picture of one (seed, index) or look; the name does not depend on what else is asked for."""
        return self.folder / (self.stem.format(*pair_of(item)) + designed(item) + self.style.ending)

    def filled_rows(self, count: int) -> int:
        """Rows of the sheet that `count` pictures need; 1 where there is none."""
        return max(1, min(self.rows, -(-count // max(1, self.columns))))

    def items(self, request: Request | Looks) -> Iterator[Item]:
        """What must be drawn: everything, or for a sheet alone what fits on it."""
        return iter(request) if self.pictures else islice(request, self.columns * self.rows)

    def files(self, request: Request | Looks) -> Iterator[Path]:
        if self.pictures:
            yield from map(self.path, request)
        yield from (path for path in (self.sheet, self.identities) if path)


def _refuse_run(folder: Path) -> None:
    """Raises OutputFailed for a folder of shards: each audit of them would name the loose pictures, for ever."""
    from ganrt.runtime.bulk.manifest import find_manifest
    from ganrt.runtime.bulk.storage import LocalStorage

    try:
        run, _ = find_manifest(LocalStorage(folder))
    except BadInputFile:  # somebody else's manifest.json
        return
    if run is not None:
        raise OutputFailed(
            f"{folder} holds a run in shards, and loose pictures are no part of it: give another --output, "
            "or draw more shards with ganrt bulk run"
        )


def _draw(
    generator: Generator,
    request: Request | Looks,
    look: _Look,
    batch_size: int | None,
    plan: _Plan,
) -> None:
    """Draws and writes everything; of the pictures only those of one batch and of the sheet are held."""
    from ganrt.files import check_written, make_folder, write_file
    from ganrt.runtime.pictures import captioned, sheet

    make_folder(plan.folder)
    on_sheet: list[NDArray[np.uint8]] = []
    codes: list[str | None] = []
    done = 0
    with Progress(len(request), "images", line_every_s=LINE_EVERY_S) as progress:
        for batch, images in _drawn(generator, plan.items(request), look, batch_size):
            room = plan.columns * plan.rows - len(on_sheet)
            selection = images if plan.pictures else images[: max(0, room)]
            # a view would keep its batch alive
            styled = [
                plan.style.applied(image, *pair_of(item)).copy() for item, image in zip(batch, selection, strict=False)
            ]
            on_sheet += styled[: max(0, room)]
            codes += [_code(generator, item, look) for item in batch[: max(0, room)] if plan.numbers]
            for item, image in zip(batch, styled, strict=True) if plan.pictures else ():
                data = plan.style.encoded(image, _origin(generator, item, look, plan.style))
                write_file(plan.path(item), data, force=plan.force, within=plan.folder)
            done += len(batch)
            progress(done)
    if plan.sheet:
        first = _origin(generator, next(plan.items(request)), look, plan.style)
        if plan.columns * plan.rows > 1:
            first.pop("look", None)  # it draws one picture, no sheet
            first["grid"] = f"{plan.columns}x{plan.rows}"
        if plan.numbers:
            on_sheet, first["looks"] = captioned(on_sheet, codes), codes
        data = plan.style.encoded(sheet(on_sheet, plan.columns), first)
        write_file(plan.sheet, data, force=plan.force, within=plan.folder if plan.pictures else None)
    if plan.identities:
        write_file(plan.identities, _identities_table(plan, request), force=plan.force, within=plan.folder)
    check_written(plan.files(request))


def _drawn(
    generator: Generator, items: Iterator[Item], look: _Look, batch_size: int | None
) -> Iterator[tuple[Sequence[Item], NDArray[np.uint8]]]:
    """The pictures of all items, which are all pairs or all looks, one batch at a time."""
    first = next(items, None)
    if first is None:
        return
    if isinstance(first, tuple):
        pairs = (pair for pair in chain([first], items) if isinstance(pair, tuple))
        yield from look.design.draw(generator, pairs, batch_size, None, look.mixes, look.styles)
    else:
        looks = (one for one in chain([first], items) if not isinstance(one, tuple))
        yield from generator.draw_looks(looks, batch_size)


def _origin(generator: Generator, item: Item, look: _Look, style: PictureStyle) -> dict[str, object]:
    from ganrt.runtime.design import look_origin, picture_origin

    if not isinstance(item, tuple):
        return look_origin(generator, item, style)
    origin = picture_origin(generator, item, look.design, style, _code(generator, item, look))
    return origin | ({"mix": [str(mix) for mix in look.mixes]} if look.mixes else {})


def _identities_table(plan: _Plan, request: Request | Looks) -> bytes:
    import csv
    import io

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    if isinstance(request, Looks):
        rows.writerow(["identity", "index", "file", "look"])
        rows.writerows([row.identity, look.index, plan.path(look).name, look.code] for row, look in request.rows)
    else:
        rows.writerow(["identity", "index", "file"])
        rows.writerows(
            [name, pair_of(item)[1], plan.path(item).name]
            for name, item in zip(request.identities or (), plan.items(request), strict=True)
        )
    return text.getvalue().encode()
