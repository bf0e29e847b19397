"""What the choices of named controls look like: one labelled sheet, a heading a control."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.controls import Control
from ganrt.pixels import over
from ganrt.runtime.generator import Generator
from ganrt.runtime.picture_style import WHITE
from ganrt.runtime.pictures import as_rgb
from ganrt.runtime.settings import Settings, number_text, overridden

Page = NDArray[np.uint8]
COLUMNS = 8
_CELL, _GAP, _LINE = 112, 8, 18  # pixels: a picture's longer side, the space around it, a line of text
_STEPS = 5  # numbers of a scalar
_COLORS = ("ffffff", "c83232", "e0a030", "32a050", "3264c8", "8040a0", "202020")
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def choices(control: Control) -> list[str]:
    """Values that show what a control does: all options, evenly spaced numbers, or some colours."""
    if control.kind == "choice":
        return [option.name for option in control.options]
    if control.kind == "color" or control.low is None or control.high is None:
        return list(_COLORS)
    step = (control.high - control.low) / (_STEPS - 1)
    return [number_text(min(control.low + i * step, control.high)) for i in range(_STEPS)]


def control_sheet(generator: Generator, base: Settings = (), seed: int = 0, index: int = 0, pinned: str = "") -> Page:
    """The picture of (seed, index) with each value of each control, `base` otherwise, and `pinned` edits of its latent
    (`ganrt.runtime.edits`): uint8 [h, w, 3]."""
    blocks = []
    for control in generator.controls.controls:
        needed, pictures = pictures_of(generator, control, base, (seed, index), pinned)
        blocks.append(_block(control, needed, [_small(picture) for picture in pictures]))
    return np.concatenate(blocks)


def pictures_of(
    generator: Generator, control: Control, base: Settings, pair: tuple[int, int], pinned: str
) -> tuple[Settings, list[Page]]:
    """A picture of each value, and what else they need: the colour of glasses is seen on a face that wears some."""
    others = [other for other in generator.controls.controls if other.kind == "choice" and other is not control]
    free = [other for other in others if other.name not in dict(base)]
    free.sort(key=lambda other: not control.name.startswith(other.name))  # glasses before hair for glasses-color
    wanted: list[Settings] = [((other.name, option.name),) for other in free for option in other.options]
    values = choices(control)
    ends = (0, len(values) // 2, -1)

    def drawn(values: Sequence[str], needed: Settings) -> list[Page]:
        own = [overridden(overridden(base, needed), ((control.name, value),)) for value in values]
        made = generator.sample_pairs([pair] * len(values), pinned=pinned, each=own)
        return [picture for _, batch in made for picture in batch]

    def differ(first: Page, *others: Page) -> bool:
        return any(not np.array_equal(first, other) for other in others)

    alone = drawn(values, ())
    if differ(*(alone[k] for k in ends)):
        return (), alone
    for needed in wanted:
        if differ(*drawn([values[k] for k in ends], needed)):
            return needed, drawn(values, needed)
    return (), alone


def _block(control: Control, needed: Settings, pictures: Sequence[Page]) -> Page:
    values = choices(control)
    height = pictures[0].shape[0]
    rows = -(-len(values) // COLUMNS)
    tall, wide = height + _LINE + _GAP, _CELL + _GAP
    page = np.full((2 * _LINE + rows * tall, COLUMNS * wide + _GAP, 3), 255, np.uint8)
    _write(page, f"{control.name}  {_told(control, needed)}", _GAP, _LINE + 6, 0.5)
    for number, (value, picture) in enumerate(zip(values, pictures, strict=True)):
        row, column = divmod(number, COLUMNS)
        top, left = 2 * _LINE + row * tall, _GAP + column * wide
        page[top : top + height, left : left + picture.shape[1]] = picture
        _write(page, value, left, top + height + 12, 0.36)
    return page


def _told(control: Control, needed: Settings) -> str:
    """In letters that OpenCV has."""
    ends = f" ({control.ends[0]} to {control.ends[1]})" if control.ends else ""
    shown = "".join(f", shown with {name}={value}" for name, value in needed)
    return ((control.help or "") + ends + shown).encode("ascii", "replace").decode()


def _write(page: Page, text: str, left: int, bottom: int, scale: float) -> None:
    cv2.putText(page, text, (left, bottom), _FONT, scale, (0, 0, 0), 1, cv2.LINE_AA)


def _small(picture: Page) -> Page:
    """RGB over white, with a longer side of `_CELL` pixels."""
    rgb = as_rgb(over(picture, WHITE))
    scale = _CELL / max(rgb.shape[:2])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8)
