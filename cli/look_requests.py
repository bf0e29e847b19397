"""Look codes among what a command is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Union

from ganrt.cli.requests import Request, SeedAndIndex, Wanted
from ganrt.errors import BadInputFile, UsageError

if TYPE_CHECKING:
    from ganrt.runtime.bulk.rows import Row
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.looks import Look
    from ganrt.runtime.sampling import Truncation
    from ganrt.runtime.settings import Settings

Item = Union[SeedAndIndex, "Look"]


@dataclass(frozen=True)
class Looks:
    """The looks asked for, each once.

    Attributes:
        rows: of a file of identities each row with its look; an identity may share its look with another.
    """

    looks: tuple[Look, ...]
    rows: tuple[tuple[Row, Look], ...] = ()
    latents: None = None

    @property
    def identities(self) -> list[str] | None:
        """Whose looks they are, if anybody's."""
        return [row.identity for row, _ in self.rows] or None

    @property
    def path(self) -> tuple[Look, ...]:
        """The looks as they were given, one a row of a file of identities."""
        return tuple(look for _, look in self.rows) or self.looks

    def __len__(self) -> int:
        return len(self.looks)

    def __iter__(self) -> Iterator[Look]:
        return iter(self.looks)


@dataclass(frozen=True)
class Design:
    """What all pictures have in common, but for what a row of a file of identities says of its own."""

    how: Truncation
    class_name: str | None
    controls: Settings
    pins: str

    def of(self, generator: Generator, pair: SeedAndIndex) -> Look:
        """The look of one picture."""
        return generator.look(
            *pair, truncation=self.how, labels=self.class_name, controls=self.controls, pinned=self.pins
        )

    def refuse_beside_looks(self, of: str = "a look code") -> None:
        """Raises UsageError where something is set that look codes say themselves."""
        given = {
            "--truncation and the like": self.how != type(self.how)(),
            "--set": self.controls,
            "--set-z": self.pins,
            "--class": self.class_name is not None,
        }
        for name, value in given.items():
            if value:
                raise UsageError(f"{name} beside {of}: the code says it all; expected no {name} with it")


def read_codes(codes: Sequence[str] | None, wanted: Wanted) -> Looks | None:
    """The looks of codes that stand in the command line or in the file of --looks, each once; None: there are none.

    Raises:
        UsageError: no codes, or options that say which pictures beside them. BadInputFile: no such file.
    """
    given = parse_codes(codes, wanted.looks)
    if not given:
        return None
    for item in fields(wanted):
        if item.name != "looks" and getattr(wanted, item.name) != item.default:
            option = "--" + item.name.replace("_", "-")
            raise UsageError(f"{option} beside a look code: the code says which picture; expected no {option} with it")
    return Looks(tuple(dict.fromkeys(given)))


def parse_codes(codes: Sequence[str] | None, path: Path | None = None) -> list[Look]:
    """The looks of some codes and of a file of them.

    Raises:
        UsageError: no codes. BadInputFile: no such file.
    """
    if not codes and path is None:
        return []
    from ganrt.runtime.looks import Look

    return [*map(Look.parse, codes or ()), *(_looks_of(path) if path is not None else ())]


def _looks_of(path: Path) -> Iterable[Look]:
    from ganrt.runtime.bulk import identity_files
    from ganrt.runtime.looks import Look

    found = [Look.parse(row.look) for row in identity_files.read_rows(path, identity_files.LOOKS)]
    if not found:
        raise BadInputFile(f"--looks {path}: no look code in it; expected one a line")
    return found


def as_looks(generator: Generator, request: Request, path: Path | None, design: Design) -> Looks:
    """The looks of a file of identities in which rows set something.

    Raises:
        BadInputFile: a row that the generator cannot draw, which the message names.
        UsageError: options that looks in the file say themselves.
    """
    rows = request.rows or []
    if any(row.look for row in rows):
        design.refuse_beside_looks(f"looks in --identities {path}")
    found: list[tuple[Row, Look]] = []
    for row in rows:
        try:
            look = row.look_in(generator, design.how, design.class_name, design.controls, design.pins)
        except UsageError as error:
            raise BadInputFile(f"--identities {path}, line {row.number}: {error}") from error
        found.append((row, look))
    return Looks(tuple(dict.fromkeys(look for _, look in found)), tuple(found))


def require_drawable(generator: Generator, looks: Looks) -> None:
    """Raises UsageError for a look that the generator does not draw, before any is drawn."""
    from ganrt.runtime.look_drawing import rows_of

    for _ in rows_of(generator, looks):
        pass


def pair_of(item: Item) -> SeedAndIndex:
    """Its seed and index."""
    return item if isinstance(item, tuple) else (item.seed, item.index)


def designed(item: Item) -> str:
    """What tells the file of a designed look from that of the plain picture: its code's hash."""
    from hashlib import sha256

    if isinstance(item, tuple) or item.is_plain:
        return ""
    return f"-look{sha256(item.body.encode()).hexdigest()[:8]}"
