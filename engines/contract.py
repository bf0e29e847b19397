"""The graph contract, checked when a model is opened: the graph's inputs and outputs against its spec."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganrt.errors import BadInputFile
from ganrt.spec import GeneratorSpec, ImageInput, Output

Tensor = tuple[str, tuple[int | None, ...]]  # type and sides after the batch; None where the spec leaves a side open
Found = dict[str, tuple[str, Sequence[int | str | None]]]  # by name: type and whole shape, as the backend reports it
_FLOAT, _UINT8 = "float", "uint8"


def expected_inputs(spec: GeneratorSpec) -> dict[str, Tensor]:
    """The inputs that a graph with this spec has."""
    if spec.task != "generate":
        return {"source": (_UINT8, _sides(spec.image))} if spec.image else {}
    inputs: dict[str, Tensor] = {"z": (_FLOAT, (spec.latent.dim,))} if spec.latent else {}
    if spec.labels:
        inputs["labels"] = (_FLOAT, (spec.labels.count,))
    if spec.statistics.mode == "input":
        inputs["truncation"] = (_FLOAT, ())
    return inputs


def expected_outputs(spec: GeneratorSpec) -> dict[str, Tensor]:
    """The outputs that a graph with this spec has."""
    if spec.task == "encode":
        return {"z": (_FLOAT, (spec.latent.dim,))} if spec.latent else {}
    return {"image": (_UINT8, _sides(spec.output))} if spec.output else {}


def check_graph(path: Path, spec: GeneratorSpec, inputs: Found, outputs: Found) -> None:
    """Raises BadInputFile naming the first input or output that is not what the spec says."""
    for kind, expected, found in (
        ("input", expected_inputs(spec), inputs),
        ("output", expected_outputs(spec), outputs),
    ):
        if set(expected) != set(found):
            raise BadInputFile(
                f"{path}: its graph has the {kind}s {', '.join(sorted(found))}; its spec says "
                f"{', '.join(sorted(expected))}\nexport it again: ganrt export CHECKPOINT -o model.onnx"
            )
        for name, tensor in expected.items():
            _check_tensor(path, f"{kind} '{name}'", tensor, *found[name])


def _sides(picture: ImageInput | Output | None) -> tuple[int | None, ...]:
    if picture is None:
        return ()
    sides = (None, None) if picture.dynamic else (picture.height, picture.width)
    return (*sides, picture.channels)


def _check_tensor(path: Path, what: str, expected: Tensor, kind: str, shape: Sequence[int | str | None]) -> None:
    expected_kind, sides = expected
    wrong_side = len(shape) != 1 + len(sides) or any(
        isinstance(found, int) and side is not None and found != side
        for found, side in zip(shape[1:], sides, strict=False)
    )
    if kind != expected_kind or wrong_side or isinstance(shape[0], int):
        wanted = ["n", *("any" if side is None else side for side in sides)]
        raise BadInputFile(
            f"{path}: {what} of its graph is {kind} {list(shape)}; its spec says {expected_kind} {wanted}\n"
            "export it again: ganrt export CHECKPOINT -o model.onnx"
        )
