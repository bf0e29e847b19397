"""What ganrt asks of the vendor's runtime: `tensorrt` 10.3 to 11.4 and `tensorrt_rtx` have the same names for it.

Neither says what fails but in its log: each None, False, 0 and TypeError is checked, and the log's words are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ganrt.engines.cuda.calls import LESS_MEMORY
from ganrt.engines.protocol import BatchSizes
from ganrt.engines.tensorrt.kernel_cache import KernelCache
from ganrt.engines.tensorrt.vendor import INSTALL, MODULES, load_vendor, logger_of, ran_out_of_memory, take_words
from ganrt.errors import BackendUnavailable, BadInputFile, OutOfDeviceMemory

_TYPES = {"FLOAT": np.float32, "HALF": np.float16, "UINT8": np.uint8}
_COMPILE = "compile it again for this machine: ganrt compile"


@dataclass(frozen=True)
class Tensor:
    """One input or output; `shape` is that of one image, without the batch."""

    name: str
    is_input: bool
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def row_bytes(self) -> int:
        """Bytes of one image."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def import_vendor(backend: str) -> Any:
    """The vendor's module for a backend, whose libraries work so far as its import shows.

    Raises:
        BackendUnavailable: it is not installed, or its libraries do not load.
    """
    module = load_vendor(backend)
    if not hasattr(module, "Runtime"):  # the empty folder of a package that was removed imports, too
        raise BackendUnavailable(
            f"{MODULES[backend]} is broken: it has no Runtime\ninstall it again: {INSTALL[backend]}"
        )
    return module


@dataclass
class Loaded:
    """A deserialized engine and what the vendor says of it.

    Attributes:
        profiles: the batch sizes of each optimization profile.
        weights: bytes of the engine, for the memory budget.
        kernels: what TensorRT-RTX compiled for this device; None with TensorRT, and once it cannot be trusted.
        enqueued: whether some of its work could not be held by a CUDA graph.
    """

    trt: Any
    runtime: Any  # which must live as long as its engine
    engine: Any
    weights: int
    tensors: tuple[Tensor, ...] = ()
    profiles: tuple[BatchSizes, ...] = ()
    kernels: KernelCache | None = None
    enqueued: bool = False

    def close(self) -> None:
        """Lets go of the vendor's objects, and with them of the device's memory, whoever still holds this one."""
        try:
            if self.kernels is not None:
                self.kernels.close()
        finally:
            self._let_go()

    def abandon(self) -> None:
        """As `close` after an error on the device, when nothing there can be trusted to be kept."""
        if self.kernels is not None:
            self.kernels.forget()
        self._let_go()

    def _let_go(self) -> None:
        self.engine = None
        self.runtime = None


def load(trt: Any, data: bytes, name: str, lean: Path | None = None) -> Loaded:
    """An engine's bytes -> the vendor's engine.

    Engines are native code: only bytes whose sidecar and hash were checked may come here.

    Args:
        lean: the lean runtime of the version that compiled it, as the user named it; native code, too.

    Raises:
        BackendUnavailable: the vendor refuses it on this machine.
        BadInputFile: tensors or profiles that this runner cannot do.
    """
    logger = logger_of(trt)
    logger.messages.clear()
    try:
        runtime = trt.Runtime(logger)
    except TypeError as error:  # "factory function returned nullptr", whatever the cause
        raise refusal(
            trt, f"{name}: the vendor's runtime does not start", "look at the driver: ganrt doctor"
        ) from error
    runtime.engine_host_code_allowed = False
    if lean is not None:
        runtime = runtime.load_runtime(str(lean))
        if runtime is None:
            raise refusal(trt, f"{lean}: no lean runtime that loads", _COMPILE)
    loaded = Loaded(trt, runtime, runtime.deserialize_cuda_engine(data), len(data))
    if loaded.engine is None:
        raise refusal(trt, f"{name} does not load on this device{_validity(runtime, data)}", _COMPILE)
    try:
        loaded.tensors = tensors_of(trt, loaded.engine, name)
        loaded.profiles = profiles_of(loaded.engine, loaded.tensors, name)
    except BaseException:
        loaded.close()
        raise
    return loaded


def tensors_of(trt: Any, engine: Any, name: str) -> tuple[Tensor, ...]:
    """The engine's inputs and outputs, in its order.

    Raises:
        BadInputFile: a type or a side that this runner cannot do.
    """
    return tuple(_tensor(trt, engine, engine.get_tensor_name(i), name) for i in range(engine.num_io_tensors))


def profiles_of(engine: Any, tensors: Sequence[Tensor], name: str) -> tuple[BatchSizes, ...]:
    """The batch sizes of each of the engine's optimization profiles.

    Raises:
        BadInputFile: its inputs disagree about the batch.
    """
    inputs = [tensor for tensor in tensors if tensor.is_input]
    found = []
    for profile in range(engine.num_optimization_profiles):
        batches = {_batches(engine, tensor.name, profile) for tensor in inputs}
        if len(batches) != 1:
            raise BadInputFile(f"{name}: its inputs differ in their batch sizes, {sorted(batches)}\n{_COMPILE}")
        found.append(BatchSizes(*batches.pop()))
    return tuple(found)


def new_context(loaded: Loaded) -> Any:
    """An execution context that takes its activation memory from the runner.

    TensorRT-RTX compiles kernels for a shape when it meets it, by default in the background: a graph captured before
    would keep the slower ones for ever. So they are asked for at once, and kept for the next start.

    Raises:
        BackendUnavailable: the vendor gives none.
    """
    strategy = loaded.trt.ExecutionContextAllocationStrategy.USER_MANAGED
    kernels = getattr(loaded.trt, "DynamicShapesKernelSpecializationStrategy", None)
    if kernels is None:
        context = loaded.engine.create_execution_context(strategy)
    else:
        config = loaded.engine.create_runtime_config()
        config.set_execution_context_allocation_strategy(strategy)
        config.dynamic_shapes_kernel_specialization_strategy = kernels.EAGER
        if loaded.kernels is not None:
            loaded.kernels.attach(config)
        context = loaded.engine.create_execution_context(config)
    if context is None:
        raise refusal(loaded.trt, "the vendor's runtime gives no execution context", _COMPILE)
    return context


def capturable(context: Any, stream: int) -> bool:
    """Whether a CUDA graph may hold the context's work; full TensorRT has no such question, and its answer is yes."""
    ask = getattr(context, "is_stream_capturable", None)
    return ask is None or bool(ask(stream))


def _tensor(trt: Any, engine: Any, tensor: str, name: str) -> Tensor:
    kind = engine.get_tensor_dtype(tensor).name
    if kind not in _TYPES:
        raise BadInputFile(f"{name}: '{tensor}' has type {kind}; expected one of {', '.join(_TYPES)}")
    shape = tuple(engine.get_tensor_shape(tensor))[1:]
    if any(side < 0 for side in shape):
        raise BadInputFile(f"{name}: '{tensor}' has an open side, {shape}; only the batch may be open\n{_COMPILE}")
    is_input = engine.get_tensor_mode(tensor) == trt.TensorIOMode.INPUT
    return Tensor(tensor, is_input, np.dtype(_TYPES[kind]), shape)


def _batches(engine: Any, tensor: str, profile: int) -> tuple[int, int, int]:
    fixed = int(engine.get_tensor_shape(tensor)[0])
    if fixed >= 0:
        return fixed, fixed, fixed
    smallest, best, largest = (int(shape[0]) for shape in engine.get_tensor_profile_shape(tensor, profile))
    return smallest, best, largest


def refusal(trt: Any, what: str, advice: str) -> BackendUnavailable:
    """The exception for a call of the vendor's that only says no; its last words tell where memory ran out."""
    words = take_words(trt)
    if ran_out_of_memory(words):
        return OutOfDeviceMemory(f"{what}: {words}\n{LESS_MEMORY}")
    return BackendUnavailable(f"{what}{words and ': '}{words}\n{advice}")


def _validity(runtime: Any, data: bytes) -> str:
    """TensorRT-RTX can be asked what is wrong with an engine."""
    ask = getattr(runtime, "get_engine_validity", None)
    return "" if ask is None else f" ({', '.join(str(answer) for answer in ask(data))})"
