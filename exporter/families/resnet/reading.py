"""A script's keys -> those of `network.Generator` -> its shape -> a candidate: what all ResNet generators share."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import ClassVar

from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts, ValueRange
from ganrt.exporter.families.loading import load_strictly
from ganrt.exporter.families.protocol import Keyed
from ganrt.exporter.families.resnet.network import Convolved, Generator, Rules, Shape
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.layers.activations import hidden_activation, last_activation
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import GeneratorSpec, Labels, Latent, Output

_MOST_BLOCKS = 9  # 2,048 pixels from 4 x 4
_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Script:
    """What a script's code says where its weights are silent.

    Attributes:
        name: of the family, which the notes name too.
        bilinear, eps, offset: see `Rules`.
    """

    name: str
    bilinear: bool = False
    eps: float = 1e-5
    offset: float = 0.0


class ResNet(Keyed):
    """A ResNet generator under the keys of one script."""

    script: ClassVar[Script]
    spectral = True
    settings: Mapping[str, str] = {
        "activation": "of the hidden layers, default relu",
        "last": "the last activation: tanh (default), sigmoid or none",
        "range": "of the pictures, where the last activation is none",
        "norm_eps": "the batch norms' epsilon",
        "labels": "how many classes the norms take, where they may be chunks of z",
    }

    @abstractmethod
    def renamed(self, key: str, state: State) -> str:
        """A key of `state` as `network.Generator` has it; "" leaves it out, and an unknown key stays as it is."""

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`."""
        plain, notes = fold_spectral_norm(source.tensors)
        state = _split_tables({new: tensor for key, tensor in plain.items() if (new := self.renamed(key, plain))})
        facts = Facts(settings)
        shape = read_shape(state, facts)
        rules, value_range = self._rules(facts)
        what = f"the ResNet generator of {self.script.name} with {len(shape.blocks)} blocks and {shape.dim} values of z"
        return Candidate(
            module=load_strictly(lambda: Generator(shape, rules), state, what),
            spec=GeneratorSpec(
                name=self.script.name,
                family=self.script.name,
                latent=Latent(dim=shape.dim, prior="normal", psi_mode="resample"),
                labels=Labels(count=shape.classes) if shape.classes else None,
                output=Output(channels=shape.last.outputs, height=shape.side, width=shape.side),
            ),
            value_range=value_range,
            matched=f"all {len(source.tensors)} keys match",
            facts=tuple(facts.found),
            notes=notes,
        )

    def _rules(self, facts: Facts) -> tuple[Rules, ValueRange]:
        script, note = self.script, f"as {self.script.name}'s code has it"
        hidden = hidden_activation(facts, ("relu", None), note)
        last, value_range = last_activation(facts, "tanh", note)
        eps = facts.assume("norm_eps", script.eps, note)
        return Rules(script.bilinear, eps, script.offset, hidden, last), value_range


def numbered(pattern: str, key: str) -> tuple[int, str] | None:
    """(number, rest) of a key such as "block2.c1.weight" by a pattern with two groups."""
    match = re.fullmatch(pattern, key)
    return (int(match[1]), match[2]) if match and len(match[1]) < 4 else None


def _split_tables(state: dict[str, Tensor]) -> State:
    """Embeddings of classes, [classes, gains beside biases], as the matrices that multiply class weights."""
    found: dict[str, Tensor] = {}
    for key, tensor in state.items():
        layer, table, _ = key.partition(".embed.weight")
        if not table:
            found[key] = tensor.reshape(()) if key.endswith(".gamma") and tensor.numel() == 1 else tensor
            continue
        if tensor.ndim != 2 or tensor.shape[1] % 2:
            raise BadInputFile(
                f"{key} has shape {list(tensor.shape)}\nexpected a row of gains and biases for each class"
            )
        gains, biases = tensor.chunk(2, 1)
        found |= {f"{layer}.gain.weight": gains.T.contiguous(), f"{layer}.bias.weight": biases.T.contiguous()}
    return found


def read_shape(state: State, facts: Facts) -> Shape:
    """The hyperparameters.

    Norms that take as many values as `linear`, without a shared embedding, take either classes or chunks of z.

    Raises:
        BadInputFile: shapes that make no such generator; the message names them.
    """
    blocks = tuple(_block(state, i) for i in range(_count(state)))
    rows, first = _sizes(state, "linear.weight", 2)
    width = blocks[0][0].inputs
    bottom = isqrt(rows // width)
    if bottom**2 * width != rows or not 1 <= bottom <= 64:
        raise BadInputFile(f"linear.weight makes {rows} values\nexpected a square picture of {width} channels")
    last = _convolved(state, "conv")
    if last.outputs not in _CHANNELS:
        raise BadInputFile(f"the last convolution makes {last.outputs} channels\nexpected a picture of 1, 3 or 4")
    classes, embedding = _sizes(state, "shared.weight", 2) if "shared.weight" in state else (0, 0)
    conditions = _sizes(state, "blocks.0.bn1.gain.weight", 2)[1] if "blocks.0.bn1.gain.weight" in state else 0
    chunk = conditions - embedding if embedding else 0
    if conditions == first and not embedding and not facts.assume("labels", 0, "the norms take chunks of z"):
        chunk = conditions
    if chunk < 0 or (chunk and chunk != first):
        raise BadInputFile(
            f"blocks.0.bn1.gain.weight takes {conditions} values\nexpected {embedding} or {embedding + first}"
        )
    classes = classes or conditions - chunk
    return Shape(blocks, _attention(state), last, bottom, first, chunk, classes, embedding, "linear.bias" in state)


def _count(state: State) -> int:
    count = 0
    while f"blocks.{count}.conv1.weight" in state:
        count += 1
    if not 1 <= count <= _MOST_BLOCKS:
        raise BadInputFile(f"has {count} residual blocks that follow each other\nexpected 1 to {_MOST_BLOCKS}")
    return count


def _block(state: State, number: int) -> tuple[Convolved, Convolved, Convolved | None]:
    first, second = (_convolved(state, f"blocks.{number}.{name}") for name in ("conv1", "conv2"))
    shortcut = f"blocks.{number}.conv_sc"
    return first, second, _convolved(state, shortcut) if f"{shortcut}.weight" in state else None


def _attention(state: State) -> dict[int, bool]:
    pattern = re.compile(r"attention\.(\d)\.theta\.weight")
    places = [int(match[1]) for key in state if (match := pattern.fullmatch(key))]
    return {place: f"attention.{place}.theta.bias" in state for place in sorted(places)}


def _convolved(state: State, name: str) -> Convolved:
    outputs, inputs, rows, columns = _sizes(state, f"{name}.weight", 4)
    if rows != columns or rows % 2 == 0:
        raise BadInputFile(f"{name}.weight has a kernel of {rows}x{columns}\nexpected a square one with an odd side")
    return Convolved(inputs, outputs, rows, f"{name}.bias" in state)


def _sizes(state: State, key: str, dimensions: int) -> tuple[int, ...]:
    if key not in state:
        raise BadInputFile(f"has no weights for {key}\nexpected the state dict of a whole ResNet generator")
    shape = tuple(state[key].shape)
    if len(shape) != dimensions or 0 in shape:
        raise BadInputFile(f"{key} has shape {list(shape)}\nexpected {dimensions} dimensions, none of them empty")
    return shape
