"""StyleGAN2 as NVlabs/stylegan2-ada-pytorch and NVlabs/stylegan3 (`--cfg=stylegan2`) write it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families import style_space as space
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.style_space import Options, number_of, options_of, require
from ganrt.exporter.families.stylegan2_layers import TAPS, Block, Config, Synthesis, kernels, pack_styled
from ganrt.exporter.loading import require_fit, sizes
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import Output

_CLASSES = {"": "Generator", "mapping": "MappingNetwork", "synthesis": "SynthesisNetwork"}
_DEFAULT_CLAMP = 256.0
_NOISE = ("noise_const", "noise_strength")
SETTINGS: Mapping[str, str] = {
    **space.SETTINGS,
    "conv_clamp": f"the limit of activations, or none; default the file's, else {_DEFAULT_CLAMP:g}",
    "noise": "const (the file's planes) or none; default const",
}


@dataclass(frozen=True)
class Read:
    """What a checkpoint holds; `rate` is that of the mapping's weights, `noise` whether there are planes."""

    config: Config
    mapping: space.MappingShape
    rate: float
    noise: bool


class StyleGAN2(Family):
    settings: Mapping[str, str] = SETTINGS
    averaged = "G_ema"
    keys = KeyCondition(
        all_of=("mapping.fc0.weight", "synthesis.b4.const", "synthesis.b4.conv1.affine.weight"),
        none_of=("synthesis.input.weight",),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        facts = Facts(settings)
        options = options_of(source, _CLASSES)
        read = read_checkpoint(source.tensors, options, facts)
        return candidate(source.tensors, read, facts, "stylegan2")


def candidate(state: State, read: Read, facts: Facts, family: str, notes: tuple[str, ...] = ()) -> Candidate:
    """The generator of weights in NVIDIA's layout."""
    config = read.config
    what = f"a StyleGAN2 generator of {config.side}x{config.side} pixels ({config.architecture})"
    require_fit(_expected(state, read), state, what)
    used = replace(config, noisy=_noisy(state, read, facts))
    layers = [f"synthesis.{name}" for name, _, _ in used.layers]
    parts = space.Parts(
        mapping=read.mapping,
        rate=read.rate,
        synthesis=lambda: Synthesis(used),
        tensors=_synthesis(state, used),
        affines=[space.affine(state, layer, used.w_dim) for layer in layers],
        taken=[index for _, _, index in used.layers],
        count=config.count,
    )
    output = Output(height=config.side, width=config.side, channels=config.channels)
    made = space.candidate(family, state, facts, what, parts, output, f"{config.side} px, {config.architecture}")
    return replace(made, notes=notes)


def _noisy(state: State, read: Read, facts: Facts) -> frozenset[str]:
    """The layers whose planes of noise are drawn: none with `--noise none`, and none whose strength is 0."""
    if not read.noise:
        facts.read("noise", "none")
        return frozenset()
    if facts.settings.noise is None:
        facts.read("noise", "const")
    elif facts.assume("noise", "const") == "none":
        return frozenset()
    layers = [name for name, _, _ in read.config.layers if not name.endswith("torgb")]
    return frozenset(name for name in layers if float(state[f"synthesis.{name}.noise_strength"]) != 0)


def read_checkpoint(state: State, options: Options | None, facts: Facts) -> Read:
    """Sizes from the shapes, the rest from the modules' attributes, from options, or assumed.

    Raises:
        BadInputFile: no whole generator, or one with parts that are not known.
    """
    config = structure(state)
    mapping = read_mapping(state, config.w_dim)
    clamps, rate = (None, None) if options is None else _check_options(options, config.architecture, mapping)
    clamp = space.read_clamp(facts, clamps, _DEFAULT_CLAMP)
    noise = any(key.endswith(_NOISE) for key in state)
    return Read(replace(config, clamp=clamp), mapping, space.read_rate(facts, rate), noise)


def structure(state: State) -> Config:
    """What shapes say of the synthesis: all but its clamp and its noise.

    Raises:
        BadInputFile: it is not whole.
    """
    w_dim = sizes(state, "synthesis.b4.conv1.affine.weight", 2, space.WHAT)[1]
    blocks = _blocks(state)
    last = f"synthesis.b{blocks[-1].side}"
    architecture = "skip" if "synthesis.b4.torgb.weight" in state else "orig"
    if f"{last}.skip.weight" in state:
        architecture = "resnet"
    channels = sizes(state, f"{last}.torgb.weight", 4, space.WHAT)[0]
    return Config(w_dim, channels, tuple(blocks), architecture, None, frozenset())


def _blocks(state: State) -> list[Block]:
    sides = [side for side in (2**i for i in range(2, 15)) if f"synthesis.b{side}.conv1.weight" in state]
    if len(sides) < 2 or sides[-1] != 4 * 2 ** (len(sides) - 1):
        raise BadInputFile(f"has blocks of {', '.join(map(str, sides)) or 'no'} px\nexpected 4, 8, and so on, doubling")
    outputs = [sizes(state, f"synthesis.b{side}.conv1.weight", 4, space.WHAT)[0] for side in sides]
    return [Block(*three) for three in zip(sides, [0, *outputs], outputs, strict=False)]


def read_mapping(state: State, w_dim: int) -> space.MappingShape:
    """The mapping's sizes, from its weights."""
    count = sum(1 for i in range(64) if f"mapping.fc{i}.weight" in state)
    widths = tuple(sizes(state, f"mapping.fc{i}.weight", 2, space.WHAT)[0] for i in range(count))
    embedded = classes = 0
    if "mapping.embed.weight" in state:
        embedded, classes = sizes(state, "mapping.embed.weight", 2, space.WHAT)
    z_dim = sizes(state, "mapping.fc0.weight", 2, space.WHAT)[1] - embedded
    if z_dim < 1 or widths[-1] != w_dim:
        raise BadInputFile(
            f"its mapping takes {z_dim} values and gives {widths[-1]}\n"
            f"expected at least 1, and {w_dim} as the layers take"
        )
    return space.MappingShape(z_dim, classes, embedded, widths)


def _check_options(
    options: Options, architecture: str, mapping: space.MappingShape
) -> tuple[set[float | None], float | None]:
    """The clamps and the mapping's rate; refuses what the modules do not compute."""
    clamps: set[float | None] = set()
    for name in options:
        block, _, part = name.rpartition(".")
        if part in ("conv0", "conv1"):
            up = 2 if part == "conv0" else 1
            require(options, name, {"activation": "lrelu", "act_gain": space.GAIN, "padding": 1, "up": up})
        if part in ("conv0", "conv1", "torgb"):
            clamps.add(number_of(options, name, "conv_clamp"))
        if part == "affine":
            gain = 1 / math.sqrt(mapping.w_dim)
            require(options, name, {"activation": "linear", "weight_gain": gain, "bias_gain": 1.0})
        if block == "synthesis" and part.startswith("b"):
            require(options, name, {"architecture": architecture})
    return clamps, mapping_rate(options, mapping)


def mapping_rate(options: Options, shape: space.MappingShape) -> float | None:
    """The rate of the mapping's weights, the same for all of its layers."""
    rate = number_of(options, "mapping.fc0", "bias_gain")
    inputs = [shape.z_dim + shape.embedded, *shape.widths]
    for i, width in enumerate(inputs[:-1]):
        if rate is not None:
            expected = {"activation": "lrelu", "bias_gain": rate, "weight_gain": rate / math.sqrt(width)}
            require(options, f"mapping.fc{i}", expected)
    if shape.classes:
        gain = 1 / math.sqrt(shape.classes)
        require(options, "mapping.embed", {"activation": "linear", "bias_gain": 1.0, "weight_gain": gain})
    return rate


def _expected(state: State, read: Read) -> dict[str, tuple[int, ...]]:
    config = read.config
    shapes = read.mapping.expected(state)
    shapes["synthesis.b4.const"] = (config.blocks[0].outputs, 4, 4)
    for block in config.blocks:
        name = f"synthesis.b{block.side}"
        # Filters are constant; files of tensors alone may leave them out.
        filters = (f"{name}.{part}resample_filter" for part in ("", "skip.", "conv0.", "conv1."))
        shapes |= {key: (TAPS, TAPS) for key in filters if key in state}
        if config.architecture == "resnet" and block.inputs:
            shapes[f"{name}.skip.weight"] = (block.outputs, block.inputs, 1, 1)
    for layer, width, _ in config.layers:
        shapes |= _layer_shapes(f"synthesis.{layer}", width, config, noise=read.noise)
    return shapes


def _layer_shapes(name: str, width: int, config: Config, *, noise: bool) -> dict[str, tuple[int, ...]]:
    block, kind = name.rpartition(".")[0], name.rpartition(".")[2]
    side = int(block.rpartition(".b")[2])
    outputs = next(each.outputs for each in config.blocks if each.side == side)
    shapes: dict[str, tuple[int, ...]] = {
        f"{name}.affine.weight": (width, config.w_dim),
        f"{name}.affine.bias": (width,),
    }
    if kind == "torgb":
        return shapes | {f"{name}.weight": (config.channels, width, 1, 1), f"{name}.bias": (config.channels,)}
    shapes |= {f"{name}.weight": (outputs, width, 3, 3), f"{name}.bias": (outputs,)}
    return shapes | ({f"{name}.noise_const": (side, side), f"{name}.noise_strength": ()} if noise else {})


def _synthesis(state: State, config: Config) -> dict[str, Tensor]:
    packed = {"const": state["synthesis.b4.const"]}
    for name, width, _ in config.layers:
        key = f"synthesis.{name}"
        if name.endswith("torgb"):
            weight = state[f"{key}.weight"].double() / math.sqrt(width)
            made = {"conv.weight": weight.float(), "conv.bias": state[f"{key}.bias"]}
        else:
            made = _styled(state, key, config)
        packed |= {f"{name}.{part}": value for part, value in made.items()}
    for block in config.blocks[1:]:
        name = f"synthesis.b{block.side}"
        blur = state.get(f"{name}.resample_filter", _usual_filter())
        if config.architecture == "skip":
            packed[f"b{block.side}.doubled.kernel"] = kernels(blur, config.channels)
        if config.architecture == "resnet":
            weight = state[f"{name}.skip.weight"].double() * math.sqrt(0.5 / block.inputs)
            packed[f"b{block.side}.skip.0.weight"] = weight.float()
            blur = state.get(f"{name}.skip.resample_filter", blur)
            packed[f"b{block.side}.skip.1.kernel"] = kernels(blur, block.outputs)
    return packed


def _styled(state: State, key: str, config: Config) -> dict[str, Tensor]:
    noisy = key.removeprefix("synthesis.") in config.noisy
    plane = state[f"{key}.noise_const"] * state[f"{key}.noise_strength"] if noisy else None
    residual = config.architecture == "resnet" and key.endswith("conv1") and ".b4." not in key
    return pack_styled(
        state[f"{key}.weight"],
        state[f"{key}.bias"],
        up=key.endswith("conv0"),
        gain=math.sqrt(0.5) if residual else 1.0,
        plane=plane,
        blur=state.get(f"{key}.resample_filter", _usual_filter()),
    )


def _usual_filter() -> Tensor:
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    return torch.outer(taps, taps)
