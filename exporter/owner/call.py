"""How an owner's module is called, and the module in the contract's shapes."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ganrt.errors import UsageError
from ganrt.exporter.candidate import CHANNELS
from ganrt.exporter.source import State

Kind = Literal["vector", "rows", "numbers", "picture", "fixed"]
Shape = tuple[int, int, int]
Dims = tuple[int | None, ...]  # None: any length


@dataclass(frozen=True)
class Argument:
    """One argument of `forward`.

    Attributes:
        kind: a part of z; class weights as rows, or class numbers; a picture; or values that are held.
        size: how many values, classes or channels. ones: how many axes of length 1 follow; `before`: lie before it.
        held: the values, of `fixed`. last: whether a picture's channels lie last.
    """

    name: str
    kind: Kind
    size: int
    ones: int = 0
    held: tuple[float, ...] = ()
    before: int = 0
    last: bool = False

    def dims(self, sides: tuple[int, int]) -> tuple[int, ...]:
        """Its shape without the batch; `sides` are a picture's (height, width)."""
        if self.kind == "picture":
            return (*sides, self.size) if self.last else (self.size, *sides)
        size = () if self.kind == "numbers" else (self.size,)
        return (*[1] * self.before, *size, *[1] * self.ones)


@dataclass(frozen=True)
class Call:
    """The arguments in their order; `shape` (channels, height, width) of a flat output; `layout`: nchw, nhwc or "".

    `output`: which of the tensors that it gives is the picture, None: the largest. `bgr`: its pictures begin with blue.
    """

    arguments: tuple[Argument, ...]
    shape: Shape | None = None
    layout: str = ""
    output: int | None = None
    bgr: bool = False

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
                value = inputs[0].permute(0, 2, 3, 1) if a.last else inputs[0]
            elif a.kind == "fixed":
                value = torch.tensor([a.held]).expand(inputs[0].shape[0], a.size)
            elif a.kind == "vector":
                value = inputs[0] if a.size == self.dim else inputs[0][:, at : at + a.size]
                at += a.size
            else:
                value = inputs[1] if a.kind == "rows" else inputs[1].argmax(1)
            made.append(value.reshape(-1, *a.dims((0, 0))) if a.ones or a.before else value)
        return made

    def words(self) -> str:
        """Such as "noise [n, 62], labels: class numbers up to 9"."""
        return ", ".join(f"{a.name}: {_words(a)}" for a in self.arguments)


def _words(a: Argument) -> str:
    shape = "[" + ", ".join(["n", *map(str, a.dims((0, 0)))]) + "]"
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
        source: what the module's own pictures are where the contract's are others: see `own_range`.
        levels: whether pictures come out in [0, 255].
    """

    def __init__(
        self,
        module: nn.Module,
        call: Call,
        *,
        pairs: bool = False,
        source: str = "",
        levels: bool = False,
        kept: State | None = None,
    ) -> None:
        super().__init__()
        self.module, self.call, self.pairs, self.kept = module, call, pairs, kept
        self.source, self.levels = source, levels
        self.names = {f"module.{name}": name for name, _ in module.named_modules() if name}

    def forward(self, *inputs: Tensor) -> Tensor:
        if self.pairs and len(inputs[0]) == 1:
            return self.draw(tuple(torch.cat([value, value]) for value in inputs))[:1]
        return self.draw(inputs)

    def draw(self, inputs: tuple[Tensor, ...]) -> Tensor:
        if self.kept is not None:
            self.module.load_state_dict(self.kept)
        return self.after(as_picture(self.module(*self.before(inputs)), self.call))

    def before(self, inputs: tuple[Tensor, ...]) -> list[Tensor]:
        """The module's arguments."""
        first = self._swapped(inputs[0]) if self.call.picture is not None else inputs[0]
        return self.call.values((own_range(first, self.source), *inputs[1:]))

    def after(self, picture: Tensor) -> Tensor:
        return self._swapped(picture / 255 if self.levels else picture)

    def _swapped(self, picture: Tensor) -> Tensor:
        """Red for blue and blue for red, where the module has them so."""
        if not self.call.bgr or picture.shape[1] == 1:
            return picture
        return picture.index_select(1, torch.tensor([2, 1, 0, 3][: picture.shape[1]]))


def own_range(picture: Tensor, source: str) -> Tensor:
    """The contract's picture in the module's range: [-1, 1] as [0, 1] ("unit"), [0, 1] as [-1, 1] ("signed") or as
    [0, 255] ("levels"), or as it is ("")."""
    made = {"unit": (1.0, 0.5), "signed": (-0.5, 2.0), "levels": (0.0, 255.0), "": (0.0, 1.0)}
    shift, scale = made[source]
    return (picture + shift) * scale if source else picture


class InBatches(nn.Module):
    """A module that takes `count` inputs at once and no other number; the last call is filled up."""

    def __init__(self, module: nn.Module, count: int) -> None:
        super().__init__()
        self.module, self.count = module, count

    def forward(self, *values: Tensor) -> list[Tensor]:
        made = []
        for first in range(0, len(values[0]), self.count):
            parts = [value[first : first + self.count] for value in values]
            less = self.count - len(parts[0])
            filled = [torch.cat([part, part[-1:].expand(less, *part.shape[1:])]) if less else part for part in parts]
            made.append([tensor[: len(parts[0])] for tensor in tensors_of(self.module(*filled))])
        return [torch.cat(parts) for parts in zip(*made, strict=True)]


def as_picture(made: Any, call: Call) -> Tensor:
    """The first picture of what a module gives, float32 [n, c, h, w].

    Raises:
        TypeError: there is none. UsageError: the one that was said is not there.
    """
    tensors = tensors_of(made)
    index = picture_index(tensors, call)
    if call.output is not None and call.output >= len(tensors):
        raise UsageError(f"--image-output {call.output}: it gives {len(tensors)} tensors, counted from 0")
    if index is None:
        given = ", ".join(str(list(tensor.shape)) for tensor in tensors) or type(made).__name__
        raise TypeError(f"it gives {given}, which is no picture" + (f" of layout {call.layout}" if call.layout else ""))
    return shaped(tensors[index], call)


def picture_index(tensors: Sequence[Tensor], call: Call) -> int | None:
    """Which of them is the picture; None: none."""
    if call.output is not None:
        return call.output if pictures_among(tensors[call.output : call.output + 1], call) else None
    found = pictures_among(tensors, call)
    return max(found, key=lambda i: math.prod(tensors[i].shape[-2:]), default=None)  # the first of several


def pictures_among(tensors: Sequence[Tensor], call: Call) -> list[int]:
    """Those that may be the picture: of four axes, else of three, else flat ones."""
    for rank in (4, 3, 2):
        if rank == 2 and call.shape is None:
            break
        if found := [i for i, t in enumerate(tensors) if t.ndim == rank and (rank != 4 or _layout(t, call))]:
            return found if rank == 4 else found[:1]
    return []


def _layout(tensor: Tensor, call: Call) -> str:
    """The layout that was said, or the first that fits; "" if none does."""
    fitting = [name for name, axis in (("nchw", 1), ("nhwc", 3)) if tensor.shape[axis] in CHANNELS]
    return next((name for name in fitting if call.layout in ("", name)), "")


def shaped(tensor: Tensor, call: Call) -> Tensor:
    """A picture as float32 [n, c, h, w]."""
    if tensor.ndim == 4:
        return (tensor if _layout(tensor, call) == "nchw" else tensor.permute(0, 3, 1, 2)).float()
    if tensor.ndim == 3:
        return tensor.unsqueeze(1).float()
    assert call.shape is not None
    return tensor.reshape(-1, *call.shape).float()


def tensors_of(made: Any) -> list[Tensor]:
    """All tensors of floats or grey levels that a module gives, in their order."""
    if isinstance(made, Tensor):
        return [made] if made.ndim and (made.is_floating_point() or made.dtype == torch.uint8) else []
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
