"""Which kind of checkpoint something is, told from its bytes: suffixes mean nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ganrt.errors import BadInputFile
from ganrt.exporter.source import MENDING
from ganrt.file_kinds import HEAD, describe


def sniff(path: Path, size: int) -> str:
    """'safetensors', 'torch' or 'torch-legacy' (before torch 1.6: a bare pickle).

    Args:
        path: an existing file of `size` bytes, at least one.

    Raises:
        BadInputFile: it is something else; the message says what.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(b"PK"):
        return "torch"
    # The header's length is part of the signature, so a truncated header still counts as safetensors.
    if head[8:9] == b"{" and head[5:8] == b"\0\0\0":
        return "safetensors"
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return "torch-legacy"
    raise BadInputFile(f"{path} is {_name(head, size)}\n{MENDING}")


def check_zip(path: Path, max_bytes: int) -> None:
    """Refuses zip archives that torch.save did not write, and ones that would unpack to more than they hold.

    Raises:
        BadInputFile: the archive is damaged, of another kind, or compressed (torch.save never compresses, so a
            compressed entry is a way to fill the memory from a small file).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OverflowError) as error:
        raise BadInputFile(f"{path} is a damaged or truncated zip archive ({error})\n{MENDING}") from error
    names = [entry.filename.rpartition("/")[2] for entry in entries]
    if "constants.pkl" in names or "archive_format" in names:
        what = "a TorchScript archive" if "constants.pkl" in names else "an exported program"
        raise BadInputFile(
            f"{path} is {what}: it holds code; expected weights only\n"
            "where you trust it: ganrt export FILE -o FILE.onnx --trust, which runs it"
        )
    if "data.pkl" not in names:
        held = ", ".join(filter(None, names[:5]))[:200] or "nothing"
        raise BadInputFile(
            f"{path} is a zip archive of {held}, and torch.save did not write it; if a checkpoint is in it, unpack it: "
            f"unzip\n{MENDING}"
        )
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise BadInputFile(f"{path} is a compressed zip archive; torch.save writes uncompressed ones\n{MENDING}")
    if sum(entry.file_size for entry in entries) > max_bytes:
        raise BadInputFile(f"{path} unpacks to more than {max_bytes} bytes\n{MENDING}")


def _name(head: bytes, size: int) -> str:
    # An ONNX file is a protobuf whose first field is ir_version (tag 0x08), and the producer (0x12) follows.
    if head[:1] == b"\x08" and head[2:3] in (b"\x12", b"\x3a", b"\x42"):
        return "an ONNX model: use it with -m if ganrt wrote it, else ganrt export FILE.onnx -o NEW.onnx"
    return describe(head) or f"of an unknown kind (it begins with {head[:8].hex(' ')}) or damaged, {size} bytes"
