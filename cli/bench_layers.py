"""`ganrt bench layers` and `predict`: which layers of a model cost what, and its ceiling by published rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, print_json, say
from ganrt.cli.bench import bench


@dataclass(frozen=True)
class Profiled(options.ThreadOptions):
    """What is profiled."""

    backend: Annotated[
        str, typer.Option("--backend", help="onnxruntime, openvino, or tensorrt (trtexec, or --import).")
    ] = "onnxruntime"
    precision: Annotated[
        str, typer.Option("--precision", help="fp32; of openvino and tensorrt bf16 and fp16 too, of tensorrt int8.")
    ] = "fp32"


@command(
    "layers",
    """
    ganrt bench layers --runs 3 --batch-size 2
    ganrt bench layers --runs 3 --most 5 --json
    ganrt bench layers --runs 3 --roofline --forms
    """,
    bench,
)
def layers(
    model: options.Model = "avatars",
    *,
    engine: Profiled,
    batch_size: Annotated[
        int | None,
        typer.Option("--batch-size", min=1, help="Images a run, 16 by default; of a profile that is imported: its."),
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Runs; the median counts.")] = 20,
    imported: Annotated[
        Path | None,
        typer.Option("--import", help="Read a profile: ONNX Runtime's JSON, or what trtexec --exportProfile wrote."),
    ] = None,
    layer_info: Annotated[
        Path | None, typer.Option("--layer-info", help="With --import of tensorrt: trtexec --exportLayerInfo.")
    ] = None,
    roofline: Annotated[
        bool, typer.Option("--roofline", help="Measure this machine's limits too, for the column 'roof'.")
    ] = False,
    forms: Annotated[
        bool, typer.Option("--forms", help="Profile each exactly equivalent graph too: what it would save.")
    ] = False,
    most: Annotated[int, typer.Option("--most", min=1, help="How many layers to print, the slowest first.")] = 20,
    json: options.Json = False,
) -> None:
    """Prints the time of each layer that the engine ran, beside its multiplications; profiling itself costs time."""
    from ganrt.benchmarks.profiles.run import ProfileOptions, import_profile, profile_forms, profile_model
    from ganrt.benchmarks.profiles.table import as_lines
    from ganrt.errors import UsageError
    from ganrt.runtime.models import resolve_model

    path = resolve_model(model)
    if layer_info and not imported:
        raise UsageError("--layer-info: expected together with --import, for tensorrt")
    if imported and forms:
        raise UsageError("--forms: expected a model to profile, not --import: other graphs are run here")
    by_form: dict[str, float] = {}
    if imported:
        table = import_profile(path, engine.backend, imported, layer_info=layer_info, batch_size=batch_size)
    else:
        profiled = ProfileOptions(engine.backend, engine.precision, batch_size or 16, runs, engine.threads, roofline)
        table = profile_model(path, profiled)
        by_form = profile_forms(path, replace(profiled, roof=False)) if forms else {}
    if json:
        print_json({**table.as_json(), **({"forms_ms": by_form} if forms else {})})
        return
    for line in as_lines(table, most):
        typer.echo(line)
    matched = "unknown" if table.matched is None else f"{table.matched:.0%}"
    say(
        f"{table.engine}: {table.milliseconds:.3f} ms a run in {len(table.rows)} layers, median of {table.runs}; "
        f"multiplications matched: {matched}"
    )
    for name, milliseconds in sorted(by_form.items(), key=lambda one: one[1]):
        saved = 1 - milliseconds / by_form["plain"]
        typer.echo(
            f"form {name}: {milliseconds:.3f} ms a run, {abs(saved):.0%} {'less' if saved >= 0 else 'more'} than plain"
        )


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
