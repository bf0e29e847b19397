"""An ONNX file as the extractor: any network with one picture input and a feature output, encoders of ganrt included.

The input is uint8 [n, h, w, c] (ganrt's own graphs) or float [n, c, h, w] (most others), with 1 or 3 channels.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.evaluation.extractors import (
    DEFAULT,
    NORMALISATIONS,
    ColourAndEdges,
    Extractor,
    ExtractorOptions,
    Outputs,
    normalised,
)
from ganrt.engines import onnxruntime_cuda
from ganrt.engines.onnx_file import OnnxFile, read_onnx
from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError
from ganrt.graphs.trial import try_foreign
from ganrt.spec import METADATA_KEY, ImageInput

_FEATURES = ("features", "z")  # the names that are looked for where a graph has several outputs
_CLASSES = ("logits", "probabilities", "classes")
_FLOAT, _BYTES = "tensor(float)", "tensor(uint8)"


class OnnxExtractor(Extractor):
    """One session of ONNX Runtime, on the GPU where its CUDA provider is installed and `device` lets it."""

    def __init__(self, path: Path, options: ExtractorOptions) -> None:
        onnx_file = read_onnx(path)
        _check_task(onnx_file)
        try_foreign(onnx_file.data, path)
        self.name, self.sha256 = path.name, onnx_file.sha256
        self._path = path
        self._session, self.device = _session(onnx_file, options)
        self._input, self._floats, self.takes = self._read_input(options)
        self._normalise = self._settle_normalisation(options)
        self._features, self._classes = self._choose_outputs(options)
        self.gives_classes = self._classes is not None
        values = self._normalise or "bytes of 0 to 255"
        self.description = f"ONNX, input '{self._input}' ({values}), features '{self._features}'" + (
            f", classes '{self._classes}'" if self._classes else ""
        )

    def run(self, pictures: NDArray[np.uint8]) -> Outputs:
        """See `Extractor.run`; a graph of fixed batch size gets its batches, the last one padded."""
        source = normalised(pictures, self._normalise) if self._normalise else np.ascontiguousarray(pictures)
        step = self._batch or len(source)
        parts = [self._run_batch(source[i : i + step], step) for i in range(0, len(source), step)]
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return Outputs(columns[0], columns[1] if self._classes else None)

    def _run_batch(self, source: NDArray[Any], step: int) -> list[NDArray[np.float32]]:
        padding = np.repeat(source[-1:], step - len(source), axis=0)
        names = [self._features, *([self._classes] if self._classes else [])]
        try:
            results = self._session.run(names, {self._input: np.concatenate([source, padding])})
        except Exception as error:  # onnxruntime has one exception class an error code, without a common base
            first = str(error).splitlines()[0]
            raise BadInputFile(f"{self._path}: its graph does not run on {list(source.shape)}: {first}") from error
        return [
            _rows(self._path, name, values, step)[: len(source)] for name, values in zip(names, results, strict=True)
        ]

    def _read_input(self, options: ExtractorOptions) -> tuple[str, bool, ImageInput]:
        inputs = self._session.get_inputs()
        shapes = ", ".join(f"'{one.name}' {one.type} {list(one.shape)}" for one in inputs)
        one = inputs[0]
        floats = one.type == _FLOAT
        sides = list(one.shape)
        if len(inputs) != 1 or one.type not in (_FLOAT, _BYTES) or len(sides) != 4:
            raise self._wrong_input(shapes)
        batch, *rest = sides
        channels, height, width = rest if floats else (rest[2], rest[0], rest[1])
        if channels not in (1, 3):
            raise self._wrong_input(shapes)
        self._batch = batch if isinstance(batch, int) else None
        return one.name, floats, _image(self._path, height, width, channels, options.size)

    def _wrong_input(self, shapes: str) -> BadInputFile:
        return BadInputFile(
            f"{self._path} takes {shapes}\n"
            "expected one input, float [n, c, h, w] or uint8 [n, h, w, c], with 1 or 3 channels"
        )

    def _settle_normalisation(self, options: ExtractorOptions) -> str | None:
        if self._floats and options.normalise is None:
            raise UsageError(
                f"{self._path} takes floats, and does not say which\n"
                f"give --normalise {', '.join(NORMALISATIONS)}: [0, 1], [-1, 1], 0 to 255, or ImageNet's mean and "
                "deviation"
            )
        return options.normalise if self._floats else None

    def _choose_outputs(self, options: ExtractorOptions) -> tuple[str, str | None]:
        names = [one.name for one in self._session.get_outputs()]
        for option in (options.feature_output, options.class_output):
            if option is not None and option not in names:
                raise UsageError(f"output '{option}': {self._path} gives {', '.join(names)}")
        classes = options.class_output or next((name for name in _CLASSES if name in names and len(names) > 1), None)
        others = [name for name in names if name != classes] or names
        known = [name for name in _FEATURES if name in others]
        features = options.feature_output or (known or others)[0]
        if options.feature_output is None and not known and len(others) > 1:
            raise UsageError(f"{self._path} gives {', '.join(names)}: say which with --feature-output")
        return features, classes


def _check_task(onnx_file: OnnxFile) -> None:
    if METADATA_KEY in onnx_file.metadata and onnx_file.spec().task != "encode":
        raise BadInputFile(
            f"{onnx_file.path} has the task '{onnx_file.spec().task}': it gives pictures, no features\n"
            "expected a classifier or an encoder; a generator goes with --model"
        )


def _session(onnx_file: OnnxFile, options: ExtractorOptions) -> tuple[Any, str]:
    device, provider = "cpu", "CPUExecutionProvider"
    if options.device != "cpu":
        try:
            onnxruntime_cuda.probe()
            device, provider = "cuda", "CUDAExecutionProvider"
        except BackendUnavailable:
            if options.device == "cuda":
                raise
    onnxruntime = import_onnxruntime("gpu" if device == "cuda" else "cpu")
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.intra_op_num_threads = options.threads or 0
    try:
        session = onnxruntime.InferenceSession(onnx_file.data, settings, providers=[provider])
    except Exception as error:
        raise BadInputFile(f"{onnx_file.path} is not a graph that ONNX Runtime can run: {error}") from error
    if session.get_providers()[0] != provider:
        raise BackendUnavailable(f"{provider} did not start, and ONNX Runtime fell back\nsee why: ganrt doctor")
    return session, device


def _image(path: Path, height: Any, width: Any, channels: int, size: tuple[int, int] | None) -> ImageInput:
    """The picture's size: the graph's, and where that is open the one that was given."""
    if isinstance(height, int) and isinstance(width, int):
        if size not in (None, (height, width)):
            raise UsageError(f"{path} takes pictures of {height} x {width} only: leave --feature-size out")
        return ImageInput(height=height, width=width, channels=channels)
    if size is None:
        raise UsageError(f"{path} takes pictures of any size: say which with --feature-size, such as 224x224")
    return ImageInput(height=size[0], width=size[1], channels=channels)


def _rows(path: Path, name: str, values: Any, count: int) -> NDArray[np.float32]:
    """[n, d], or [n, d, 1, 1] -> float32 [n, d]."""
    x = np.asarray(values)
    if x.dtype.kind != "f" or x.ndim < 2 or len(x) != count or x.size != count * x.shape[1]:
        raise BadInputFile(
            f"{path}: its output '{name}' is {x.dtype} {list(x.shape)} for {count} pictures; expected float [n, d]"
        )
    return np.asarray(x.reshape(count, -1), np.float32)


def open_extractor(given: str, options: ExtractorOptions) -> Extractor:
    """Opens an extractor.

    Args:
        given: `colour-and-edges-1`; the path of an ONNX file; or `torchvision:NAME:WEIGHTS`, a torchvision
            classifier's name and the path of its weights.

    Raises:
        BadInputFile: the file is missing, damaged or takes or gives something else than pictures and features.
        BackendUnavailable: what runs it is not installed. UsageError: options that are missing or do not fit.
    """
    if given == DEFAULT:
        if options != ExtractorOptions(device=options.device, threads=options.threads):
            raise UsageError(f"--normalise, --feature-size and the outputs' names: {DEFAULT} needs none of them")
        return ColourAndEdges()
    if given.startswith("torchvision:"):
        from ganrt.benchmarks.evaluation.torchvision_extractor import open_torchvision

        _, name, weights = [*given.split(":", 2), "", ""][:3]
        if not re.fullmatch(r"[a-z0-9_]+", name) or not weights:
            raise UsageError(f"--features {given}: expected torchvision:NAME:WEIGHTS, as torchvision:resnet50:r50.pth")
        return open_torchvision(name, Path(weights), options)
    if Path(given).suffix.lower() != ".onnx":
        raise UsageError(
            f"--features {given}: expected {DEFAULT}, an .onnx file or torchvision:NAME:WEIGHTS\n"
            "another network: export it with torch.onnx.export, with one image input and one feature output"
        )
    return OnnxExtractor(Path(given), options)
