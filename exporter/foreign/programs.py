"""TorchScript archives (`torch.jit.save`) and exported programs (`torch.export.save`, `.pt2`).

Loading either may run what it says, TorchScript's code or a `.pt2`'s pickles, which torch.export.load unpickles without
restriction: so it happens only with `--trust`. torch.export does not take a ScriptModule, so the older, deprecated
exporter of torch.onnx converts it. What is made is checked like any foreign ONNX model, and against the file.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnx_ir as ir
import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.foreign.onnx_model import parse, to_contract_opset
from ganrt.exporter.foreign.opened import Opened, first_line
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import tensors_of
from ganrt.exporter.owner.parameters import Parameter, is_label
from ganrt.exporter.tracing import OPSET, quiet
from ganrt.interrupts import no_collecting
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


class _Program(nn.Module):
    """The program on inputs of its own types."""

    def __init__(self, program: nn.Module, kinds: Sequence[torch.dtype]) -> None:
        super().__init__()
        self.program, self.kinds = program, kinds

    def forward(self, *values: Tensor) -> Any:
        return self.program(*(value.to(kind) for value, kind in zip(values, self.kinds, strict=True)))


def read_torchscript(data: bytes, path: Path, settings: Settings) -> Opened:
    """A TorchScript archive, in eval mode on the CPU.

    Raises:
        UsageError: without `--trust`. BadInputFile: it does not load, or (from `convert`) not convert.
    """
    _require_trust(settings, path, "a TorchScript archive", "holds code, which exporting runs")
    with quiet():
        try:
            script = torch.jit.load(io.BytesIO(data), map_location="cpu").eval().float()  # type: ignore[no-untyped-call]
            names = [argument.name for argument in script.forward.schema.arguments[1:]]
        except Exception as error:  # damaged archives raise nearly anything
            raise BadInputFile(f"{path} is a damaged TorchScript archive ({first_line(error)})") from error

    def export(examples: Sequence[Tensor]) -> bytes:
        inputs, buffer = [f"input_{i}" for i in range(len(examples))], io.BytesIO()
        torch.onnx.export(
            script,
            tuple(examples),
            buffer,  # type: ignore[arg-type]  # torch.onnx.export's notes: the old exporter takes buffers
            dynamo=False,
            opset_version=OPSET,
            input_names=inputs,
            dynamic_axes={name: {0: BATCH} for name in inputs} if len(examples[0]) > 1 else None,
        )
        return buffer.getvalue()

    return Opened(
        _Script(script).eval(),
        [Parameter(name, is_label(name) and i > 0) for i, name in enumerate(names)],
        _converter(export, path),
        f"the TorchScript archive itself in torch {torch.__version__}",
    )


def read_program(data: bytes, path: Path, settings: Settings) -> Opened:
    """The program of a `.pt2` file; raises as `read_torchscript`."""
    _require_trust(settings, path, "an exported program", "may hold pickles, and loading a pickle runs what it says")
    try:
        with quiet():
            program = torch.export.load(io.BytesIO(data))
            names = [str(name) for name in program.graph_signature.user_inputs]
            find: Any = program.graph_module.graph.find_nodes
            values = [find(op="placeholder", target=name)[0].meta["val"] for name in names]
            module = program.module()
    except Exception as error:  # damaged archives raise nearly anything
        raise BadInputFile(f"{path} is a damaged exported program ({first_line(error)})") from error
    shapes = [[size if isinstance(size, int) else None for size in value.shape] for value in values]
    parameters = []
    for i, (name, value, shape) in enumerate(zip(names, values, shapes, strict=True)):
        whole = not value.is_floating_point()
        parameters.append(Parameter(name, whole or (is_label(name) and i > 0), tuple(shape[1:]), whole))

    def export(_: Sequence[Tensor]) -> bytes:
        with no_collecting():
            made = torch.onnx.export(program, dynamo=True, opset_version=OPSET, verbose=False)
        assert made is not None
        return bytes(made.model_proto.SerializeToString())

    return Opened(
        _Program(module, [value.dtype for value in values]),
        parameters,
        _converter(export, path),
        f"the exported program itself in torch {torch.__version__}",
        batch=max((shape[0] or 0 for shape in shapes if shape), default=0) or None,
    )


def _require_trust(settings: Settings, path: Path, what: str, why: str) -> None:
    """Raises UsageError unless the user said `--trust`."""
    if not settings.trust:
        raise UsageError(
            f"{path} is {what}: it {why}\n"
            "where you trust it: --trust; where you do not, ask for the weights as safetensors, or for ONNX"
        )


def _converter(export: Callable[[Sequence[Tensor]], bytes], path: Path) -> Callable[[Sequence[Tensor]], ir.Model]:
    def convert(examples: Sequence[Tensor]) -> ir.Model:
        try:
            with quiet():
                data = export(examples)
        except Exception as error:  # the exporters' errors, and what symbolic functions raise, have no common base
            raise BadInputFile(
                f"{path} does not convert to ONNX ({first_line(error)})\nexport it from its framework to ONNX instead"
            ) from error
        return to_contract_opset(parse(data, path), path)

    return convert
