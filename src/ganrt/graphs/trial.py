"""A foreign ONNX graph in a child process, before the parent's libraries see it: see `ganrt.trial`."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

import numpy as np

from ganrt import trial
from ganrt.offline import import_onnxruntime

_BATCH = 16  # as many pictures as are drawn at once
_TYPES = {"tensor(float)": "f4", "tensor(float16)": "f2", "tensor(double)": "f8", "tensor(uint8)": "u1"}


def try_foreign(data: bytes, path: Path) -> None:
    """Opens it with ONNX Runtime and, where that is installed, with the onnx package.

    Raises:
        BadInputFile: see `ganrt.trial.try_first`.
    """
    library = f"onnx {_onnx_version()} and onnxruntime {import_onnxruntime().__version__}"
    work = trial.Trial(library, "ganrt.graphs.trial:foreign")
    trial.try_first(data, path, hashlib.sha256(data).hexdigest(), work)


def foreign(file: IO[bytes], _: Path, memory: int) -> None:
    """The child's work; what is refused in words will be refused in the parent's own."""
    data = file.read()
    for step in (_convert, lambda data: _draw(data, memory)):
        try:
            step(data)
        except Exception as error:
            if trial.is_no_room(error):
                raise


def _convert(data: bytes) -> None:
    import onnx
    from onnx import inliner, version_converter

    model = onnx.load_from_string(data)
    model = inliner.inline_local_functions(model) if len(model.functions) else model
    model = version_converter.convert_version(model, 18)
    onnx.checker.check_model(model)
    onnx.shape_inference.infer_shapes(model, data_prop=True)


def _draw(data: bytes, memory: int) -> None:
    """One picture, with 1 for every open side."""
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    given = {value.name: _zeros(value) for value in session.get_inputs()}
    # Of translators, how many pictures to draw at once is the user's word; a fixed batch is all that there will be.
    alone = any(len(array.shape) == 4 for array in given.values()) or not any(_is_open(v) for v in session.get_inputs())
    trial.check_growth(lambda: session.run(None, given), 1 if alone else _BATCH, memory)


def _is_open(value: Any) -> bool:
    return bool(value.shape) and not isinstance(value.shape[0], int)


def _onnx_version() -> str:
    try:
        return version("onnx")
    except PackageNotFoundError:
        return "none"


def _zeros(value: Any) -> Any:
    shape = [side if isinstance(side, int) else 1 for side in value.shape]
    return np.zeros(shape, _TYPES.get(value.type, "i4" if value.type == "tensor(int32)" else "i8"))
