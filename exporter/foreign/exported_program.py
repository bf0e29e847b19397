"""Exported programs (`torch.export.save`, `.pt2`).

The graph is JSON and names torch operators; weights and constants may be pickles, which torch.export.load unpickles
without restriction. So it is loaded only with `--trust`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.foreign.onnx_model import parse, to_contract_opset
from ganrt.exporter.foreign.opened import Opened, first_line
from ganrt.exporter.foreign.torchscript import require_trust
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.probe import Parameter, is_label
from ganrt.exporter.tracing import OPSET, quiet


class _Program(nn.Module):
    """The program on inputs of its own types."""

    def __init__(self, program: nn.Module, kinds: Sequence[torch.dtype]) -> None:
        super().__init__()
        self.program, self.kinds = program, kinds

    def forward(self, *values: Tensor) -> Any:
        return self.program(*(value.to(kind) for value, kind in zip(values, self.kinds, strict=True)))


def read(data: bytes, path: Path, settings: Settings) -> Opened:
    """The program of a `.pt2` file.

    Raises:
        UsageError: without `--trust`. BadInputFile: it does not load, or (from `convert`) not convert.
    """
    require_trust(settings, path, "an exported program", "may hold pickles, and loading a pickle runs what it says")
    try:
        with quiet():
            program = torch.export.load(io.BytesIO(data))
            values = [
                program.graph_module.graph.find_nodes(op="placeholder", target=name)[0].meta["val"]
                for name in _inputs(program)
            ]
            module = program.module()
    except Exception as error:  # damaged archives raise nearly anything
        raise BadInputFile(f"{path} is a damaged exported program ({first_line(error)})") from error
    shapes = [[size if isinstance(size, int) else None for size in value.shape] for value in values]
    return Opened(
        _Program(module, [value.dtype for value in values]),
        [
            Parameter(
                name,
                (is_label(name) and i > 0) or not value.is_floating_point(),
                tuple(shape[1:]),
                not value.is_floating_point(),
            )
            for i, (name, value, shape) in enumerate(zip(_inputs(program), values, shapes, strict=True))
        ],
        lambda _: to_contract_opset(parse(_convert(program, path), path), path),
        f"the exported program itself in torch {torch.__version__}",
        batch=max((shape[0] or 0 for shape in shapes if shape), default=0) or None,
    )


def _inputs(program: Any) -> list[str]:
    return [str(name) for name in program.graph_signature.user_inputs]


def _convert(program: Any, path: Path) -> bytes:
    try:
        with quiet():
            made = torch.onnx.export(program, dynamo=True, opset_version=OPSET, verbose=False)
        assert made is not None
        return bytes(made.model_proto.SerializeToString())
    except Exception as error:  # the exporter's errors have no common base
        raise BadInputFile(
            f"{path} does not convert to ONNX ({first_line(error)})\nexport it from its framework to ONNX instead"
        ) from error
