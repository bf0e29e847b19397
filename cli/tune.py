"""`ganrt tune`: measures what draws a model fastest on this machine, and remembers it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Status, command, print_json, say
from ganrt.cli.option_blocks import Was
from ganrt.errors import UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ganrt.runtime.tuning.tune import Tuned


@command(
    "tune",
    """
    ganrt tune --budget 5
    ganrt tune -m avatars --precision fp32 --budget 3
    ganrt tune --forget
    """,
)
def tune(
    model: options.Model = DEFAULT_MODEL,
    *,
    precision: Annotated[
        str, typer.Option("--precision", help="What to tune for, with commas between: fp32, bf16, int8, fastest.")
    ] = "fp32,fastest",
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="Seconds for all of it; by default up to 60, for large models 120.", min=0.1),
    ] = None,
    min_psnr: Annotated[
        float | None,
        typer.Option(
            "--min-psnr", help="Least PSNR in dB to FP32 that lower precisions must reach; 40 by default.", min=0
        ),
        Was("--gate"),
    ] = None,
    where: options.DeviceOptions,
    forget: Annotated[bool, typer.Option("--forget", help="Drop what was remembered for this model.")] = False,
    json: options.Json = False,
) -> None:
    """Measures backends, graph forms, precisions and batch sizes here; `load` then takes what won."""
    from ganrt.engines.backends import try_on_cpu
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.runtime.models import resolve_model
    from ganrt.runtime.tuning.field import TRIED
    from ganrt.runtime.tuning.tune import tune as run

    precisions = list(dict.fromkeys(word.strip() for word in precision.split(",")))
    for word in precisions:
        if word not in TRIED:
            raise UsageError(f"--precision '{word}': expected {', '.join(TRIED)}, with commas between")
    file = read_onnx(resolve_model(model))
    name = file.spec().name
    if forget:
        _forget(name, file.sha256, json)
        return
    try_on_cpu(file)
    results: list[Tuned] = []
    with Status() as status:
        show = _progress(name, status)
        tuned = run(
            file, precisions, budget_s=budget, threads=where.threads, device=where.device, gate=min_psnr, progress=show
        )
        for found in tuned:
            status.clear()
            if not json:
                told = {note for each in results for note in each.notes}
                _print(name, found, [note for note in found.notes if note not in told])
            results.append(found)
    if json:
        print_json({"model": name, "model_sha256": file.sha256, "tuned": [_report(found) for found in results]})


def _progress(name: str, status: Status) -> Callable[[str, str, int], None]:
    """Shows what is being done: in one line that changes, or where that cannot be, in a line for every stage."""
    begun: set[str] = set()

    def show(stage: str, what: str, percent: int) -> None:
        if status.visible:
            status.show(f"{what},", percent)
        elif stage not in begun:
            begun.add(stage)
            say(f"{name}: {stage}, {what}")

    return show


def _forget(name: str, sha256: str, json: bool) -> None:
    """Drops the choices for every precision, device and number of threads."""
    from ganrt.engines.backends import BACKENDS
    from ganrt.engines.choice import forget
    from ganrt.engines.machine import most_threads
    from ganrt.runtime.tuning.field import TRIED

    devices = dict.fromkeys(("auto", *(backend.device for backend in BACKENDS.values())))
    threads = (None, *range(1, most_threads() + 1))
    forgotten = [word for word in TRIED if sum(forget(sha256, word, d, n) for d in devices for n in threads)]
    if json:
        print_json({"model": name, "model_sha256": sha256, "forgotten": forgotten})
    elif forgotten:
        say(f"{name}: forgot what was chosen for {', '.join(forgotten)}")
    else:
        say(f"{name}: nothing was chosen here")


def _print(name: str, found: Tuned, notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {note}")
    for outcome in found.outcomes:
        times = "  ".join(f"{milliseconds:9.2f} ms" for milliseconds in outcome.milliseconds.values())
        judged = "" if outcome.verdict == "slower" else "identical"
        quality = judged if outcome.psnr is None else f"{outcome.psnr:.1f} dB"
        typer.echo(f"{outcome.name:<32}{times}  {outcome.speedup:6.2f}x  {quality:>9}  {outcome.verdict}")
    choice = found.choice
    if found.outcomes:
        sizes = ", ".join(map(str, found.outcomes[0].milliseconds))
        say(f"columns: milliseconds a batch of {sizes}; speed against the best plain graph; worst picture against FP32")
    say(
        f"{name}, {found.precision}: {choice.backend} in {choice.precision}, form {choice.form} "
        f"({choice.why}; {found.seconds:.0f} s)"
    )


def _report(found: Tuned) -> dict[str, object]:
    chosen = asdict(found.choice)
    del chosen["graph"]
    outcomes = [{**asdict(outcome), "speedup": round(outcome.speedup, 4)} for outcome in found.outcomes]
    for one in (chosen, *outcomes):
        one["psnr_db"] = one.pop("psnr")
    return {
        "precision": found.precision,
        "chosen": chosen,
        "laps": outcomes,
        "notes": list(found.notes),
        "complete": found.complete,
        "seconds": round(found.seconds, 2),
    }
