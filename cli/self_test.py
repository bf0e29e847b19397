"""`ganrt doctor --self-test`: the short form of the tests on a GPU, step by step, and its report."""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ganrt.cli.app import print_json, say
from ganrt.errors import BackendUnavailable, GanrtError, NegativeResult

if TYPE_CHECKING:
    from ganrt.engines.cuda.probe import Device
    from ganrt.runtime.generator import Generator as Model

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_SAMPLES, _BATCHES, _RUNS = 16, (3, 8), 5
_TARGET = "sm86"  # what TensorRT-RTX compiles for where no GPU is at hand
_JUDGING_S = 2.0
Figures = dict[str, float | None]


@dataclass(frozen=True)
class Outcome:
    """What became of one step of one part: `passed`, `failed` or `skipped`; `about`: what was found, or the reason."""

    part: str
    step: str
    state: str
    about: str
    figures: Figures = field(default_factory=dict)


def self_test(model: str) -> Iterator[Outcome]:
    """Everything that can be tried here with a model: each outcome as soon as it is known."""
    from ganrt.engines.backends import BACKENDS

    for name, backend in BACKENDS.items():
        if not backend.compiled:
            yield from _of_graph(model, name)
    device = yield from _device()
    for name, backend in BACKENDS.items():
        if backend.compiled:
            yield from _of_compiled(model, name, device)


def _of_graph(model: str, backend: str) -> Iterator[Outcome]:
    """A backend that opens the model's graph."""
    from ganrt.engines.backends import BACKENDS

    try:
        found = BACKENDS[backend].probe()
    except GanrtError as error:
        yield Outcome(backend, "installed", SKIPPED, _line(error))
        return
    yield Outcome(backend, "installed", PASSED, found)
    yield from _drawing(backend, model)


def _device() -> Generator[Outcome, None, Device | None]:
    from ganrt.engines.cuda.probe import find_device

    try:
        device = find_device("tensorrt")
    except BackendUnavailable as error:
        yield Outcome("gpu", "device", SKIPPED, _line(error))
        return None
    memory = f"{device.free / 2**30:.1f} of {device.total / 2**30:.1f} GiB free"
    yield Outcome("gpu", "device", PASSED, f"{device.target}, driver for CUDA {device.driver}, {memory}")
    return device


def _of_compiled(model: str, backend: str, device: Device | None) -> Iterator[Outcome]:
    """A backend of engines: compiles one in FP16, and runs it where there is a device."""
    from ganrt.engines.tensorrt.vendor import load_vendor

    try:
        version = load_vendor(backend).__version__
    except GanrtError as error:
        yield Outcome(backend, "installed", SKIPPED, _line(error))
        return
    yield Outcome(backend, "installed", PASSED, f"version {version}")
    if device is None and backend == "tensorrt":
        yield Outcome(backend, "compile", SKIPPED, "TensorRT compiles for the device at hand, and there is none")
        return
    with tempfile.TemporaryDirectory() as folder:
        made: list[Path] = []
        target = device.target if device else _TARGET
        yield from _tried(backend, "compile", lambda: _compile(model, backend, target, Path(folder), made))
        if device is None:
            yield Outcome(backend, "load", SKIPPED, "no device to run it on")
        elif made:
            yield from _drawing(backend, str(made[0]), model)
            yield from _tried(backend, "two in flight", lambda: _in_flight(made[0]))


def _drawing(backend: str, model: str, reference: str = "") -> Iterator[Outcome]:
    """Load, canary, likeness, batch sizes, time; what does not load is not tried further.

    Args:
        reference: the graph that an engine was made of.
    """
    from ganrt.runtime.generator import load

    began = time.perf_counter()
    try:
        generator = load(model, backend=backend)
    except GanrtError as error:
        yield Outcome(backend, "load", FAILED, _line(error))
        return
    seconds = time.perf_counter() - began
    with generator:
        about = f"{generator.precision}, form {generator.form}, in {seconds:.2f} s"
        yield Outcome(backend, "load", PASSED, about, {"seconds": seconds})
        yield from _tried(backend, "canary", lambda: _canary(generator))
        yield from _tried(backend, "likeness", lambda: _likeness(generator, reference or model))
        yield from _tried(backend, "batches", lambda: _batches(generator))
        yield from _tried(backend, "time", lambda: _time(generator))


def _tried(part: str, step: str, attempt: Callable[[], tuple[bool, str, Figures]]) -> Iterator[Outcome]:
    """An attempt's outcome; any error is one, for a report must come to its end."""
    try:
        good, about, figures = attempt()
    except Exception as error:
        name = "" if isinstance(error, GanrtError) else f"{type(error).__name__}: "
        yield Outcome(part, step, FAILED, name + _line(error))
        return
    yield Outcome(part, step, PASSED if good else FAILED, about, figures)


def _compile(model: str, backend: str, target: str, folder: Path, made: list[Path]) -> tuple[bool, str, Figures]:
    from ganrt.cli.compile_engine import EngineRequest, Lowering, Request, compile_engine
    from ganrt.runtime.models import resolve_model

    lowering = Lowering(precision="fp16", budget=_JUDGING_S)
    request = Request(resolve_model(model), folder, lowering, backend=backend, engine=EngineRequest(target))
    began = time.perf_counter()
    report = compile_engine(request, lambda _what, _percent: None)
    seconds = time.perf_counter() - began
    made.append(Path(str(report["file"])))
    size = made[0].stat().st_size / 2**20
    return True, f"FP16 for {target}, {size:.1f} MiB, in {seconds:.1f} s with its gate", {"seconds": seconds}


def _canary(generator: Model) -> tuple[bool, str, Figures]:
    from ganrt.runtime.canary import canary_error, require_canary

    require_canary(generator)
    error = canary_error(generator)
    return True, "the model has none" if error is None else f"worst error {error:g} of 255", {"error": error}


def _likeness(generator: Model, reference: str) -> tuple[bool, str, Figures]:
    """Against ONNX Runtime's FP32 on the CPU."""
    from ganrt.runtime.compare import compare
    from ganrt.runtime.generator import load

    with load(reference, backend="onnxruntime") as cpu:
        result = compare(generator, cpu, _SAMPLES)
    worst = "identical" if result.worst_psnr is None else f"PSNR {result.worst_psnr:.1f} dB"
    good = result.worst_psnr is None or result.worst_psnr >= _gate(generator)
    about = f"worst of {_SAMPLES} to FP32 on the CPU: {worst}, error {result.max_error:g}"
    return good, about, {"psnr_db": result.worst_psnr, "ssim": result.worst_ssim, "max_error": result.max_error}


def _batches(generator: Model) -> tuple[bool, str, Figures]:
    """On a CPU the same bytes; a GPU's vendor may choose another kernel for another batch, and rounds otherwise."""
    import numpy as np

    from ganrt.runtime.compare import psnr

    few, many = (generator.sample(_SAMPLES, seed=1, batch_size=size) for size in _BATCHES)
    differing = float(np.mean(few != many))
    least = min(psnr(a, b) for a, b in zip(few, many, strict=True))
    good = differing == 0 or (generator.device != "cpu" and least >= _gate(generator))
    what = "the same bytes" if differing == 0 else f"{differing:.3%} of all values differ, PSNR {least:.1f} dB"
    return good, f"of {_BATCHES[0]} and {_BATCHES[1]}: {what}", {"differing": differing}


def _time(generator: Model) -> tuple[bool, str, Figures]:
    figures: Figures = {}
    for size in (1, _BATCHES[1]):
        generator.sample(size, batch_size=size)
        figures[f"batch_{size}_ms"] = statistics.median(_milliseconds(generator, size) for _ in range(_RUNS))
    one, many = figures.values()
    return True, f"median of {_RUNS}: {one:.2f} ms a picture, {many:.2f} ms a batch of {_BATCHES[1]}", figures


def _milliseconds(generator: Model, size: int) -> float:
    began = time.perf_counter()
    generator.sample(size, batch_size=size)
    return 1e3 * (time.perf_counter() - began)


def _in_flight(path: Path) -> tuple[bool, str, Figures]:
    """The runner's two slots: batches submitted ahead come back whole and in order, through CUDA graphs."""
    import numpy as np

    from ganrt.engines.backends import open_model
    from ganrt.engines.cuda.runner import CudaEngine
    from ganrt.runtime.latents import latents

    with open_model(path) as engine:
        if not isinstance(engine, CudaEngine) or engine.spec.latent is None or engine.input_names != ("z",):
            return True, "not tried: the model takes more than latents", {}
        inputs = [{"z": latents(_BATCHES[1], engine.spec.latent.dim, seed)} for seed in range(6)]
        alone = [np.array(engine.run(one)["image"]) for one in inputs]
        tickets = [engine.submit(one) for one in inputs]
        good = all(np.array_equal(engine.collect(t)["image"], a) for t, a in zip(tickets, alone, strict=True))
        times = engine.times
    if times is None:
        return False, "the device measured no times", {}
    figures: Figures = {"upload_ms": times.upload, "compute_ms": times.compute, "download_ms": times.download}
    about = f"up {times.upload:.3f} ms, compute {times.compute:.3f} ms, down {times.download:.3f} ms"
    return good, about if good else "batches come back wrong", figures


def _gate(generator: Model) -> float:
    from ganrt.tolerances import GATES

    return GATES[generator.precision]


def _line(error: BaseException) -> str:
    return "; ".join(str(error).splitlines())


FORMAT = "ganrt.self-test/1"
_MARKS = {PASSED: ("ok  ", typer.colors.GREEN), FAILED: ("FAIL", typer.colors.RED), SKIPPED: ("skip", None)}
_STEP_WIDTH = 14
_Json = dict[str, object]


def run_self_test(model: str, output: Path | None, force: bool, as_json: bool) -> None:
    """Tries everything, tells it, and writes the report.

    Raises:
        NegativeResult: something failed; the report is written all the same.
        OutputFailed: the report exists, and `force` is not set.
    """
    from ganrt.benchmarks.machine import describe_machine
    from ganrt.files import ensure_absent, write_file

    if output is not None:
        ensure_absent(output, force)
    machine = describe_machine()
    outcomes: list[Outcome] = []
    if not as_json:
        _print_machine(machine)
    for outcome in self_test(model):
        if not as_json:
            _print(outcome, new=not outcomes or outcomes[-1].part != outcome.part)
        outcomes.append(outcome)
    report = _report(model, machine, outcomes)
    if output is not None:
        write_file(output, (json.dumps(report, indent=2, sort_keys=True) + "\n").encode(), force=force)
        say(f"report: {output}")
    if as_json:
        print_json(report)
    failed = [f"{outcome.part}, {outcome.step}" for outcome in outcomes if outcome.state == FAILED]
    if failed:
        raise NegativeResult(f"self-test: {len(failed)} of {len(outcomes)} steps failed: {'; '.join(failed)}")
    counts = Counter(outcome.state for outcome in outcomes)
    say(f"self-test: {counts[PASSED]} passed, {counts[SKIPPED]} skipped, none failed")


def _report(model: str, machine: _Json, outcomes: list[Outcome]) -> _Json:
    from ganrt import __version__
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.runtime.models import resolve_model

    return {
        "format": FORMAT,
        "ganrt": __version__,
        "machine": machine,
        "model": {
            "name": read_onnx(resolve_model(model)).spec().name,
            "sha256": read_onnx(resolve_model(model)).sha256,
        },
        "outcomes": [asdict(outcome) for outcome in outcomes],
        "passed": all(outcome.state != FAILED for outcome in outcomes),
    }


def _print_machine(machine: _Json) -> None:
    from ganrt import __version__

    typer.echo(f"ganrt {__version__}, Python {machine['python']}, {machine['os']}, {machine['architecture']}")
    typer.echo(f"{machine['cpu']}, {machine['usable_cores']} cores")
    gpus = machine["gpus"]
    for gpu in gpus if isinstance(gpus, list) else []:
        typer.echo(f"{gpu.get('name')}, driver {gpu.get('driver')}, power limit {gpu.get('power_limit_w')} W")
    jetson = machine["jetson"]
    if isinstance(jetson, dict):
        typer.echo(", ".join(f"{name} {value}" for name, value in jetson.items()))


def _print(outcome: Outcome, *, new: bool) -> None:
    """One step; a heading where a new part begins, long reasons under themselves."""
    if new:
        typer.echo(f"\n{typer.style(outcome.part, bold=True)}")
    mark, colour = _MARKS[outcome.state]
    indent = " " * (8 + _STEP_WIDTH)
    width = max(40, min(120, shutil.get_terminal_size().columns) - len(indent))
    lines = textwrap.wrap(outcome.about, width, break_long_words=False, break_on_hyphens=False) or [""]
    typer.echo(f"  {typer.style(mark, fg=colour)}  {outcome.step:<{_STEP_WIDTH}}{lines[0]}")
    for line in lines[1:]:
        typer.echo(indent + line)
