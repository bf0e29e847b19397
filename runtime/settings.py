"""What controls are set to, `hair=afro skin=0.8 shirt=3366cc`, and latents with it.

`Settings` is the one form in which it is kept, compared and written: pairs of control and value, sorted by control. The
values are texts: an option's name, the shortest decimal of a number, or a colour in six lower-case hexadecimal digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from numbers import Real
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganrt.controls import Control, nearest
from ganrt.errors import UsageError
from ganrt.runtime.arguments import shown

F32: TypeAlias = NDArray[np.float32]
Settings: TypeAlias = tuple[tuple[str, str], ...]
SettingsLike: TypeAlias = Mapping[str, str | float] | Settings | None

NOTHING: Settings = ()
_PAIR = re.compile(r"([^=\s]{1,60})=(\S{1,60})")
_LISTED = 20
_EXAMPLE = "NAME=VALUE, such as hair=afro"


def parse_settings(given: Iterable[str]) -> Settings:
    """NAME=VALUE texts, as --set takes them. Whether a generator has such controls shows when it is asked.

    Raises:
        UsageError: a text that is not one, or a control that is set twice.
    """
    pairs: dict[str, str] = {}
    for text in given:
        match = _PAIR.fullmatch(text)
        if match is None:
            raise UsageError(f"--set {shown(text)}: expected {_EXAMPLE}")
        name, value = match.groups()
        if name in pairs:
            raise UsageError(f"--set {name}={pairs[name]} and --set {name}={value}: expected a control once")
        pairs[name] = value
    return tuple(sorted(pairs.items()))


def as_settings(given: SettingsLike) -> Settings:
    """The same from a mapping, such as {"hair": "afro", "skin": 0.8}; None: nothing is set.

    Raises:
        UsageError: values that are neither texts nor numbers, or a control that is set twice.
    """
    pairs = given.items() if isinstance(given, Mapping) else given or ()
    if isinstance(pairs, str):
        raise UsageError(f"controls {shown(given)}: expected a mapping, such as {{'hair': 'afro'}}")
    return parse_settings(f"{name}={_text(name, value)}" for name, value in pairs)


def settings_text(settings: Settings) -> str:
    """ "glasses=round hair=afro"; `parse_settings` of its words is the inverse."""
    return " ".join(f"{name}={value}" for name, value in settings)


def overridden(settings: Settings, by: Settings) -> Settings:
    """Both; where both set a control, as the second does."""
    return tuple(sorted({**dict(settings), **dict(by)}.items()))


class ControlTable:
    """The controls of one generator, by name."""

    def __init__(self, controls: Sequence[Control] = (), model: str = "this model") -> None:
        self.controls, self._model = tuple(controls), model
        self._by_name = {control.name: control for control in self.controls}
        self._row = lru_cache(maxsize=4096)(self._values)

    def __getitem__(self, name: str) -> Control:
        """A control.

        Raises:
            UsageError: there is none of that name; the message lists the nearest.
        """
        if name in self._by_name:
            return self._by_name[name]
        if not self.controls:
            raise UsageError(f"{name}: '{self._model}' has no named controls; set values of its latent: --set-z 0:4=1")
        near = nearest(name, list(self._by_name))
        listed = f"nearest: {', '.join(near)}" if near else f"it has {', '.join(list(self._by_name)[:_LISTED])}"
        raise UsageError(
            f"'{self._model}' has no control {shown(name)}; {listed}\nganrt controls list shows all of them"
        )

    def canonical(self, given: SettingsLike) -> Settings:
        """Settings in their canonical form: equal pictures, equal texts.

        Raises:
            UsageError: an unknown control, an unknown option, or a value out of range.
        """
        return tuple((name, self._canonical(name, value)) for name, value in as_settings(given))

    def apply(self, z: F32, given: SettingsLike) -> F32:
        """Latents with the controls set; `z` itself where nothing is.

        Args:
            z: float32 [n, dim] or [dim]; left as it is.

        Raises:
            UsageError: see `canonical`.
        """
        settings = as_settings(given)
        if not settings:
            return z
        result = np.array(z, np.float32)
        for name, value in settings:
            positions, values = self._row(name, value)
            result[..., positions] = values
        return result

    def _canonical(self, name: str, value: str) -> str:
        control = self[name]
        control.values(value)
        if control.kind == "scalar":
            return number_text(float(value))
        return value.removeprefix("#").lower() if control.kind == "color" else value

    def _values(self, name: str, value: str) -> tuple[list[int], F32]:
        return list(self[name].positions), self[name].values(value)


NO_CONTROLS = ControlTable()


def number_text(value: float) -> str:
    """The shortest decimal that is this double: "0.8", "1"."""
    return repr(float(value) + 0.0).removesuffix(".0")  # adding zero: -0.0 is 0


def _text(name: object, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Real) and not isinstance(value, bool):
        return number_text(float(value))
    raise UsageError(f"controls: {shown(name)}: given {shown(value)}, accepted are texts and numbers")
