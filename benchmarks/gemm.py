"""Matrix products by library and precision: what `limits` times. Each meter is optional and says what it is."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ganrt.benchmarks.telemetry.source import SourceAbsent
from ganrt.engines.openvino_graph import import_openvino
from ganrt.errors import BackendUnavailable
from ganrt.interrupts import import_whole

_OPENBLAS = ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}")
_OPENVINO_HINTS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}


@dataclass(frozen=True)
class Product:
    """A square matrix product, ready to be timed. `threads` is None where the library does not tell."""

    run: Callable[[], object]
    measured_by: str
    threads: int | None


class OpenBlas:
    """NumPy's own OpenBLAS, asked directly: which kernels it chose (they depend on the processor it believes to see,
    and on OPENBLAS_CORETYPE), and how many threads it uses."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def _function(self, name: str) -> Any:
        for pattern in _OPENBLAS:
            if hasattr(self._library, pattern.format(name)):
                return getattr(self._library, pattern.format(name))
        raise AttributeError(name)

    @property
    def config(self) -> str:
        """Such as "OpenBLAS 0.3.31 ... SkylakeX MAX_THREADS=64": version, options, kernels in use."""
        function = self._function("get_config")
        function.restype = ctypes.c_char_p
        return " ".join(bytes(function()).decode().split())

    @property
    def threads(self) -> int:
        return int(self._function("get_num_threads")())

    @threads.setter
    def threads(self, count: int) -> None:
        self._function("set_num_threads")(count)


def find_openblas() -> OpenBlas | None:
    """The OpenBLAS inside NumPy's wheel; None where NumPy was built with another library."""
    root = Path(np.__file__).parent
    for folder in (root.parent / "numpy.libs", root / ".dylibs", root / ".libs"):
        for path in sorted(folder.glob("*openblas*")):
            try:
                library = OpenBlas(ctypes.CDLL(str(path)))
                _ = library.config, library.threads
            except (OSError, AttributeError):
                continue
            return library
    return None


def blas_name() -> str:
    """The library behind NumPy's matrix product, as it names itself."""
    library = find_openblas()
    if library:
        return f"numpy {np.__version__}, {library.config}"
    built: Any = np.show_config(mode="dicts")
    blas = built["Build Dependencies"]["blas"]
    return f"numpy {np.__version__}, {blas.get('name', 'unknown')} {blas.get('version', '')}".strip()


@contextmanager
def numpy_product(precision: str, size: int, threads: int | None) -> Iterator[Product]:
    """float32 only: NumPy computes other precisions without the processor's matrix units."""
    if precision != "fp32":
        raise SourceAbsent("numpy multiplies matrices fast in float32 only")
    library = find_openblas()
    before = library.threads if library else None
    if library and threads:
        library.threads = threads
    try:
        random = np.random.default_rng(0)
        a, b = (random.standard_normal((size, size), np.float32) for _ in range(2))
        out = np.empty((size, size), np.float32)
        yield Product(lambda: np.matmul(a, b, out=out), blas_name(), library.threads if library else None)
    finally:
        if library and before:
            library.threads = before


@contextmanager
def torch_product(precision: str, size: int, threads: int | None) -> Iterator[Product]:
    """torch on the CPU; INT8 is `torch._int_mm`, whole numbers in and out, without rescaling."""
    torch = _import("torch")
    types = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16, "int8": torch.int8}
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        whole = precision == "int8"
        if whole and not hasattr(torch, "_int_mm"):
            raise SourceAbsent("this torch has no product of INT8 matrices")
        generator = torch.Generator().manual_seed(0)
        a, b = (torch.randint(-8, 8, (size, size), generator=generator).to(types[precision]) for _ in range(2))
        multiply = torch._int_mm if whole else torch.matmul
        yield Product(lambda: multiply(a, b), f"torch {torch.__version__}", torch.get_num_threads())
    finally:
        torch.set_num_threads(before)


@contextmanager
def openvino_product(precision: str, size: int, threads: int | None) -> Iterator[Product]:
    """OpenVINO's MatMul with constant weights, on the CPU, as a network's layer would be."""
    if precision not in _OPENVINO_HINTS:
        raise SourceAbsent(f"no plain OpenVINO product in {precision}")
    try:
        openvino = import_openvino()
    except BackendUnavailable as error:
        raise SourceAbsent("openvino is not installed") from error
    operators = import_module("openvino.opset13")
    random = np.random.default_rng(0)
    a, b = (random.standard_normal((size, size), np.float32) for _ in range(2))
    left = operators.parameter([size, size], np.float32)
    model = openvino.Model([operators.matmul(left, operators.constant(b), False, False)], [left])
    settings: dict[str, object] = {"INFERENCE_PRECISION_HINT": _OPENVINO_HINTS[precision]}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    found = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
    if found != _OPENVINO_HINTS[precision]:
        raise SourceAbsent(f"OpenVINO computes in {found} on this processor, not in {precision}")
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(a))
    name = f"openvino {openvino.__version__.split('-')[0]}"
    yield Product(request.infer, name, int(compiled.get_property("INFERENCE_NUM_THREADS")) or None)


def _import(name: str) -> Any:
    try:
        return import_whole(name)
    except (ImportError, OSError) as error:
        raise SourceAbsent(f"{name} is not installed") from error


METERS = {"numpy": numpy_product, "torch": torch_product, "openvino": openvino_product}
