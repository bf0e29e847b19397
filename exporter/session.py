"""The exported graph in ONNX Runtime on the CPU, which the exporter holds everything against, and its canary.

The canary is one picture of the portable form, or one z of an encoder, to notice an engine that makes another.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.exporter.inputs import Sampler, sample_inputs
from ganrt.offline import import_onnxruntime
from ganrt.pixels import reduce, reduction
from ganrt.spec import Canary, GeneratorSpec

SEED, INDEX = 0, 0  # of the canary
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


def draw_canary(session: Runs, spec: GeneratorSpec, sampler: Sampler) -> Canary:
    """Seed 0, index 0 (and class 0) through `session`, alone in its batch.

    A translator or encoder gets the test picture `ganrt.pattern` of that latent, in the spec's size. Of a large picture
    the reduced form is kept.
    """
    inputs = sample_inputs(spec, sampler, SEED, INDEX, 1)
    made = np.ascontiguousarray(session.run(inputs)[0][0])
    if spec.task == "encode":
        digest = hashlib.sha256(made.astype("<f4").tobytes()).hexdigest()
        return Canary(seed=SEED, index=INDEX, sha256=digest, z=tuple(float(value) for value in made))
    labels = tuple(float(weight) for weight in inputs["labels"][0]) if "labels" in inputs else None
    reduced = reduction(*made.shape)
    png = base64.b64encode(encode_png(made if reduced is None else reduce(made, reduced))).decode()
    digest = hashlib.sha256(made.tobytes()).hexdigest()
    return Canary(seed=SEED, index=INDEX, labels=labels, sha256=digest, png=png, reduced=reduced)


def encode_png(picture: NDArray[Any]) -> bytes:
    """uint8 [h, w, c] (grey, RGB or RGBA) -> PNG; OpenCV wants blue first."""
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[picture.shape[2]]
    done, png = cv2.imencode(".png", np.ascontiguousarray(picture[:, :, order]))
    assert done, "OpenCV could not encode a PNG"
    return bytes(png.tobytes())
