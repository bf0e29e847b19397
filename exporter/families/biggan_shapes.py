"""Reading ajbrock's BigGAN and BigGAN-deep from the shapes of their weights."""

from __future__ import annotations

from math import isqrt

from ganrt.errors import BadInputFile
from ganrt.exporter.families.imagenet import class_labels
from ganrt.exporter.source import State
from ganrt.spec import Labels

ORIGINS = "`ajbrock/BigGAN-PyTorch`"
STAGES = range(3, 8)  # 32 to 512 pixels from 4x4
CHANNELS = (1, 3, 4)


def shape_of(state: State, key: str, dimensions: int) -> tuple[int, ...]:
    """The shape of a weight.

    Raises:
        BadInputFile: it is missing, or has another number of dimensions, or is empty.
    """
    if key not in state:
        raise BadInputFile(f"has no {key}\nexpected the state_dict of a whole BigGAN generator")
    shape = tuple(state[key].shape)
    if len(shape) != dimensions or 0 in shape:
        raise BadInputFile(f"{key} has shape {list(shape)}\nexpected {dimensions} dimensions, none of them empty")
    return shape


def count_blocks(state: State, convolution: str, depth: int = 1) -> range:
    """The indices of the blocks that follow each other without a gap.

    Args:
        depth: blocks for each doubling of the side.

    Raises:
        BadInputFile: not as many as make 32 to 512 pixels.
    """
    count = 0
    while f"blocks.{count}.0.{convolution}.weight" in state:
        count += 1
    if count not in [stages * depth for stages in STAGES]:
        raise BadInputFile(
            f"has {count} consecutive blocks (blocks.0.0.{convolution}.weight, ...)\nexpected "
            f"{', '.join(str(stages * depth) for stages in STAGES)}, for 32 to 512 px"
        )
    return range(count)


def attended(state: State, blocks: range) -> tuple[int, ...]:
    """The blocks that attention follows."""
    return tuple(i for i in blocks if any(key.startswith(f"blocks.{i}.1.") for key in state))


def bottom_width(rows: int, channels: int) -> int:
    """Side of the first picture: `linear` makes `rows` values of it.

    Raises:
        BadInputFile: they are no square of `channels` channels.
    """
    side = isqrt(rows // channels)
    if side**2 * channels != rows or not 1 <= side <= 16:
        raise BadInputFile(
            f"linear.weight makes {rows} values, the first block takes {channels} channels\n"
            f"expected a square, usually 4x4: {16 * channels}"
        )
    return side


def picture_channels(state: State, last: str) -> int:
    """Outputs of the last convolution, whose weight's key is `last`.

    Raises:
        BadInputFile: they make no picture.
    """
    channels = shape_of(state, last, 4)[0]
    if channels not in CHANNELS:
        raise BadInputFile(f"{last} makes {channels} channels\nexpected a picture of 1, 3 or 4")
    return channels


def labels_of(classes: int) -> tuple[Labels | None, tuple[str, ...]]:
    """The spec's labels, none for a single class, and a note if names are assumed."""
    return (None, ()) if classes == 1 else class_labels(classes)


def require_statistics(state: State) -> None:
    """Raises BadInputFile if the blocks normalise without stored statistics."""
    if "output_layer.0.stored_mean" in state and "blocks.0.0.bn1.stored_mean" not in state:
        raise BadInputFile(
            "has no statistics in its blocks: trained with norm_style gn or nonorm, which is not supported\n"
            "expected norm_style bn; export such a network as TorchScript or ONNX"
        )
