"""Files of identities, read as a stream: one a line, a column of a CSV or Parquet file, or a field of JSON lines.

Always UTF-8, whatever the system's encoding: the same name must give the same avatar everywhere. For the same reason
nothing but the file's name decides how it is read, and a name that promises another structure is refused.

Lines of text are names and nothing else: a player may be called `ganrt:avatars-2:0:1`. In files with columns a row may
also say what its picture looks like, in columns of these names:

| Column | Holds |
|---|---|
| `control:NAME` | what the named control is set to; it wins over --set |
| `reroll` | which draw for the same identity: 0, 1, 2, ... |
| `look` | a look code, which says everything itself: no other cell of the row may |

An empty cell sets nothing. Other columns are the file's own business.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.arguments import shown
from ganrt.runtime.identity import MAX_REROLL, identity_index
from ganrt.runtime.looks import Look
from ganrt.runtime.settings import NOTHING, Settings, as_settings, overridden, settings_text

if TYPE_CHECKING:
    from ganrt.runtime.design import Design
    from ganrt.runtime.generator import Generator

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

    def look_in(self, generator: Generator, design: Design) -> Look:
        """The look of its picture, where the file's other rows are drawn so.

        Raises:
            UsageError: the generator does not draw it.
        """
        from ganrt.runtime.look_drawing import rows_of

        if self.look:
            look = Look.parse(self.look)
        else:
            controls = overridden(design.controls, generator.controls.canonical(self.controls))
            look = design.look(generator, (0, self.index), controls)
        next(rows_of(generator, [look]))
        return look


def is_setting(name: str) -> bool:
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


LONGEST = 1 << 16  # bytes of a line
COLUMN = "identity"
READ = ".csv, .jsonl, .ndjson or .parquet, or lines of text (.txt)"
_KINDS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
# As lines of text these would give an avatar to every bracket or row.
_NOT_READ = re.compile(
    r"\.(json5?|tsv|tab|xlsx?|ods|ya?ml|toml|xml|html?|sql|db|sqlite3?|arrow|feather|avro|orc|np[yz]|pkl|docx?|odt|pdf"
    r"|gz|bz2|xz|zst|zip|tar)"
)
_RENAME = "rename one of them, or name another to `ganrt generate`: --identity-column NAME"
_WIDE = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
LOOKS = "looks"  # the kind of a file of look codes, which no name tells: --looks does
Numbered = tuple[int, str]
Cells = tuple[int, str, dict[str, object]]  # line or row, identity, and what the columns that set something hold


def kind_of(path: Path) -> str:
    """How a file of this name is read: `text`, `csv`, `jsonl` or `parquet`.

    Raises:
        BadInputFile: its name says that it is neither these nor lines of text.
    """
    suffix = path.suffix.lower()
    if _NOT_READ.fullmatch(suffix):
        raise BadInputFile(f"--identities {path}: {suffix} is not read; expected {READ}")
    return _KINDS.get(suffix, "text")


def read_rows(path: Path, kind: str, column: str | None = None) -> Iterator[Row]:
    """Every identity in a file, with what its row sets; empty lines are passed over.

    Args:
        path: a file; `-`: standard input, as lines.
        kind: see `kind_of`; or `looks`: a look code a line, which is its own identity.
        column: of CSV, JSON lines and Parquet the field that holds it; None: `identity`.

    Raises:
        BadInputFile: the file is missing, or a line is malformed, which the message names.
        UsageError: `column` for lines of text.
    """
    option = option_of(kind)
    if kind in ("text", LOOKS) and column is not None:
        raise UsageError(f"--identity-column {column}: lines of text have no columns; it is for .csv, .jsonl, .parquet")
    if str(path) != "-" and (not path.exists() or path.is_dir()):
        missing = "" if path.exists() else "does not exist; "
        what = "look codes" if kind == LOOKS else "identities"
        raise BadInputFile(f"{option} {path}: {missing}expected a file of {what}")
    reader: Callable[[Path, str], Iterator[Cells]] = _READERS[kind]
    for number, identity, cells in reader(path, column or COLUMN):
        if "\0" in identity:
            raise _bad(path, number, "it holds a zero byte")
        if not cells:
            yield Row(number, identity)
            continue
        try:
            yield make_row(number, identity, cells)
        except UsageError as error:
            raise _bad(path, number, str(error), option) from error


def option_of(kind: str) -> str:
    """The option by which a file of this kind is given."""
    return "--looks" if kind == LOOKS else "--identities"


def contradiction(path: Path, option: str, row: Row) -> BadInputFile:
    """What is said of an identity that stands in a file twice, with other settings."""
    return BadInputFile(
        f"{option} {path}, line {row.number}: {ascii(row.identity)[:60]} stands there again, with other settings\n"
        "expected an identity once, or the same each time"
    )


def _text(path: Path, _: str) -> Iterator[Cells]:
    for number, line in _lines(path):
        if "\r" in line:  # two players would become one
            raise _bad(path, number, "a carriage return inside the line; expected lines that end in LF or CRLF")
        if line:
            yield number, line, {}


def _looks(path: Path, _: str) -> Iterator[Cells]:
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            code = Look.parse(line).code
        except UsageError as error:
            raise _bad(path, number, str(error), "--looks") from error
        yield number, code, {"look": code}


def _csv(path: Path, column: str) -> Iterator[Cells]:
    last = 0

    def lines() -> Iterator[str]:
        nonlocal last
        for number, line in _lines(path):
            last = number
            yield line + "\n"

    rows = csv.reader(lines(), strict=True)
    try:
        head = next(rows, [])
        place, settings = _places(path, head, column)
        for row in rows:
            if row and (len(row) != len(head) or not row[place]):
                wrong = f"{len(row)} fields; expected {len(head)}" if len(row) != len(head) else f"'{column}' is empty"
                raise _bad(path, last, wrong)
            if row:
                yield last, row[place], {name: row[k] for name, k in settings.items()}
    except csv.Error as error:
        raise _bad(path, last, str(error)) from error


def _places(path: Path, head: list[str], column: str) -> tuple[int, dict[str, int]]:
    """Where the identity stands in a row, and what sets something, by its column's name."""
    if head.count(column) != 1:
        separator = next((each for each in (";", "\t", "|") if len(head) == 1 and each in head[0]), "")
        if separator:
            raise BadInputFile(
                f"--identities {path}: its first line has {separator!r} between the columns; expected commas\n"
                "save it as CSV with commas (in Excel: CSV UTF-8, comma delimited)"
            )
        raise BadInputFile(
            f"--identities {path}: its first line names the columns {', '.join(head)[:200] or '(none)'}; "
            f"expected '{column}' among them, once\n{_RENAME}"
        )
    settings = {name: k for k, name in enumerate(head) if name != column and is_setting(name)}
    twice = [name for name in settings if head.count(name) > 1]
    if twice:
        raise BadInputFile(f"--identities {path}: its first line names the column {twice[0]} twice; expected it once")
    return head.index(column), settings


def _jsonl(path: Path, column: str) -> Iterator[Cells]:
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            long = "digits" in str(error)  # Python's limit for numbers
            raise _bad(path, number, "a number of thousands of digits; expected text" if long else "no JSON") from error
        identity = _as_text(value.get(column) if isinstance(value, dict) else value)
        if not isinstance(identity, str) or not identity:
            raise _bad(path, number, f"expected a string or a whole number, or an object whose '{column}' is one")
        try:
            identity.encode()
        except UnicodeEncodeError as error:
            raise _bad(path, number, "it holds half of a surrogate pair") from error
        fields = value.items() if isinstance(value, dict) else ()
        yield number, identity, {name: given for name, given in fields if name != column and is_setting(name)}


def _parquet(path: Path, column: str) -> Iterator[Cells]:
    from ganrt.runtime.bulk.parquet_columns import read_columns

    for number, given, cells in read_columns(path, "--identities", column, is_setting):
        value = _as_text(given)
        if not isinstance(value, str) or not 0 < len(value.encode()) <= LONGEST:
            wrong = f"row {number}: expected text of 1 to {LONGEST} bytes, or a whole number (cast others)"
            raise _bad(path, number, wrong)
        yield number, value, cells


def _as_text(value: object) -> object:
    """A whole number as its decimal digits: an id that is a number in one file and text in another is one player."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_READERS = {"text": _text, "csv": _csv, "jsonl": _jsonl, "parquet": _parquet, LOOKS: _looks}


def _lines(path: Path) -> Iterator[Numbered]:
    """The lines of a UTF-8 file without their ends; a byte order mark is no part of the first."""
    with _opened(path) as file:
        for number, line in enumerate(_bounded(path, file), 1):
            if number == 1:
                if line[:2] in _WIDE:
                    raise BadInputFile(f"--identities {path} is in {_WIDE[line[:2]]}; expected UTF-8")
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                yield number, line.removesuffix(b"\n").removesuffix(b"\r").decode()
            except UnicodeDecodeError as error:
                raise _bad(path, number, f"byte {error.start + 1} of it is not UTF-8") from error


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb")


def _bounded(path: Path, file: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise _bad(path, number, f"longer than {LONGEST} bytes")
        yield line


def _bad(path: Path, number: int, wrong: str, option: str = "--identities") -> BadInputFile:
    return BadInputFile(f"{option} {path}, line {number}: {wrong}")
