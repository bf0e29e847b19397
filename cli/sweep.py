"""`ganrt sweep`: truncation by noise, with the diversity and sharpness of each row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, command, in_use, print_json, say
from ganrt.cli.requests import Looks, parse_codes, refuse_beside_looks, require_drawable
from ganrt.errors import UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ganrt.runtime.generator import Generator
    from ganrt.runtime.latent_files import LatentFile
    from ganrt.runtime.looks import Look
    from ganrt.runtime.picture_style import Colour
    from ganrt.runtime.sampling import Truncation
    from ganrt.runtime.sweep import Row

_FACTORS = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1.0"
_COLUMNS = 5


@dataclass(frozen=True)
class ColumnOptions:
    """What the columns show, the same in every row but for noise."""

    columns: Annotated[int, typer.Option("--columns", min=1, help="Images a row, fresh noise in every row.")] = _COLUMNS
    name: Annotated[
        str | None,
        typer.Option("--name", help="A player's avatar and its rerolls in place of noise, the same in every row."),
    ] = None
    latents: Annotated[
        str | None,
        typer.Option(
            "--latents",
            help="Latents from a file in place of noise, the same in every row, times its factor. .npy, .npz (one "
            "array, or z) or .csv, float32 [n, dim].",
        ),
    ] = None
    looks: Annotated[
        Path | None,
        typer.Option("--looks", help="A file of look codes: each row shows them, after those given as arguments."),
    ] = None
    mix: Annotated[
        str | None,
        typer.Option(
            "--mix",
            metavar="<0-7>",
            help="Of a StyleGAN in two files: the table of style mixing instead; these styles come from the columns. "
            "--factors then takes one.",
        ),
    ] = None
    seed: Annotated[int, typer.Option("--seed", help="An unsigned 64-bit integer.")] = 0

    def settled(self, codes: list[str] | None) -> Columns:
        """The columns, with the files read.

        Raises:
            UsageError: options that exclude each other. BadInputFile: a file that holds no such thing.
        """
        count, latents = _columns(self.columns, self.latents)
        given = {"--seed": bool(self.seed), "--name": self.name is not None, "--latents": latents is not None}
        if sum(given.values()) > 1:
            raise UsageError("--seed, --name and --latents: expected one of them")
        if latents is not None and latents.z.ndim != 2:
            raise UsageError("--latents: a sweep scales latents, and these are styles\nexpected float32 [n, dim]")
        looks = parse_codes(codes, self.looks)
        if looks and (any(given.values()) or count != _COLUMNS):
            raise UsageError("look codes are the columns: expected no --name, --latents, --seed or --columns with them")
        return Columns(count, self.seed, self.name, latents, tuple(looks))


@dataclass(frozen=True)
class Columns:
    """Noise of a seed, an identity and its rerolls, latents of a file, or looks."""

    count: int
    seed: int
    name: str | None
    latents: LatentFile | None
    looks: tuple[Look, ...]

    @property
    def z(self) -> NDArray[np.float32] | None:
        return None if self.latents is None else self.latents.z

    def origin(self) -> dict[str, object]:
        """What a file says of them."""
        if self.latents is not None:
            told: dict[str, object] = {"latents": self.latents.origin()}
        else:
            told = {"seed": str(self.seed)} if self.name is None else {"name": self.name}
        return told | ({"look_codes": [look.code for look in self.looks]} if self.looks else {})


@dataclass(frozen=True)
class FileOptions:
    """What is written besides the sheet, and what lies behind its pictures."""

    csv: Annotated[Path | None, typer.Option("--csv", help="Also write the measures as a table, .csv.")] = None
    plot: Annotated[
        Path | None, typer.Option("--plot", help='Also plot them, .png; needs pip install "ganrt[study]".')
    ] = None
    background: Annotated[
        str | None,
        typer.Option("--background", help="Behind pictures with transparency: none or RRGGBB. Default: none."),
    ] = None

    def check(self, output: Path, force: bool) -> None:
        """Raises UsageError or OutputFailed for a file that could not be written, before anything is drawn."""
        from ganrt.files import check_outputs
        from ganrt.runtime.figures import require_study

        given = (("--output", output, ".png"), ("--csv", self.csv, ".csv"), ("--plot", self.plot, ".png"))
        for option, path, suffix in given:
            if path and path.suffix.lower() != suffix:
                raise UsageError(f"{option} {path}: expected a name that ends in {suffix}")
        check_outputs([path for _, path, _ in given if path], force)
        if self.plot:
            require_study("--plot", "matplotlib")

    def behind(self) -> Colour | None:
        from ganrt.runtime.picture_style import parse_colour

        return None if self.background in (None, "none") else parse_colour(self.background, "none or ")

    def report(self) -> dict[str, str]:
        return {name: str(path) for name, path in (("csv", self.csv), ("plot", self.plot)) if path}


@command(
    "sweep",
    """
    ganrt sweep -o sweep.png
    ganrt sweep --factors 0.3,0.5,1.0 --columns 8 --seed 7 -o three.png
    ganrt sweep --name "Ann of Ayr" --columns 8 --diversity-samples 8 -o ann.png
    ganrt sweep ganrt:avatars-2:0:1 ganrt:avatars-2:0:2 --factors 0.3,0.7,1 --diversity-samples 8 -o looks.png
    ganrt sweep --truncation-mode scale --threshold 5 --csv study.csv --plot plot.png -o study.png
    """,
)
def sweep(
    context: typer.Context,
    codes: options.Codes = None,
    model: options.Model = DEFAULT_MODEL,
    *,
    output: options.OutputFile = Path("sweep.png"),
    factors: Annotated[str, typer.Option("--factors", help="Truncation factors, one row each.")] = _FACTORS,
    across: ColumnOptions,
    fixed: options.ControlOptions,
    truncation: options.DistributionOptions,
    class_name: options.ClassName = None,
    diversity_samples: Annotated[
        int,
        typer.Option("--diversity-samples", min=8, max=4096, help="Images that each row is measured on."),
    ] = 64,
    files: FileOptions,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Draws a grid of truncation factors by latents; measures each row's diversity and sharpness."""
    from ganrt.runtime.sweep import images_a_row, sweep_table
    from ganrt.runtime.sweep import sweep as run_sweep

    if across.mix is not None:
        _mixing(engine, model, across, output, factors, class_name, force)
        return
    columns, values = across.settled(codes), _parse_factors(factors)
    files.check(output, force)
    behind, sampling = files.behind(), truncation.distribution()
    if columns.looks:
        refuse_beside_looks(fixed.design(sampling, class_name))
        model = options.model_of_looks(columns.looks, model, context)
    total = len(values) * images_a_row(columns.count, diversity_samples, columns.z)
    with engine.open(model) as generator:
        options.note_weights(generator, class_name)
        if columns.latents is not None:
            columns.latents.check(generator.spec.latent)
        controls = generator.controls.canonical(fixed.settings)
        require_drawable(generator, Looks(columns.looks))
        with Progress(total, "images") as progress:
            rows = run_sweep(
                generator,
                values,
                columns.count,
                seed=columns.seed,
                truncation=sampling,
                labels=class_name,
                pinned=fixed.pins,
                controls=controls,
                identity=columns.name,
                latents=columns.z,
                looks=columns.looks,
                diversity_samples=diversity_samples,
                progress=progress,
            )
        origin = _origin(generator, values, sampling, class_name, fixed.set_z or []) | columns.origin()
        origin |= {"controls": dict(controls)} if controls else {}
        _write(rows, {"sheet": output, "table": files.csv, "plot": files.plot}, origin, behind, force)
        if json:
            print_json({**in_use(generator), "file": str(output), **files.report(), "rows": sweep_table(rows)})
        else:
            _print(rows)


def _mixing(
    engine: options.EngineOptions,
    model: str,
    across: ColumnOptions,
    output: Path,
    factors: str,
    class_name: str | None,
    force: bool,
) -> None:
    from ganrt.files import write_file
    from ganrt.runtime.pictures import encode_png
    from ganrt.runtime.sweep import mixing_sheet

    psi = None if factors == _FACTORS else _parse_factors(factors)
    if psi is not None and len(psi) != 1:
        raise UsageError(f"--factors {factors} and --mix: expected one factor")
    FileOptions().check(output, force)
    with engine.open(model) as generator:
        value = None if psi is None else psi[0]
        assert across.mix is not None
        picture = mixing_sheet(
            generator, across.mix, across.columns, seed=across.seed, truncation=value, labels=class_name
        )
        origin = {**in_use(generator), "seed": str(across.seed), "mix": across.mix, "psi": value, "class": class_name}
        write_file(output, encode_png(picture, origin), force=force)
        say(f"{output}")


def _columns(columns: int, latents: str | None) -> tuple[int, LatentFile | None]:
    """How many, and what was given for them; --latents N is how 0.1.0 spelt --columns N.

    Raises:
        UsageError: the number said both ways. BadInputFile: a file that holds no latents.
    """
    from ganrt.runtime.latent_files import read_latent_file

    if latents is None:
        return columns, None
    if not latents.isdecimal() or Path(latents).exists():
        return columns, read_latent_file(Path(latents))
    if columns != _COLUMNS:
        raise UsageError("--latents and --columns are one option: expected --columns alone")
    say("note: --latents is now --columns; the old spelling works in this release only")
    return int(latents), None


def _origin(
    generator: Generator, values: list[float], sampling: Truncation, class_name: str | None, set_z: list[str]
) -> dict[str, object]:
    return {
        **in_use(generator),
        "sweep": values,
        "truncation_mode": sampling.mode,
        "threshold": sampling.threshold,
        "statistics_truncation": sampling.statistics,
        "class": class_name,
        "set_z": set_z,
    }


def _write(
    rows: list[Row],
    outputs: dict[str, Path | None],
    origin: dict[str, object],
    behind: Colour | None,
    force: bool,
) -> None:
    """Everything is made before the first file is written."""
    from ganrt.files import write_file
    from ganrt.runtime.pictures import encode_png
    from ganrt.runtime.sweep import sweep_csv, sweep_plot, sweep_sheet

    made: list[tuple[Path, bytes]] = []
    for kind, path in outputs.items():
        if path is None:
            continue
        if kind == "table":
            made.append((path, sweep_csv(rows)))
        else:
            title = f"{origin['model']}{', class ' + str(origin['class']) if origin['class'] else ''}"
            picture = sweep_sheet(rows, behind) if kind == "sheet" else sweep_plot(rows, title)
            made.append((path, encode_png(picture, origin)))
    for path, data in made:
        write_file(path, data, force=force)
        say(f"{path}")


def _print(rows: list[Row]) -> None:
    for row in rows:
        d, s = row.diversity, row.sharpness
        typer.echo(
            f"psi {row.psi:.3f}  diversity {d.value:.3f} ({d.low:.3f} to {d.high:.3f})"
            f"  sharpness {s.value:.1f} ({s.low:.1f} to {s.high:.1f})"
        )
    say(
        f"diversity: mean distance of 16 x 16 area averages; sharpness: variance of the Laplacian; "
        f"{rows[0].samples} images a row, 95 % intervals"
    )


def _parse_factors(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not 0 < len(values) <= 1000 or not all(0 <= value <= 16 for value in values):
        raise UsageError(f"--factors '{text}': expected numbers from 0 to 16 with commas between, such as 0.3,0.7,1")
    return values
