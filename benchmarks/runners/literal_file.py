"""The literal export of a reference module: what torch.onnx.export gives by default, with the tail behind it.

    python -m ganrt.benchmarks.runners.literal_file MODEL CHECKPOINT BATCH OUTPUT

writes one. It is made once, in a process of its own, so that exporting does not count in a peer's memory.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import warnings
from pathlib import Path

from ganrt.benchmarks.models import require_torch, work_folder
from ganrt.benchmarks.runners.protocol import Request
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BackendUnavailable
from ganrt.files import atomic_write, make_folder
from ganrt.interrupts import no_collecting


def literal_file(request: Request) -> Path:
    """The literal ONNX file of the request's checkpoint and batch size, from the work folder or made now.

    Raises:
        BackendUnavailable: there is no checkpoint, torch is missing, or the export failed; the message says why.
    """
    require_torch()
    if request.checkpoint is None:
        raise BackendUnavailable("literal peers are made from the checkpoint: give --checkpoint FILE")
    folder = work_folder(None)
    path = folder / f"literal-{_key(request)}-b{request.batch_size}.onnx"
    if not path.exists():
        make_folder(folder)
        with atomic_write(path) as partial:
            _make(request, partial)
    return path


def _key(request: Request) -> str:
    """Of the checkpoint, of the model (in which settings show that the weights do not hold) and of the exporter."""
    from importlib.metadata import version

    from ganrt.exporter.readers.files import weights_in

    assert request.checkpoint is not None
    digest = hashlib.sha256(f"{version('torch')} {read_onnx(request.model).sha256}".encode())
    with weights_in(request.checkpoint).open("rb") as file:
        while part := file.read(2**22):
            digest.update(part)
    return digest.hexdigest()[:16]


def _make(request: Request, path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "ganrt.benchmarks.runners.literal_file",
        str(request.model),
        str(request.checkpoint),
        str(request.batch_size),
    ]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise BackendUnavailable(f"the literal export failed: {said[-1][:300] if said else done.returncode}")


def main(model: str, checkpoint: str, batch_size: str, output: str) -> None:
    """Exports with torch's defaults: fixed shapes, its newest exporter and optimiser; weights inside the file."""
    import torch

    from ganrt.benchmarks.runners.torch_module import literal_with_tail
    from ganrt.runtime.sample_inputs import make_inputs

    spec = read_onnx(Path(model)).spec()
    request = Request(Path(model), spec, checkpoint=Path(checkpoint), batch_size=int(batch_size))
    inputs = make_inputs(spec, 0, 0, request.batch_size)
    inputs = {name: values for name, values in inputs.items() if name != "truncation"}
    with warnings.catch_warnings(), no_collecting():
        warnings.simplefilter("ignore")  # torch's exporter uses what torch has deprecated
        torch.onnx.export(
            literal_with_tail(request, torch.float32),
            tuple(torch.from_numpy(values) for values in inputs.values()),
            output,
            input_names=list(inputs),
            output_names=["image"],
            dynamo=True,
            external_data=False,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
