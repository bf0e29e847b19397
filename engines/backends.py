"""The backends by name, which of them work here, and how to open a model with one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ganrt.engines.onnx_file import OnnxFile, read_onnx
from ganrt.engines.protocol import Engine, EngineOptions
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError

PRECISIONS = ("fp32",)


@dataclass(frozen=True)
class Backend:
    """One backend: where its engine class and its probe are, and the command that installs it."""

    module: str
    device: str
    install: str

    def probe(self) -> str:
        """What is installed, such as "onnxruntime 1.31.1"; raises BackendUnavailable if it cannot run here."""
        result = self._attribute("probe")()
        return str(result)

    def open(self, onnx_file: OnnxFile, options: EngineOptions) -> Engine:
        """Makes an engine from a checked ONNX file."""
        engine = self._attribute("open_engine")(onnx_file, options)
        if not isinstance(engine, Engine):
            raise TypeError(f"{self.module}.open_engine returned {type(engine).__name__}")
        return engine

    def _attribute(self, name: str) -> Callable[..., object]:
        attribute: Callable[..., object] = getattr(import_module(self.module), name)
        return attribute


BACKENDS = {
    "onnxruntime": Backend("ganrt.engines.onnxruntime_cpu", "cpu", 'pip install "ganrt[cpu]"'),
    "onnxruntime-cuda": Backend("ganrt.engines.onnxruntime_cuda", "cuda", 'pip install "ganrt[gpu]"'),
}
_AUTOMATIC_ORDER = ("onnxruntime-cuda", "onnxruntime")


def open_model(path: Path, backend: str = "auto", options: EngineOptions | None = None) -> Engine:
    """Opens an ONNX file with a backend.

    Args:
        path: an `.onnx` file written by `ganrt export`.
        backend: a name from `BACKENDS`, or `auto`: the first that runs here and serves `options.device`.

    Raises:
        BadInputFile: the file is not what it should be.
        BackendUnavailable: no backend, or not the one asked for, can run here.
    """
    options = options or EngineOptions()
    if options.precision not in PRECISIONS:
        raise UsageError(f"precision '{options.precision}': expected one of {', '.join(PRECISIONS)}")
    if path.suffix == ".engine":
        raise BadInputFile(f"{path}: no installed backend loads compiled engines; give the .onnx file")
    onnx_file = read_onnx(path)
    onnx_file.spec()  # a file without a sound spec is refused before any backend sees it
    return BACKENDS[choose(backend, options.device)].open(onnx_file, options)


def choose(backend: str, device: str) -> str:
    """The name of the backend for a request; never another device than the one asked for."""
    if backend != "auto":
        return _checked_name(backend, device)
    reasons = []
    for name in _AUTOMATIC_ORDER:
        if device not in ("auto", BACKENDS[name].device):
            continue
        try:
            BACKENDS[name].probe()
        except BackendUnavailable as error:
            reasons.append(f"{name}: {str(error).splitlines()[0]}")
            continue
        return name
    if device not in ("auto", *(known.device for known in BACKENDS.values())):
        raise UsageError(f"device '{device}': expected auto, cpu or cuda")
    mend = BACKENDS["onnxruntime-cuda" if device == "cuda" else "onnxruntime"].install
    raise BackendUnavailable(f"no backend runs on device '{device}' ({'; '.join(reasons)})\ninstall one: {mend}")


def _checked_name(backend: str, device: str) -> str:
    if backend not in BACKENDS:
        raise UsageError(f"backend '{backend}': expected auto, {', '.join(BACKENDS)}")
    if device not in ("auto", BACKENDS[backend].device):
        raise UsageError(f"device '{device}': backend '{backend}' runs on {BACKENDS[backend].device}")
    BACKENDS[backend].probe()
    return backend
