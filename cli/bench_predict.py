"""`ganrt bench predict`: the ceiling of a model on devices from their published rates."""

from __future__ import annotations

from typing import Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, print_json, say
from ganrt.cli.bench import bench


@command(
    "predict",
    """
    ganrt bench predict
    ganrt bench predict --device rtx4090,agx-orin --batch-size 1 --precision int8 --json
    """,
    bench,
)
def predict(
    model: options.Model = "avatars",
    device: Annotated[
        str, typer.Option("-d", "--device", help="Devices with commas between, such as rtx4090,thor; all by default.")
    ] = "",
    precision: Annotated[str, typer.Option("--precision", help="fp16, fp32, bf16 or int8.")] = "fp16",
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Images a run.")] = 64,
    json: options.Json = False,
) -> None:
    """Prints ceilings, computed and not measured: images a second that published peak rates allow at best."""
    from ganrt.benchmarks.predictor import PRECISIONS, find_devices
    from ganrt.benchmarks.predictor import predict as ceiling_of
    from ganrt.engines.cost import layer_costs
    from ganrt.errors import BadInputFile, UsageError
    from ganrt.runtime.models import resolve_model

    if precision not in PRECISIONS:
        raise UsageError(f"--precision '{precision}': expected one of {', '.join(PRECISIONS)}")
    found = find_devices([key.strip() for key in device.split(",") if key.strip()])
    path = resolve_model(model)
    costs = layer_costs(path)
    if costs is None:
        raise BadInputFile(f"{path}: the shapes of its layers cannot be inferred, so that nothing can be predicted")
    if not device:  # of all devices, those that have the precision
        found = [one for one in found if one.offers(precision)]
    ceilings = [ceiling_of(costs, one, precision, batch_size) for one in found]
    if json:
        print_json({"kind": "ceiling", "model": str(path.stem), "ceilings": [one.as_json() for one in ceilings]})
        return
    typer.echo(f"{'device':42}  {'ceiling':>10}  {'compute alone':>13}  memory-bound layers")
    for one in ceilings:
        bound = sum(layer.bound == "memory" for layer in one.roof.layers)
        typer.echo(
            f"{one.device.name[:42]:42}  {one.roof.images_per_second:10.0f}  "
            f"{one.roof.compute_images_per_second:13.0f}  {bound} of {len(one.roof.layers)}"
        )
    say(f"images/s of {path.stem} in {precision}, batch {batch_size}: ceilings from published rates, no measurements")
