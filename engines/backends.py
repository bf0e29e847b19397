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
    "openvino": Backend("ganrt.engines.openvino_cpu", "cpu", 'pip install "ganrt[openvino]"'),
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
    reasons = []
    names = candidates(backend, options.device)
    for name in names:
        try:
            BACKENDS[name].probe()
            return BACKENDS[name].open(onnx_file, options)
        except BackendUnavailable as error:
            if backend != "auto":
                raise
            reasons.append(f"{name}: {str(error).splitlines()[0]}")
    mend = BACKENDS[names[-1]].install
    raise BackendUnavailable(
        f"no backend runs on device '{options.device}' ({'; '.join(reasons)})\ninstall one: {mend}"
    )


def candidates(backend: str, device: str) -> list[str]:
    """The backends that serve a request, the best first; never one for another device than the one asked for.

    Raises:
        UsageError: an unknown backend or device, or a backend that does not run on the device.
    """
    devices = sorted({known.device for known in BACKENDS.values()})
    if device not in ("auto", *devices):
        raise UsageError(f"device '{device}': expected auto, {' or '.join(devices)}")
    if backend == "auto":
        return [name for name in _AUTOMATIC_ORDER if device in ("auto", BACKENDS[name].device)]
    if backend not in BACKENDS:
        raise UsageError(f"backend '{backend}': expected auto, {', '.join(BACKENDS)}")
    if device not in ("auto", BACKENDS[backend].device):
        raise UsageError(f"device '{device}': backend '{backend}' runs on {BACKENDS[backend].device}")
    return [backend]
