"""How an owner's module is called, and the module in the contract's shapes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ganrt.exporter.source import State

Kind = Literal["vector", "rows", "numbers", "picture", "fixed"]
Shape = tuple[int, int, int]
CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Argument:
    """One argument of `forward`.

    Attributes:
        kind: a part of z; class weights as rows, or class numbers; a picture; or values that are held.
        size: how many values, classes or channels. ones: how many axes of length 1 follow.
        held: the values, of `fixed`.
    """

    name: str
    kind: Kind
    size: int
    ones: int = 0
    held: tuple[float, ...] = ()


@dataclass(frozen=True)
class Call:
    """The arguments in their order; `shape` (channels, height, width) of a flat output."""

    arguments: tuple[Argument, ...]
    shape: Shape | None = None

    @property
    def dim(self) -> int:
        """How many values z has: its parts, in the arguments' order."""
        return sum(a.size for a in self.arguments if a.kind == "vector")

    @property
    def classes(self) -> int:
        return sum(a.size for a in self.arguments if a.kind in ("rows", "numbers"))

    @property
    def picture(self) -> Argument | None:
        """The picture that a translator takes."""
        return next((a for a in self.arguments if a.kind == "picture"), None)

    def values(self, inputs: tuple[Tensor, ...]) -> list[Tensor]:
        """The module's arguments from the contract's inputs: (z,), (z, labels) or (source,)."""
        made, at = [], 0
        for a in self.arguments:
            if a.kind == "picture":
                value = inputs[0]
            elif a.kind == "fixed":
                value = torch.tensor([a.held]).expand(inputs[0].shape[0], a.size)
            elif a.kind == "vector":
                value, at = inputs[0][:, at : at + a.size], at + a.size
            else:
                value = inputs[1] if a.kind == "rows" else inputs[1].argmax(1)
            shape = value.shape if a.kind != "numbers" else value.shape[:1]
            made.append(value.reshape(*shape, *[1] * a.ones) if a.ones else value)
        return made

    def words(self) -> str:
        """Such as "noise [n, 62], labels: class numbers up to 9"."""
        return ", ".join(f"{a.name}: {_words(a)}" for a in self.arguments)


def _words(a: Argument) -> str:
    shape = "[" + ", ".join(["n", str(a.size), *["1"] * a.ones]) + "]"
    return {
        "vector": f"z {shape}",
        "rows": f"class weights {shape}",
        "numbers": f"numbers of {a.size} classes",
        "picture": f"a picture of {a.size} channels",
        "fixed": f"{a.size} values that are held",
    }[a.kind]


class Owned(nn.Module):
    """The contract's inputs -> float32 [n, c, h, w], by the owner's module; `names` are its modules' own names.

    Args:
        pairs: whether single pictures are drawn as two equal ones, which a `squeeze()` in `forward` needs.
        kept: the module's state, put back before each call: some spectral norms change their own in eval mode too.
        unit: whether pictures come in as [0, 1] where the contract's are [-1, 1] (1), the reverse (-1), or as they are.
    """

    def __init__(
        self, module: nn.Module, call: Call, *, pairs: bool = False, unit: int = 0, kept: State | None = None
    ) -> None:
        super().__init__()
        self.module, self.call, self.pairs, self.unit, self.kept = module, call, pairs, unit, kept
        self.names = {f"module.{name}": name for name, _ in module.named_modules() if name}

    def forward(self, *inputs: Tensor) -> Tensor:
        if self.pairs and len(inputs[0]) == 1:
            return self.draw(tuple(torch.cat([value, value]) for value in inputs))[:1]
        return self.draw(inputs)

    def draw(self, inputs: tuple[Tensor, ...]) -> Tensor:
        if self.kept is not None:
            self.module.load_state_dict(self.kept)
        if self.unit:
            inputs = ((inputs[0] + 1) / 2 if self.unit > 0 else inputs[0] * 2 - 1,)
        return as_picture(self.module(*self.call.values(inputs)), self.call.shape)


def as_picture(made: Any, shape: Shape | None) -> Tensor:
    """The first picture of what a module gives, float32 [n, c, h, w].

    Raises:
        TypeError: there is none.
    """
    tensors = tensors_of(made)
    for tensor in tensors:
        if tensor.ndim == 4 and tensor.shape[1] in CHANNELS:
            return tensor.float()
        if tensor.ndim == 4 and tensor.shape[3] in CHANNELS:
            return tensor.permute(0, 3, 1, 2).float()
    for tensor in tensors:
        if tensor.ndim == 3:
            return tensor.unsqueeze(1).float()
        if tensor.ndim >= 2 and shape is not None:
            return tensor.reshape(tensor.shape[0], *shape).float()
    given = ", ".join(str(list(tensor.shape)) for tensor in tensors) or type(made).__name__
    raise TypeError(f"it gives {given}, which is no picture")


def tensors_of(made: Any) -> list[Tensor]:
    """All float tensors that a module gives, in their order."""
    if isinstance(made, Tensor):
        return [made] if made.is_floating_point() else []
    items = made.values() if isinstance(made, Mapping) else made if isinstance(made, (list, tuple)) else ()
    return [tensor for item in items for tensor in tensors_of(item)]


def folded(module: nn.Module) -> nn.Module:
    """A copy whose spectral and weight norms, and other parametrizations, are done with: their weights are computed."""
    plain = copy.deepcopy(module)
    for part in plain.modules():
        if parametrize.is_parametrized(part):
            _unparametrize(part)
        for number, hook in list(part._forward_pre_hooks.items()):
            if hasattr(hook, "compute_weight") and hasattr(hook, "remove"):
                # torch's older spectral and weight norm: the hook computes the weight before each call.
                hook.remove(part)
                del part._forward_pre_hooks[number]
        for name, child in list(part.named_children()):
            setattr(part, name, _computed(child))
    return plain.requires_grad_(False)


def _unparametrize(part: nn.Module) -> None:
    """`remove_parametrizations` would change the class, which a copy shares with the original."""
    names = list(part.parametrizations)  # type: ignore[arg-type]
    values = {name: getattr(part, name).detach() for name in names}
    part.__class__ = type(part).__bases__[0]
    del part._modules["parametrizations"]
    for name, value in values.items():
        part.register_parameter(name, nn.Parameter(value))


def _computed(module: nn.Module) -> nn.Module:
    """The layer inside a spectral norm that wraps it and keeps `weight_bar`, `weight_u`, `weight_v` (Miyato et al.,
    arXiv:1802.05957, as many SAGANs write it), with the weight that the next call would compute; others as they are."""
    inner = getattr(module, "module", None)
    if not isinstance(inner, nn.Module) or not hasattr(module, "_update_u_v"):
        return module
    owner: Any = module
    owner._update_u_v()
    for name in [key.removesuffix("_bar") for key in inner._parameters if key.endswith("_bar")]:
        weight = getattr(inner, name).detach()
        for attribute in (name, f"{name}_bar", f"{name}_u", f"{name}_v"):
            delattr(inner, attribute)
        inner.register_parameter(name, nn.Parameter(weight))
    return inner
