"""What a file is, told from its first bytes: for messages, where it is not what was expected.

Sources of the signatures: the formats' specifications (PNG, JPEG, zip, gzip, HDF5), POSIX's ustar, Git LFS's pointer
files, safetensors' format page (8-byte little-endian header length, then JSON), pickle's opcodes (0x80: PROTO).
"""

from __future__ import annotations

import codecs
from pathlib import Path

HEAD = 512  # bytes that are enough
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a WebP picture or another RIFF file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"version https://git-lfs", "a Git LFS pointer, which stands for the file; fetch it: git lfs pull"),
    (b"\x1f\x8b", "a gzipped file; unpack it: gunzip, or tar xzf"),
)


def describe(head: bytes) -> str:
    """Such as "a PNG picture"; "" if nothing is known about it.

    Args:
        head: its first `HEAD` bytes.
    """
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[257:262] == b"ustar":
        return "a tar archive; unpack it: tar xf"
    if head.lstrip()[:9].lower() == b"<!doctype" or b"<html" in head[:200].lower():
        return "an HTML page: the download failed, or wants a login; download the file again"
    return "a text file" if _is_text(head) else ""


def is_checkpoint(head: bytes) -> bool:
    """Whether it looks like weights: of torch, safetensors or Keras."""
    pickled = head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    safetensors = head[8:9] == b"{" and head[5:8] == b"\0\0\0"
    return head.startswith((b"PK", b"\x89HDF\r\n\x1a\n")) or pickled or safetensors


def no_onnx(path: Path, head: bytes, reason: str) -> str:
    """What is said of a file that should be an ONNX model and is none; `reason` where nothing is known about it."""
    if is_checkpoint(head):
        return f"{path} is not an ONNX file but a checkpoint\nexport it first: ganrt export {path} -o model.onnx"
    what = describe(head)
    return (
        f"{path} is not an ONNX file but {what}" if what else f"{path} is not an ONNX file, or it is damaged ({reason})"
    )


def _is_text(head: bytes) -> bool:
    # The last character may be cut off, hence the incremental decoder.
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n" for character in text)
