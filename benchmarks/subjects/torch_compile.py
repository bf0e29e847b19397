"""Peer `torch-compile`: the torch module through torch.compile, default mode, one fixed batch size."""

from __future__ import annotations

import warnings

from ganrt.benchmarks.inputs import make_inputs
from ganrt.benchmarks.subjects.protocol import Request, Subject
from ganrt.benchmarks.subjects.require_torch import require_torch


def open_peer(request: Request) -> Subject:
    """Compiles the module, with a first batch.

    Raises:
        BackendUnavailable: torch or its compiler is missing.
    """
    require_torch()
    import torch

    from ganrt.benchmarks.subjects.torch_module import TorchSubject, build, plan

    chosen = plan("torch-compile", request)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's compiler uses what torch has deprecated
        module = torch.compile(build(request, chosen), dynamic=False)
        subject = TorchSubject(module, chosen, request, {"mode": "default"})
        subject.run(make_inputs(request.spec, 0, 0, request.batch_size))
    return subject
