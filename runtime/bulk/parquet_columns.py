"""Columns of a Parquet file of identities, row by row.

A page says how long it is unpacked, and the reader reserves that before it unpacks anything. So the headers of all
pages are read first, and a file that would unpack to far more than it holds is refused. The file's footer, which says
where columns lie, and the headers are Thrift structs in its compact protocol (github.com/apache/parquet-format,
parquet.thrift). pyarrow would tell the same of a sound footer, and ends the process at some damaged ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from ganrt.errors import BadInputFile
from ganrt.graphs.wire import varint
from ganrt.runtime.bulk.formats.parquet import import_pyarrow

_LARGEST_PAGE = 64 * 2**20  # writers make pages of about 1 MiB
_RATIO, _FLOOR = 100, 256 * 2**20  # what is read may unpack to so many times the file, or to so much
_LONGEST_FOOTER, _LONGEST_HEADER = 2**24, 2**18  # headers hold the least and the largest value of a page
_DEEPEST = 16  # structs and lists within each other; a footer has some eight
_TRUE, _FALSE, _BYTE, _INTEGERS, _DOUBLE, _BINARY, _LISTS, _STRUCT = 1, 2, 3, (4, 5, 6), 7, 8, (9, 10), 12
# Fields of FileMetaData, RowGroup, ColumnChunk, ColumnMetaData and PageHeader.
_ROW_GROUPS, _COLUMNS, _ABOUT = 4, 1, 3
_PATH, _LENGTH, _DATA, _DICTIONARY = 3, 7, 9, 11
_UNPACKED, _PACKED = 2, 3
# Of the readers here, and of pyarrow where names are no UTF-8.
_DAMAGED = (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, MemoryError)


def read_columns(
    path: Path, option: str, column: str, further: Callable[[str], bool]
) -> Iterator[tuple[int, object, dict[str, object]]]:
    """(row from 1, what `column` holds, what further columns hold) of every row, in bounded memory.

    Args:
        option: by which the file was given, for messages.
        further: whether a column is wanted beside `column`.

    Raises:
        BadInputFile: no Parquet file, without that column, of a type that holds no text or numbers, damaged, or one
            that unpacks to far more than it holds.
    """
    pyarrow, where = import_pyarrow(), f"{option} {path}"
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
        if column not in schema.names:
            raise BadInputFile(
                f"{where}: its columns are {', '.join(schema.names)[:200]}; expected '{column}' among them\n"
                "rename one of them, or name another to `ganrt generate`: --identity-column NAME"
            )
        names = [column, *(name for name in schema.names if name != column and further(name))]
        kinds = {name: schema.field(name).type for name in names}
        for name, kind in kinds.items():
            _check_type(pyarrow.types, where, name, kind)
        with path.open("rb") as stream:
            _check_pages(stream, set(names), where)
        # As dictionaries, a text that a million rows repeat is held once.
        texts = [name for name, kind in kinds.items() if pyarrow.types.is_string(kind)]
        with pyarrow.parquet.ParquetFile(path, read_dictionary=texts) as file:
            number = 0
            for batch in file.iter_batches(1000, columns=names):
                columns = {name: batch.column(name) for name in names}
                for k in range(batch.num_rows):
                    number += 1
                    cells = {name: _cell(where, number, name, values[k]) for name, values in columns.items()}
                    yield number, cells.pop(column), cells
    except (pyarrow.ArrowException, *_DAMAGED) as error:
        reason = str(error).partition("\n")[0][:200]
        raise BadInputFile(f"{where} is no Parquet file that can be read: {reason}") from error


def _check_type(types: Any, where: str, name: str, kind: Any) -> None:
    plain = kind.value_type if types.is_dictionary(kind) else kind
    texts = (types.is_string, types.is_large_string, types.is_string_view, types.is_binary, types.is_large_binary)
    if not any(fits(plain) for fits in (*texts, types.is_integer, types.is_floating, types.is_boolean, types.is_null)):
        raise BadInputFile(f"{where}: column '{name}' is of type {kind}; expected text or whole numbers (cast it)")


def _cell(where: str, number: int, name: str, value: Any) -> object:
    try:
        return value.as_py()
    except UnicodeDecodeError as error:
        raise BadInputFile(f"{where}, row {number}: byte {error.start + 1} of its '{name}' is not UTF-8") from error


def _check_pages(file: BinaryIO, names: set[str], where: str) -> None:
    size = file.seek(0, 2)
    total, most = 0, max(_FLOOR, _RATIO * size)
    for unpacked in _pages(file, size, names):
        total += unpacked
        if unpacked > _LARGEST_PAGE or total > most:
            raise BadInputFile(
                f"{where}: its {size} bytes unpack to more than {_LARGEST_PAGE if unpacked > _LARGEST_PAGE else most}\n"
                "expected a file of identities; write it again in smaller pages, or as .csv"
            )


def _pages(file: BinaryIO, size: int, names: set[str]) -> Iterator[int]:
    """How long each page of some columns is, unpacked; ValueError and the like where the file is damaged."""
    file.seek(size - 8)
    length = int.from_bytes(file.read(4), "little")
    if length > min(size - 8, _LONGEST_FOOTER):
        raise ValueError(f"a footer of {length} bytes")
    file.seek(size - 8 - length)
    footer, _ = _struct(file.read(length), 0)
    for group in footer[_ROW_GROUPS]:
        for chunk in group[_COLUMNS]:
            about = chunk[_ABOUT]
            if about[_PATH][0].decode() in names:
                yield from _pages_of(file, about)


def _pages_of(file: BinaryIO, about: Mapping[int, Any]) -> Iterator[int]:
    start, left, dictionary = about[_DATA], about[_LENGTH], about.get(_DICTIONARY, 0)
    if 0 < dictionary < start:
        start = dictionary
    while left > 0:
        file.seek(start)
        header, length = _struct(file.read(min(left, _LONGEST_HEADER)), 0)
        unpacked, packed = header[_UNPACKED], header[_PACKED]
        if unpacked < 0 or packed < 0:
            raise ValueError(f"a page of {packed} bytes")
        yield unpacked
        start, left = start + length + packed, left - length - packed


def _struct(data: bytes, position: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """The fields of a struct by their numbers, and where it ends."""
    fields, field = dict[int, Any](), 0
    while begin := data[position]:
        field, position = (field + (begin >> 4), position + 1) if begin >> 4 else _zigzag(data, position + 1)
        kind = begin & 15
        if kind in (_TRUE, _FALSE):
            fields[field] = kind == _TRUE
        else:
            fields[field], position = _value(data, position, kind, depth)
    return fields, position + 1


def _value(data: bytes, position: int, kind: int, depth: int) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if kind in _INTEGERS:
        return _zigzag(data, position)
    if kind == _STRUCT:
        return _struct(data, position, depth + 1)
    if kind in _LISTS:
        count, inner = data[position] >> 4, data[position] & 15
        count, position = varint(data, position + 1) if count == 15 else (count, position + 1)
        values = []
        for _ in range(count):  # each has a byte at least: a count that lies ends in an IndexError
            value, position = _value(data, position, inner, depth + 1)
            values.append(value)
        return values, position
    if kind not in (_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY):
        raise ValueError(f"a field of type {kind}")
    length, position = varint(data, position) if kind == _BINARY else (8 if kind == _DOUBLE else 1, position)
    if position + length > len(data):
        raise ValueError("a value that is cut off")
    return data[position : position + length], position + length


def _zigzag(data: bytes, position: int) -> tuple[int, int]:
    value, position = varint(data, position)
    return (value >> 1) ^ -(value & 1), position
