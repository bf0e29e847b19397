"""Peer `torch-compile`: the torch module through torch.compile, default mode, one fixed batch size."""

from __future__ import annotations

from ganrt.benchmarks.subjects.protocol import Request, Subject
from ganrt.benchmarks.subjects.require_torch import require_torch


def open_peer(request: Request) -> Subject:
    """Compiles the module; the compilation itself happens in the first call.

    Raises:
        BackendUnavailable: torch or its compiler is missing.
    """
    require_torch()
    import torch

    from ganrt.benchmarks.subjects.torch_module import TorchSubject, build, plan

    chosen = plan("torch-compile", request)
    module = torch.compile(build(request, chosen), dynamic=False)
    return TorchSubject(module, chosen, request, {"mode": "default"})
