"""BigGAN-deep (Brock et al. 2019, arXiv:1809.11096) in the layout of huggingface/pytorch-pretrained-BigGAN.

Of the last convolution, which computes as many channels as the generator is wide, only the three that make the picture
are kept, which changes nothing but rounding.

Shapes say everything but which blocks double the side, and the epsilon. Those come from config.json, from `--upsample`
and `--norm-eps`, or from the published configuration (128, 256 or 512 pixels) whose channels are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.biggan_tables import EPS, tabled_candidate
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.resnet.network import Shape
from ganrt.exporter.families.resnet.reading import Named, Script, read_shape
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.families.statistics import SETTINGS as STATISTICS_SETTINGS
from ganrt.exporter.families.statistics import Grid
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import config_of
from ganrt.exporter.source import Source, State

RGB = 3
_MOST_DOUBLINGS = 12  # 16384 pixels
_COMMON = ((16, 16), (16, 16), (16, 16), (16, 8))
# (input, output) channels of each block, in units of the channel width, by side; every second block doubles the side.
PUBLISHED: Mapping[int, tuple[tuple[int, int], ...]] = {
    128: (*_COMMON, (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1)),
    256: (*_COMMON, (8, 8), (8, 8), (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1)),
    512: (*_COMMON, (8, 8), (8, 8), (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1), (1, 1), (1, 1)),
}
_LAYER = "generator.layers.{i}"
SCRIPT = Script(
    name="biggan-deep",
    what="a BigGAN-deep generator",
    names={
        **{f"block.conv{k + 1}": f"{_LAYER}.conv_{k}" for k in range(4)},
        **{f"block.bn{k + 1}.gain": f"{_LAYER}.bn_{k}.scale" for k in range(4)},
        **{f"block.bn{k + 1}.bias": f"{_LAYER}.bn_{k}.offset" for k in range(4)},
        **{f"block.bn{k + 1}.bn": f"{_LAYER}.bn_{k}" for k in range(4)},
        **{f"attention.{part}": f"{_LAYER}.snconv1x1_{part}" for part in ("theta", "phi", "g")},
        "attention.o": f"{_LAYER}.snconv1x1_o_conv",
        "attention": _LAYER,
        "shared": "embeddings",
        "linear": "generator.gen_z",
        "output_layer.0.bn": "generator.bn",
        "output_layer.0": "generator.bn",
        "output_layer.2": "generator.conv_to_rgb",
    },
    endings={".means": ".running_means", ".variances": ".running_vars"},
    counted=True,
    counts=range(1, 1000),
    deep=True,
    published=True,
)


class BigGANDeep(Family):
    settings: Mapping[str, str] = {
        **STATISTICS_SETTINGS,
        "norm_eps": f"of all norms; default config.json's, else {EPS:g}",
        "upsample": "the blocks that double the side, counted from 0 without the attention, such as 1,3,5; "
        "default config.json's, else those of the published configuration with the same channels",
    }
    spectral = True
    keys = KeyCondition(all_of=("embeddings.weight", "generator.gen_z.weight", "generator.bn.running_means"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain, folding = fold_spectral_norm(source.tensors)
        notes = ("spectral norm folded with the stored u and v",) if folding else ()
        return deep_candidate(source, library_keys(plain), config_of(source), Facts(settings), notes)


def library_keys(plain: State) -> Named:
    """The tensors of the library's checkpoint, without spectral norm; of the embedding a row for each class."""
    classes = plain.get("embeddings.weight")
    if classes is None or classes.ndim != 2:
        return Named(plain, SCRIPT)
    return Named({**plain, "embeddings.weight": classes.T.contiguous()}, SCRIPT)


def deep_candidate(
    source: Source, keys: Named, given: Mapping[str, Any] | None, facts: Facts, notes: tuple[str, ...]
) -> Candidate:
    """A BigGAN-deep under any names.

    Args:
        given: see `read_config`.

    Raises:
        BadInputFile: keys, shapes or config.json do not fit. UsageError: a setting's value makes no sense.
    """
    config = read_config(keys, given, facts)
    built = tabled_candidate(source, keys, config.shape, config.eps, config.grid, facts, (*config.notes, *notes))
    blocks = f"({config.shape.side} px, {len(config.shape.blocks)} blocks)"
    return replace(built, matched=f"{built.matched} {blocks}")


@dataclass(frozen=True)
class Config:
    """The hyperparameters; `notes` on what neither the weights nor config.json said."""

    shape: Shape
    eps: float
    grid: Grid
    notes: tuple[str, ...] = ()


def read_config(keys: Named, given: Mapping[str, Any] | None, facts: Facts) -> Config:
    """The hyperparameters; `keys` keep of the last convolution what makes the picture.

    Args:
        given: config.json; None where there is none. Where it says what the weights say too, both must agree.

    Raises:
        BadInputFile: no whole generator, config.json contradicts the weights, or nobody says which blocks upsample.
        UsageError: a setting's value makes no sense.
    """
    given = given or {}
    for name in (keys.spell("output_layer.2.weight"), keys.spell("output_layer.2.bias")):
        if name in keys.state and keys.state[name].ndim:
            keys.state[name] = keys.state[name][:RGB].contiguous()
    shape = read_shape(keys, facts)
    rows, _ = keys.sizes("output_layer.0.bn.means", 2)
    if rows < 2:
        raise BadInputFile(f"has {rows} rows of statistics\nexpected at least 2")
    if not all(0 <= place < len(shape.blocks) - 1 for place in shape.attention):
        raise BadInputFile(
            "has its attention before the first block, or behind the last\nexpected it between two blocks"
        )
    _refuse_contradictions(shape, rows, given)
    doubles, said = _upsampling(shape, given, facts.settings)
    if sum(doubles) > _MOST_DOUBLINGS:
        raise BadInputFile(f"doubles the side {sum(doubles)} times\nexpected at most {_MOST_DOUBLINGS}: 16384 pixels")
    blocks = tuple(replace(block, doubles=each) for block, each in zip(shape.blocks, doubles, strict=True))
    shape = replace(shape, blocks=blocks)
    grid = Grid(rows=rows, first=0.0, step=1.0 / (rows - 1))
    return Config(shape, _eps(given, facts), grid, (*said, *_unused(shape, given)))


def _widths(shape: Shape) -> list[list[float]]:
    """What each block takes and makes, in units of the channel width."""
    ends = [(block.convolutions[0].inputs, block.convolutions[-1].outputs) for block in shape.blocks]
    return [[channels / shape.last.inputs for channels in pair] for pair in ends]


def _refuse_contradictions(shape: Shape, rows: int, given: Mapping[str, Any]) -> None:
    layers, attention = _given_layers(given), next((place + 1 for place in shape.attention), None)
    weights: dict[str, Any] = {
        "z_dim": shape.dim,
        "num_classes": shape.classes,
        "channel_width": shape.last.inputs,
        "n_stats": rows,
    }
    said: dict[str, Any] = {key: given[key] for key in weights if key in given}
    if layers is not None:
        weights |= {"layers": _widths(shape), "attention_layer_position": attention}
        position = given.get("attention_layer_position", attention)
        # As in the library, a position that no block has means that there is no attention.
        inside = type(position) is int and 0 <= position < len(layers)
        said |= {"layers": [layer[1:] for layer in layers], "attention_layer_position": position if inside else None}
    wrong = [
        f"{key} {said[key]} where the weights have {_whole(weights[key])}" for key in said if said[key] != weights[key]
    ]
    if wrong:
        raise BadInputFile(
            f"config.json contradicts the weights: it says {'; '.join(wrong)}\nexpected a pair that belongs together"
        )


def _whole(value: Any) -> str:
    """A list of ratios for a message, 16.0 written as 16."""
    return str([[f"{n:g}" for n in pair] for pair in value]).replace("'", "") if isinstance(value, list) else str(value)


def _given_layers(given: Mapping[str, Any]) -> list[list[Any]] | None:
    layers = given.get("layers")
    if layers is None:
        return None
    if not isinstance(layers, list) or not all(_is_layer(layer) for layer in layers):
        raise BadInputFile(
            f"config.json: layers is {str(layers)[:100]}\nexpected a list of [true or false, input width, output width]"
        )
    return layers


def _is_layer(layer: Any) -> bool:
    return (
        isinstance(layer, list)
        and len(layer) == 3
        and layer[0] in (True, False)
        and all(type(width) is int for width in layer[1:])
    )


def _upsampling(shape: Shape, given: Mapping[str, Any], settings: Settings) -> tuple[list[bool], list[str]]:
    """(whether each block doubles the side, notes)."""
    count, numbers = len(shape.blocks), settings.upsample
    if numbers is not None:
        if len(set(numbers)) != len(numbers) or max(numbers) >= count:
            text = ",".join(map(str, numbers))
            raise UsageError(f"--upsample {text}: expected different blocks' numbers, 0 to {count - 1}, such as 1,3,5")
        return [i in numbers for i in range(count)], []
    layers = _given_layers(given)
    if layers is not None:
        return [bool(layer[0]) for layer in layers], []
    for side, published in PUBLISHED.items():
        if _widths(shape) == [list(pair) for pair in published]:
            note = f"no config.json with layers: blocks upsample as in biggan-deep-{side}, whose channels match"
            return [i % 2 == 1 for i in range(count)], [note]
    raise BadInputFile(
        f"has {count} blocks of a configuration that was not published, and no config.json with layers: "
        "the weights do not say which blocks double the side\n"
        "expected config.json beside the weights, or --upsample 1,3,5 with the blocks' numbers"
    )


def _eps(given: Mapping[str, Any], facts: Facts) -> float:
    if facts.settings.norm_eps is not None or "eps" not in given:
        value: float = facts.assume("norm_eps", EPS, "no config.json says it")
        return value
    eps = given["eps"]
    if type(eps) not in (int, float) or not 0 < eps <= 10:
        raise BadInputFile(f"config.json: eps is {str(eps)[:100]}\nexpected a number above 0 and at most 10")
    facts.read("norm_eps", float(eps))
    return float(eps)


def _unused(shape: Shape, given: Mapping[str, Any]) -> list[str]:
    """Fields that the original library does not use either, where they say something else."""
    expected = {"output_dim": shape.side, "class_embed_dim": shape.dim}
    return [
        f"config.json says {key} {str(given[key])[:40]}, which nothing uses: it is {value}"
        for key, value in expected.items()
        if key in given and given[key] != value
    ]
