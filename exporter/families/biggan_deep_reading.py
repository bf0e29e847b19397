"""BigGAN-deep's hyperparameters from the weights, and from config.json what the weights do not say.

Shapes say everything but which blocks double the side, and the epsilon. Those come from config.json, from `--upsample`
and `--norm-eps`, or from the published configuration (128, 256 or 512 pixels) whose channels are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Facts
from ganrt.exporter.families.statistics import Grid
from ganrt.exporter.options import Settings
from ganrt.exporter.source import State

START = 4  # the side of the first feature map
REDUCTION = 4  # a block's inner convolutions have a quarter of its input channels
DEFAULT_EPS = 1e-4
_COMMON = ((16, 16), (16, 16), (16, 16), (16, 8))
# (input, output) channels of each block, in units of the channel width, by side; every second block doubles the side.
PUBLISHED: Mapping[int, tuple[tuple[int, int], ...]] = {
    128: (*_COMMON, (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1)),
    256: (*_COMMON, (8, 8), (8, 8), (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1)),
    512: (*_COMMON, (8, 8), (8, 8), (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1), (1, 1), (1, 1)),
}


@dataclass(frozen=True)
class Layer:
    """One block: whether it doubles the side, and its channels."""

    up: bool
    inputs: int
    outputs: int


@dataclass(frozen=True)
class Config:
    """A whole generator; `attention` is the block before which the attention lies, None without one."""

    z_dim: int
    num_classes: int
    channel_width: int
    n_stats: int
    layers: tuple[Layer, ...]
    attention: int | None
    eps: float

    @property
    def side(self) -> int:
        """Height and width of the picture in pixels."""
        return START << sum(layer.up for layer in self.layers)

    @property
    def grid(self) -> Grid:
        """The truncations of the rows of statistics: 0 to 1."""
        return Grid(rows=self.n_stats, first=0.0, step=1.0 / (self.n_stats - 1))

    def index(self, block: int) -> int:
        """Where block number `block` lies in the checkpoint's list, which counts the attention too."""
        return block + (self.attention is not None and block >= self.attention)


def expected_shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Every key of a checkpoint without spectral norm, and its shape."""
    condition, width = 2 * config.z_dim, config.channel_width
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.weight": (config.z_dim, config.num_classes),
        "generator.gen_z.weight": (16 * 16 * width, condition),
        "generator.gen_z.bias": (16 * 16 * width,),
        "generator.bn.weight": (width,),
        "generator.bn.bias": (width,),
        "generator.bn.running_means": (config.n_stats, width),
        "generator.bn.running_vars": (config.n_stats, width),
        "generator.conv_to_rgb.weight": (width, width, 3, 3),
        "generator.conv_to_rgb.bias": (width,),
    }
    for i, layer in enumerate(config.layers):
        shapes |= _block_shapes(f"generator.layers.{config.index(i)}", layer, condition, config.n_stats)
    if config.attention is not None:
        c = config.layers[config.attention].inputs
        prefix = f"generator.layers.{config.attention}"
        sizes = {"theta": (c // 8, c), "phi": (c // 8, c), "g": (c // 2, c), "o_conv": (c, c // 2)}
        shapes[f"{prefix}.gamma"] = (1,)
        shapes |= {f"{prefix}.snconv1x1_{name}.weight": (*size, 1, 1) for name, size in sizes.items()}
    return shapes


def _block_shapes(prefix: str, layer: Layer, condition: int, rows: int) -> dict[str, tuple[int, ...]]:
    middle = layer.inputs // REDUCTION
    convolutions = [(middle, layer.inputs, 1), (middle, middle, 3), (middle, middle, 3), (layer.outputs, middle, 1)]
    shapes: dict[str, tuple[int, ...]] = {}
    for k, (outputs, inputs, kernel) in enumerate(convolutions):
        shapes |= {f"{prefix}.bn_{k}.{part}": (rows, inputs) for part in ("running_means", "running_vars")}
        shapes |= {f"{prefix}.bn_{k}.{part}.weight": (inputs, condition) for part in ("scale", "offset")}
        shapes[f"{prefix}.conv_{k}.weight"] = (outputs, inputs, kernel, kernel)
        shapes[f"{prefix}.conv_{k}.bias"] = (outputs,)
    return shapes


_MOST_DOUBLINGS = 12  # 16384 pixels
SETTINGS: Mapping[str, str] = {
    "norm_eps": f"of all norms; default config.json's, else {DEFAULT_EPS:g}",
    "upsample": "the blocks that double the side, counted from 0 without the attention, such as 1,3,5; "
    "default config.json's, else those of the published configuration with the same channels",
}


def read_config(state: State, given: Mapping[str, Any] | None, facts: Facts) -> tuple[Config, list[str]]:
    """The hyperparameters, and notes on what neither the weights nor config.json said.

    Args:
        state: the checkpoint's keys without spectral norm.
        given: config.json; None where there is none. Where it says what the weights say too, both must agree.

    Raises:
        BadInputFile: no whole generator, config.json contradicts the weights, or nobody says which blocks upsample.
        UsageError: a setting's value makes no sense.
    """
    found = _from_weights(state)
    given = given or {}
    _refuse_contradictions(found, given)
    ups, said = _upsampling(found, given, facts.settings)
    eps = _eps(given, facts)
    layers = tuple(Layer(up, layer.inputs, layer.outputs) for up, layer in zip(ups, found.layers, strict=True))
    if sum(ups) > _MOST_DOUBLINGS:
        raise BadInputFile(f"doubles the side {sum(ups)} times\nexpected at most {_MOST_DOUBLINGS}, for 16384 pixels")
    config = Config(found.z_dim, found.num_classes, found.channel_width, found.n_stats, layers, found.attention, eps)
    return config, [*said, *_unused(config, given)]


def _from_weights(state: State) -> Config:
    """All but `up` and `eps`, which stay false and 0."""
    embedding = _shape(state, "embeddings.weight", 2)
    rows, width = _shape(state, "generator.bn.running_means", 2)
    layers: list[Layer] = []
    attention: int | None = None
    while True:
        prefix = f"generator.layers.{len(layers) + (attention is not None)}"
        if attention is None and f"{prefix}.gamma" in state:
            attention = len(layers)
        elif f"{prefix}.bn_0.running_means" in state:
            inputs = _shape(state, f"{prefix}.bn_0.running_means", 2)[1]
            layers.append(Layer(False, inputs, _shape(state, f"{prefix}.conv_3.weight", 4)[0]))
        else:
            break
    if not layers or rows < 2:
        raise BadInputFile(f"has {len(layers)} blocks and {rows} rows of statistics\nexpected at least 1 and 2")
    _refuse_broken_chain(layers, width)
    if attention in (0, len(layers)):
        raise BadInputFile(
            "has its attention before the first block, or behind the last\nexpected it between two blocks"
        )
    return Config(embedding[0], embedding[1], width, rows, tuple(layers), attention, 0.0)


def _shape(state: State, key: str, ndim: int) -> tuple[int, ...]:
    tensor = state.get(key)
    if tensor is None or tensor.ndim != ndim or 0 in tensor.shape:
        found = "missing" if tensor is None else f"of shape {list(tensor.shape)}"
        raise BadInputFile(f"{key} is {found}\nexpected {ndim} axes, as a BigGAN-deep generator has")
    return tuple(tensor.shape)


def _refuse_broken_chain(layers: list[Layer], width: int) -> None:
    if layers[0].inputs != 16 * width:
        raise BadInputFile(f"block 0 takes {layers[0].inputs} channels\nexpected 16 times the last norm's {width}")
    following = [layer.inputs for layer in layers[1:]] + [width]
    for i, (layer, wanted) in enumerate(zip(layers, following, strict=True)):
        if layer.outputs != wanted:
            raise BadInputFile(f"block {i} makes {layer.outputs} channels, and {wanted} are taken after it")
        if layer.outputs not in (layer.inputs, layer.inputs // 2):
            raise BadInputFile(
                f"block {i} turns {layer.inputs} channels into {layer.outputs}\nexpected all of them or the first half"
            )


def _refuse_contradictions(found: Config, given: Mapping[str, Any]) -> None:
    layers = _given_layers(given)
    said: dict[str, Any] = {
        key: given[key] for key in ("z_dim", "num_classes", "channel_width", "n_stats") if key in given
    }
    weights: dict[str, Any] = {key: getattr(found, key) for key in said}
    if layers is not None:
        said["layers"] = [layer[1:] for layer in layers]
        weights["layers"] = [
            [layer.inputs / found.channel_width, layer.outputs / found.channel_width] for layer in found.layers
        ]
        position = given.get("attention_layer_position", found.attention)
        # As in the library, a position that no block has means that there is no attention.
        inside = type(position) is int and 0 <= position < len(layers)
        said["attention_layer_position"] = position if inside else None
        weights["attention_layer_position"] = found.attention
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


def _upsampling(found: Config, given: Mapping[str, Any], settings: Settings) -> tuple[list[bool], list[str]]:
    count = len(found.layers)
    if settings.upsample is not None:
        return _upsample_setting(settings.upsample, count), []
    layers = _given_layers(given)
    if layers is not None:
        return [bool(layer[0]) for layer in layers], []
    widths = tuple((layer.inputs / found.channel_width, layer.outputs / found.channel_width) for layer in found.layers)
    for side, published in PUBLISHED.items():
        if widths == published:
            note = f"no config.json with layers: blocks upsample as in biggan-deep-{side}, whose channels match"
            return [i % 2 == 1 for i in range(count)], [note]
    raise BadInputFile(
        f"has {count} blocks of a configuration that was not published, and no config.json with layers: "
        "the weights do not say which blocks double the side\n"
        "expected config.json beside the weights, or --upsample 1,3,5 with the blocks' numbers"
    )


def _upsample_setting(numbers: tuple[int, ...], count: int) -> list[bool]:
    if len(set(numbers)) != len(numbers) or max(numbers) >= count:
        given = ",".join(map(str, numbers))
        raise UsageError(f"--upsample {given}: expected different blocks' numbers, 0 to {count - 1}, such as 1,3,5")
    return [i in numbers for i in range(count)]


def _eps(given: Mapping[str, Any], facts: Facts) -> float:
    if facts.settings.norm_eps is not None or "eps" not in given:
        value: float = facts.assume("norm_eps", DEFAULT_EPS, "no config.json says it")
        return value
    eps = given["eps"]
    if type(eps) not in (int, float) or not 0 < eps <= 10:
        raise BadInputFile(f"config.json: eps is {str(eps)[:100]}\nexpected a number above 0 and at most 10")
    facts.read("norm_eps", float(eps))
    return float(eps)


def _unused(config: Config, given: Mapping[str, Any]) -> list[str]:
    """Fields that the original library does not use either, where they say something else."""
    expected = {"output_dim": config.side, "class_embed_dim": config.z_dim}
    return [
        f"config.json says {key} {str(given[key])[:40]}, which nothing uses: it is {value}"
        for key, value in expected.items()
        if key in given and given[key] != value
    ]
