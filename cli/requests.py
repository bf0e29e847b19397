"""Which pictures a command asks for: (seed, index) pairs from seeds, a range or identities, or looks by their codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Union

import typer

from ganrt.cli.app import say
from ganrt.errors import BadInputFile, UsageError

if TYPE_CHECKING:
    from ganrt.runtime.bulk.identity_files import Row
    from ganrt.runtime.design import Design
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.latent_files import LatentFile
    from ganrt.runtime.looks import Look

_MAX_COUNT = 10**12
SeedAndIndex = tuple[int, int]
Latents = Annotated[
    Path | None,
    typer.Option(
        "--latents",
        help="Latents from a file in place of sampled ones; truncation leaves them as they are. .npy, .npz (one "
        "array, or z) or .csv, float32 [n, dim].",
    ),
]


@dataclass(frozen=True)
class SelectionOptions:
    """Which pictures, as they are asked for."""

    panel: ClassVar[str] = "Which pictures"
    seeds: Annotated[str | None, typer.Option("--seeds", help="The first image of each seed: 0,1,4-6.")] = None
    count: Annotated[int | None, typer.Option("--count", "-n", help="How many images of --seed.")] = None
    seed: Annotated[int, typer.Option("--seed", help="An unsigned 64-bit integer.")] = 0
    start: Annotated[int, typer.Option("--start", help="The first index of --seed.")] = 0
    identities: Annotated[
        Path | None,
        typer.Option(
            "--identities",
            help="A UTF-8 file: .csv, .jsonl, .parquet (see --identity-column), or one identity a line, taken as it "
            "stands, as in -, standard input. Each gets its own image. Empty lines and repetitions are skipped.",
        ),
    ] = None
    identity_column: Annotated[
        str | None, typer.Option("--identity-column", help="Of .csv, .jsonl or .parquet. Default: identity.")
    ] = None
    latents: Latents = None
    looks: Annotated[
        Path | None,
        typer.Option("--looks", help="A file of look codes, one a line; - is standard input."),
    ] = None


@dataclass(frozen=True)
class LooseSelectionOptions(SelectionOptions):
    """The same of loose pictures, of which one player's may be asked for by name."""

    name: Annotated[
        str | None, typer.Option("--name", help="One identity, such as a player's name: its own image.")
    ] = None
    reroll: Annotated[
        int, typer.Option("--reroll", help="With --name: another image of the same identity, 1, 2, ... Default: 0.")
    ] = 0


@dataclass(frozen=True)
class Request:
    """The pairs asked for, in order. An index range is not spelled out: memory does not grow with its length.

    Attributes:
        seeds: the first image of each, where they were given.
        indices: the indices of `seed`, else.
        identities: whom the indices belong to, if anybody.
        rows: of a file of identities in which rows set something all its rows.
        latents: those of the pictures, where they were given; the indices are rows of it.
    """

    seed: int
    indices: range | list[int]
    seeds: list[int] | None = None
    identities: list[str] | None = None
    latents: LatentFile | None = None
    rows: list[Row] | None = None

    def __len__(self) -> int:
        return len(self.indices if self.seeds is None else self.seeds)

    def __iter__(self) -> Iterator[SeedAndIndex]:
        if self.seeds is not None:
            return ((seed, 0) for seed in self.seeds)
        return ((self.seed, index) for index in self.indices)


def read_request(selection: SelectionOptions, cells: tuple[int, int] | None = None) -> Request:
    """Settles what the options ask for.

    Args:
        cells: columns and rows of the contact sheet; without a count, as many images as it has cells.

    Raises:
        UsageError: options that exclude each other, or numbers out of range. BadInputFile: no identities to read.
    """
    from ganrt.runtime.latent_files import read_latent_file
    from ganrt.runtime.seeds import parse_seeds

    check_choice(selection)
    if selection.latents is not None:
        given = read_latent_file(selection.latents)
        return Request(0, range(len(given.z)), latents=given)
    if selection.seeds is not None:  # the same seed twice is drawn once
        return Request(0, [], seeds=list(dict.fromkeys(parse_seeds(selection.seeds))))
    if selection.identities is not None:
        rows = read_rows(selection.identities, selection.identity_column)
        designed = rows if any(row.is_designed for row in rows) else None
        return Request(0, [row.index for row in rows], identities=[row.identity for row in rows], rows=designed)
    count, seed, start = selection.count, selection.seed, selection.start
    if count is None:
        count = cells[0] * cells[1] if cells else 1
    if not 1 <= count <= _MAX_COUNT:
        raise UsageError(f"--count {count}: expected 1 to {_MAX_COUNT}")
    if not 0 <= seed < 2**64 or not 0 <= start < 2**64:
        raise UsageError(f"--seed {seed} --start {start}: expected integers from 0 to 2^64 - 1")
    if start + count > 2**64:
        raise UsageError(f"--start {start} --count {count}: the last index passes 2^64 - 1")
    return Request(seed, range(start, start + count))


def read_loose(selection: LooseSelectionOptions, cells: tuple[int, int] | None = None) -> Request:
    """The same, where --name may stand alone.

    Raises:
        UsageError, BadInputFile: see `read_request`.
    """
    from ganrt.runtime.identity import identity_index

    if selection.name is None:
        if selection.reroll:
            raise UsageError(f"--reroll {selection.reroll}: it belongs to --name")
        return read_request(selection, cells)
    if replace(selection, name=None, reroll=0) != LooseSelectionOptions():
        raise UsageError(
            f"--name {selection.name}: expected no --seeds, --count, --seed, --start, --identities or --latents with it"
        )
    return Request(0, [identity_index(selection.name, reroll=selection.reroll)], identities=[selection.name])


def check_choice(selection: SelectionOptions) -> None:
    """Raises UsageError for options that exclude each other."""
    given = {
        "--seeds": selection.seeds,
        "--count": selection.count,
        "--identities": selection.identities,
        "--latents": selection.latents,
        "--looks": selection.looks,
    }
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise UsageError("--seeds, --count, --identities, --latents and --looks: expected one of them")
    if selection.identities is None and selection.identity_column is not None:
        raise UsageError(f"--identity-column {selection.identity_column}: it belongs to --identities")
    if names not in ([], ["--count"]) and (selection.seed or selection.start):
        raise UsageError(f"{names[0]}: --seed and --start belong to --count")


def read_rows(path: Path, column: str | None = None) -> list[Row]:
    """The rows of a file of identities (`-`: standard input), each once; that some were repeated is said.

    A run in shards reads the same file by the same reader: the same players get the same avatars.

    Args:
        column: which one of the file's columns, if it has any; None: `identity`.

    Raises:
        BadInputFile: it is missing or malformed, holds no identity, or one twice with other settings.
        UsageError: a column of lines of text.
    """
    from ganrt.runtime.bulk import identity_files

    lines = 0
    rows: dict[str, Row] = {}
    for row in identity_files.read_rows(path, identity_files.kind_of(path), column):
        lines += 1
        if rows.setdefault(row.identity, row).design != row.design:
            raise identity_files.contradiction(path, "--identities", row)
    if not rows:
        raise BadInputFile(f"--identities {path}: no identity in it; expected one a line")
    if len(rows) < lines:
        say(f"{lines} lines name {len(rows)} identities: each is drawn once")
    return list(rows.values())


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


def refuse_beside_looks(design: Design, of: str = "a look code") -> None:
    """Raises UsageError where something is set that look codes say themselves."""
    given = {
        "--truncation and the like": design.truncation != type(design.truncation)(),
        "--set": design.controls,
        "--set-z": design.pinned,
        "--class": design.labels is not None,
    }
    for name, value in given.items():
        if value:
            raise UsageError(f"{name} beside {of}: the code says it all; expected no {name} with it")


def read_codes(codes: Sequence[str] | None, selection: SelectionOptions) -> Looks | None:
    """The looks of codes that stand in the command line or in the file of --looks, each once; None: there are none.

    Raises:
        UsageError: no codes, or options that say which pictures beside them. BadInputFile: no such file.
    """
    given = parse_codes(codes, selection.looks)
    if not given:
        return None
    for item in fields(selection):
        if item.name != "looks" and getattr(selection, item.name) != item.default:
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
        refuse_beside_looks(design, f"looks in --identities {path}")
    found: list[tuple[Row, Look]] = []
    for row in rows:
        try:
            look = row.look_in(generator, design)
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
