"""Peers `torch-eager`: the torch module as it is, under inference mode; also in channels last, and with autocast."""

from __future__ import annotations

from ganrt.benchmarks.models import require_torch
from ganrt.benchmarks.subjects.protocol import Request, Subject


def open_peer(request: Request, name: str = "torch-eager") -> Subject:
    """Builds the module."""
    require_torch()
    from ganrt.benchmarks.subjects.torch_module import TorchSubject, build, plan

    chosen = plan(name, request)
    return TorchSubject(build(request, chosen), chosen, request, {})
