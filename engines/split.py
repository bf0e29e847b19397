"""A generator in two files, mapping and synthesis, as one engine; the halves are there alone too.

The synthesis is the model; its mapping is the `.onnx` file in the same folder whose graph has the hash that it names.
The mapping is a few small products, and always runs on the CPU.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ganrt.engines.onnx_file import OnnxFile, read_onnx
from ganrt.engines.protocol import Arrays, Engine
from ganrt.errors import BadInputFile, UsageError
from ganrt.graphs.wire import without
from ganrt.spec import METADATA_FIELD, GeneratorSpec, W

_MAX_MAPPING = 2**28  # bytes: larger files beside the synthesis are none


class SplitEngine(Engine):
    """Both halves as the whole generator: it takes latents, or styles as `w` float32 [n, count, dim] alone."""

    def __init__(self, mapping: Engine, synthesis: Engine) -> None:
        self.mapping, self.synthesis = mapping, synthesis
        self.spec = joined(mapping.spec, synthesis.spec)
        self.backend, self.device, self.precision = synthesis.backend, synthesis.device, synthesis.precision
        self.batch_sizes, self.form = synthesis.batch_sizes, synthesis.form
        self.input_names = tuple(self.spec.inputs)
        self.model_sha256 = synthesis.model_sha256
        self.checked_on_load = synthesis.checked_on_load

    def _check(self, inputs: Arrays) -> None:
        if set(inputs) != {W}:
            super()._check(inputs)

    def _run(self, inputs: Arrays) -> Arrays:
        styles = inputs[W] if W in inputs else self.mapping.run(inputs)[W]
        return self.synthesis.run({W: styles})

    def _close(self) -> None:
        self.mapping.close()
        self.synthesis.close()


def joined(mapping: GeneratorSpec, synthesis: GeneratorSpec) -> GeneratorSpec:
    """The spec of the whole generator."""
    return replace(synthesis, task="generate", latent=mapping.latent, labels=mapping.labels, controls=mapping.controls)


def with_mapping(path: Path, synthesis: Engine, open_file: Callable[[OnnxFile], Engine]) -> Engine:
    """A synthesis with its mapping; any other engine as it is.

    Raises:
        BadInputFile: its mapping is not there.
    """
    if synthesis.spec.task == "map":
        synthesis.close()
        raise UsageError(f"{path} is a mapping, which draws nothing\nexpected the synthesis beside it, as -m")
    if synthesis.spec.task != "synthesize":
        return synthesis
    assert synthesis.spec.style is not None
    try:
        mapping = open_file(_find(path, synthesis.spec.style.other or ""))
    except BaseException:
        synthesis.close()
        raise
    return SplitEngine(mapping, synthesis)


def _find(path: Path, wanted: str) -> OnnxFile:
    for beside in sorted(path.parent.glob("*.onnx")):
        if beside != path and beside.stat().st_size <= _MAX_MAPPING:
            try:
                graph = without(beside.read_bytes(), METADATA_FIELD)
            except (ValueError, OSError):
                continue
            if hashlib.sha256(graph).hexdigest() == wanted:
                return read_onnx(beside)
    raise BadInputFile(
        f"{path} is a synthesis, and its mapping is not in {path.parent}\n"
        "keep both files that ganrt export --split wrote in one folder"
    )
