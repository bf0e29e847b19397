"""Peer `torch-eager`: the torch module as it is, under inference mode."""

from __future__ import annotations

from ganrt.benchmarks.subjects.protocol import Request, Subject
from ganrt.benchmarks.subjects.require_torch import require_torch


def open_peer(request: Request) -> Subject:
    """Builds the module."""
    require_torch()
    from ganrt.benchmarks.subjects.torch_module import TorchSubject, build, plan

    chosen = plan("torch-eager", request)
    return TorchSubject(build(request, chosen), chosen, request, {})
