"""`ganrt tune`: measures what draws a model fastest on this machine, and remembers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Status, command, print_json, say
from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.benchmarks.tuning.tune import Tuned


@command(
    "tune",
    """
    ganrt tune
    ganrt tune -m avatars --precision fp32 --budget 5
    ganrt tune --forget
    """,
)
def tune(
    model: options.Model = "avatars",
    precision: Annotated[
        str, typer.Option("--precision", help="What to tune for, with commas between: fp32, bf16, int8, fastest.")
    ] = "fp32,fastest",
    budget: Annotated[
        float, typer.Option("--budget", help="Seconds of timing a precision; large models take longer.", min=0.1)
    ] = 20.0,
    gate: Annotated[
        float | None,
        typer.Option("--gate", help="Least PSNR in dB to FP32 that lower precisions must reach; 40 by default.", min=0),
    ] = None,
    device: options.Device = "auto",
    threads: options.Threads = None,
    forget: Annotated[bool, typer.Option("--forget", help="Drop what was remembered for this model.")] = False,
    json: options.Json = False,
) -> None:
    """Measures backends, graph forms, precisions and batch sizes here; `load` then takes what won."""
    from ganrt.benchmarks.tuning.tune import TRIED
    from ganrt.benchmarks.tuning.tune import tune as run
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.runtime.models import resolve_model

    wanted = list(dict.fromkeys(word.strip() for word in precision.split(",")))
    for word in wanted:
        if word not in TRIED:
            raise UsageError(f"--precision '{word}': expected {', '.join(TRIED)}, with commas between")
    file = read_onnx(resolve_model(model))
    name = file.spec().name
    if forget:
        _forget(name, file.sha256, json)
        return
    results = []
    for word in wanted:
        with Status() as status:
            found = run(file, word, budget_s=budget, threads=threads, device=device, gate=gate, progress=status.show)
        results.append(found)
        if not json:
            _print(name, found)
    if json:
        print_json({"model": name, "model_sha256": file.sha256, "tuned": [_report(found) for found in results]})


def _forget(name: str, sha256: str, json: bool) -> None:
    """Drops the choices for every precision and device."""
    from ganrt.benchmarks.tuning.tune import TRIED
    from ganrt.engines.backends import BACKENDS
    from ganrt.engines.choice import forget

    devices = dict.fromkeys(("auto", *(backend.device for backend in BACKENDS.values())))
    forgotten = [word for word in TRIED if sum(forget(sha256, word, device) for device in devices)]
    if json:
        print_json({"model": name, "model_sha256": sha256, "forgotten": forgotten})
    elif forgotten:
        say(f"{name}: forgot what was chosen for {', '.join(forgotten)}")
    else:
        say(f"{name}: nothing was chosen here")


def _print(name: str, found: Tuned) -> None:
    for note in found.notes:
        say(f"note: {note}")
    for lap in found.laps:
        times = "  ".join(f"{milliseconds:9.2f} ms" for milliseconds in lap.milliseconds.values())
        quality = "identical" if lap.psnr is None else f"{lap.psnr:.1f} dB"
        typer.echo(f"{lap.name:<32}{times}  {lap.speedup:6.2f}x  {quality:>9}  {lap.verdict}")
    sizes = ", ".join(map(str, next(iter(found.laps)).milliseconds))
    choice = found.choice
    say(f"columns: milliseconds a batch of {sizes}; speed against the best plain graph; worst picture against FP32")
    say(
        f"{name}, {found.precision}: {choice.backend} in {choice.precision}, form {choice.form} "
        f"({choice.why}; {found.seconds:.0f} s)"
    )


def _report(found: Tuned) -> dict[str, object]:
    choice = found.choice
    return {
        "precision": found.precision,
        "chosen": {
            "backend": choice.backend,
            "precision": choice.precision,
            "form": choice.form,
            "batches": choice.batches,
            "psnr_db": choice.psnr,
            "samples": choice.samples,
            "why": choice.why,
        },
        "laps": [
            {
                "name": lap.name,
                "milliseconds": lap.milliseconds,
                "speedup": round(lap.speedup, 4),
                "psnr_db": lap.psnr,
                "verdict": lap.verdict,
            }
            for lap in found.laps
        ],
        "notes": list(found.notes),
        "seconds": round(found.seconds, 2),
    }
