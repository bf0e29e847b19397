"""A script's keys -> the shape of `network.Generator` -> a candidate: what all residual generators share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import ClassVar

from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import CHANNELS, Candidate, Facts, ValueRange, of_family
from ganrt.exporter.families.protocol import Family
from ganrt.exporter.families.resnet.network import BlockShape, Convolved, Gains, Generator, Rules, Shape
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.layers.activations import SETTINGS, hidden_activation, last_activation
from ganrt.exporter.loading import load_strictly, sizes
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import Latent, Output

_PART = re.compile(r"blocks\.(\d+)\.([01])\.(.+)")


@dataclass(frozen=True)
class Script:
    """What a script's code says where its weights are silent, and how it calls what `network.Generator` has.

    Attributes:
        name: of the family, which the notes name too. what: the network in errors.
        names: the beginnings of `Generator`'s keys -> the script's; the first that fits counts. `block.` stands for
            `blocks.N.0.` and `attention.` for `blocks.N.1.`; {i} is the script's number of the block, {n} the next one
            after all blocks, {m} two more.
        endings: the same of the keys' ends.
        first: the number of the first block. number: how {i} is written.
        counted: attention is a block of its own and counts.
        attended: of how many blocks attention follows which one, where its name has no number.
        counts: of blocks that there may be.
        deep: blocks have four convolutions, every second one doubles the side, and all norms take all of z.
        published: convolutions have the usual kernels, and `biases` or none; each block has its shortcut.
        pooled: attention pools.
        by_class: without a shared embedding norms hold a row for each class.
        unused: keys that evaluation does not use.
        bilinear, eps, offset: see `Rules`.
    """

    name: str
    what: str
    names: Mapping[str, str] = field(default_factory=dict)
    endings: Mapping[str, str] = field(default_factory=dict)
    first: int = 0
    number: Callable[[int], str] = str
    counted: bool = False
    attended: Callable[[int], int] | None = None
    counts: Sequence[int] = range(1, 10)  # 2,048 pixels from 4 x 4
    deep: bool = False
    published: bool = False
    biases: bool = True
    pooled: bool = True
    by_class: bool = False
    unused: str = ""
    bilinear: bool = False
    eps: float = 1e-5
    offset: float = 0.0

    def named(self, key: str, number: int, after: int = 0) -> str:
        """A key with `block.` or `attention.` as the script has it."""
        for ours, theirs in self.names.items():
            if key == ours or key.startswith(f"{ours}."):
                key = theirs.format(i=self.number(number), n=after, m=after + 2) + key.removeprefix(ours)
                break
        for ours, theirs in self.endings.items():
            key = key.removesuffix(ours) + theirs if key.endswith(ours) else key
        return key


class Named:
    """A script's tensors by the keys of `network.Generator`: `keys["linear.weight"]`.

    Raises:
        BadInputFile: not as many blocks as there may be.
    """

    def __init__(self, state: State, script: Script) -> None:
        self.script = script
        unused = re.compile(script.unused)
        self.state = {key: tensor for key, tensor in state.items() if not unused.fullmatch(key)}
        self.blocks: list[int] = []
        self.attention: dict[int, int] = {}
        self._count()
        for place in self.attention:
            key = self.spell(f"blocks.{place}.1.gamma")
            if key in self.state and self.state[key].numel() == 1:
                self.state[key] = self.state[key].reshape(())  # some hold it as [1]

    def _count(self) -> None:
        """The numbers of the blocks, and of attention by the block before it."""
        number, convolution = self.script.first, f"block.conv{4 if self.script.deep else 1}.weight"
        while True:
            attends = self.script.named("attention.theta.weight", number) in self.state
            if self.script.named(convolution, number) in self.state:
                self.blocks.append(number)
            elif not (self.script.counted and attends):
                break
            if attends and self.script.attended is None:
                self.attention[len(self.blocks) - 1] = number
            number += 1
        if len(self.blocks) not in self.script.counts:
            counts = self.script.counts
            expected = f"1 to {counts[-1]}" if counts[0] == 1 else ", ".join(map(str, counts))
            raise BadInputFile(
                f"has {len(self.blocks)} consecutive blocks ({self.script.named(convolution, self.script.first)}, ...)"
                f"\nexpected {expected}"
            )
        if self.script.attended is not None and (attends or self.script.published):
            self.attention = {self.script.attended(len(self.blocks)): 0}

    def spell(self, key: str) -> str:
        """The script's name of a key of `network.Generator`."""
        after = self.blocks[-1] + 1
        if (match := _PART.fullmatch(key)) is None:
            return self.script.named(key, 0, after)
        place = int(match[1])
        if match[2] == "0":
            return self.script.named(f"block.{match[3]}", self.blocks[place], after)
        return self.script.named(f"attention.{match[3]}", self.attention[place], after)

    def __contains__(self, key: str) -> bool:
        return self.spell(key) in self.state

    def sizes(self, key: str, dimensions: int) -> tuple[int, ...]:
        """The shape of a weight.

        Raises:
            BadInputFile: it is missing, or has another number of dimensions, or is empty.
        """
        return sizes(self.state, self.spell(key), dimensions, self.script.what)

    def convolved(self, name: str, kernel: int, inputs: int | None = None, outputs: int | None = None) -> Convolved:
        """A convolution; what it takes, and where all were published alike its kernel and bias: see strict loading.

        Args:
            kernel: the usual one. outputs: what it makes if it is missing, which strict loading then names.
        """
        key, script = f"{name}.weight", self.script
        if script.published and inputs and outputs and key not in self:
            return Convolved(inputs, outputs, kernel, script.biases)
        outputs, own, rows, columns = self.sizes(key, 4)
        if script.published:
            return Convolved(own if inputs is None else inputs, outputs, kernel, script.biases)
        if rows != columns or rows % 2 == 0:
            raise BadInputFile(
                f"{self.spell(key)} has a kernel of {rows}x{columns}\nexpected a square one with an odd side"
            )
        return Convolved(own if inputs is None else inputs, outputs, rows, f"{name}.bias" in self)


class ResNet(Family):
    """A residual generator under the keys of one script."""

    script: ClassVar[Script]
    spectral = True
    settings: Mapping[str, str] = {
        **SETTINGS,
        "norm_eps": "the batch norms' epsilon",
        "labels": "how many classes the norms take, where they may be chunks of z",
    }

    def build(self, source: Source, settings: Settings) -> Candidate:
        state, notes = fold_spectral_norm(source.tensors)
        facts, script = Facts(settings), self.script
        keys = Named(state, script)
        shape = read_shape(keys, facts)
        note = f"as {script.name}'s code has it"
        hidden = hidden_activation(facts, ("relu", None), note)
        last, value_range = last_activation(facts, "tanh", note)
        eps = facts.assume("norm_eps", script.eps, note)
        rules = Rules(eps, hidden, last, bilinear=script.bilinear, offset=script.offset)
        return candidate(source, keys, shape, rules, facts, value_range, notes)


def candidate(
    source: Source,
    keys: Named,
    shape: Shape,
    rules: Rules,
    facts: Facts,
    value_range: ValueRange = "tanh",
    notes: tuple[str, ...] = (),
) -> Candidate:
    """The generator with the checkpoint's weights, z of a normal prior.

    Raises:
        BadInputFile: keys or shapes do not fit; the message names them.
    """
    script = keys.script
    what = f"{script.what} of {shape.side}x{shape.side} pixels, {shape.classes} classes, a latent of {shape.dim}" + (
        f" in chunks of {shape.chunk}" if shape.chunk else ""
    )
    return of_family(
        script.name,
        load_strictly(lambda: Generator(shape, rules), keys.state, what, keys.spell),
        facts,
        f"all {len(source.tensors)} keys match",
        latent=Latent(dim=shape.dim, prior="normal", psi_mode="resample"),
        labels=shape.classes if shape.classes > 1 else 0,
        output=Output(channels=shape.last.outputs, height=shape.side, width=shape.side),
        value_range=value_range,
        notes=notes,
    )


def channels_first(rows: Tensor, channels: int, bottom: int) -> Tensor:
    """The weights of `linear` [height * width * channels, ...], as TensorFlow flattens a picture -> channels first."""
    ordered = rows.reshape(bottom, bottom, channels, *rows.shape[1:]).movedim(2, 0)
    return ordered.flatten(0, 2).contiguous()


def read_shape(keys: Named, facts: Facts) -> Shape:
    """The hyperparameters; spectral norm is folded.

    Raises:
        BadInputFile: shapes that make no such generator; the message names them.
    """
    blocks: list[BlockShape] = []
    for i in range(len(keys.blocks)):
        blocks.append(_block(keys, i, blocks[-1].convolutions[-1].outputs if blocks else None))
    width = blocks[0].convolutions[0].inputs
    rows, first = keys.sizes("linear.weight", 2)
    bottom = isqrt(rows // width)
    if bottom**2 * width != rows or not 1 <= bottom <= 64:
        raise BadInputFile(
            f"{keys.spell('linear.weight')} makes {rows} values, the first block takes {width} channels\n"
            f"expected a square, usually 4x4: {16 * width}"
        )
    last = keys.convolved("output_layer.2", 3, blocks[-1].convolutions[-1].outputs)
    if last.outputs not in CHANNELS:
        name = keys.spell("output_layer.2.weight")
        raise BadInputFile(f"{name} makes {last.outputs} channels\nexpected a picture of 1, 3 or 4")
    classes, embedding = keys.sizes("shared.weight", 2) if "shared.weight" in keys else (0, 0)
    gains, conditions = _gains(keys, embedding)
    chunk = _chunk(keys, first, embedding, gains, conditions, facts)
    whole = keys.script.deep
    return Shape(
        blocks=tuple(blocks),
        attention={i: (f"blocks.{i}.1.theta.bias" in keys, keys.script.pooled) for i in keys.attention},
        last=last,
        bottom=bottom,
        dim=first - embedding if whole else first + chunk * len(blocks),
        first=first,
        chunk=chunk,
        whole=whole,
        classes=classes or conditions - chunk,
        embedding=embedding,
        gains=gains,
        linear_bias=keys.script.published or "linear.bias" in keys,
    )


def _block(keys: Named, number: int, inputs: int | None) -> BlockShape:
    deep, name = keys.script.deep, f"blocks.{number}.0"
    convolutions: list[Convolved] = []
    for k, kernel in enumerate((1, 3, 3, 1) if deep else (3, 3)):
        inputs = convolutions[-1].outputs if convolutions else inputs
        convolutions.append(keys.convolved(f"{name}.conv{k + 1}", kernel, inputs, inputs))
    inputs, outputs = convolutions[0].inputs, convolutions[-1].outputs
    last = keys.spell(f"{name}.conv{len(convolutions)}.weight")
    if deep and outputs > inputs:
        raise BadInputFile(f"{last} makes {outputs} channels of {inputs}\nexpected no more: shortcuts only drop")
    expected = f"{name}.conv_sc.weight" in keys or (keys.script.published and not deep)
    shortcut = keys.convolved(f"{name}.conv_sc", 1, inputs, outputs) if expected else None
    fits = outputs == inputs if shortcut is None else (shortcut.kernel, shortcut.outputs) == (1, outputs)
    if not deep and not fits:
        raise BadInputFile(
            f"{last} makes {outputs} channels of {inputs}\nexpected a shortcut to as many by a 1x1 convolution, or none"
        )
    return BlockShape(tuple(convolutions), shortcut, number % 2 == 1 if deep else True)


def _gains(keys: Named, embedding: int) -> tuple[Gains, int]:
    """How conditions give gains and biases, and how many values a condition has."""
    if "blocks.0.0.bn1.embed.bias" in keys:
        return "joined", keys.sizes("blocks.0.0.bn1.embed.weight", 2)[1]
    if "blocks.0.0.bn1.embed.weight" in keys:
        return "table", keys.sizes("blocks.0.0.bn1.embed.weight", 2)[0]
    if "blocks.0.0.bn1.gain.weight" not in keys:
        return "linear", 0
    by_class = keys.script.by_class and not embedding
    sizes = keys.sizes("blocks.0.0.bn1.gain.weight", 2)
    return ("rows", sizes[0]) if by_class else ("linear", sizes[1])


def _chunk(keys: Named, first: int, embedding: int, gains: str, conditions: int, facts: Facts) -> int:
    """Values of z that each norm takes.

    Norms that take as many values as `linear`, without a shared embedding, take either classes or chunks of z.
    """
    norm = "blocks.0.0.bn1.embed.weight" if gains in ("joined", "table") else "blocks.0.0.bn1.gain.weight"
    linear, gain = keys.spell("linear.weight"), keys.spell(norm)
    shared = f"the {embedding} of {keys.spell('shared.weight')}"
    if keys.script.deep:
        if first <= embedding:
            raise BadInputFile(f"{linear} takes {first} values\nexpected {shared} and a latent")
        return 0
    chunk = conditions - embedding if embedding else 0
    if gains == "joined" and not embedding:
        chunk = conditions
    if gains == "linear" and conditions == first and not embedding:
        chunk = 0 if facts.assume("labels", 0, "the norms take chunks of z") else conditions
    if chunk < 0 or (chunk and chunk != first):
        raise BadInputFile(
            f"{gain} takes {conditions} values and {linear} {first}\nexpected {shared}, and a chunk of the latent if "
            f"{linear} takes one of the same size"
        )
    return chunk
