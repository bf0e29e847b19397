"""`ganrt sweep`: truncation by noise, with the diversity of each row."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, announce, command, in_use, print_json, say
from ganrt.errors import UsageError


@command(
    "sweep",
    """
    ganrt sweep -o sweep.png
    ganrt sweep --factors 0.3,0.5,1.0 --latents 8 --seed 7 -o three.png
    """,
)
def sweep(
    model: options.Model = "avatars",
    output: options.OutputFile = Path("sweep.png"),
    factors: Annotated[
        str, typer.Option("--factors", help="Truncation factors, one row each.")
    ] = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1.0",
    latents: Annotated[int, typer.Option("--latents", min=1, help="Images a row, fresh noise in every row.")] = 5,
    seed: Annotated[int, typer.Option("--seed", help="An unsigned 64-bit integer.")] = 0,
    truncation_mode: options.PsiMode = None,
    threshold: options.Threshold = None,
    class_name: options.ClassName = None,
    diversity_samples: Annotated[
        int, typer.Option("--diversity-samples", min=2, help="Images that each row's diversity is measured on.")
    ] = 64,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "fp32",
    threads: options.Threads = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Draws a grid of truncation factors by latents and measures each row's diversity."""
    from ganrt.files import check_free, write_file
    from ganrt.runtime.pictures import encode_png
    from ganrt.runtime.sampling import Truncation
    from ganrt.runtime.sweep import sweep as run_sweep
    from ganrt.runtime.sweep import sweep_sheet

    values = _parse_factors(factors)
    if output.suffix.lower() != ".png":
        raise UsageError(f"--output {output}: expected a name that ends in .png")
    check_free(output, force)
    with options.open_generator(model, backend, device, precision, threads) as generator:
        announce(generator)
        with Progress(len(values), "rows") as progress:
            rows = run_sweep(
                generator,
                values,
                latents,
                seed=seed,
                truncation=Truncation(mode=truncation_mode, threshold=threshold),
                labels=class_name,
                diversity_samples=diversity_samples,
                progress=progress,
            )
        origin = {
            **in_use(generator),
            "sweep": values,
            "seed": str(seed),
            "truncation_mode": truncation_mode,
            "threshold": threshold,
        }
        write_file(output, encode_png(sweep_sheet(rows), origin), force=force)
        table = [{"psi": row.psi, "diversity": round(row.diversity, 4)} for row in rows]
        if json:
            print_json({**in_use(generator), "file": str(output), "rows": table})
        else:
            for row in rows:
                typer.echo(f"psi {row.psi:.3f}  diversity {row.diversity:.3f}")
            say(f"sheet: {output}; diversity: mean distance of 16 x 16 area averages, {diversity_samples} images a row")


def _parse_factors(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not 0 < len(values) <= 1000 or not all(0 <= value <= 16 for value in values):
        raise UsageError(f"--factors '{text}': expected numbers from 0 to 16 with commas between, such as 0.3,0.7,1")
    return values
