"""The graph contract, checked when a model is opened: the graph's inputs and outputs against its spec."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganrt.errors import BadInputFile
from ganrt.spec import BATCH, GeneratorSpec, Port

# By name: type as numpy calls it, and whole shape, as the backend reports it; anything but an integer is an open axis.
Found = dict[str, tuple[str, Sequence[int | str | None]]]


def check_graph(path: Path, spec: GeneratorSpec, inputs: Found, outputs: Found) -> None:
    """Raises BadInputFile naming the first input or output that is not what the spec says."""
    for kind, expected, found in (("input", spec.inputs, inputs), ("output", spec.outputs, outputs)):
        if set(expected) != set(found):
            raise BadInputFile(
                f"{path}: its graph has the {kind}s {', '.join(sorted(found))}; its spec says "
                f"{', '.join(sorted(expected))}\nexport it again: ganrt export CHECKPOINT -o model.onnx"
            )
        for name, port in expected.items():
            _check_port(path, f"{kind} '{name}'", port, *found[name])


def _check_port(path: Path, what: str, expected: Port, dtype: str, shape: Sequence[int | str | None]) -> None:
    wrong_side = len(shape) != 1 + len(expected.dims) or any(
        isinstance(found, int) and isinstance(side, int) and found != side
        for found, side in zip(shape[1:], expected.dims, strict=False)
    )
    if dtype != expected.dtype or wrong_side or isinstance(shape[0], int):
        raise BadInputFile(
            f"{path}: {what} of its graph is {dtype} {list(shape)}; its spec says "
            f"{expected.dtype} {[BATCH, *expected.dims]}\nexport it again: ganrt export CHECKPOINT -o model.onnx"
        )
