"""An ONNX file that somebody else may have made is opened, and draws once, in a child process before it does here."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np

from ganrt import trial
from ganrt.engines.onnx_file import OnnxFile, parse_onnx
from ganrt.engines.protocol import Engine, EngineOptions

_STAND_IN = "onnxruntime"  # on the CPU, for backends of GPUs: a child would need seconds, and gigabytes of addresses
CPU = ("onnxruntime", "openvino")
_MEND = "if you trust it: --memory MIB or memory= of ganrt.load for a higher limit, GANRT_TRIAL=off for none"


def try_graph(onnx_file: OnnxFile, backend: str, version: str, memory: int | None) -> None:
    """See `ganrt.trial.try_first`.

    Args:
        backend: that is going to run it. version: of its library, such as "openvino 2026.1".
        memory: bytes that it may take.
    """
    if trial.is_bundled(onnx_file.path):
        return  # without waiting for its hash
    own = backend in CPU
    work = "ganrt.engines.trial:openvino" if backend == "openvino" else "ganrt.engines.trial:onnxruntime"
    name = version if own else f"{_STAND_IN} for {version}"
    tried = trial.Trial(name, work, memory, _MEND)
    trial.try_first(onnx_file.data, onnx_file.path, onnx_file.sha256, tried)


def onnxruntime(file: IO[bytes], path: Path, memory: int) -> None:
    """The child's work with ONNX Runtime."""
    from ganrt.engines.onnxruntime_cpu import open_engine
    from ganrt.engines.onnxruntime_session import cpu_batch_sizes

    model = parse_onnx(path, file.read())
    spec = model.spec()
    batch = 1 if spec.image else cpu_batch_sizes(spec).optimum  # how many pictures to translate is the user's word
    _draw(open_engine(model, EngineOptions(threads=1, precision=model.precision)), batch, memory)


def openvino(file: IO[bytes], path: Path, memory: int) -> None:
    """The child's work with OpenVINO; one picture, since it compiles for a size of batch."""
    from ganrt.engines.openvino_cpu import default_batch, open_engine

    model = parse_onnx(path, file.read())
    precision = "int8" if model.precision == "int8" else "fp32"
    engine = open_engine(model, EngineOptions(threads=1, batches=(1,), precision=precision))
    _draw(engine, default_batch(model.spec()), memory)


def _draw(engine: Engine, batch: int, memory: int) -> None:
    given = {name: np.zeros((1, *port.shape), port.dtype) for name, port in engine.spec.inputs.items()}
    trial.check_growth(lambda: engine.run(given), batch, memory)
