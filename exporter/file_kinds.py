"""Which kind of file something is, told from its bytes: suffixes of checkpoints mean nothing.

Sources of the signatures: the formats' specifications (PNG, JPEG, zip), safetensors' format page
(8-byte little-endian header length, then JSON), and pickle's opcodes (0x80: PROTO).
"""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

from ganrt.errors import BadInputFile

MENDING = (
    "expected a checkpoint written by safetensors (.safetensors), torch.save (.pth, .pt, .pkl), "
    "Keras (.keras, .h5) or TensorFlow (SavedModel, .index), or a folder with config.json and its weights"
)
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a WebP picture or another RIFF file"),
    (b"\x93NUMPY", "a NumPy array"),
)


def sniff(path: Path, size: int) -> str:
    """'safetensors', 'torch' or 'torch-legacy' (before torch 1.6: a bare pickle).

    Args:
        path: an existing file of `size` bytes, at least one.

    Raises:
        BadInputFile: it is something else; the message says what.
    """
    with path.open("rb") as file:
        head = file.read(512)
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
        raise BadInputFile(
            f"{path} is a zip archive that torch.save did not write (no data.pkl); unpack it if a checkpoint is in it\n"
            f"{MENDING}"
        )
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise BadInputFile(f"{path} is a compressed zip archive; torch.save writes uncompressed ones\n{MENDING}")
    if sum(entry.file_size for entry in entries) > max_bytes:
        raise BadInputFile(f"{path} unpacks to more than {max_bytes} bytes\n{MENDING}")


def _name(head: bytes, size: int) -> str:
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    # An ONNX file is a protobuf whose first field is ir_version (tag 0x08), and the producer (0x12) follows.
    if head[:1] == b"\x08" and head[2:3] in (b"\x12", b"\x3a", b"\x42"):
        return "an ONNX model: use it with -m if ganrt wrote it, else ganrt export FILE.onnx -o NEW.onnx"
    if head.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, which stands for the file; fetch it: git lfs pull"
    if head.lstrip()[:9].lower() in (b"<!doctype", b"<html>", b"<html lan") or b"<html" in head[:200].lower():
        return "an HTML page: the download failed, or wants a login; download the file again"
    if _is_text(head):
        return "a text file"
    return f"of an unknown kind (it begins with {head[:8].hex(' ')}) or damaged, {size} bytes"


def _is_text(head: bytes) -> bool:
    # The last character may be cut off, hence the incremental decoder.
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n" for character in text)
