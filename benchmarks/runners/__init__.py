"""What is measured: our backends and their peers on the same model. Adding a peer is a file here and a line below."""

from __future__ import annotations

import difflib
from dataclasses import replace
from importlib import import_module

from ganrt.benchmarks.runners.protocol import Request, Runner
from ganrt.engines.backends import BACKENDS
from ganrt.errors import BackendUnavailable, UsageError

OURS = "ganrt/"
TUNED = "ganrt/tuned"  # what `load` takes: the choice of `ganrt tune`, else the static rule
PEERS: dict[str, str] = {
    "onnxruntime-plain": "ganrt.benchmarks.runners.onnxruntime_peers",
    "onnxruntime-plain-cuda": "ganrt.benchmarks.runners.onnxruntime_peers",
    "openvino-plain": "ganrt.benchmarks.runners.openvino_plain",
    "onnxruntime-tuned": "ganrt.benchmarks.runners.onnxruntime_peers",
    "torch-eager": "ganrt.benchmarks.runners.torch_module",
    "torch-compile": "ganrt.benchmarks.runners.torch_module",
    "torch-tensorrt": "ganrt.benchmarks.runners.torch_module",
}
# Peers at their best: as torch's guide for convolutions says, and where its autocast chooses what is computed lower; or
# with another provider.
VARIANTS: dict[str, str] = {
    f"{peer}-{variant}": peer for peer in ("torch-eager", "torch-compile") for variant in ("channels-last", "autocast")
} | {"onnxruntime-plain-tensorrt": "onnxruntime-plain-cuda"}
# The same peers on the network as its authors wrote it, from the checkpoint: `reference.py` says of which families.
LITERAL: dict[str, str] = {
    "literal-onnxruntime": "onnxruntime-plain",
    "literal-openvino": "openvino-plain",
    "literal-torch-eager": "torch-eager",
    "literal-torch-compile": "torch-compile",
}
# Compiled engines with copies to and from the device's memory, and without; by default as suits the device.
MEMORY: dict[str, tuple[str, bool]] = {
    f"{OURS}{backend}-{word}": (backend, mapped)
    for backend in ("tensorrt", "tensorrt-rtx")
    for word, mapped in (("copied", False), ("mapped", True))
}
# Programs that time themselves: they cannot be interleaved with others.
PROGRAMS: dict[str, str] = {"trtexec": "ganrt.benchmarks.trtexec"}


# Of `fastest`, peers run as they come: in FP32, but for the one whose default is another precision on some processors,
# and for torch's autocast, which is there for lower precisions alone.
_OWN_DEFAULT = ("openvino-plain", "literal-openvino")
_LOWER = "bf16"


def all_names() -> list[str]:
    """What `all` means, ours first: every runner but the literal ones, which are for networks with a reference, and
    those of `MEMORY`, which are for a closer look."""
    return [TUNED, *(OURS + name for name in BACKENDS), *PEERS, *VARIANTS, *PROGRAMS]


def parse_names(text: str, backend: str = "auto") -> list[str]:
    """`all`, `ours`, `peers`, `literal`, or names with commas between -> runners, each once.

    Args:
        backend: leaves only this one of ours; `auto` all of them.

    Raises:
        UsageError: an unknown runner or backend.
    """
    if backend != "auto" and backend not in BACKENDS:
        raise UsageError(f"backend '{backend}': expected auto, {', '.join(BACKENDS)}")
    ours = [OURS + name for name in BACKENDS if backend in ("auto", name)]
    ours = [TUNED, *ours] if backend == "auto" else ours
    groups = {"ours": ours, "peers": [*PEERS, *VARIANTS, *PROGRAMS], "literal": [*LITERAL]}
    groups["all"] = [*ours, *groups["peers"]]
    names = [name for part in text.split(",") for name in groups.get(part.strip(), [part.strip()])]
    for name in names:
        known = [*all_names(), *MEMORY, *LITERAL]
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise UsageError(
                f"runner '{name}': expected ours, peers, literal, all or names from {', '.join(known)}{hint}"
            )
    return list(dict.fromkeys(names))


def open_runner(name: str, request: Request) -> Runner:
    """Opens a runner, ready to run.

    Raises:
        GanrtError: it is not installed, or cannot run this model in this way; the message says why.
    """
    if request.precision == "fastest" and name not in (TUNED, *_OWN_DEFAULT):
        request = replace(request, precision=_LOWER if name.endswith("-autocast") else "fp32")
    if name.startswith(OURS):
        from ganrt.benchmarks.runners.ours import open_backend

        backend, mapped = MEMORY.get(name, (name.removeprefix(OURS), None))
        return open_backend(backend, request, mapped)
    if name in LITERAL:
        return open_runner(LITERAL[name], _literal(request, LITERAL[name]))
    if name.startswith("torch"):
        if not (request.literal or request.checkpoint or request.spec.family == "dcgan"):
            raise BackendUnavailable(  # before torch is loaded
                f"a torch module of family '{request.spec.family}' cannot be made from an ONNX file: "
                "give the checkpoint, --checkpoint FILE"
            )
        from ganrt.benchmarks.models import require_torch

        require_torch()
    module = PEERS[VARIANTS.get(name, name)]
    runner = import_module(module).open_peer(request, name)
    if not isinstance(runner, Runner):
        raise TypeError(f"{module}.open_peer returned {type(runner).__name__}")
    return runner


def _literal(request: Request, peer: str) -> Request:
    """The request for the network as its authors wrote it; peers that run graphs get its plain export."""
    if peer.startswith("torch"):
        return replace(request, literal=True)
    from ganrt.benchmarks.runners.literal_file import literal_file

    return replace(request, literal=True, model=literal_file(request))
