"""What an engine file says in its first bytes, read without the vendor's library and without a GPU."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from ganrt.errors import BadInputFile

# The first four bytes, by backend.
MAGIC = {"tensorrt-rtx": b"vtrt", "tensorrt": b"ftrt"}
# TensorRT-RTX: magic, padding, format, bytes of the whole file, version (four numbers), magic again, and
# which compute capabilities it was compiled for. Seen in files of 1.7; of TensorRT's only the magic is known.
_RTX = struct.Struct("<4s4xQQ4B4sI")
HEADER_BYTES = _RTX.size


@dataclass(frozen=True)
class Header:
    """The vendor's own words.

    Attributes:
        backend: `tensorrt-rtx` or `tensorrt`.
        bytes: length of the whole file; None where the vendor's header is not understood.
        version: of the library that wrote it, such as "1.7.1.116"; None where it is not understood.
    """

    backend: str
    bytes: int | None
    version: str | None


def read_header(path: Path, start: bytes) -> Header:
    """Reads the first bytes of an engine file.

    Args:
        start: at least `HEADER_BYTES` of the file, or all of a shorter one.

    Raises:
        BadInputFile: it is no engine, or cut within its header.
    """
    backend = next((name for name, magic in MAGIC.items() if start.startswith(magic)), None)
    if backend is None:
        raise BadInputFile(
            f"{path} is not an engine: it begins with {start[:4].hex(' ') or 'nothing'}; expected "
            f"{' or '.join(f'{magic.hex(chr(32))} ({name})' for name, magic in MAGIC.items())}\n{recompile(backend)}"
        )
    if len(start) < HEADER_BYTES:
        raise BadInputFile(
            f"{path} is truncated: {len(start)} bytes, and the header of an engine has {HEADER_BYTES}\n"
            f"{recompile(backend)}"
        )
    if backend != "tensorrt-rtx":
        return Header(backend, None, None)
    _, _, size, *version, again, _ = _RTX.unpack_from(start)
    if again != MAGIC[backend]:  # a later version may lay it out otherwise
        return Header(backend, None, None)
    return Header(backend, size, ".".join(map(str, version)))


def recompile(backend: str | None) -> str:
    """The command that makes an engine again."""
    return f"compile it again: ganrt compile -m MODEL --backend {backend or 'tensorrt-rtx'} -o DIR --force"
