"""The exported graph in ONNX Runtime on the CPU: the reference that the exporter holds everything against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from ganrt.offline import import_onnxruntime

_FATAL_ONLY = 4  # errors are raised, and need not be printed besides


@runtime_checkable
class Runs(Protocol):
    """What runs a model: `Session`, or several of them together."""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]: ...


class Session:
    """Runs one ONNX model given as bytes.

    The default optimisations are on: what users run is what is verified.
    """

    def __init__(self, model: bytes) -> None:
        onnxruntime = import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _FATAL_ONLY
        self._run_options = onnxruntime.RunOptions()
        # Else the session keeps what its largest batch took, and takes as much again for the next.
        self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def __deepcopy__(self, _: dict[int, Any]) -> Session:
        """Itself: it holds no state that a run changes."""
        return self

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs in the graph's order."""
        return list(self._session.run(None, dict(inputs), self._run_options))

    def metadata(self) -> dict[str, str]:
        """The file's `metadata_props`."""
        return dict(self._session.get_modelmeta().custom_metadata_map)
