"""Files of identities, read as a stream: one a line, a column of a CSV or Parquet file, or a field of JSON lines.

Always UTF-8, whatever the system's encoding: the same name must give the same avatar everywhere.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ganrt.errors import BadInputFile, UsageError

LONGEST = 1 << 16  # bytes of a line
COLUMN = "identity"
_WIDE = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
Numbered = tuple[int, str]


def kind_of(path: Path) -> str:
    """How a file of this name is read: `text`, `csv`, `jsonl` or `parquet`."""
    suffix = path.suffix.lower()
    return {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}.get(suffix, "text")


def read_identities(path: Path, kind: str, column: str | None = None) -> Iterator[Numbered]:
    """(line or row number from 1, identity) of every identity in a file; empty lines are passed over.

    Args:
        column: of CSV, JSON lines and Parquet the field that holds it; None: `identity`.

    Raises:
        BadInputFile: the file is missing, or a line is malformed, which the message names.
        UsageError: `column` for lines of text.
    """
    if kind == "text" and column is not None:
        raise UsageError(f"--identity-column {column}: lines of text have no columns; it is for .csv, .jsonl, .parquet")
    if not path.is_file():
        raise BadInputFile(f"--identities {path}: expected a file of identities")
    reader: Callable[[Path, str], Iterator[Numbered]] = _READERS[kind]
    for number, identity in reader(path, column or COLUMN):
        if "\0" in identity:
            raise _bad(path, number, "it holds a zero byte")
        yield number, identity


def _text(path: Path, _: str) -> Iterator[Numbered]:
    return ((number, line) for number, line in _lines(path) if line)


def _csv(path: Path, column: str) -> Iterator[Numbered]:
    last = 0

    def lines() -> Iterator[str]:
        nonlocal last
        for number, line in _lines(path):
            last = number
            yield line + "\n"

    rows = csv.reader(lines(), strict=True)
    try:
        head = next(rows, [])
        if head.count(column) != 1:
            raise BadInputFile(
                f"--identities {path}: its first line names the columns {', '.join(head)[:200] or '(none)'}; "
                f"expected '{column}' among them, once\nname another: --identity-column NAME"
            )
        place = head.index(column)
        for row in rows:
            if row and (len(row) != len(head) or not row[place]):
                wrong = f"{len(row)} fields; expected {len(head)}" if len(row) != len(head) else f"'{column}' is empty"
                raise _bad(path, last, wrong)
            if row:
                yield last, row[place]
    except csv.Error as error:
        raise _bad(path, last, str(error)) from error


def _jsonl(path: Path, column: str) -> Iterator[Numbered]:
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _bad(path, number, "no JSON") from error
        identity = value.get(column) if isinstance(value, dict) else value
        if not isinstance(identity, str) or not identity:
            raise _bad(path, number, f"expected a string, or an object whose '{column}' is one")
        try:
            identity.encode()
        except UnicodeEncodeError as error:
            raise _bad(path, number, "it holds half of a surrogate pair") from error
        yield number, identity


def _parquet(path: Path, column: str) -> Iterator[Numbered]:
    from ganrt.runtime.bulk.formats.parquet import import_pyarrow

    pyarrow = import_pyarrow()
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            if column not in file.schema_arrow.names:
                raise BadInputFile(
                    f"--identities {path}: its columns are {', '.join(file.schema_arrow.names)[:200]}; "
                    f"expected '{column}' among them\nname another: --identity-column NAME"
                )
            number = 0
            for batch in file.iter_batches(10_000, columns=[column]):
                for value in batch.column(0).to_pylist():
                    number += 1
                    if not isinstance(value, str) or not 0 < len(value.encode()) <= LONGEST:
                        raise _bad(path, number, f"row {number}: expected text of 1 to {LONGEST} bytes")
                    yield number, value
    except (pyarrow.ArrowException, OSError) as error:
        raise BadInputFile(f"--identities {path} is no Parquet file that can be read: {error}") from error


_READERS = {"text": _text, "csv": _csv, "jsonl": _jsonl, "parquet": _parquet}


def _lines(path: Path) -> Iterator[Numbered]:
    """The lines of a UTF-8 file without their ends; a byte order mark is no part of the first."""
    with path.open("rb") as file:
        for number, line in enumerate(_bounded(path, file), 1):
            if number == 1:
                if line[:2] in _WIDE:
                    raise BadInputFile(f"--identities {path} is in {_WIDE[line[:2]]}; expected UTF-8")
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                yield number, line.removesuffix(b"\n").removesuffix(b"\r").decode()
            except UnicodeDecodeError as error:
                raise _bad(path, number, f"byte {error.start + 1} of it is not UTF-8") from error


def _bounded(path: Path, file: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise _bad(path, number, f"longer than {LONGEST} bytes")
        yield line


def _bad(path: Path, number: int, wrong: str) -> BadInputFile:
    return BadInputFile(f"--identities {path}, line {number}: {wrong}")
