"""TorchScript archives (`torch.jit.save`). Loading one runs its code, so it happens only with `--trust`.

torch.export does not take a ScriptModule, so the older, deprecated exporter of torch.onnx converts it; what it makes
is checked like any foreign ONNX model, and against the archive.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.foreign.onnx_model import parse, to_contract_opset
from ganrt.exporter.foreign.opened import Opened, first_line
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import tensors_of
from ganrt.exporter.owner.probe import Parameter, is_label
from ganrt.exporter.tracing import OPSET, quiet
from ganrt.spec import BATCH


class _Script(nn.Module):
    """The archive's module; its errors in one line, and what it gives as a list of tensors."""

    def __init__(self, script: Any) -> None:
        super().__init__()
        self.script = script

    def forward(self, *values: Tensor) -> list[Tensor]:
        try:
            with quiet():
                return tensors_of(self.script(*values))
        except Exception as error:  # whatever the module's code raises
            raise RuntimeError(first_line(error)) from None


def read(data: bytes, path: Path, settings: Settings) -> Opened:
    """A TorchScript archive, in eval mode on the CPU.

    Raises:
        UsageError: without `--trust`. BadInputFile: it does not load, or (from `convert`) not convert.
    """
    require_trust(settings, path, "a TorchScript archive", "holds code, which exporting runs")
    with quiet():
        try:
            script = torch.jit.load(io.BytesIO(data), map_location="cpu").eval().float()  # type: ignore[no-untyped-call]
            names = [argument.name for argument in script.forward.schema.arguments[1:]]
        except Exception as error:  # damaged archives raise nearly anything
            raise BadInputFile(f"{path} is a damaged TorchScript archive ({first_line(error)})") from error
    module = _Script(script).eval()
    return Opened(
        module,
        [Parameter(name, is_label(name) and i > 0) for i, name in enumerate(names)],
        lambda examples: to_contract_opset(parse(_convert(script, examples, path), path), path),
        f"the TorchScript archive itself in torch {torch.__version__}",
    )


def require_trust(settings: Settings, path: Path, what: str, why: str) -> None:
    """Raises UsageError unless the user said `--trust`."""
    if not settings.trust:
        raise UsageError(
            f"{path} is {what}: it {why}\n"
            "where you trust it: --trust; where you do not, ask for the weights as safetensors, or for ONNX"
        )


def _convert(script: nn.Module, examples: Sequence[Tensor], path: Path) -> bytes:
    names = [f"input_{i}" for i in range(len(examples))]
    buffer = io.BytesIO()
    try:
        with quiet():
            torch.onnx.export(
                script,
                tuple(examples),
                buffer,  # type: ignore[arg-type]  # torch.onnx.export's notes: the old exporter takes buffers
                dynamo=False,
                opset_version=OPSET,
                input_names=names,
                dynamic_axes={name: {0: BATCH} for name in names} if len(examples[0]) > 1 else None,
            )
    except Exception as error:  # the exporter raises RuntimeError, its own errors, and what symbolic functions raise
        raise BadInputFile(
            f"{path} does not convert to ONNX ({first_line(error)})\nexport it from its framework to ONNX instead"
        ) from error
    return buffer.getvalue()
