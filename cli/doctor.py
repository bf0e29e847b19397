"""`ganrt doctor`: what is installed, what works, and the command that mends what does not."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, print_json
from ganrt.errors import GanrtError, NegativeResult, UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL
from ganrt.tolerances import CANARY_LEVELS

_PACKAGES = (
    "numpy", "opencv-python", "opencv-python-headless", "platformdirs", "typer", "onnxruntime", "onnxruntime-gpu",
    "openvino", "cuda-bindings", "tensorrt", "tensorrt-rtx", "onnx", "torch", "safetensors",
)  # fmt: skip


@command(
    "doctor",
    """
    ganrt doctor
    ganrt doctor -m avatars --json
    ganrt doctor --self-test -o report.json
    """,
)
def doctor(
    model: options.Model = DEFAULT_MODEL,
    self_test: Annotated[
        bool,
        typer.Option("--self-test", help="Try everything that is here, compile and draw; exit code 1 if it fails."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="With --self-test: the report, as JSON, to send to others.")
    ] = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Says what is installed, which backends work, and what was tuned for a model; exit code 1 if none works."""
    if self_test:
        from ganrt.cli.self_test import run_self_test

        run_self_test(model, output, force, json)
        return
    if output is not None:
        raise UsageError(f"--output {output}: expected with --self-test, whose report goes there")
    from ganrt import __version__
    from ganrt.engines.backends import BACKENDS
    from ganrt.engines.machine import package_version

    backends = {name: _try_backend(name) for name in BACKENDS}
    works = [name for name, backend in backends.items() if backend["works"]]
    packages = {name: package_version(name) for name in _PACKAGES}
    problems = _problems()
    chosen = _choices(model)
    report = {
        "ganrt": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": packages,
        "backends": backends,
        "model": DEFAULT_MODEL,
        "choices": chosen,
        "problems": problems,
    }
    if json:
        print_json(report)
    else:
        typer.echo(f"ganrt {__version__}, Python {platform.python_version()}, {platform.platform()}")
        typer.echo("packages: " + ", ".join(f"{name} {found}" for name, found in packages.items() if found))
        for name, backend in backends.items():
            _print_backend(name, backend)
        for precision, choice in chosen.items():
            typer.echo(f"{model}, {precision}: {choice}")
        for problem in problems:
            typer.echo(f"problem: {problem}")
    if not works:
        raise NegativeResult(f"no backend draws '{DEFAULT_MODEL}' as it should; see above what mends it")


def _try_backend(name: str) -> dict[str, str | None]:
    """Draws the bundled model's canary: the only proof that everything fits together."""
    from ganrt.engines.backends import BACKENDS
    from ganrt.runtime.canary import canary_error
    from ganrt.runtime.generator import load

    backend = BACKENDS[name]
    report: dict[str, str | None] = {"device": backend.device, "works": None, "canary_error": None, "mend": None}
    try:
        version_found = backend.probe()
        with load(DEFAULT_MODEL, backend=name) as generator:
            error = canary_error(generator)
    except GanrtError as problem:
        return {**report, "mend": str(problem)}
    shown = report["canary_error"] = None if error is None else f"{error:g}"
    if error is None or error > CANARY_LEVELS:
        return {**report, "mend": f"{version_found} draws another picture: the canary's error is {shown} of 255"}
    return {**report, "works": version_found}


def _choices(model: str) -> dict[str, str]:
    """What `load` takes for each precision that may be asked for, and why; that for a number of threads or a device
    where somebody tuned for it."""
    from ganrt.engines.choice import remembered
    from ganrt.engines.machine import most_threads
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.runtime.models import resolve_model

    sha256 = read_onnx(resolve_model(model)).sha256
    found = dict.fromkeys(("fp32", "fastest"), "not tuned here: ganrt tune")
    for device in ("auto", "cpu", "cuda"):
        for threads in (None, *range(1, most_threads() + 1)):
            for precision in ("fp32", "bf16", "int8", "fastest"):
                choice = remembered(sha256, precision, device, threads)
                if choice:
                    command = precision + ("" if device == "auto" else f" --device {device}")
                    command += "" if threads is None else f" --threads {threads}"
                    found[command] = f"{choice.backend} in {choice.precision}, form {choice.form}: {choice.why}"
    return found


def _problems() -> list[str]:
    """Known ways for an installation to be broken."""
    from ganrt.engines.machine import package_version

    problems = []
    if package_version("onnxruntime") and package_version("onnxruntime-gpu"):
        problems.append(
            "onnxruntime and onnxruntime-gpu share one folder: pip uninstall -y onnxruntime onnxruntime-gpu, "
            'then pip install "ganrt[gpu]" or "ganrt[cpu]"'
        )
    if package_version("opencv-python") and package_version("opencv-python-headless"):
        problems.append("opencv-python and opencv-python-headless share one folder: pip uninstall one of them")
    if sys.maxsize <= 2**32:
        problems.append(f"{Path(sys.executable).name} is a 32-bit Python: install a 64-bit one")
    return problems


def _print_backend(name: str, backend: dict[str, str | None]) -> None:
    mend = (backend["mend"] or "").replace("\n", "; ")
    works = f"works ({backend['works']}, canary error {backend['canary_error']})"
    typer.echo(f"backend {name} on {backend['device']}: {works if backend['works'] else f'not here: {mend}'}")
