"""Named controls as sliders of the live window: at 0 a control is as it was drawn."""

from __future__ import annotations

from ganrt.controls import Control
from ganrt.runtime.settings import Settings, number_text, overridden

STEPS = 100  # of a scalar
_LEVELS = 4  # of each of red, green and blue


def most(control: Control) -> int:
    """The last position of a control's slider."""
    if control.kind == "choice":
        return len(control.options)
    return STEPS + 1 if control.kind == "scalar" else _LEVELS**3


def value_at(control: Control, position: int) -> str:
    """What a position, 1 to `most`, sets: options in their order, a scalar from low to high, colours of four levels."""
    if control.kind == "choice":
        return control.options[position - 1].name
    if control.kind == "scalar":
        assert control.low is not None
        assert control.high is not None
        part = (position - 1) / STEPS
        return number_text(round(control.low + part * (control.high - control.low), 6))
    levels = [(position - 1) // _LEVELS**k % _LEVELS * 255 // (_LEVELS - 1) for k in (2, 1, 0)]
    return "".join(f"{level:02x}" for level in levels)


def position_of(control: Control, settings: Settings) -> int:
    """Where a slider stands for some settings: the nearest position; 0 where they do not set it."""
    value = dict(settings).get(control.name)
    if value is None:
        return 0
    return min(range(1, most(control) + 1), key=lambda position: _apart(control, value, value_at(control, position)))


def moved(settings: Settings, control: Control, position: int) -> Settings:
    """The settings after a slider was moved."""
    if position == 0:
        return tuple((name, value) for name, value in settings if name != control.name)
    return overridden(settings, ((control.name, value_at(control, position)),))


def _apart(control: Control, one: str, two: str) -> float:
    if control.kind == "choice":
        return float(one != two)
    if control.kind == "scalar":
        return abs(float(one) - float(two))
    first, second = bytes.fromhex(one.removeprefix("#")), bytes.fromhex(two)
    return float(sum(abs(a - b) for a, b in zip(first, second, strict=True)))
