"""TorchScript archives (`torch.jit.save`). Loading one runs its code, so it happens only with trust=true.

torch.export does not take a ScriptModule, so the older, deprecated exporter of torch.onnx converts it; what it makes
is checked like any foreign ONNX model, and against the archive.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.foreign.network import Network
from ganrt.exporter.foreign.onnx_model import parse, to_contract_opset
from ganrt.exporter.options import Settings
from ganrt.exporter.tracing import OPSET

_TRIED: tuple[tuple[int, int], ...] = ((0, 0), (0, 2))  # n,dim and n,dim,1,1
_EXAMPLES = (2, 1)  # two pictures: a batch of one would be taken for a constant


def read(data: bytes, path: Path, wanted: Settings) -> Network:
    """The network of a TorchScript archive, in eval mode on the CPU; `run` is the archive in torch.

    Raises:
        UsageError: without trust=true, or without latent; no z of that size fits.
        BadInputFile: it does not load, run or convert.
    """
    require_trust(wanted, path, "a TorchScript archive", "holds code, which exporting runs")
    if wanted.latent is None:
        raise UsageError(f"{path} is a TorchScript archive, which does not say how long z is\ngive --latent 100")
    with quiet():
        module = _load(data, path)
        examples, ones = _examples(module, wanted, path)
        model = to_contract_opset(parse(_convert(module, examples, path), path), path)
    notes = () if wanted.z_shape is not None or ones == (0, 0) else ("--z-shape n,dim,1,1: a z of n,dim does not fit",)
    return Network(model, torch_runner(module), f"the TorchScript archive itself in torch {torch.__version__}", notes)


def require_trust(wanted: Settings, path: Path, what: str, why: str) -> None:
    """Raises UsageError unless the user said trust=true."""
    if not wanted.trust:
        raise UsageError(
            f"{path} is {what}: it {why}\n"
            "where you trust it: --trust; where you do not, ask for the weights as safetensors, or for ONNX"
        )


def torch_runner(module: Any) -> Any:
    """A `Run` that calls `module`."""

    def run(values: Sequence[NDArray[Any]]) -> NDArray[Any]:
        with quiet(), torch.no_grad():
            made = module(*(torch.from_numpy(value) for value in values))
        if not isinstance(made, torch.Tensor):
            raise TypeError(f"it returns a {type(made).__name__}; expected one tensor, the picture")
        return made.numpy()

    return run


@contextmanager
def quiet() -> Iterator[None]:
    """Without torch's deprecation warnings and exporter logs: the user can do nothing about them."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def first_line(error: BaseException) -> str:
    """The last line that says something: torch puts the interpreter's stack above it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:200]


def _load(data: bytes, path: Path) -> Any:
    try:
        return torch.jit.load(io.BytesIO(data), map_location="cpu").eval()  # type: ignore[no-untyped-call]
    except Exception as error:  # damaged archives raise nearly anything
        raise BadInputFile(f"{path} is a damaged TorchScript archive ({first_line(error)})") from error


def _examples(module: Any, wanted: Settings, path: Path) -> tuple[tuple[torch.Tensor, ...], tuple[int, int]]:
    """Zeros that the module takes, tried in turn: free batch before a batch of one, flat z before n,dim,1,1."""
    run, problem = torch_runner(module), ""
    for batch in _EXAMPLES:
        for before, after in [wanted.z_shape] if wanted.z_shape else _TRIED:
            z = torch.zeros(batch, *[1] * before, wanted.latent or 1, *[1] * after)
            given = (z, torch.zeros(batch, wanted.labels)) if wanted.labels else (z,)
            try:
                run([value.numpy() for value in given])
            except Exception as error:  # whatever the module's code raises
                problem = problem or first_line(error)
            else:
                return given, (before, after)
    raise UsageError(
        f"{path} takes no z of {wanted.latent} values ({problem})\n"
        "check --latent, --labels and --z-shape, such as --z-shape n,dim,1,1"
    )


def _convert(module: Any, examples: tuple[torch.Tensor, ...], path: Path) -> bytes:
    names = ["z", "labels"][: len(examples)]
    axes = {name: {0: "n"} for name in [*names, "picture"]} if len(examples[0]) > 1 else None
    buffer = io.BytesIO()
    try:
        torch.onnx.export(
            module,
            examples,
            buffer,  # type: ignore[arg-type]  # torch.onnx.export's notes: the old exporter takes buffers
            dynamo=False,
            opset_version=OPSET,
            input_names=names,
            output_names=["picture"],
            dynamic_axes=axes,
        )
    except Exception as error:  # the exporter raises RuntimeError, its own errors, and what symbolic functions raise
        raise BadInputFile(
            f"{path} does not convert to ONNX ({first_line(error)})\nexport it from its framework to ONNX instead"
        ) from error
    return buffer.getvalue()
