"""Protocol buffers' wire format, as far as TensorFlow's checkpoints need it (protobuf.dev, "Encoding")."""

from __future__ import annotations

from collections.abc import Iterator

_MAX_VARINT = 10


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """(value, position after it).

    Raises:
        ValueError: it is longer than ten bytes or cut off.
    """
    value = 0
    for i in range(_MAX_VARINT):
        if at + i >= len(data):
            raise ValueError("a number is cut off")
        byte = data[at + i]
        value |= (byte & 0x7F) << (7 * i)
        if not byte & 0x80:
            return value, at + i + 1
    raise ValueError("a number has too many bytes")


def read_fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value): integers for varints and fixed sizes, bytes for what has a length.

    Raises:
        ValueError: the message is damaged.
    """
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = read_varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = read_varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + size > len(data):
            raise ValueError("a field is cut off")
        field = data[at : at + size]
        yield number, field if wire == 2 else int.from_bytes(field, "little")
        at += size


def messages(data: bytes, number: int) -> list[bytes]:
    """The values of the field `number`, which have a length."""
    return [value for found, value in read_fields(data) if found == number and isinstance(value, bytes)]
