"""Peer `torch-tensorrt`: the torch module through Torch-TensorRT's compiler, where it is installed."""

from __future__ import annotations

from importlib import import_module

from ganrt.benchmarks.models import require_torch
from ganrt.benchmarks.subjects.protocol import Request, Subject
from ganrt.errors import BackendUnavailable


def open_peer(request: Request) -> Subject:
    """Compiles the module for the CUDA device.

    Raises:
        BackendUnavailable: torch-tensorrt or a CUDA device is missing.
    """
    require_torch()
    try:
        torch_tensorrt = import_module("torch_tensorrt")
    except (ImportError, OSError) as error:
        raise BackendUnavailable(
            f"torch-tensorrt is missing or broken: {error}\ninstall it: pip install torch-tensorrt"
        ) from error
    import torch

    from ganrt.benchmarks.subjects.torch_module import TorchSubject, build, plan
    from ganrt.runtime.sample_inputs import make_inputs

    chosen = plan("torch-tensorrt", request, devices=("cuda",))
    examples = make_inputs(request.spec, 0, 0, request.batch_size)
    given = [torch.from_numpy(values).to(chosen.device) for values in examples.values()]
    module = torch_tensorrt.compile(
        build(request, chosen), ir="dynamo", inputs=given, enabled_precisions={chosen.dtype}
    )
    return TorchSubject(module, chosen, request, {"torch_tensorrt": torch_tensorrt.__version__})
