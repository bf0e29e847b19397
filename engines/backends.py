"""The backends by name, which of them work here, and how to open a model with one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path

from ganrt.engines.choice import Choice, chosen_graph, has_choices, remembered
from ganrt.engines.onnx_file import OnnxFile, derived, read_onnx
from ganrt.engines.protocol import Engine, EngineOptions
from ganrt.engines.split import with_mapping
from ganrt.engines.tensorrt.sidecar import Sidecar, read_trusted
from ganrt.engines.trial import CPU, try_graph
from ganrt.errors import BackendUnavailable, UsageError

OWN = "auto"  # the precision that a file has: FP32 of a portable one
PRECISIONS = (OWN, "fp32", "fp16", "bf16", "int8", "fastest")
_OF_FILES = ("fp16", "int8")  # not switched on: another file has them


@dataclass(frozen=True)
class Backend:
    """One backend: where its engine class and its probe are, the command that installs it, and what it computes in.

    `compiled`: it runs `.engine` files only, and no other backend runs those.
    """

    module: str
    device: str
    install: str
    precisions: tuple[str, ...] = ("fp32",)
    compiled: bool = False
    probed_by: str = "probe"

    def probe(self) -> str:
        """What is installed, such as "onnxruntime 1.31.1"; raises BackendUnavailable if it cannot run here."""
        result = self._attribute(self.probed_by)()
        return str(result)

    def open(self, onnx_file: OnnxFile, options: EngineOptions) -> Engine:
        """Makes an engine from a checked ONNX file."""
        return self._engine("open_engine", onnx_file, options)

    def open_compiled(self, path: Path, data: bytes, sidecar: Sidecar, options: EngineOptions) -> Engine:
        """Starts a compiled engine whose bytes were checked against its sidecar."""
        return self._engine("open_compiled", path, data, sidecar, options)

    def _engine(self, name: str, *arguments: object) -> Engine:
        engine = self._attribute(name)(*arguments)
        if not isinstance(engine, Engine):
            raise TypeError(f"{self.module}.{name} returned {type(engine).__name__}")
        return engine

    def _attribute(self, name: str) -> Callable[..., object]:
        attribute: Callable[..., object] = getattr(import_module(self.module), name)
        return attribute


_OF_ORT = ("fp32", "fp16", "int8")
BACKENDS = {
    "onnxruntime": Backend("ganrt.engines.onnxruntime_cpu", "cpu", 'pip install "ganrt[cpu]"', precisions=_OF_ORT),
    "openvino": Backend(
        "ganrt.engines.openvino_cpu", "cpu", 'pip install "ganrt[openvino]"', precisions=("fp32", "bf16", "int8")
    ),
    "onnxruntime-cuda": Backend(
        "ganrt.engines.onnxruntime_cuda", "cuda", 'pip install "ganrt[gpu]"', precisions=_OF_ORT
    ),
    "onnxruntime-tensorrt": Backend(
        "ganrt.engines.onnxruntime_tensorrt", "cuda", 'pip install "ganrt[gpu]"', precisions=_OF_ORT
    ),
    "onnxruntime-rtx": Backend(
        "ganrt.engines.onnxruntime_rtx",
        "cuda",
        'pip install "ganrt[onnxruntime-rtx]"',
        precisions=_OF_ORT,
    ),
    "tensorrt": Backend(
        "ganrt.engines.cuda.opening",
        "cuda",
        'pip install "ganrt[tensorrt]"',
        compiled=True,
        probed_by="probe_tensorrt",
    ),
    "tensorrt-rtx": Backend(
        "ganrt.engines.cuda.opening", "cuda", 'pip install "ganrt[rtx]"', compiled=True, probed_by="probe_rtx"
    ),
}
# Where nothing was tuned. ONNX Runtime before OpenVINO: it takes any batch size and gives the same bytes for all.
# Never one that compiles while it loads: these are for who names them.
_AUTOMATIC_ORDER = ("onnxruntime-cuda", "onnxruntime", "openvino")


def open_model(path: Path, backend: str = "auto", options: EngineOptions | None = None) -> Engine:
    """Opens an ONNX or engine file with a backend.

    Args:
        path: an `.engine` file with its sidecar; an `.onnx` file written by `ganrt export`, or by `ganrt compile` in a
            lower precision, which is then the only one that it has.
        backend: a name from `BACKENDS`, or `auto`: the first that runs here and serves `options.device`.

    Raises:
        UsageError: an unknown precision, or one that this file has not.
        BadInputFile: the file is not what it should be.
        BackendUnavailable: no backend, or not the one asked for, can run here.
    """
    options = options or EngineOptions(precision=OWN)
    return with_mapping(path, _open_one(path, backend, options), partial(_open_mapping, threads=options.threads))


def _open_mapping(onnx_file: OnnxFile, threads: int | None) -> Engine:
    """The mapping that belongs to a synthesis: in FP32, on the CPU."""
    return _open_first(onnx_file, candidates("auto", "cpu"), EngineOptions(device="cpu", threads=threads), chosen=False)


def _open_one(path: Path, backend: str, options: EngineOptions) -> Engine:
    if options.precision not in PRECISIONS:
        raise UsageError(f"precision '{options.precision}': expected one of {', '.join(PRECISIONS)}")
    if path.suffix == ".engine":
        return _open_compiled(path, backend, options)
    if options.low_priority:
        raise UsageError(
            f"low priority: expected a compiled engine, got {path}\n"
            f"make one of it: ganrt compile -m {path} --backend tensorrt-rtx -o FOLDER"
        )
    onnx_file = read_onnx(path)
    onnx_file.spec()  # a file without a sound spec is refused before any backend sees it
    names = candidates(backend, options.device)
    if backend != "auto" and BACKENDS[backend].compiled:
        BACKENDS[backend].probe()
        raise UsageError(
            f"backend '{backend}' runs compiled engines; {path} is a graph\n"
            f"make an engine of it, and give that: ganrt compile -m {path} --backend {backend} -o FOLDER"
        )
    options = _in_its_precision(onnx_file, options)
    if backend == "auto":
        engine = _open_chosen(onnx_file, options)
        if engine is not None:
            return engine
    if options.precision in _OF_FILES and onnx_file.precision == "fp32":
        raise UsageError(
            f"precision '{options.precision}': {path.name} is in FP32{_untuned(options.precision)}\n"
            f"make such a file, and give that: ganrt compile -m MODEL --precision {options.precision} -o FOLDER"
        )
    return _open_first(onnx_file, names, options, chosen=backend != "auto")


def _in_its_precision(onnx_file: OnnxFile, options: EngineOptions) -> EngineOptions:
    """A file of lower precision has that one alone, which is then its fastest too."""
    if options.precision != OWN and onnx_file.precision == "fp32":
        return options
    if options.precision not in (OWN, "fastest", onnx_file.precision):
        raise UsageError(
            f"precision '{options.precision}': {onnx_file.path} was made in {onnx_file.precision} and has no other\n"
            "ask for none, or give the portable FP32 file that it was made from"
        )
    return replace(options, precision=onnx_file.precision)


def _untuned(precision: str) -> str:
    """What a portable file lacks to be drawn in that precision all the same: `ganrt tune` tries INT8, and no FP16."""
    return ", and was not tuned for it" if precision == "int8" else ""


def _open_compiled(path: Path, backend: str, options: EngineOptions) -> Engine:
    """An engine file: its bytes are checked first, then what it needs of this machine."""
    data, sidecar = read_trusted(path)
    if backend not in ("auto", sidecar.backend):
        candidates(backend, options.device)
        raise UsageError(f"backend '{backend}': {path} was compiled for {sidecar.backend} and runs with nothing else")
    candidates(sidecar.backend, options.device)
    if options.precision not in (OWN, "fastest", sidecar.precision):
        raise UsageError(
            f"precision '{options.precision}': {path} was compiled in {sidecar.precision} and has no other\n"
            "ask for none, or compile the portable FP32 file in the one wanted: ganrt compile"
        )
    options = replace(options, precision=sidecar.precision)
    return BACKENDS[sidecar.backend].open_compiled(path, data, sidecar, options)


def try_on_cpu(onnx_file: OnnxFile) -> None:
    """Has every backend of the CPU that is installed try a file (`ganrt.engines.trial`), before work that runs graphs
    made of it.

    Raises:
        BadInputFile: it crashes one, hangs in it, or asks for too much memory.
    """
    for name in (name for name in BACKENDS if name in CPU):
        try:
            version = BACKENDS[name].probe()
        except BackendUnavailable:
            continue
        try_graph(onnx_file, name, version, None)


def open_choice(onnx_file: OnnxFile, choice: Choice, options: EngineOptions) -> Engine | None:
    """Opens a model as it was tuned; None where the derived graph is not in the cache any more.

    Raises:
        BackendUnavailable: the backend cannot run here.
    """
    if choice.graph:
        graph = chosen_graph(choice)
        if graph is None:
            return None
        onnx_file = derived(onnx_file, graph, choice.form)
    version = BACKENDS[choice.backend].probe()
    if not choice.graph:  # else it comes from the cache, which is trusted
        try_graph(onnx_file, choice.backend, version, options.memory)
    return BACKENDS[choice.backend].open(
        onnx_file, replace(options, precision=choice.precision, batches=choice.batches)
    )


def _open_chosen(onnx_file: OnnxFile, options: EngineOptions) -> Engine | None:
    """As `ganrt tune` found best for this model here; None if there is no choice, or it cannot be had any more."""
    if not has_choices():
        return None  # without waiting for the file's hash
    choice = remembered(onnx_file.sha256, options.precision, options.device, options.threads)
    if choice is None and options.device != "auto":  # what won among all devices may be on this one
        choice = remembered(onnx_file.sha256, options.precision, threads=options.threads)
    if choice is None or choice.backend not in BACKENDS:
        return None
    if options.device not in ("auto", BACKENDS[choice.backend].device):
        return None
    try:
        return open_choice(onnx_file, choice, options)
    except BackendUnavailable:
        return None


def _open_first(onnx_file: OnnxFile, names: list[str], options: EngineOptions, *, chosen: bool) -> Engine:
    """With the first backend that runs here and has the precision; the only one if the user chose it."""
    # Until somebody tunes, the fastest precision known to pass its gate is the one that needs none.
    options = replace(options, precision="fp32" if options.precision == "fastest" else options.precision)
    reasons = []
    for name in names:
        here = False
        try:
            if options.precision not in BACKENDS[name].precisions:
                raise BackendUnavailable(
                    f"backend '{name}' computes in {', '.join(BACKENDS[name].precisions)}, not {options.precision}\n"
                    f"give one of these with --precision, or another --backend: ganrt doctor"
                )
            version = BACKENDS[name].probe()
            here = True
            try_graph(onnx_file, name, version, options.memory)
            return BACKENDS[name].open(onnx_file, options)
        except BackendUnavailable as error:
            if chosen:
                raise
            reasons.append(f"{name}: {str(error).splitlines()[0]}")
            if here and name != names[-1]:  # somebody installed it to be used: a slower one is not taken without a word
                warnings.warn(f"{error}\nthe next backend is tried", RuntimeWarning, stacklevel=2)
    mend = BACKENDS[_advised(names, options.precision)].install
    raise BackendUnavailable(
        f"no backend runs on device '{options.device}' in {options.precision} ({'; '.join(reasons)})\n"
        f"install one: {mend}"
    )


def _advised(names: list[str], precision: str) -> str:
    """The smallest to install of those that would do: the CPU's before the GPU's."""
    fitting = [name for name in names if precision in BACKENDS[name].precisions] or names
    return min(fitting, key=lambda name: BACKENDS[name].device != "cpu")


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
