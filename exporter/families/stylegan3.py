"""StyleGAN3 (Karras et al. 2021, arXiv:2106.12423) as NVlabs/stylegan3 writes it: configurations -t and -r."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families import style_space as space
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.style_space import Options, number_of, options_of, require
from ganrt.exporter.families.stylegan2 import mapping_rate, read_mapping
from ganrt.exporter.families.stylegan3_layers import Config, Layer, Synthesis
from ganrt.exporter.loading import require_fit, sizes
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import Output

_CLASSES = {
    "": "Generator", "mapping": "MappingNetwork", "synthesis": "SynthesisNetwork", "synthesis.input": "SynthesisInput",
}  # fmt: skip
_LAYER = re.compile(r"synthesis\.(L([0-9]{1,2})_([0-9]{1,5})_([0-9]{1,5}))\.weight")
_TAPS = 6  # of a filter, times its factor
_MARGIN, _BANDWIDTH, _CLAMP, _SCALE = 10, 2.0, 256.0, 0.25


class StyleGAN3(Family):
    settings: Mapping[str, str] = {
        **space.SETTINGS,
        "conv_clamp": f"the limit of activations, or none; default the file's, else {_CLAMP:g}",
    }
    averaged = "G_ema"
    keys = KeyCondition(all_of=("mapping.fc0.weight", "synthesis.input.weight", "synthesis.input.freqs"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        facts, state = Facts(settings), source.tensors
        options = options_of(source, _CLASSES)
        config = _config(state, options, facts)
        shape = read_mapping(state, config.w_dim)
        rate = space.read_rate(facts, None if options is None else mapping_rate(options, shape))
        what = f"a StyleGAN3 generator of {config.side}x{config.side} pixels with {len(config.layers)} layers"
        require_fit(_expected(state, config, shape), state, what)
        names = ["input", *(layer.name for layer in config.layers)]
        parts = space.Parts(
            mapping=shape,
            rate=rate,
            synthesis=lambda: Synthesis(config),
            tensors=_synthesis(state, config),
            affines=[space.affine(state, f"synthesis.{name}", config.w_dim) for name in names],
            taken=range(config.count),
            count=config.count,
        )
        kind = "-r" if any(layer.radial for layer in config.layers) else "-t"
        output = Output(height=config.side, width=config.side, channels=config.layers[-1].outputs)
        return space.candidate("stylegan3", state, facts, what, parts, output, f"{config.side} px, {kind}")


def _config(state: State, options: Options | None, facts: Facts) -> Config:
    """Sizes from names and shapes, the rest from the modules' attributes, or assumed.

    Raises:
        BadInputFile: no whole generator, or one with parts that are not known.
    """
    found = sorted((int(name[2]), name) for key in state if (name := _LAYER.fullmatch(key)))
    if len(found) < 2 or [number for number, _ in found] != list(range(len(found))):
        raise BadInputFile(f"has {len(found)} layers named L0_36_512 and so on\nexpected 2 or more, without a gap")
    layers: list[Layer] = []
    for i, (_, name) in enumerate(found):
        before = int(found[max(i - 1, 0)][1][3])
        layers.append(_layer(state, name[1], before, int(name[3]), last=i == len(found) - 1))
    w_dim = sizes(state, "synthesis.input.affine.weight", 2, space.WHAT)[1]
    rate, bandwidth, scale = float(layers[0].before - 2 * _MARGIN), _BANDWIDTH, _SCALE
    if options is not None:
        rate = number_of(options, "synthesis.input", "sampling_rate") or rate
        bandwidth = number_of(options, "synthesis.input", "bandwidth") or bandwidth
        scale = number_of(options, "synthesis", "output_scale") or scale
    clamp = space.read_clamp(facts, None if options is None else _check_options(options, layers), _CLAMP)
    if rate / 2 <= bandwidth:
        raise BadInputFile(f"its first layer has {layers[0].before} px\nexpected more, as StyleGAN3's have: 36")
    return Config(w_dim, tuple(layers), rate, bandwidth, clamp, scale)


def _layer(state: State, name: str, before: int, after: int, *, last: bool) -> Layer:
    key = f"synthesis.{name}"
    outputs, inputs, kernel, _ = sizes(state, f"{key}.weight", 4, space.WHAT)
    if last:
        return Layer(name, inputs, outputs, before, after, kernel)
    up_taps = sizes(state, f"{key}.up_filter", 1, space.WHAT)[0]
    lowering = state.get(f"{key}.down_filter")
    if lowering is None or lowering.ndim not in (1, 2) or up_taps % _TAPS or lowering.shape[0] % _TAPS:
        raise BadInputFile(f"{key} has filters of lengths that are not known\nexpected multiples of {_TAPS}")
    down_taps = int(lowering.shape[0])
    radial = lowering.ndim == 2
    up, down = up_taps // _TAPS, down_taps // _TAPS
    return Layer(name, inputs, outputs, before, after, kernel, up, up_taps, down, down_taps, radial)


def _check_options(options: Options, layers: list[Layer]) -> set[float | None]:
    """The clamps; refuses what the modules do not compute."""
    clamps = set()
    for layer in layers:
        name = f"synthesis.{layer.name}"
        low, high = layer.padding
        given = options.get(name, {}).get("padding")
        if isinstance(given, (list, tuple)) and list(given) != [low, high, low, high]:
            raise BadInputFile(f"{name} has padding {str(given)[:40]}\nexpected {[low, high, low, high]}")
        require(options, name, {"up_factor": layer.up, "down_factor": layer.down})
        clamps.add(number_of(options, name, "conv_clamp"))
    return clamps


def _expected(state: State, config: Config, shape: space.MappingShape) -> dict[str, tuple[int, ...]]:
    first = config.layers[0].inputs
    shapes = shape.expected(state)
    for part, of in {
        "weight": (first, first), "affine.weight": (4, config.w_dim), "affine.bias": (4,), "transform": (3, 3),
        "freqs": (first, 2), "phases": (first,),
    }.items():  # fmt: skip
        shapes[f"synthesis.input.{part}"] = of
    for layer, following in zip(config.layers, [*config.layers[1:], None], strict=True):
        name = f"synthesis.{layer.name}"
        outputs = layer.outputs if following is None else following.inputs
        shapes[f"{name}.weight"] = (outputs, layer.inputs, layer.kernel, layer.kernel)
        shapes |= {f"{name}.bias": (outputs,), f"{name}.magnitude_ema": ()}
        shapes |= {f"{name}.affine.weight": (layer.inputs, config.w_dim), f"{name}.affine.bias": (layer.inputs,)}
        if following is not None:
            shapes[f"{name}.up_filter"] = (layer.up_taps,)
            shapes[f"{name}.down_filter"] = (layer.down_taps,) * (1 + layer.radial)
    return shapes


def _synthesis(state: State, config: Config) -> dict[str, Tensor]:
    side, channels = config.layers[0].before, config.layers[0].inputs
    grid = ((torch.arange(side, dtype=torch.float64) + 0.5) / side * 2 - 1) * (side / 2 / config.rate)
    weight = state["synthesis.input.weight"].double() / math.sqrt(channels)
    packed = {"input.grid": grid.float(), "input.conv.weight": weight.float()[:, :, None, None]}
    packed |= {f"input.{part}": state[f"synthesis.input.{part}"] for part in ("transform", "freqs", "phases")}
    *hidden, last = config.layers
    for i, layer in enumerate(hidden):
        packed |= {f"layers.{i}.{part}": value for part, value in _filtered(state, layer).items()}
    key = f"synthesis.{last.name}"
    gain = config.scale / math.sqrt(last.inputs * last.kernel**2)
    magnitude = state[f"{key}.magnitude_ema"].double().rsqrt()
    packed["last.conv.weight"] = (state[f"{key}.weight"].double() * magnitude * gain).float()
    packed["last.conv.bias"] = (state[f"{key}.bias"].double() * config.scale).float()
    return packed


def _filtered(state: State, layer: Layer) -> dict[str, Tensor]:
    """The tensors of a `FilteredLayer`; rows of its kernel have length 1, and the eps goes with them."""
    key = f"synthesis.{layer.name}"
    weight = state[f"{key}.weight"].double()
    squares = weight.square().sum(dim=(1, 2, 3), keepdim=True)
    rows = weight / torch.where(squares > 0, squares, torch.ones_like(squares)).sqrt()
    up, down = state[f"{key}.up_filter"] * layer.up, state[f"{key}.down_filter"]
    lowering = down.flip(0, 1) if layer.radial else down.flip(0)[:, None]  # a convolution; torch's correlates
    return {
        "weight": rows.float(),
        "bias": (state[f"{key}.bias"].double() * space.GAIN).float()[:, None, None],
        "eps": torch.full((len(weight),), space.TINY / (layer.inputs * layer.kernel**2)),
        "gain": (state[f"{key}.magnitude_ema"].double().rsqrt() * space.GAIN).float(),
        "rows": up[None, None, :, None].repeat(len(weight), 1, 1, 1),
        "lowering": lowering[None, None].repeat(len(weight), 1, 1, 1).contiguous(),
    }
