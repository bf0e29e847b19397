"""Protocol buffers' wire format (protobuf.dev, "Encoding"), as far as ONNX files and TensorFlow's checkpoints need it.

What is damaged raises ValueError.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

Field = tuple[int, int, int | memoryview]


def fields(data: memoryview) -> Iterator[Field]:
    """Iterates over (field number, wire type, value) of one message."""
    position = 0
    while position < len(data):
        key, position = varint(data, position)
        number, wire = key >> 3, key & 7
        if key >> 32:  # other readers drop the bits beyond, and would see another field than this one
            raise ValueError(f"field number {number}")
        if wire == VARINT:
            value, position = varint(data, position)
            yield number, wire, value
            continue
        if wire == BYTES:
            length, position = varint(data, position)
        elif wire in (FIXED64, FIXED32):
            length = 8 if wire == FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} at byte {position}")
        if number == 0 or position + length > len(data):
            raise ValueError(f"a field of {length} bytes runs past the end")
        yield number, wire, data[position : position + length]
        position += length


def without(data: bytes, number: int) -> bytes:
    """A message's bytes without the field `number`; all else stays as it lies there."""
    view, position, kept = memoryview(data), 0, []
    while position < len(view):
        start = position
        key, position = varint(view, position)
        size = {FIXED64: 8, FIXED32: 4, VARINT: 0}.get(key & 7)
        length, position = varint(view, position) if size in (None, 0) else (size, position)
        position += length if size is None else size
        if key >> 3 != number:
            kept.append(view[start:position])
    return b"".join(kept)


def varint(data: bytes | memoryview, position: int) -> tuple[int, int]:
    """The number at a position, 0 to 2^64 - 1, and where it ends."""
    value = shift = 0
    while True:
        if position >= len(data):
            raise ValueError("a number is cut off")
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if not byte & 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def message(value: int | memoryview) -> memoryview:
    """A field's value as the bytes of a message; raises ValueError if it is a number."""
    if isinstance(value, int):
        raise ValueError("a number where a message was expected")
    return value


def text(value: int | memoryview) -> str:
    """A field's value as text."""
    return bytes(message(value)).decode()


def packed(data: memoryview) -> list[int]:
    """The numbers of a packed repeated field."""
    values, position = [], 0
    while position < len(data):
        value, position = varint(data, position)
        values.append(value)
    return values


def values(data: bytes) -> dict[int, int | bytes]:
    """The last value of each field: numbers, also those of fixed size, and bytes."""
    found: dict[int, int | bytes] = {}
    for number, wire, value in fields(memoryview(data)):
        plain = value if isinstance(value, int) else bytes(value)
        found[number] = int.from_bytes(plain, "little") if isinstance(plain, bytes) and wire != BYTES else plain
    return found


def messages(data: bytes, number: int) -> list[bytes]:
    """The values of the field `number`, which have a length."""
    return [
        bytes(message(value)) for found, wire, value in fields(memoryview(data)) if (found, wire) == (number, BYTES)
    ]


def signed(value: int) -> int:
    """A varint read as int64, which is how ONNX writes integers."""
    return value - 2**64 if value >= 2**63 else value
