"""What StyleGANs share: z becomes w, truncation pulls w towards its average, and each layer takes its style from w.

Karras et al. 2019 (arXiv:1812.04948) for mapping and truncation, 2020 (arXiv:1912.04958), and their published code.
Gains of learning rates and activations are folded into the weights, so that the modules hold plain products.

The attributes of NVIDIA's pickled modules say what weights do not: gains, clamps, architecture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Keys
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.loading import load_strictly
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Record, Source, State
from ganrt.spec import GeneratorSpec, Labels, Latent, Output, Style

WHAT = "a StyleGAN generator"
SLOPE, GAIN = 0.2, math.sqrt(2)  # of every leaky ReLU, and what it is multiplied with
TINY = 1e-8  # added to mean squares
DEFAULT_RATE = 0.01
SAMPLES, SEED = 10_000, 0
SETTINGS: Keys[str, str] = {
    "mapping_rate": f"the rate of the mapping's weights; default the file's, else {DEFAULT_RATE:g}",
    "cutoff": "truncate the first N styles alone; default all",
}


def unit(x: Tensor) -> Tensor:
    """x [n, d] with a mean square of 1."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + TINY)


@dataclass(frozen=True)
class MappingShape:
    """Of a mapping: `widths` are the features after each layer, the last w's; `embedded` those of the class."""

    z_dim: int
    classes: int
    embedded: int
    widths: tuple[int, ...]

    @property
    def w_dim(self) -> int:
        return self.widths[-1]

    def expected(self, state: State) -> dict[str, tuple[int, ...]]:
        """The keys and shapes of a checkpoint; `w_avg` where `state` has it."""
        inputs = [self.z_dim + self.embedded, *self.widths]
        shapes: dict[str, tuple[int, ...]] = {"mapping.w_avg": (self.w_dim,)} if "mapping.w_avg" in state else {}
        for i, width in enumerate(self.widths):
            shapes |= {f"mapping.fc{i}.weight": (width, inputs[i]), f"mapping.fc{i}.bias": (width,)}
        if self.classes:
            shapes["mapping.embed.weight"] = (self.embedded, self.classes)
            shapes["mapping.embed.bias"] = (self.embedded,)
        return shapes


class Mapping(nn.Module):
    """(z [n, z_dim], labels [n, classes] if there are any) -> w [n, w_dim], float32.

    Both are brought to a mean square of 1, each by itself, then joined.
    """

    def __init__(self, shape: MappingShape) -> None:
        super().__init__()
        inputs = [shape.z_dim + shape.embedded, *shape.widths]
        self.embed = nn.Linear(shape.classes, shape.embedded) if shape.classes else None
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in zip(inputs, shape.widths, strict=False))

    def forward(self, z: Tensor, *labels: Tensor) -> Tensor:
        x = unit(z)
        if self.embed is not None:
            x = torch.cat([x, unit(self.embed(labels[0]))], dim=1)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), SLOPE)
        return x


def pack_mapping(state: State, shape: MappingShape, rate: float) -> dict[str, Tensor]:
    """A checkpoint's mapping as `Mapping` keeps it."""
    packed = {}
    for i in range(len(shape.widths)):
        weight = state[f"mapping.fc{i}.weight"].double()
        packed[f"layers.{i}.weight"] = (weight * (rate * GAIN / math.sqrt(weight.shape[1]))).float()
        packed[f"layers.{i}.bias"] = (state[f"mapping.fc{i}.bias"].double() * (rate * GAIN)).float()
    if shape.classes:
        packed["embed.weight"] = (state["mapping.embed.weight"].double() / math.sqrt(shape.classes)).float()
        packed["embed.bias"] = state["mapping.embed.bias"]
    return packed


class Affines(nn.Module):
    """One w [n, w_dim] for each group -> the style [n, width] of every layer, in the layers' order.

    Layers that read the same w are one matrix product.

    Args:
        widths, groups: of each layer; groups are 0, 1, ... without a gap.
    """

    def __init__(self, w_dim: int, widths: Sequence[int], groups: Sequence[int]) -> None:
        super().__init__()
        self.members = [[i for i, g in enumerate(groups) if g == group] for group in range(max(groups) + 1)]
        self.widths = list(widths)
        totals = [sum(widths[i] for i in members) for members in self.members]
        self.joined = nn.ModuleList(nn.Linear(w_dim, total) for total in totals)

    def forward(self, ws: Sequence[Tensor]) -> list[Tensor]:
        styles: dict[int, Tensor] = {}
        for w, joined, members in zip(ws, self.joined, self.members, strict=True):
            parts = torch.split(joined(w), [self.widths[i] for i in members], dim=1)
            styles.update(zip(members, parts, strict=True))
        return [styles[i] for i in range(len(self.widths))]


def affine(state: State, key: str, w_dim: int) -> tuple[Tensor, Tensor]:
    """(weight, bias) of a layer's style in NVIDIA's layout, the gain applied."""
    weight = state[f"{key}.affine.weight"].double() / math.sqrt(w_dim)
    return weight.float(), state[f"{key}.affine.bias"]


def pack_affines(layers: Sequence[tuple[Tensor, Tensor]], groups: Sequence[int]) -> dict[str, Tensor]:
    """(weight [width, w_dim], bias [width]) of every layer, gains applied -> the tensors of `Affines`."""
    packed = {}
    for group in range(max(groups) + 1):
        members = [layer for layer, of in zip(layers, groups, strict=True) if of == group]
        packed[f"joined.{group}.weight"] = torch.cat([weight for weight, _ in members])
        packed[f"joined.{group}.bias"] = torch.cat([bias for _, bias in members])
    return packed


class StyleGenerator(nn.Module):
    """(z [n, z_dim], labels [n, classes] if there are any, truncation [n]) -> [n, c, side, side], about [-1, 1].

    truncation 1 leaves w as it is and 0 gives the average. `synthesis` takes the styles of its layers; `taken` says
    which of the w each of them is made from.
    """

    average: Tensor

    def __init__(
        self, mapping: Mapping, affines: Affines, synthesis: nn.Module, w_dim: int, taken: Sequence[int]
    ) -> None:
        super().__init__()
        self.taken = tuple(taken)
        self.mapping = mapping
        self.affines = affines
        self.synthesis = synthesis
        self.register_buffer("average", torch.zeros(w_dim))

    def forward(self, z: Tensor, *rest: Tensor) -> Tensor:
        *labels, truncation = rest
        w = self.mapping(z, *labels)
        pulled = self.average + truncation[:, None] * (w - self.average)
        # With a cutoff there is a second group of layers, which take w as it is.
        made: Tensor = self.synthesis(self.affines([pulled, w][: len(self.affines.members)]))
        return made


@dataclass(frozen=True)
class Parts:
    """Of a generator: its mapping and the rate of its weights; the synthesis, its tensors, and of each of its layers
    the (weight, bias) of the style and which of the `count` styles it takes."""

    mapping: MappingShape
    rate: float
    synthesis: Callable[[], nn.Module]
    tensors: State
    affines: Sequence[tuple[Tensor, Tensor]]
    taken: Sequence[int]
    count: int


def candidate(
    family: str, state: State, facts: Facts, what: str, parts: Parts, output: Output, detail: str
) -> Candidate:
    """The generator with its weights; `what` names it in errors, `detail` where it is said what was recognised."""
    shape, cutoff = parts.mapping, read_cutoff(facts.settings, parts.count)
    groups = groups_of(parts.taken, cutoff)
    mapping = load_strictly(lambda: Mapping(shape), pack_mapping(state, shape, parts.rate), what)
    assert isinstance(mapping, Mapping)
    packed = {"average": average_of(state, mapping, shape, facts)}
    packed |= {f"mapping.{key}": value for key, value in mapping.state_dict().items()}
    packed |= {f"affines.{key}": value for key, value in pack_affines(parts.affines, groups).items()}
    packed |= {f"synthesis.{key}": value for key, value in parts.tensors.items()}

    def make() -> StyleGenerator:
        affines = Affines(shape.w_dim, [len(bias) for _, bias in parts.affines], groups)
        return StyleGenerator(Mapping(shape), affines, parts.synthesis(), shape.w_dim, parts.taken)

    return Candidate(
        module=load_strictly(make, packed, what),
        spec=GeneratorSpec(
            name=family,
            family=family,
            latent=Latent(dim=shape.z_dim, prior="normal", psi_mode="style"),
            labels=Labels(count=shape.classes) if shape.classes else None,
            output=output,
            style=style_of(parts.count, packed["average"], cutoff),
        ),
        value_range="tanh",
        matched=f"all {len(state)} keys match ({detail})",
        facts=tuple(facts.found),
    )


def groups_of(taken: Sequence[int], cutoff: int | None) -> list[int]:
    """The group of each layer in `Affines`, given which of the styles it takes: 0 is truncated, 1 is not."""
    beyond = [cutoff is not None and index >= cutoff for index in taken]
    return [0] * len(taken) if all(beyond) else [int(value) for value in beyond]


def read_rate(facts: Facts, read: float | None) -> float:
    """The rate of the mapping's weights, by which they and the biases are multiplied."""
    if read is not None and facts.settings.mapping_rate is None:
        facts.read("mapping_rate", read)
        return read
    rate: float = facts.assume("mapping_rate", DEFAULT_RATE)
    return rate


def read_clamp(facts: Facts, clamps: set[float | None] | None, default: float) -> float | None:
    """The limit of activations; None for none.

    Args:
        clamps: what the layers have in the file; None: the file does not say.

    Raises:
        BadInputFile: they differ.
    """
    if clamps is not None and len(clamps) > 1:
        raise BadInputFile(f"its layers have different values of conv_clamp: {', '.join(sorted(map(str, clamps)))}")
    if clamps is None or facts.settings.conv_clamp is not None:
        return facts.assume("conv_clamp", default) or None
    clamp = next(iter(clamps), None)
    facts.read("conv_clamp", "none" if clamp is None else clamp)
    return clamp


def read_cutoff(settings: Settings, count: int) -> int | None:
    """How many styles are truncated; None for all."""
    cutoff: int | None = settings.cutoff
    return None if cutoff is None or cutoff >= count else cutoff


def average_of(state: State, mapping: Mapping, shape: MappingShape, facts: Facts) -> Tensor:
    """`mapping.w_avg`, or where the file has none the mean of 10,000 w, which is an assumption."""
    if "mapping.w_avg" in state:
        return state["mapping.w_avg"]
    facts.open("average", f"the mean of {SAMPLES} styles drawn with seed {SEED}", "truncation pulls styles to it")
    return estimated_average(mapping, shape)


def estimated_average(mapping: Mapping, shape: MappingShape) -> Tensor:
    """float32 [w_dim]: of z from NumPy's RandomState, which never changes, and all classes equally often."""
    z = torch.from_numpy(np.random.RandomState(SEED).randn(SAMPLES, shape.z_dim)).float()
    labels = [torch.eye(shape.classes)[torch.arange(SAMPLES) % shape.classes]] if shape.classes else []
    with torch.no_grad():
        made: Tensor = mapping(z, *labels)
    return made.double().mean(dim=0).float()


def style_of(count: int, average: Tensor, cutoff: int | None) -> Style:
    """The spec's section."""
    values = tuple(float(value) for value in average)
    return Style(count=count, dim=len(values), average=values, cutoff=cutoff)


Options = Keys[str, Keys[str, Any]]  # by the module's dotted name, "" for the whole
_CLOSE = 1e-5


def options_of(source: Source, classes: Keys[str, str]) -> Options | None:
    """Plain attributes of every module; None where the file holds tensors alone.

    Args:
        classes: the class that each module must be of, by the last parts of its name ("" is the whole).

    Raises:
        BadInputFile: it is of another class.
    """
    if source.module is None:
        return None
    found = dict(_walk(source.module, ""))
    for name, (cls, _) in found.items():
        wanted = classes.get(name)
        if wanted is not None and cls != wanted:
            raise BadInputFile(f"{name or 'the network'} is of class {cls}, which is not supported\nexpected {wanted}")
    return {name: options for name, (_, options) in found.items()}


def _walk(module: Record, name: str, depth: int = 0) -> Iterator[tuple[str, tuple[str, Keys[str, Any]]]]:
    state = module.state if isinstance(module.state, Keys) else {}
    yield name, (module.name, {key: value for key, value in state.items() if not str(key).startswith("_")})
    for child, inner in dict(state.get("_modules") or {}).items():
        if isinstance(inner, Record) and depth < 8:
            yield from _walk(inner, f"{name}.{child}".lstrip("."), depth + 1)


def require(options: Options, name: str, expected: Keys[str, Any]) -> None:
    """Refuses a module whose attributes, where it has them, are not these; numbers to within rounding.

    Raises:
        BadInputFile: it names the attribute.
    """
    for key, wanted in expected.items():
        given = options.get(name, {}).get(key, wanted)
        if not _same(given, wanted):
            raise BadInputFile(
                f"{name} has {key} {str(given)[:40]}, which is not supported\nexpected {key} {str(wanted)[:40]}"
            )


def number_of(options: Options, name: str, key: str) -> float | None:
    """An attribute that is a number; None where it is missing or None.

    Raises:
        BadInputFile: it is something else.
    """
    value = options.get(name, {}).get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise BadInputFile(f"{name} has {key} {str(value)[:40]}\nexpected a number")
    return float(value)


def _same(given: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and isinstance(given, (int, float)):
        return abs(given - wanted) <= _CLOSE * max(1.0, abs(wanted))
    return bool(given == wanted)
