"""Items in order -> a chain: which layer follows which, where pictures begin, what lies between that has no weights.

Channels must fit from layer to layer, so that most of a chain is read; see `ganrt.exporter.layers.building` for what
weights leave open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isqrt, prod
from typing import Literal

from torch import nn

from ganrt.exporter.candidate import CHANNELS
from ganrt.exporter.layers.items import Item, NotAChain, natural, norms_attached, refuse_blocks

_LEAST = 2  # layers of a generator
_FEWEST = 64  # values of a picture: 8 x 8
_ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SELU, nn.SiLU, nn.GELU, nn.Mish, nn.PReLU, nn.ReLU6, nn.CELU,
                nn.Softplus, nn.Hardswish)  # fmt: skip
LASTS: tuple[type[nn.Module], ...] = (nn.Tanh, nn.Sigmoid, nn.Hardtanh, nn.Hardsigmoid)
OpKind = Literal["linear", "conv", "transposed", "norm", "prelu", "act", "up", "reshape", "pixel", "module"]


@dataclass(frozen=True)
class Op:
    """One step before its geometry is settled.

    Attributes:
        size: (inputs, outputs) of weights; (features, whether of a vector) of norms; (channels, side) of a reshape,
            0 for a side that is not square.
        module: the step with its options, where they are known.
    """

    kind: OpKind
    item: Item | None = None
    size: tuple[int, int] = (0, 0)
    module: nn.Module | None = None

    @property
    def layer(self) -> Item:
        assert self.item is not None
        return self.item


@dataclass(frozen=True)
class Chain:
    """What was read: the steps from `inputs` values to `outputs` channels (or values, where `flat`).

    `beside` are the steps of `classes` values that lie beside the first `joined_at` steps and are joined to them; in
    the file they lie `before` them or not.
    """

    ops: tuple[Op, ...]
    inputs: int
    outputs: int
    flat: bool
    beside: tuple[Op, ...] = ()
    joined_at: int = 0
    classes: int = 0
    before: bool = False


@dataclass
class _Reading:
    """Walks items; `width` is what the last step gives, in channels of a picture or in values of a vector."""

    named: bool  # whether layers without weights are items too
    ops: list[Op] = field(default_factory=list)
    inputs: int = 0
    width: int = 0
    flat: bool = True
    upsampled: bool = False

    def take(self, item: Item, following: Item | None) -> None:
        if item.kind in ("linear", "embedding"):
            self._linear(item)
        elif item.kind == "conv":
            self._convolution(item)
        elif item.kind == "norm":
            self._norm(item)
        elif item.kind == "prelu":
            if item.weight.numel() not in (1, self.width):
                raise NotAChain(f"{item.name} has {item.weight.numel()} values after {self.width} channels")
            self.ops.append(Op("prelu", item, module=item.module))
        else:
            self._known(item)
        if not self.named and following is not None and item.kind != "prelu":
            self._between(item, following)

    def _linear(self, item: Item) -> None:
        outputs, inputs = item.weight.shape
        if not self.ops:
            self.inputs = inputs
        elif not self.flat or self.width != inputs:
            raise NotAChain(f"{item.name} takes {inputs} values, and {self.width} come before it")
        self.ops.append(Op("linear", item, (inputs, outputs), item.module))
        self.width = outputs

    def _convolution(self, item: Item) -> None:
        first, second, rows, columns = item.weight.shape
        known = None if item.module is None else isinstance(item.module, nn.ConvTranspose2d)
        if rows != columns or 0 in item.weight.shape:
            raise NotAChain(f"{item.name} has a kernel of {rows}x{columns}")
        if not self.ops:
            if known is False and rows > 1:
                raise NotAChain(f"{item.name} is a convolution, and nothing but a vector comes before it")
            transposed = known is not False and not (known is None and rows == 1 and second < first)
            self.inputs = self.width = first if transposed else second
            self.ops.append(Op("pixel"))
            self.flat = False
        else:
            transposed = self._direction(item, known)
        inputs, outputs = (first, second) if transposed else (second, first)
        if isinstance(item.module, nn.Conv2d | nn.ConvTranspose2d) and item.module.groups > 1:
            inputs, outputs = item.module.in_channels, item.module.out_channels
        self._as_map(item, inputs)
        if item.lead and not self.named and not transposed and _is_odd(item) and len(self.ops) > 1:
            self.ops.append(Op("up"))
            self.upsampled = True
        self.ops.append(Op("transposed" if transposed else "conv", item, (inputs, outputs), item.module))
        self.width = outputs

    def _direction(self, item: Item, known: bool | None) -> bool:
        """Whether it is transposed: by its bias, by what comes before it, else by its name and its kernel's parity."""
        if known is not None:
            return known
        first, second, rows, _ = item.weight.shape
        if first != second and "bias" in item.tensors and (outputs := len(item.tensors["bias"])) in (first, second):
            return outputs == second
        fits = [self._fits(channels) for channels in (first, second)]
        if first != second and fits[0] != fits[1]:
            return fits[0]
        name = item.name.lower()
        if any(word in name for word in ("deconv", "transpose", "tconv", "convt")):
            return True
        return rows % 2 == 0

    def _fits(self, channels: int) -> bool:
        if not self.flat:
            return self.width == channels
        return self.width % channels == 0 and isqrt(self.width // channels) ** 2 == self.width // channels

    def _as_map(self, item: Item, channels: int) -> None:
        """A vector becomes a square picture of `channels`; a picture with too many is shuffled into pixels."""
        if self.flat:
            if not self._fits(channels):
                raise NotAChain(f"{item.name} takes {channels} channels, and {self.width} values come before it")
            self.ops.append(Op("reshape", size=(channels, isqrt(self.width // channels))))
            self.flat = False
        elif self.width != channels:
            factor = isqrt(self.width // channels)
            if self.named or factor < 2 or channels * factor**2 != self.width:
                raise NotAChain(f"{item.name} takes {channels} channels, and {self.width} come before it")
            self.ops.append(Op("up", size=(factor, channels)))
            self.upsampled = True
        self.width = channels

    def _norm(self, item: Item) -> None:
        features = item.features
        if isinstance(item.module, nn.BatchNorm1d) or (self.flat and self.width == features):
            if self.width != features:
                raise NotAChain(f"{item.name} has {features} values, and {self.width} come before it")
        else:
            self._as_map(item, features)
        self.ops.append(Op("norm", item, (features, int(self.flat)), item.module))

    def _known(self, item: Item) -> None:
        assert item.module is not None
        if isinstance(item.module, nn.Unflatten):
            shape = item.module.unflattened_size
            sizes = tuple(size if isinstance(size, int) else size[1] for size in shape)
            self.inputs = self.inputs if self.ops else prod(sizes)
            self.width = self.width if self.ops else prod(sizes)
            if not self.flat or prod(sizes) != self.width or len(sizes) != 3:
                raise NotAChain(f"{item.name} makes {list(sizes)} of {self.width} values")
            self.flat, self.width = False, sizes[0]
            side = sizes[1] if sizes[1] == sizes[2] else 0
            self.ops.append(Op("reshape", size=(sizes[0], side), module=item.module))
            return
        if isinstance(item.module, nn.PixelShuffle):
            self.width //= item.module.upscale_factor**2
        if isinstance(item.module, nn.Flatten):
            return
        kind: OpKind = "act" if isinstance(item.module, _ACTIVATIONS + LASTS) else "module"
        self.ops.append(Op(kind, item, module=item.module))

    def _between(self, item: Item, following: Item) -> None:
        """What has no weights: an activation, and an upsampling or dropout behind it."""
        big = following.kind in ("linear", "conv")
        if item.gap is None:
            bare = item.kind == "linear" and item.name.rpartition(".")[2] == "0"  # a Sequential of this one alone
            if big and not bare:
                self.ops.append(Op("act"))
            return
        more = item.gap
        if self.flat and following.kind == "conv":
            more -= 1  # within a Sequential, a layer makes the vector a picture
        reshaped = item.kind == "norm" and [op.kind for op in self.ops[-2:]] == ["reshape", "norm"]
        if more > 0 and not (reshaped and more == 1 and following.kind == "conv" and _is_odd(following)):
            self.ops.append(Op("act"))
            more -= 1
        grows = following.kind == "conv" and _is_odd(following) and following.weight.shape[1] == self.width
        if more > 0 and grows:
            self.ops.append(Op("up"))
            self.upsampled = True


def _is_odd(item: Item) -> bool:
    return item.weight.shape[-1] % 2 == 1


def read_chain(items: Sequence[Item], ordered: bool, own: bool = False) -> Chain:
    """The one chain that these layers make, or two that are joined: see `Chain.beside`.

    Args:
        ordered: whether the file keeps the order of its layers, as torch's do and safetensors' do not.
        own: whether a `forward` that is not torch's calls them: it may apply activations that are no layers.

    Raises:
        NotAChain: they make none; of several orders that were tried, the message is the first one's.
    """
    named = any(item.module is not None for item in items)
    if not named:
        refuse_blocks(items)
    tried: list[Callable[[], list[Item] | None]] = [lambda: list(items)]
    if own:
        tried.append(lambda: norms_attached(list(items)))
    if not named:
        by_name = natural(items)
        tried = [*tried, lambda: by_name] if ordered else [lambda: by_name, *tried]
        tried += [lambda: norms_attached(list(items)), lambda: norms_attached(by_name)]
    first: NotAChain | None = None
    for order in tried:
        try:
            if (put := order()) is not None:
                return _walk(put, named, own)
        except NotAChain as error:
            first = first or error
        if put is not None and (joined := _two_branches(put, named, own)) is not None:
            return joined
    raise first or NotAChain("holds no layers")


def _steps(items: Sequence[Item], named: bool, width: int = 0, flat: bool = True) -> _Reading:
    """Args: width: channels of a picture that they begin with, or values where `flat`; 0: nothing comes before them."""
    reading = _Reading(named, width=width, flat=flat)
    reading.ops = [Op("pixel")] if width else []  # so that nothing is taken for a first layer
    for item, following in zip(items, [*items, None][1:], strict=True):
        reading.take(item, following)
    reading.ops = reading.ops[1:] if width else reading.ops
    return reading


def _two_branches(items: Sequence[Item], named: bool, own: bool) -> Chain | None:
    """z and the classes each through a layer of their own, side by side into the third (cGAN, cDCGAN)."""
    big = [i for i, item in enumerate(items) if item.kind in ("conv", "linear")]
    if len(big) < 3 or big[0] or own:
        return None
    try:
        first, second = _steps(items[: big[1]], named), _steps(items[big[1] : big[2]], named)
        before = first.inputs < second.inputs
        if before:
            first, second = second, first
        rest = _steps(items[big[2] :], named, first.width + second.width, first.flat)
    except NotAChain:
        return None
    if first.flat != second.flat or (rest.width < _FEWEST if rest.flat else rest.width not in CHANNELS):
        return None
    opened = [
        reading.ops if reading.ops[-1].kind == "act" else [*reading.ops, Op("act")] for reading in (first, second)
    ]
    ops = (*opened[0], *rest.ops)
    beside = tuple(opened[1])
    return Chain(ops, first.inputs, rest.width, rest.flat, beside, len(opened[0]), second.inputs, before)


def _walk(items: Sequence[Item], named: bool, own: bool) -> Chain:
    reading = _steps(items, named)
    ops = _functional(reading.ops) if named and own else reading.ops
    big = sum(op.kind in _BIG for op in ops)
    if big < _LEAST:
        raise NotAChain(f"has {big} linear layers and convolutions")
    if not named and not any(op.kind == "transposed" for op in ops) and not reading.upsampled and not reading.flat:
        ops = _upsampled(ops)
    if not reading.flat and reading.width not in CHANNELS:
        raise NotAChain(f"ends in {reading.width} channels, which are no picture")
    if reading.flat and reading.width < _FEWEST:
        raise NotAChain(f"ends in {reading.width} values, which are no picture")
    return Chain(tuple(ops), reading.inputs, reading.width, reading.flat)


_BIG = ("linear", "conv", "transposed")


def _functional(ops: list[Op]) -> list[Op]:
    """With activations between the layers where the file shows none there: one that is shared, or a function."""
    places = [i for i, op in enumerate(ops) if op.kind in _BIG]
    between = [any(op.kind in ("act", "prelu") for op in ops[a:b]) for a, b in pairwise(places)]
    if sum(between) > 1 or (any(between) and len(between) < 3):  # they stand in their places; one may be missing
        return ops
    shared = [op for op in ops if op.kind == "act"]
    hidden = next((op for op in shared if not isinstance(op.module, LASTS)), Op("act"))
    last = [op for op in shared if isinstance(op.module, LASTS)][:1]
    bare = [op for op in ops if op.kind != "act"]
    starts = [i for i, op in enumerate(bare) if op.kind in _BIG][1:]
    return [part for i, op in enumerate(bare) for part in ([hidden, op] if i in starts else [op])] + last


def _upsampled(ops: list[Op]) -> list[Op]:
    """Before every convolution but the last, where nothing else makes the picture grow."""
    last = max(i for i, op in enumerate(ops) if op.kind == "conv")
    return [part for i, op in enumerate(ops) for part in ([Op("up"), op] if op.kind == "conv" and i < last else [op])]
