"""`ganrt doctor`: what is installed, what works, and the command that mends what does not."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import typer

from ganrt.cli import options
from ganrt.cli.app import command, print_json
from ganrt.errors import BackendUnavailable, GanrtError, NegativeResult

_PACKAGES = (
    "numpy", "opencv-python", "opencv-python-headless", "platformdirs", "typer", "onnxruntime", "onnxruntime-gpu",
    "onnx", "torch", "safetensors",
)  # fmt: skip


@command(
    "doctor",
    """
    ganrt doctor
    ganrt doctor --json
    """,
)
def doctor(json: options.Json = False) -> None:
    """Says what is installed and which backends work; exit code 1 if none does."""
    from ganrt import __version__
    from ganrt.runtime.models import DEFAULT_MODEL

    model = _try_model(DEFAULT_MODEL)
    backends = _backends()
    problems = _problems()
    packages = {name: _version(name) for name in _PACKAGES}
    report = {
        "ganrt": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": packages,
        "backends": backends,
        "model": model,
        "problems": problems,
    }
    if json:
        print_json(report)
    else:
        typer.echo(f"ganrt {__version__}, Python {platform.python_version()}, {platform.platform()}")
        typer.echo("packages: " + ", ".join(f"{name} {found}" for name, found in packages.items() if found))
        for name, backend in backends.items():
            _print_backend(name, backend)
        if not model["error"]:
            typer.echo(
                f"model {model['name']}: draws on {model['backend']}, {model['device']}; "
                f"canary error {model['canary_error']}"
            )
        for problem in problems:
            typer.echo(f"problem: {problem}")
    if model["error"]:
        raise NegativeResult(f"model '{DEFAULT_MODEL}' does not run here: {model['error']}")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _backends() -> dict[str, dict[str, str | None]]:
    from ganrt.engines.backends import BACKENDS

    report: dict[str, dict[str, str | None]] = {}
    for name, backend in BACKENDS.items():
        try:
            report[name] = {"device": backend.device, "works": backend.probe(), "mend": None}
        except BackendUnavailable as error:
            report[name] = {"device": backend.device, "works": None, "mend": str(error)}
    return report


def _try_model(name: str) -> dict[str, str | None]:
    """Draws one picture: the only proof that everything fits together."""
    from ganrt.runtime.canary import canary_error
    from ganrt.runtime.generator import load

    try:
        with load(name) as generator:
            return {
                "name": generator.spec.name,
                "backend": generator.backend,
                "device": generator.device,
                "canary_error": str(canary_error(generator)),
                "error": None,
            }
    except GanrtError as error:
        return {"name": name, "backend": None, "device": None, "canary_error": None, "error": str(error)}


def _problems() -> list[str]:
    """Known ways for an installation to be broken."""
    problems = []
    if _version("onnxruntime") and _version("onnxruntime-gpu"):
        problems.append(
            "onnxruntime and onnxruntime-gpu share one folder: pip uninstall -y onnxruntime onnxruntime-gpu, "
            'then pip install "ganrt[gpu]" or "ganrt[cpu]"'
        )
    if _version("opencv-python") and _version("opencv-python-headless"):
        problems.append("opencv-python and opencv-python-headless share one folder: pip uninstall one of them")
    if sys.maxsize <= 2**32:
        problems.append(f"{Path(sys.executable).name} is a 32-bit Python: install a 64-bit one")
    return problems


def _print_backend(name: str, backend: dict[str, str | None]) -> None:
    mend = (backend["mend"] or "").replace("\n", "; ")
    status = f"works ({backend['works']})" if backend["works"] else f"not here: {mend}"
    typer.echo(f"backend {name} on {backend['device']}: {status}")
