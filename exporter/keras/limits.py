"""Limits that every archive and folder is read under."""

from __future__ import annotations

from typing import IO

from ganrt.errors import BadInputFile

MAX_MEMBERS = 10_000
_RATIO = 20  # trained weights hardly compress: an archive that unpacks to twenty times its size is no model
_FLOOR = 64 * 2**20


def unpacked_limit(size: int, max_bytes: int) -> int:
    """How many bytes an archive of `size` bytes may unpack to."""
    return min(max_bytes, max(_FLOOR, _RATIO * size))


class Limited:
    """A readable stream that raises BadInputFile once more than `limit` bytes came out of it."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._left = limit
        self._limit = limit

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        data = self._stream.read(min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise BadInputFile(f"unpacks to more than {self._limit} bytes\nexpected an archive of a model's weights")
        return data
