"""Exported programs (`torch.export.save`, `.pt2`).

The graph is JSON and names torch operators; weights and constants may be pickles, which torch.export.load unpickles
without restriction. So it is loaded only with trust=true.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from ganrt.errors import BadInputFile
from ganrt.exporter.foreign.network import Network
from ganrt.exporter.foreign.onnx_model import parse, to_contract_opset
from ganrt.exporter.foreign.torchscript import first_line, quiet, require_trust, torch_runner
from ganrt.exporter.options import Settings
from ganrt.exporter.tracing import OPSET


def read(data: bytes, path: Path, wanted: Settings) -> Network:
    """The network of a `.pt2` file; `run` is the program in torch.

    Raises:
        UsageError: without trust=true.
        BadInputFile: it does not load or convert.
    """
    require_trust(wanted, path, "an exported program", "may hold pickles, and loading a pickle runs what it says")
    with quiet():
        program = _load(data, path)
        model = to_contract_opset(parse(_convert(program, path), path), path)
    return Network(model, torch_runner(program.module()), f"the exported program itself in torch {torch.__version__}")


def _load(data: bytes, path: Path) -> Any:
    try:
        return torch.export.load(io.BytesIO(data))
    except Exception as error:  # damaged archives raise nearly anything
        raise BadInputFile(f"{path} is a damaged exported program ({first_line(error)})") from error


def _convert(program: Any, path: Path) -> bytes:
    try:
        made = torch.onnx.export(program, dynamo=True, opset_version=OPSET, verbose=False)
        assert made is not None
        return bytes(made.model_proto.SerializeToString())
    except Exception as error:  # the exporter's errors have no common base
        raise BadInputFile(
            f"{path} does not convert to ONNX ({first_line(error)})\nexport it from its framework to ONNX instead"
        ) from error
