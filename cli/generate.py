"""`ganrt generate`: pictures from seeds, index ranges or identities."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, announce, command, in_use, print_json, say
from ganrt.errors import BadInputFile, OutputFailed, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ganrt.runtime.generator import Generator, SeedAndIndex
    from ganrt.runtime.sampling import Truncation

_MAX_IDENTITIES_BYTES = 2**30


@command(
    "generate",
    """
    ganrt generate --count 16 --grid 4x4 -o avatars
    ganrt generate --seeds 0,1,4-6 --truncation 0.7 -o seeds
    ganrt generate --count 12 --grid 4x3 -o sheet.png
    ganrt generate --identities players.txt -o players
    """,
)
def generate(
    model: options.Model = "avatars",
    output: Annotated[
        Path, typer.Option("-o", "--output", help="A folder; or a .png file, for the --grid sheet alone.")
    ] = Path("out"),
    seeds: Annotated[
        str | None,
        typer.Option("--seeds", help="The first image of each seed: 0,1,4-6."),
    ] = None,
    count: Annotated[int | None, typer.Option("--count", "-n", help="How many images of --seed.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="An unsigned 64-bit integer.")] = 0,
    start: Annotated[int, typer.Option("--start", help="The first index of --seed.")] = 0,
    identities: Annotated[
        Path | None,
        typer.Option("--identities", help="A text file (or -) with one identity a line: each gets its own image."),
    ] = None,
    truncation: options.Psi = None,
    truncation_mode: options.PsiMode = None,
    threshold: options.Threshold = None,
    statistics_truncation: options.StatisticsPsi = None,
    class_name: options.ClassName = None,
    grid: Annotated[
        str | None,
        typer.Option("--grid", help="Also a contact sheet of COLUMNSxROWS images, such as 4x3."),
    ] = None,
    picture_format: Annotated[str, typer.Option("--format", help="png.")] = "png",
    batch_size: Annotated[int | None, typer.Option("--batch-size", "-b", help="Images a batch.")] = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "fp32",
    threads: options.Threads = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Draws pictures: image INDEX of SEED is the same whatever the count, order or batch size."""
    if picture_format != "png":
        raise UsageError(f"format '{picture_format}': expected png")
    cells = options.parse_grid(grid) if grid else None
    pairs, names = _requested(seeds, count, seed, start, identities, cells)
    plan = _Plan(output, cells, pairs, force)
    how = options.make_truncation(truncation, truncation_mode, threshold, statistics_truncation)
    with options.open_generator(model, backend, device, precision, threads) as generator:
        announce(generator)
        written = _draw(generator, pairs, how, class_name, batch_size, plan)
        if names:
            written.append(_write_identities(plan, names, pairs))
        say(f"{len(pairs)} images: {plan.described()}")
        if json:
            print_json({**in_use(generator), "images": len(pairs), "files": [str(path) for path in written]})


def _requested(
    seeds: str | None,
    count: int | None,
    seed: int,
    start: int,
    identities: Path | None,
    cells: tuple[int, int] | None,
) -> tuple[list[SeedAndIndex], list[str]]:
    """The (seed, index) pairs asked for, and the identities they belong to, if any."""
    from ganrt.runtime.identity import identity_index
    from ganrt.runtime.seeds import parse_seeds

    if sum(choice is not None for choice in (seeds, count, identities)) > 1:
        raise UsageError("--seeds, --count and --identities: expected one of them")
    if seeds is not None:
        if seed or start:
            raise UsageError("--seeds: --seed and --start belong to --count")
        return [(value, 0) for value in parse_seeds(seeds)], []
    if identities is not None:
        names = _read_identities(identities)
        return [(0, identity_index(name)) for name in names], names
    if count is None:
        count = cells[0] * cells[1] if cells else 1
    if count < 1:
        raise UsageError(f"--count {count}: expected 1 or more")
    if not 0 <= seed < 2**64 or not 0 <= start < 2**64:
        raise UsageError(f"--seed {seed} --start {start}: expected integers from 0 to 2^64 - 1")
    if start + count > 2**64:
        raise UsageError(f"--start {start} --count {count}: the last index passes 2^64 - 1")
    return [(seed, start + i) for i in range(count)], []


def _read_identities(path: Path) -> list[str]:
    """One identity a line; empty lines are skipped, the same identity twice is drawn once."""
    if str(path) == "-":
        text = typer.get_text_stream("stdin").read()
    else:
        if not path.is_file():
            raise BadInputFile(f"--identities {path}: expected a text file with one identity a line")
        if path.stat().st_size > _MAX_IDENTITIES_BYTES:
            raise BadInputFile(f"--identities {path}: more than {_MAX_IDENTITIES_BYTES} bytes")
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise BadInputFile(f"--identities {path}: byte {error.start} is not UTF-8") from error
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    names = list(dict.fromkeys(line for line in lines if line))
    if not names:
        raise BadInputFile(f"--identities {path}: no identity in it; expected one a line")
    return names


class _Plan:
    """Where everything goes, settled and checked before the first picture is drawn."""

    def __init__(self, output: Path, cells: tuple[int, int] | None, pairs: list[SeedAndIndex], force: bool) -> None:
        from ganrt.files import check_free, make_folder

        single = output.suffix.lower() == ".png"
        if single and cells is None:
            if len(pairs) > 1:
                raise UsageError(f"--output {output}: {len(pairs)} images need a folder, or --grid for one sheet")
            cells = (1, 1)
        self.cells, self.force, self._output = cells, force, output
        self.folder = output.parent if single else output
        self.pictures = not single
        self.sheet = output if single else output / f"grid-{cells[0]}x{cells[1]}.png" if cells else None
        make_folder(self.folder)
        for path in [self.sheet] if self.sheet else []:
            check_free(path, force)
        if self.pictures and not force:
            existing = set(self.folder.iterdir())
            for pair in pairs:
                if self.path(pair) in existing:
                    raise OutputFailed(
                        f"{self.path(pair)} exists already: give --force to overwrite it, or another --output"
                    )

    def path(self, pair: SeedAndIndex) -> Path:
        """The picture of one (seed, index); the name does not depend on the range asked for."""
        return self.folder / f"seed{pair[0]}-index{pair[1]:08d}.png"

    def described(self) -> str:
        """For people."""
        return f"{self._output}" if not self.sheet else f"{self._output} (sheet: {self.sheet})"


def _draw(
    generator: Generator,
    pairs: list[SeedAndIndex],
    how: Truncation,
    class_name: str | None,
    batch_size: int | None,
    plan: _Plan,
) -> list[Path]:
    from ganrt.files import write_file
    from ganrt.runtime.pictures import encode_png, sheet

    on_sheet: list[NDArray[np.uint8]] = []
    room = plan.cells[0] * plan.cells[1] if plan.cells else 0
    written = []
    done = 0
    with Progress(len(pairs), "images") as progress:
        for batch, images in generator.sample_pairs(_needed(pairs, plan), how, class_name, batch_size):
            for pair, image in zip(batch, images, strict=True):
                if len(on_sheet) < room:
                    on_sheet.append(image)
                if plan.pictures:
                    write_file(
                        plan.path(pair), encode_png(image, _origin(generator, pair, how, class_name)), force=plan.force
                    )
                    written.append(plan.path(pair))
            done += len(batch)
            progress(done)
    if plan.sheet and plan.cells:
        origin = _origin(generator, pairs[0], how, class_name) | {"grid": f"{plan.cells[0]}x{plan.cells[1]}"}
        write_file(plan.sheet, encode_png(sheet(on_sheet, plan.cells[0]), origin), force=plan.force)
        written.append(plan.sheet)
    return written


def _needed(pairs: list[SeedAndIndex], plan: _Plan) -> Iterator[SeedAndIndex]:
    """All pairs; for a sheet alone only those that fit on it."""
    room = plan.cells[0] * plan.cells[1] if plan.cells and not plan.pictures else len(pairs)
    return iter(pairs[:room])


def _origin(generator: Generator, pair: SeedAndIndex, how: Truncation, class_name: str | None) -> dict[str, object]:
    """What a picture says about itself; 64-bit integers as strings."""
    from ganrt import __version__

    latent = generator.spec.latent
    return {
        **in_use(generator),
        "ganrt": __version__,
        "seed": str(pair[0]),
        "index": str(pair[1]),
        "psi": how.psi,
        "truncation_mode": how.mode,
        "threshold": how.threshold,
        "class": class_name,
        "latent_spec": latent.latent_spec if latent else None,
    }


def _write_identities(plan: _Plan, names: list[str], pairs: list[SeedAndIndex]) -> Path:
    """identities.csv: which picture belongs to whom."""
    import csv
    import io

    from ganrt.files import write_file

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["identity", "index", "file"])
    rows.writerows([name, pair[1], plan.path(pair).name] for name, pair in zip(names, pairs, strict=True))
    path = plan.folder / "identities.csv"
    write_file(path, text.getvalue().encode(), force=plan.force)
    return path
