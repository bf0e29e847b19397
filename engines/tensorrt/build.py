"""One builder for `tensorrt` (10.3 to 11.4) and `tensorrt_rtx`: a network and a recipe -> the bytes of an engine.

Types are those of the graph (strongly typed). Every return value is looked at: a failed build is None, and its reason
is in the logger only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.tensorrt.network import Network, check_onnx, mend, parse
from ganrt.engines.tensorrt.sidecar import Profile, Tensor
from ganrt.engines.tensorrt.vendor import logger_of, ran_out_of_memory, take_words
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError

Progress = Callable[[str, int], object]


def make_monitor(trt: Any, progress: Progress) -> Any:
    """A `trt.IProgressMonitor` that tells the outermost phase and its percentage.

    No exception may pass through the vendor's code: what `progress` raises (an interrupt, say) ends the build and is
    kept in `failure`.
    """

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]  # the vendors ship no types
        def __init__(self) -> None:
            super().__init__()
            self.failure: BaseException | None = None
            self._steps: dict[str, int] = {}  # of the phases that have no parent
            self._lock = Lock()  # called from several threads

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            if not parent_phase:
                with self._lock:
                    self._steps[phase_name] = num_steps
                self._tell(phase_name, 0)

        def step_complete(self, phase_name: str, step: int) -> bool:
            steps = self._steps.get(phase_name)
            if steps:
                self._tell(phase_name, min(100, 100 * (step + 1) // steps))
            return self.failure is None

        def phase_finish(self, phase_name: str) -> None:
            with self._lock:
                self._steps.pop(phase_name, None)

        def _tell(self, phase: str, percent: int) -> None:
            try:
                progress(phase.lower(), percent)
            except BaseException as error:
                self.failure = self.failure or error

    return Monitor()


LEVELS = range(6)
_MIB = 2**20
_one_at_a_time = Lock()  # the vendor has one logger, and the reason of a failure is what it said last


@dataclass(frozen=True)
class Recipe:
    """How an engine is compiled.

    Attributes:
        backend: `tensorrt-rtx` or `tensorrt`.
        targets: compute capabilities such as `sm86`; of TensorRT exactly that of the device at hand.
        workspace: most bytes of scratch memory of a layer; None: the vendor's own limit.
        level: 0 (quick to compile) to 5 (searches longest); None: the vendor's own, 3.
        version_compatible, hardware: TensorRT's wider engines; see `Sidecar`.
    """

    backend: str
    targets: tuple[str, ...]
    profiles: tuple[Profile, ...]
    workspace: int | None = None
    level: int | None = None
    version_compatible: bool = False
    hardware: str = "exact"


@dataclass(frozen=True)
class Built:
    """An engine's bytes, its inputs and outputs, and TensorRT's timing cache after the build (if it has one)."""

    data: bytes
    tensors: tuple[Tensor, ...]
    timing: bytes | None


def build(trt: Any, graph: OnnxFile, recipe: Recipe, progress: Progress, timing: bytes | None = None) -> Built:
    """Compiles a graph.

    Args:
        trt: the vendor's module.
        timing: what an earlier build measured on this device.

    Raises:
        UsageError: an option that this version does not have. BadInputFile: a node is refused; the message names it.
        BackendUnavailable: the vendor's library does not work here.
    """
    check_onnx(graph)
    with _one_at_a_time:
        logger = logger_of(trt)
        logger.messages.clear()
        network = parse(trt, logger, graph)
        config = configure(trt, network.builder, recipe)
        _add_profiles(network, config, recipe.profiles)
        cache = _use_timing(config, timing) if recipe.backend == "tensorrt" else None
        monitor = make_monitor(trt, progress)
        config.progress_monitor = monitor
        plan = network.builder.build_serialized_network(network.definition, config)
        if monitor.failure is not None:
            raise monitor.failure
        if plan is None:
            raise _failure(graph, take_words(trt) or "no reason was given")
        measured = None if cache is None else bytes(memoryview(cache.serialize()))
        return Built(bytes(memoryview(plan)), network.tensors, measured)


def configure(trt: Any, builder: Any, recipe: Recipe) -> Any:
    """The builder's configuration, without its profiles.

    Raises:
        UsageError: an option that this version or vendor does not have.
    """
    config = builder.create_builder_config()
    config.clear_flag(trt.BuilderFlag.TF32)  # on by default: FP32 layers would have FP16's fraction
    if recipe.backend == "tensorrt-rtx":
        _set_targets(trt, config, recipe)
    else:
        _set_compatibility(trt, config, recipe)
    if recipe.level is not None:
        if recipe.level not in LEVELS:
            raise UsageError(f"--level {recipe.level}: expected {LEVELS.start} to {LEVELS.stop - 1}")
        config.builder_optimization_level = recipe.level
    if recipe.workspace is not None:
        pool = trt.MemoryPoolType.WORKSPACE
        config.set_memory_pool_limit(pool, recipe.workspace)
        if config.get_memory_pool_limit(pool) != recipe.workspace:
            raise UsageError(f"--workspace {recipe.workspace // _MIB}: the vendor does not take so many MiB")
    return config


def _set_targets(trt: Any, config: Any, recipe: Recipe) -> None:
    if recipe.version_compatible or recipe.hardware != "exact":
        raise UsageError(
            "--version-compatible and --hardware are for --backend tensorrt\n"
            "engines of TensorRT-RTX are for several devices as they are: --target sm86,sm89"
        )
    config.set_flag(trt.BuilderFlag.REQUIRE_USER_ALLOCATION)  # else no CUDA graph can hold the engine's work
    # Never CURRENT, the default: it fails where there is no GPU.
    config.num_compute_capabilities = len(recipe.targets)
    for number, target in enumerate(recipe.targets):
        capability = getattr(trt.ComputeCapability, target.upper(), None)
        if capability is None:
            raise UsageError(f"--target {target}: {trt.__name__} {trt.__version__} does not have it; give another")
        if not config.set_compute_capability(capability, number):
            raise UsageError(f"--target {target}: {trt.__name__} {trt.__version__} refuses it")


def _set_compatibility(trt: Any, config: Any, recipe: Recipe) -> None:
    if recipe.version_compatible:
        config.set_flag(_option(trt, "BuilderFlag", "VERSION_COMPATIBLE", "--version-compatible"))
        # A lean runtime inside the engine would be host code, which is never enabled.
        config.set_flag(_option(trt, "BuilderFlag", "EXCLUDE_LEAN_RUNTIME", "--version-compatible"))
    if recipe.hardware != "exact":
        level = _option(trt, "HardwareCompatibilityLevel", recipe.hardware.upper(), f"--hardware {recipe.hardware}")
        config.hardware_compatibility_level = level


def _option(trt: Any, kind: str, name: str, option: str) -> Any:
    """An enumeration's member that not all versions have."""
    value = getattr(getattr(trt, kind, None), name, None)
    if value is None:
        raise UsageError(f"{option}: TensorRT {trt.__version__} does not have it; leave it out, or use a newer version")
    return value


def _add_profiles(network: Network, config: Any, profiles: tuple[Profile, ...]) -> None:
    for number, batch in enumerate(profiles):
        profile = network.builder.create_optimization_profile()
        for tensor in network.tensors:
            if tensor.mode == "input":
                sizes = (batch.minimum, batch.optimum, batch.maximum)
                profile.set_shape(tensor.name, *((size, *tensor.shape[1:]) for size in sizes))
        if config.add_optimization_profile(profile) != number:
            raise UsageError(f"--batch {batch}: the vendor refuses this profile")


def _use_timing(config: Any, timing: bytes | None) -> Any:
    """A timing cache for this build; one of another device or version is ignored by the vendor, so it starts anew."""
    cache = config.create_timing_cache(timing or b"")
    if cache is None or not config.set_timing_cache(cache, False):
        cache = config.create_timing_cache(b"")
        if cache is None or not config.set_timing_cache(cache, False):
            raise BackendUnavailable("TensorRT gives no timing cache; its installation is damaged")
    return cache


def _failure(graph: OnnxFile, words: str) -> Exception:
    if ran_out_of_memory(words):
        return BackendUnavailable(f"{graph.path} was not compiled: {words}\ngive a smaller --batch or --workspace")
    return BadInputFile(f"{graph.path} was not compiled: {words}\n{mend(words)}")
