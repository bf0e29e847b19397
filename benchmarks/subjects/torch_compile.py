"""Peers `torch-compile`: the torch module through torch.compile, default mode, one fixed batch size."""

from __future__ import annotations

import warnings
from pathlib import Path

from ganrt.benchmarks.models import require_torch
from ganrt.benchmarks.subjects.protocol import Request, Subject
from ganrt.runtime.sample_inputs import make_inputs


def open_peer(request: Request, name: str = "torch-compile") -> Subject:
    """Compiles the module, with a first batch.

    Raises:
        BackendUnavailable: torch or its compiler is missing.
    """
    require_torch()
    import torch

    from ganrt.benchmarks.subjects.torch_module import TorchSubject, build, plan

    _keep_headers()
    chosen = plan(name, request)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's compiler uses what torch has deprecated
        # With CUDA graphs, which torch has for this mode: at a batch of one the launches take longer than the work.
        mode = "reduce-overhead" if chosen.device.type == "cuda" else "default"
        module = torch.compile(build(request, chosen), dynamic=False, mode=mode)
        subject = TorchSubject(module, chosen, request, {"mode": mode})
        subject.run(make_inputs(request.spec, 0, 0, request.batch_size))
    return subject


def _keep_headers() -> None:
    """Has torch keep the headers that it precompiles in its cache: it has no option for them, and by itself leaves them
    in the temporary folder."""
    from torch._inductor import codecache
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    folder = Path(cache_dir()) / "precompiled_headers"
    for name, place in (("_HEADER_DIR", folder), ("_HEADER_LOCK_DIR", folder / "locks")):
        if hasattr(codecache, name):
            setattr(codecache, name, str(place))
