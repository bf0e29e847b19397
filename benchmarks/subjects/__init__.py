"""What is measured: our backends and their peers on the same model. Adding a peer is a file here and a line below."""

from __future__ import annotations

import difflib
from dataclasses import replace
from importlib import import_module

from ganrt.benchmarks.subjects.protocol import Request, Subject
from ganrt.engines.backends import BACKENDS
from ganrt.errors import UsageError

OURS = "ganrt/"
TUNED = "ganrt/tuned"  # what `load` takes: the choice of `ganrt tune`, else the static rule
PEERS: dict[str, str] = {
    "onnxruntime-plain": "ganrt.benchmarks.subjects.onnxruntime_plain",
    "onnxruntime-plain-cuda": "ganrt.benchmarks.subjects.onnxruntime_plain_cuda",
    "openvino-plain": "ganrt.benchmarks.subjects.openvino_plain",
    "torch-eager": "ganrt.benchmarks.subjects.torch_eager",
    "torch-compile": "ganrt.benchmarks.subjects.torch_compile",
    "torch-tensorrt": "ganrt.benchmarks.subjects.torch_tensorrt",
}
# Programs that time themselves: they cannot be interleaved with others.
PROGRAMS: dict[str, str] = {"trtexec": "ganrt.benchmarks.trtexec"}
# What the harness measures is a graph; engines that were compiled before are not.
_OF_GRAPHS = [name for name, backend in BACKENDS.items() if not backend.compiled]


# Of `fastest`, peers run as they come: in FP32, but for the one whose default is another precision on some processors.
_OWN_DEFAULT = "openvino-plain"


def all_names() -> list[str]:
    """Every subject, ours first."""
    return [TUNED, *(OURS + name for name in _OF_GRAPHS), *PEERS, *PROGRAMS]


def parse_names(text: str, backend: str = "auto") -> list[str]:
    """`all`, `ours`, `peers`, or names with commas between -> subjects, each once.

    Args:
        backend: leaves only this one of ours; `auto` all of them.

    Raises:
        UsageError: an unknown subject or backend.
    """
    if backend != "auto" and backend not in BACKENDS:
        raise UsageError(f"backend '{backend}': expected auto, {', '.join(BACKENDS)}")
    ours = [OURS + name for name in _OF_GRAPHS if backend in ("auto", name)]
    ours = [TUNED, *ours] if backend == "auto" else ours
    groups = {"ours": ours, "peers": [*PEERS, *PROGRAMS], "all": [*ours, *PEERS, *PROGRAMS]}
    names = [name for part in text.split(",") for name in groups.get(part.strip(), [part.strip()])]
    for name in names:
        if name not in all_names():
            close = difflib.get_close_matches(name, all_names(), n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise UsageError(
                f"subject '{name}': expected ours, peers, all or names from {', '.join(all_names())}{hint}"
            )
    return list(dict.fromkeys(names))


def open_subject(name: str, request: Request) -> Subject:
    """Opens a subject, ready to run.

    Raises:
        GanrtError: it is not installed, or cannot run this model in this way; the message says why.
    """
    if request.precision == "fastest" and name not in (TUNED, _OWN_DEFAULT):
        request = replace(request, precision="fp32")
    if name.startswith(OURS):
        from ganrt.benchmarks.subjects.ours import open_backend

        return open_backend(name.removeprefix(OURS), request)
    subject = import_module(PEERS[name]).open_peer(request)
    if not isinstance(subject, Subject):
        raise TypeError(f"{PEERS[name]}.open_peer returned {type(subject).__name__}")
    return subject
