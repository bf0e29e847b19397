"""Look codes among what a command is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Union

from ganrt.cli.requests import SeedAndIndex, Wanted
from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.runtime.looks import Look

Item = Union[SeedAndIndex, "Look"]


@dataclass(frozen=True)
class Looks:
    """The looks asked for, each once."""

    looks: tuple[Look, ...]
    identities: None = None
    latents: None = None

    def __len__(self) -> int:
        return len(self.looks)

    def __iter__(self) -> Iterator[Look]:
        return iter(self.looks)


def read_codes(codes: Sequence[str], wanted: Wanted) -> Looks:
    """The looks of codes that stand in the command line.

    Raises:
        UsageError: no codes, or options that say which pictures beside them.
    """
    from ganrt.runtime.looks import Look

    looks = Looks(tuple(dict.fromkeys(map(Look.parse, codes))))
    for item in fields(wanted):
        if getattr(wanted, item.name) != item.default:
            option = "--" + item.name.replace("_", "-")
            raise UsageError(f"{option} beside a look code: the code says which picture; expected no {option} with it")
    return looks


def pair_of(item: Item) -> SeedAndIndex:
    """Its seed and index."""
    return item if isinstance(item, tuple) else (item.seed, item.index)


def designed(item: Item) -> str:
    """What tells the file of a designed look from that of the plain picture: its code's hash."""
    from hashlib import sha256

    if isinstance(item, tuple) or item.is_plain:
        return ""
    return f"-look{sha256(item.body.encode()).hexdigest()[:8]}"
