"""What a module takes: as its `forward` or a graph declares it, and as it was found."""

from __future__ import annotations

import dis
import inspect
import re
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganrt.errors import UsageError
from ganrt.exporter.owner.call import Argument, Call, Dims, Owned
from ganrt.exporter.source import State

_LABEL = re.compile(r"^(y|c|cls)$|label|class|cond|categ|one_?hot|target|attr", re.IGNORECASE)
AROUND = "give a class around it, whose forward takes z and labels and calls it: --code mine.py:Mine"


@dataclass(frozen=True)
class Parameter:
    """An argument of `forward`, or an input of a graph.

    Attributes:
        label: whether it is taken for class labels.
        dims: its shape without the batch, as a graph declares it; None: nothing is declared.
        whole: whether it takes whole numbers; None: that is not declared.
    """

    name: str
    label: bool
    dims: Dims | None = None
    whole: bool | None = None

    def takes(self, argument: Argument, sides: tuple[int, int]) -> bool:
        """Whether an argument's shape is the declared one."""
        dims = argument.dims(sides)
        declared = self.dims is None or (
            len(self.dims) == len(dims) and all(d in (None, size) for d, size in zip(self.dims, dims, strict=True))
        )
        return declared and self.whole in (None, argument.kind == "numbers")

    def words(self) -> str:
        """Such as "z [?, 100]"."""
        if self.dims is None:
            return self.name
        return f"{self.name} [{', '.join('?' if d is None else str(d) for d in (None, *self.dims))}]"


def is_label(name: str) -> bool:
    """Whether an argument of this name is taken for class labels."""
    return bool(_LABEL.search(name))


@dataclass(frozen=True)
class Found:
    """How a module is called.

    Attributes:
        size: (height, width) of the pictures that a translator takes; `open_size`: whether others do as well.
        guessed: whether the shape of a flat output was guessed.
        pairs, kept: see `Owned`.
        rounding: how far single pictures are from those of a batch, where float32's rounding alone does it.
    """

    call: Call
    size: tuple[int, int] = (0, 0)
    open_size: bool = False
    guessed: bool = False
    pairs: bool = False
    kept: State | None = None
    rounding: float = 0.0

    def owned(self, module: nn.Module, source: str = "", levels: bool = False) -> Owned:
        """The module in the contract's shapes."""
        return Owned(module, self.call, pairs=self.pairs, source=source, levels=levels, kept=self.kept)


def parameters_of(module: nn.Module) -> list[Parameter]:
    """Those that `forward` needs, and an optional one that is a label and that it reads."""
    found: list[Parameter] = []
    taken = inspect.signature(module.forward).parameters.values()
    if named := [p.name for p in taken if p.kind == p.KEYWORD_ONLY and p.default is p.empty]:
        raise UsageError(f"forward takes {', '.join(named)[:100]} by keyword alone\n{AROUND}")
    positional = [p for p in taken if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    latents = [p for p in positional if p.default is p.empty and not is_label(p.name)]
    for parameter in positional:
        label = is_label(parameter.name)
        wanted = label and found and not any(p.label for p in found) and _reads(module, parameter.name)
        optional = parameter.default is None and wanted
        if parameter.default is parameter.empty or optional:
            found.append(Parameter(parameter.name, label and bool(found or latents)))
    # nn.Sequential's own forward calls it `input`; one whose forward takes *inputs takes one.
    return found or [Parameter("z", False)]


def _reads(module: nn.Module, argument: str) -> bool:
    """Whether the code of `forward` looks at an argument at all; TorchScript's is not seen, and may."""
    code = getattr(inspect.unwrap(module.forward), "__code__", None)
    if code is None or argument in code.co_cellvars:
        return True
    loads = (step.argval for step in dis.get_instructions(code) if step.opname.startswith("LOAD"))
    return any(argument in (names if isinstance(names, tuple) else (names,)) for names in loads)


def trial_inputs(found: Found, count: int) -> tuple[Tensor, ...]:
    """Values for the contract's inputs: normal z and pictures, classes in turn."""
    random = torch.Generator().manual_seed(7)
    call = found.call
    if call.picture is not None:
        return (torch.rand(count, call.picture.size, *found.size, generator=random) * 2 - 1,)
    z = torch.randn(count, call.dim, generator=random)
    return (z, torch.eye(call.classes)[torch.arange(count) % call.classes]) if call.classes else (z,)
