"""Look codes: one short text that redraws a picture, such as `ganrt:avatars-2:0:8841` (docs/look-codes.md).

    ganrt:MODEL:SEED:INDEX[:FIELD,FIELD...][:CHECK]      ganrt:avatars-1:0:8841:.psi=0.7,hair=afro:XQ

A field is a control, `hair=afro`, or one of the format's own, which begin with a dot. CHECK is two letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

import numpy as np

from ganrt.errors import UsageError
from ganrt.runtime.arguments import UINT64_LIMIT, integer_between, one_of, real_number, shown
from ganrt.runtime.edits import Edit
from ganrt.runtime.latents import MAX_THRESHOLD
from ganrt.runtime.sampling import NO_TRUNCATION, Truncation
from ganrt.spec import MAX_PSI

EXAMPLE: Final = "ganrt:avatars-1:0:8841"
MAX_CHARACTERS: Final = 4000
MAX_DIGITS: Final = 18  # of a number: below 2^63 without its point, so that every language reads it exactly
MAX_POSITION: Final = 1 << 20
MODES: Final = ("scale", "resample")

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-._~:=,"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_MODULUS, _RADIX = 661, 26  # ISO/IEC 7064, MOD 661-26
_LARGEST = float(np.finfo(np.float32).max)

_PREFIX = re.compile(r"ganrt([0-9]{0,9})")
_MODEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}(~[0-9a-f]{8})?")
_CHECK = re.compile(r"[a-z]{2}")
_WHOLE = re.compile(r"[0-9]{1,20}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CONTROL = re.compile(r"([a-z0-9][a-z0-9_-]{0,39})=([a-z0-9.-][a-z0-9._-]{0,59})")
_OWN = re.compile(r"\.([a-z]+)([0-9-]*)=([a-z0-9.-]+)")
_RANGE = re.compile(r"([0-9]{1,7})(?:-([0-9]{1,7}))?")

T = TypeVar("T", str, int)
Classes = tuple[tuple[int, float], ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """Everything that changes a picture, but for what draws it: backend, precision, machine, size of the output.

    Attributes:
        model: a bundled model's name, or NAME~ with eight digits of the SHA-256 of the portable file.
        seed, index: unsigned 64-bit integers. An identity stands for an index of seed 0.
        truncation: as it was given; what was not is the model's own.
        classes: (class, weight) by class, the others have the weight 0; None: drawn from seed and index.
        controls: (control, value) by control, as `ganrt.controls` takes them.
        edits: values of z, by position, none twice, after the controls.
    """

    model: str
    seed: int = 0
    index: int = 0
    truncation: Truncation = NO_TRUNCATION
    classes: Classes | None = None
    controls: tuple[tuple[str, str], ...] = ()
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.model, str) or not _MODEL.fullmatch(self.model):
            raise UsageError(f"look: given the model {shown(self.model)}, expected a name such as avatars-1")
        integer_between("look's seed", self.seed, 0, UINT64_LIMIT - 1)
        integer_between("look's index", self.index, 0, UINT64_LIMIT - 1)
        _check_truncation(self.truncation)
        for number, weight in self.classes or ():
            integer_between("look's class", number, 0, (1 << 32) - 1)
            _check_float("look's class weight", weight)
        _check_order("class", [number for number, _ in self.classes or ()])
        for name, value in self.controls:
            if not _CONTROL.fullmatch(f"{name}={value}"):
                raise UsageError(f"look: given the control {shown(f'{name}={value}')}, expected such as hair=afro")
        _check_order("control", [name for name, _ in self.controls])
        _check_edits(self.edits)

    @classmethod
    def parse(cls, text: str) -> Look:
        """The look that a code means. Letters may be of either case, fields in any order.

        A code without fields may leave its check letters out.

        Raises:
            UsageError: it is no code, its check letters do not fit, or a newer ganrt made it.
        """
        if not isinstance(text, str) or not text.isascii():
            raise UsageError(f"look code {shown(text)}: expected one such as {EXAMPLE}")
        given = text.strip(" \t\r\n").lower()
        parts = given.split(":")
        prefix = _PREFIX.fullmatch(parts[0])
        if prefix is None:
            raise UsageError(f"look code {shown(text)}: expected one such as {EXAMPLE}")
        if len(given) > MAX_CHARACTERS + 3:
            raise UsageError(f"look code of {len(given)} characters: accepted are at most {MAX_CHARACTERS}")
        if prefix[1]:
            raise UsageError(
                f"look code {shown(text)}: it was made by a newer ganrt, or mistyped: codes begin with ganrt:"
            )
        unknown = sorted(set(given) - set(_ALPHABET))
        if unknown:
            raise UsageError(
                f"look code {shown(text)}: {unknown[0]!r} stands in no code; it was mistyped, or is not whole"
            )
        checked = len(parts) > 4 and _CHECK.fullmatch(parts[-1]) is not None
        if checked:
            _verify(text, given[:-3], parts.pop())
        if not 4 <= len(parts) <= 5:
            raise UsageError(f"look code {shown(text)}: expected ganrt:MODEL:SEED:INDEX, fields, and two check letters")
        if len(parts) == 5 and not checked:
            raise _unchecked(text, given)
        return _read(text, parts)

    @property
    def body(self) -> str:
        """The code without its check letters.

        Raises:
            UsageError: no code can say it: a number of more than 18 digits, or a code of more than 4,000 characters.
        """
        fields = ",".join(_fields(self))
        text = f"ganrt:{self.model}:{self.seed}:{self.index}" + (f":{fields}" if fields else "")
        if len(text) > MAX_CHARACTERS:
            raise UsageError(f"look: its code has {len(text)} characters, accepted are at most {MAX_CHARACTERS}")
        return text

    @property
    def code(self) -> str:
        """The code, with its check letters; equal looks have equal codes.

        Raises:
            UsageError: see `body`.
        """
        body = self.body
        return f"{body}:{check_letters(body)}"

    @property
    def is_plain(self) -> bool:
        """Whether model, seed and index are all that it says."""
        return self == Look(model=self.model, seed=self.seed, index=self.index)

    @property
    def class_text(self) -> str | None:
        """The classes as options take them: "207", or "1:0.3,3:0.7"; None: drawn from seed and index."""
        if self.classes is None:
            return None
        if len(self.classes) == 1 and self.classes[0][1] == 1:
            return str(self.classes[0][0])
        return ",".join(f"{number}:{weight!r}" for number, weight in self.classes)

    @property
    def edits_text(self) -> str:
        """The edits as options take them: "0:35=-1,40:41=0.5"."""
        return ",".join(f"{edit.start}:{edit.stop}={edit.value!r}" for edit in self.edits)

    def __str__(self) -> str:
        return self.code


def looks_like_code(text: str) -> bool:
    """Whether a text is meant as a look code: it begins with `ganrt:`, or as a newer one would."""
    return re.match(r"(?i)\s*ganrt[0-9]*:", text) is not None


def check_letters(body: str) -> str:
    """ISO/IEC 7064, MOD 661-26, over characters whose values are their places in the code's alphabet.

    Two letters find each wrong character and each exchange of neighbours, and all but one in 661 of other mistakes.
    """
    rest = 0
    for character in body:
        rest = (rest + _VALUES[character]) * _RADIX % _MODULUS
    first, second = divmod((1 - rest * _RADIX) % _MODULUS, _RADIX)
    return (_ALPHABET[first] + _ALPHABET[second]).upper()


def number_text(value: float) -> str:
    """The shortest decimal that is this double, without an exponent: "0.7", "-1", "0.00001".

    Raises:
        UsageError: it is not finite, or has more than 18 digits.
    """
    text = f"{Decimal(repr(float(value))):f}".removesuffix(".0") if np.isfinite(value) else str(value)
    if not _NUMBER.fullmatch(text) or _digits(text) > MAX_DIGITS:
        raise UsageError(f"look: {text} cannot stand in a code: round it, to at most {MAX_DIGITS} digits")
    return text


def float_text(value: float) -> str:
    """The same of a value that is kept as a float32."""
    single = np.float32(value)
    for digits in range(9):  # nine in all tell every float32 from its neighbours
        short = float(f"{single:.{digits}e}")  # a decimal is read as a double first
        if np.float32(short) == single:
            return number_text(short)
    return number_text(float(single))


def _verify(text: str, body: str, given: str) -> None:
    if check_letters(body).lower() != given:
        raise UsageError(
            f"look code {shown(text)}: a typo: its check letters {given.upper()} do not fit; compare it with the "
            "original, character by character"
        )


def _unchecked(text: str, given: str) -> UsageError:
    last = given.rpartition(":")[2]
    if "=" not in last:
        return UsageError(f"look code {shown(text)}: '{last}' is neither fields nor two check letters; is it whole?")
    return UsageError(
        f"look code {shown(text)}: expected two check letters after its fields, which guard against what is cut off\n"
        f"as it stands they are {check_letters(given)}"
    )


def _read(text: str, parts: list[str]) -> Look:
    model, seed, index = parts[1:4]
    if not _MODEL.fullmatch(model):
        raise UsageError(f"look code {shown(text)}: '{model[:60]}' is no model: a name, or NAME~ with eight digits")
    numbers = [_whole(text, "seed", seed), _whole(text, "index", index)]
    reader = _Reader(text)
    for field in parts[4].split(",") if len(parts) == 5 else ():
        reader.take(field)
    return reader.look(model, *numbers)


def _whole(text: str, name: str, given: str) -> int:
    if not _WHOLE.fullmatch(given) or int(given) >= UINT64_LIMIT:
        raise UsageError(f"look code {shown(text)}: the {name} '{given[:40]}' is no integer from 0 to 2^64 - 1")
    return int(given)


class _Reader:
    """Collects the fields of one code."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._truncation: dict[str, Any] = {}
        self._classes: dict[int, float] = {}
        self._controls: dict[str, str] = {}
        self._edits: list[Edit] = []

    def take(self, field: str) -> None:
        control, own = _CONTROL.fullmatch(field), _OWN.fullmatch(field)
        if control is not None:
            self._once(self._controls, control[1], control[2])
        elif own is None:
            raise self._fail(f"'{field[:60]}' is no field: expected one such as hair=afro or .psi=0.7")
        elif own[1] in ("psi", "threshold", "statistics") and not own[2]:
            self._once(self._truncation, own[1], self._number(own[3]))
        elif own[1] == "mode" and not own[2]:
            self._once(self._truncation, "mode", own[3])
        elif own[1] == "class":
            number, weight = (own[3], 1.0) if not own[2] else (own[2], self._number(own[3]))
            self._once(self._classes, self._position(number, 10), weight)
        elif own[1] == "z" and _RANGE.fullmatch(own[2]):
            self._edits.append(self._edit(own[2], own[3]))
        else:
            raise self._fail(f"'.{own[1]}{own[2]}' is unknown here: it was made by a newer ganrt")

    def look(self, model: str, seed: int, index: int) -> Look:
        """The look of all fields."""
        try:
            return Look(
                model=model,
                seed=seed,
                index=index,
                truncation=Truncation(**self._truncation),
                classes=tuple(sorted(self._classes.items())) or None,
                controls=tuple(sorted(self._controls.items())),
                edits=tuple(sorted(self._edits, key=lambda edit: edit.start)),
            )
        except UsageError as error:
            raise self._fail(str(error)) from error

    def _once(self, where: dict[Any, Any], name: object, value: object) -> None:
        if name in where:
            raise self._fail(f"'{name}' is set twice")
        where[name] = value

    def _edit(self, place: str, value: str) -> Edit:
        first, _, stop = place.partition("-")
        start = self._position(first, 7)
        return Edit(start, self._position(stop, 7) if stop else start + 1, self._number(value))

    def _position(self, given: str, most: int) -> int:
        if not given.isdecimal() or len(given) > most:
            raise self._fail(f"'{given[:40]}' is no number of at most {most} digits")
        return int(given)

    def _number(self, given: str) -> float:
        if not _NUMBER.fullmatch(given) or _digits(given) > MAX_DIGITS:
            raise self._fail(f"'{given[:40]}' is no number of at most {MAX_DIGITS} digits, such as 0.7")
        return float(given)

    def _fail(self, what: str) -> UsageError:
        return UsageError(f"look code {shown(self._text)}: {what}")


def _digits(text: str) -> int:
    return sum(character.isdecimal() for character in text)


def _fields(look: Look) -> Iterator[str]:
    truncation = look.truncation
    if truncation.psi is not None:
        yield f".psi={number_text(truncation.psi)}"
    if truncation.mode is not None:
        yield f".mode={truncation.mode}"
    if truncation.threshold is not None:
        yield f".threshold={number_text(truncation.threshold)}"
    if truncation.statistics is not None:
        yield f".statistics={number_text(truncation.statistics)}"
    if look.classes is not None:
        single = len(look.classes) == 1 and look.classes[0][1] == 1
        yield from (
            f".class={number}" if single else f".class{number}={float_text(weight)}" for number, weight in look.classes
        )
    yield from (f"{name}={value}" for name, value in look.controls)
    for edit in look.edits:
        place = f"{edit.start}" if edit.stop == edit.start + 1 else f"{edit.start}-{edit.stop}"
        yield f".z{place}={float_text(edit.value)}"


def _check_truncation(truncation: Truncation) -> None:
    if truncation.mode is not None:
        one_of("look's truncation mode", truncation.mode, MODES)
    _check_range("look's psi", truncation.psi, f"a number from 0 to {MAX_PSI:g}", lambda value: 0 <= value <= MAX_PSI)
    accepted = f"a number above 0, at most {MAX_THRESHOLD:g}"
    _check_range("look's threshold", truncation.threshold, accepted, lambda value: 0 < value <= MAX_THRESHOLD)
    accepted = f"a number above 0, at most {MAX_PSI:g}"
    _check_range("look's statistics truncation", truncation.statistics, accepted, lambda value: 0 < value <= MAX_PSI)


def _check_range(name: str, value: float | None, accepted: str, accepts: Callable[[float], bool]) -> None:
    if value is not None:
        real_number(name, value, accepted, accepts)


def _check_float(name: str, value: float) -> None:
    real_number(name, value, "a number that float32 holds", lambda given: abs(given) <= _LARGEST)


def _check_order(what: str, names: list[T]) -> None:
    if names != sorted(set(names)):
        raise UsageError(f"look: expected each {what} once, in order")


def _check_edits(edits: Sequence[Edit]) -> None:
    end = 0
    for edit in edits:
        start, stop = edit.start, edit.stop
        if stop is None or not end <= start < stop <= MAX_POSITION:
            raise UsageError("look: expected edits of z in order, none of a position twice, as .z3=0.5 or .z0-35=-1")
        _check_float("look's edit", edit.value)
        end = stop
