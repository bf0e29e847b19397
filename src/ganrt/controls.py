"""Controls: names for groups of z, and which values they set. `hair=afro`, `skin=0.8`, `shirt=3366cc`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganrt.checks import Section, checked, fail, integer, list_of, number, one_of, optional, section, text
from ganrt.errors import SpecError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_POSITIONS = 4096
_NAME = text(40, r"[a-z0-9][a-z0-9_-]*", "a name of lower-case letters, digits, - and _ (at most 40)")
_VALUES = list_of(number(-1e6, 1e6), MAX_POSITIONS)
_COLOR = re.compile(r"#?([0-9a-fA-F]{6})")
_NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
_SHOWN = 12  # options of one message


@dataclass(frozen=True, kw_only=True)
class Option(Section):
    """One choice, and the values that it sets: one for each of the control's positions."""

    name: str = checked(_NAME)
    values: tuple[float, ...] = checked(_VALUES)
    help: str | None = checked(optional(text(300)), default=None)


@dataclass(frozen=True, kw_only=True)
class Control(Section):
    """A named property of the picture, and the values of z at `positions` that it sets.

    `choice`: one of `options`. `scalar`: a number from `low` to `high`; `ends` say in words what these mean. `color`:
    red, green and blue, which set the three positions. `knots` of the last two are rows of values for evenly spaced
    numbers or levels, the first for the lowest; between them it is linear.
    """

    name: str = checked(_NAME)
    kind: str = checked(one_of("choice", "scalar", "color"))
    help: str | None = checked(optional(text(300)), default=None)
    positions: tuple[int, ...] = checked(list_of(integer(0, 65535), MAX_POSITIONS))
    options: tuple[Option, ...] = checked(list_of(section(Option), 256), default=())
    low: float | None = checked(optional(number(-1e6, 1e6)), default=None)
    high: float | None = checked(optional(number(-1e6, 1e6)), default=None)
    ends: tuple[str, ...] | None = checked(optional(list_of(text(100), 2)), default=None)
    knots: tuple[tuple[float, ...], ...] = checked(list_of(_VALUES, 256), default=())

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.positions or len(set(self.positions)) < len(self.positions):
            raise self._fail("positions", self.positions, "one or more positions in z, none twice")
        if self.kind == "choice":
            self._check_choice()
        else:
            self._check_path()

    def values(self, given: str | float) -> NDArray[np.float32]:
        """What the control sets `positions` to: float32 [len(positions)], rounded once from double.

        Args:
            given: an option's name, a number from `low` to `high`, or a colour as RRGGBB, with or without #.

        Raises:
            UsageError: none of these.
        """
        if self.kind == "choice":
            return self._chosen(given)
        if self.kind == "scalar":
            return _floats(self._between(self._part(given), k) for k in range(len(self.positions)))
        match = _COLOR.fullmatch(given) if isinstance(given, str) else None
        if match is None:
            raise UsageError(f"{self.name}={given}: expected a colour such as 3366cc")
        return _floats(self._between(level / 255, k) for k, level in enumerate(bytes.fromhex(match[1])))

    def _chosen(self, given: str | float) -> NDArray[np.float32]:
        for option in self.options:
            if option.name == given:
                return _floats(option.values)
        names = [option.name for option in self.options]
        near = ", ".join(nearest(str(given), names))
        listed = ", ".join(names) if len(names) <= _SHOWN else f"{len(names)} options, such as {', '.join(names[:3])}"
        hint = f"; nearest: {near}" if near else ""
        raise UsageError(f"{self.name}={given}: expected one of {listed}{hint}")

    def _part(self, given: str | float) -> float:
        """How far a number is from `low` to `high`, 0 to 1."""
        assert self.low is not None
        assert self.high is not None
        readable = not isinstance(given, str) or _NUMBER.fullmatch(given)
        value = float(given) if readable else float("nan")
        if not self.low <= value <= self.high:
            raise UsageError(f"{self.name}={given}: expected a number from {self.low:g} to {self.high:g}")
        return (value - self.low) / (self.high - self.low)

    def _between(self, part: float, column: int) -> float:
        """The knots at `part` of their length: in double, multiply and then add."""
        at = part * (len(self.knots) - 1)
        row = min(int(at), len(self.knots) - 2)
        low, high = self.knots[row][column], self.knots[row + 1][column]
        return low + (at - row) * (high - low)

    def _check_choice(self) -> None:
        self._refuse("low", "high", "ends", "knots")
        if not self.options:
            raise self._fail("options", self.options, "one or more options")
        for name in ("name", "values"):
            seen = [getattr(option, name) for option in self.options]
            if len(set(seen)) < len(seen):
                raise self._fail("options", next(one for one in seen if seen.count(one) > 1), f"no {name} twice")
        for option in self.options:
            self._check_row(f"options.{option.name}", option.values)

    def _check_path(self) -> None:
        self._refuse("options", *(("low", "high", "ends") if self.kind == "color" else ()))
        if self.kind == "scalar" and (self.low is None or self.high is None or self.low >= self.high):
            raise self._fail("low", self.low, "numbers low and high, low below high")
        if self.ends is not None and len(self.ends) != 2:
            raise self._fail("ends", self.ends, "two texts")
        if self.kind == "color" and len(self.positions) != 3:
            raise self._fail("positions", self.positions, "three positions: of red, green and blue")
        if len(set(self.knots)) < 2:
            raise self._fail("knots", self.knots, "two or more rows of values that differ")
        for row in self.knots:
            self._check_row("knots", row)

    def _check_row(self, where: str, row: tuple[float, ...]) -> None:
        if len(row) != len(self.positions):
            raise self._fail(where, row, f"{len(self.positions)} values, one for each position")

    def _refuse(self, *names: str) -> None:
        for name in names:
            if getattr(self, name):
                raise self._fail(name, getattr(self, name), f"nothing: the control is a {self.kind}")

    def _fail(self, where: str, value: object, expected: str) -> SpecError:
        return fail(f"controls.{self.name}.{where}", value, expected)


def check_controls(controls: tuple[Control, ...], dim: int) -> None:
    """Raises SpecError where two controls have one name or set one value of z, or one sets a value beyond `dim`."""
    names: set[str] = set()
    owners: dict[int, str] = {}
    for control in controls:
        if control.name in names:
            raise fail(f"controls.{control.name}", control.name, "no name twice")
        names.add(control.name)
        for position in control.positions:
            if position >= dim:
                raise fail(f"controls.{control.name}.positions", position, f"positions from 0 to {dim - 1}")
            if position in owners:
                expected = f"positions that no other control sets, as '{owners[position]}' does"
                raise fail(f"controls.{control.name}.positions", position, expected)
            owners[position] = control.name


def nearest(given: str, names: list[str]) -> list[str]:
    """At most three of the names: those that hold what was given, then those that look like it."""
    holding = [name for name in names if given.lower() in name] if given else []
    alike = difflib.get_close_matches(given.lower(), names, 3, 0.5)
    return list(dict.fromkeys([*holding, *alike]))[:3]


def _floats(values: Iterable[float]) -> NDArray[np.float32]:
    import numpy as np  # not above: specs are read, and help is asked for, without it

    return np.array(list(values), np.float32)
