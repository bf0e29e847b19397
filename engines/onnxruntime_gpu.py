"""What ONNX Runtime's GPU backends share: every node where it belongs, and buffers that stay where they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.onnxruntime_assignment import RECORD, check_assignment
from ganrt.engines.onnxruntime_binding import Binding
from ganrt.engines.onnxruntime_session import BATCH_SIZES, OnnxRuntimeEngine, Provider
from ganrt.engines.protocol import Arrays, BatchSizes, EngineOptions, copied
from ganrt.engines.sealed_folder import SealedFolder
from ganrt.spec import GeneratorSpec


class OnnxRuntimeGpuEngine(OnnxRuntimeEngine):
    """One session on the first GPU; it must draw its canary before anybody may use it.

    Args:
        sizes: the batch sizes it was compiled for, at the spec's picture size; None: nothing was compiled.
        kept: what the provider compiled; sealed when it is whole.
    """

    checked_on_load = True

    def __init__(
        self,
        onnxruntime: Any,
        onnx_file: OnnxFile,
        options: EngineOptions,
        backend: str,
        provider: Provider,
        sizes: BatchSizes | None = None,
        kept: SealedFolder | None = None,
    ) -> None:
        self._kept = kept
        super().__init__(onnxruntime, onnx_file, options, backend, "cuda", provider)
        check_assignment(self._session, provider, f"{backend}: {onnx_file.path}")
        self.batch_sizes = sizes or BATCH_SIZES
        inputs, outputs = self.spec.inputs, self.spec.outputs
        self._binding: Binding | None = None
        # A compiled graph has the sizes of its spec, where they are open.
        if sizes is not None or not any(port.open for port in (*inputs.values(), *outputs.values())):
            most = self.batch_sizes.maximum
            self._binding = Binding(onnxruntime, self._session, provider, inputs, outputs, most)
        if kept is not None:
            kept.seal()

    def run(self, inputs: Arrays, out: Mapping[str, NDArray[np.generic]] | None = None) -> Arrays:
        """Runs one batch; with `out` no array is allocated."""
        self._check(inputs)
        return copied(self._run(inputs), out) if self._binding is None else self._binding.run(inputs, out)

    def _settings(self, onnxruntime: Any, options: EngineOptions) -> Any:
        settings = super()._settings(onnxruntime, options)
        settings.add_session_config_entry(RECORD, "1")
        return settings

    def _close(self) -> None:
        self._binding = None
        super()._close()
        if self._kept is not None:  # some providers write only when their session ends
            self._kept.seal()


def profile_sizes(options: EngineOptions) -> BatchSizes:
    """The batch sizes to compile for: those asked for (a single one: static), else what the other backends take."""
    if not options.batches:
        return BATCH_SIZES
    return BatchSizes(min(options.batches), max(options.batches), max(options.batches))


def profile(spec: GeneratorSpec, batch: int) -> str:
    """The shapes of all inputs at a batch size, as TensorRT's providers write them: `z:8x100,labels:8x10`."""
    return ",".join(f"{name}:{'x'.join(map(str, (batch, *port.shape)))}" for name, port in spec.inputs.items())
