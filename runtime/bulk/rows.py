"""What a row of a file of identities sets beside its identity, in columns of these names:

| Column | Holds |
|---|---|
| `control:NAME` | what the named control is set to; it wins over --set |
| `reroll` | which draw for the same identity: 0, 1, 2, ... |
| `look` | a look code, which says everything itself: no other cell of the row may |

An empty cell sets nothing. Other columns are the file's own business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from ganrt.errors import UsageError
from ganrt.runtime.arguments import shown
from ganrt.runtime.identity import MAX_REROLL, identity_index
from ganrt.runtime.looks import Look
from ganrt.runtime.settings import NOTHING, Settings, as_settings, overridden, settings_text

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.sampling import Truncation

CONTROL, LOOK, REROLL = "control:", "look", "reroll"


@dataclass(frozen=True, slots=True)
class Row:
    """One identity: its line or row from 1, and what the row sets.

    Attributes:
        controls: (control, value) by control, as they were given.
        look: a look code, printed; "": none.
        reroll: which draw for the identity.
    """

    number: int
    identity: str
    controls: Settings = NOTHING
    look: str = ""
    reroll: int = 0

    @property
    def is_designed(self) -> bool:
        """Whether it sets anything."""
        return bool(self.controls or self.look or self.reroll)

    @property
    def index(self) -> int:
        """The index that its picture has under seed 0; of a look its own seed and index count."""
        return identity_index(self.identity, reroll=self.reroll)

    @property
    def design(self) -> int:
        """64 bits that depend on what it sets; 0: nothing."""
        return _digits(settings_text(self.controls), self.look, str(self.reroll)) if self.is_designed else 0

    @property
    def suffix(self) -> str:
        """What tells the key of a designed picture from all others of its file: it has an identity once."""
        return f"{_digits(self.identity, f'{self.design:016x}'):016x}"

    def look_in(self, generator: Generator, how: Truncation, class_name: str | None, set_: Settings, pins: str) -> Look:
        """The look of its picture, where the file's other rows are drawn with these options.

        Raises:
            UsageError: the generator does not draw it.
        """
        from ganrt.runtime.look_drawing import rows_of

        if self.look:
            look = Look.parse(self.look)
        else:
            controls = overridden(set_, generator.controls.canonical(self.controls))
            look = generator.look(0, self.index, truncation=how, labels=class_name, controls=controls, pinned=pins)
        next(rows_of(generator, [look]))
        return look


def is_setting(name: str) -> bool:
    """Whether a column of this name sets something."""
    return name in (LOOK, REROLL) or name.startswith(CONTROL)


def make_row(number: int, identity: str, cells: Mapping[str, object]) -> Row:
    """A row of the cells that set something; texts, and in JSON and Parquet numbers; None and "" set nothing.

    Raises:
        UsageError: a cell that makes no sense, or cells that contradict each other.
    """
    given = {name: value for name, value in cells.items() if value is not None and value != ""}
    code = given.pop(LOOK, None)
    if code is None:
        reroll = _reroll(given.pop(REROLL, 0))
        return Row(number, identity, _controls(given), reroll=reroll)
    if given:
        raise UsageError(f"'{next(iter(given))}' beside a look: the look says it all; expected one of them")
    if not isinstance(code, str):
        raise UsageError(f"look {shown(code)}: expected a look code")
    return Row(number, identity, look=Look.parse(code).code)


def _controls(given: Mapping[str, object]) -> Settings:
    values: dict[str, str | float] = {}
    for column, value in given.items():
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise UsageError(f"'{column}' is {shown(value)}: expected a text or a number")
        values[column.removeprefix(CONTROL)] = value
    return as_settings(values)


def _reroll(given: object) -> int:
    number = int(given) if isinstance(given, str) and given.isascii() and given.isdecimal() else given
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MAX_REROLL:
        raise UsageError(f"reroll {shown(given)}: expected an integer from 0 to {MAX_REROLL}")
    return number


def _digits(*texts: str) -> int:
    return int.from_bytes(blake2b("\0".join(texts).encode(), digest_size=8).digest(), "big")
