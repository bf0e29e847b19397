"""Archives, read into memory and never unpacked to the disk: `.keras` (zip) and `.tar`, `.tar.gz`.

Nothing in them can name a file outside: absolute names, `..`, links and devices are refused; so is anything that
unpacks to far more than the archive's size.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from ganrt.errors import BadInputFile

CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
_DAMAGED = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError,
    ValueError, NotImplementedError, OverflowError, RuntimeError,
)  # fmt: skip


@contextmanager
def _damage(kind: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise BadInputFile(f"is a damaged or truncated {kind} ({str(error)[:120]})\nexpected a whole one") from error


def is_keras_zip(path: Path) -> bool:
    """Whether a zip archive is Keras' own; damaged ones are not."""
    try:
        with zipfile.ZipFile(path) as archive:
            return bool({CONFIG, WEIGHTS} & set(archive.namelist()))
    except _DAMAGED:
        return False


def read_keras_zip(file: IO[bytes], size: int, max_bytes: int) -> tuple[bytes, bytes]:
    """(config.json, model.weights.h5) of a `.keras` archive of `size` bytes.

    Raises:
        BadInputFile: damaged, one of them missing, or it unpacks to too much.
    """
    limit = unpacked_limit(size, max_bytes)
    with _damage("zip archive"), zipfile.ZipFile(file) as archive:
        missing = {CONFIG, WEIGHTS} - set(archive.namelist())
        if missing:
            raise BadInputFile(f"is a .keras archive without {' and '.join(sorted(missing))}\nexpected a whole one")
        members = []
        for name in (CONFIG, WEIGHTS):
            _check_compression(archive.getinfo(name))
            with archive.open(name) as stream:
                data = _whole(Limited(stream, limit))
            limit -= len(data)
            members.append(data)
    return members[0], members[1]


def _check_compression(entry: zipfile.ZipInfo) -> None:
    """Keras stores or deflates. Python's bzip2 and LZMA unpack a block of any size before a limit can stop them."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadInputFile(
            f"has {entry.filename} compressed by method {entry.compress_type}; Keras stores or deflates\n"
            "save it again with Keras, or zip it anew"
        )


def read_tar(file: IO[bytes], size: int, max_bytes: int) -> dict[str, bytes]:
    """The regular files of a tar archive, gzipped or not, by name.

    Raises:
        BadInputFile: damaged, or a member that is no regular file or folder below the archive's root, or it unpacks
            to too much.
    """
    gzipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    files: dict[str, bytes] = {}
    with _damage("tar archive in gzip" if gzipped else "tar archive"):
        plain = gzip.GzipFile(fileobj=file) if gzipped else file
        # The limit lies below the tar reader, since a header alone may be a bomb.
        stream = cast(IO[bytes], Limited(cast(IO[bytes], plain), unpacked_limit(size, max_bytes)))
        with _opened(stream, gzipped) as archive:
            for count, member in enumerate(archive):
                _check_member(member, count)
                if member.isreg():
                    files[_clean(member.name)] = _member(archive, member)
        while stream.read(2**20):  # to the end, where gzip has its checksum
            pass
    return files


def _opened(stream: IO[bytes], gzipped: bool) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=stream, mode="r|")
    except tarfile.ReadError:
        if gzipped:
            raise BadInputFile("is a gzipped file and no archive\nunpack it: gunzip FILE") from None
        raise


def _check_member(member: tarfile.TarInfo, count: int) -> None:
    name = member.name[:80]
    if count >= MAX_MEMBERS:
        raise BadInputFile(f"holds more than {MAX_MEMBERS} files\nexpected an archive of one model")
    parts = member.name.replace("\\", "/").split("/")
    if parts[0] == "" or ".." in parts or ":" in parts[0]:
        raise BadInputFile(f"holds {name!r}, a name outside of the archive\nexpected relative names without ..")
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise BadInputFile(f"holds {name!r}, a link, a device or a sparse file\nexpected files and folders")


def _clean(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    assert stream is not None  # a regular file
    data = stream.read()
    if len(data) != member.size:
        raise BadInputFile(f"ends within {member.name[:80]!r}: damaged or truncated\nexpected a whole archive")
    return data


def _whole(stream: Limited) -> bytes:
    blocks = []
    while block := stream.read(2**20):
        blocks.append(block)
    return b"".join(blocks)


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


class Folder:
    """Files by relative names with forward slashes: of an archive, or on the disk."""

    def __init__(self, files: Mapping[str, bytes | Path], max_bytes: int = 0) -> None:
        self._files, self._max_bytes = files, max_bytes

    @classmethod
    def on_disk(cls, root: Path, max_bytes: int) -> Folder:
        """The files in `root` and in its subfolder `variables`: all that a SavedModel or a checkpoint needs."""
        found = [path for path in (*root.iterdir(), *(root / "variables").glob("*")) if path.is_file()]
        return cls({path.relative_to(root).as_posix(): path for path in found}, max_bytes)

    def names(self) -> list[str]:
        return sorted(self._files)

    def size(self, name: str) -> int:
        file = self._files[name]
        return len(file) if isinstance(file, bytes) else file.stat().st_size

    def read(self, name: str) -> bytes:
        file = self._files[name]
        if isinstance(file, bytes):
            return file
        if self.size(name) > self._max_bytes:
            raise BadInputFile(f"{name} has {self.size(name)} bytes\nexpected at most {self._max_bytes}")
        return file.read_bytes()


def folder_sha256(folder: Folder, names: Iterable[str]) -> str:
    """SHA-256 over the files `names` in sorted order.

    Each counts as its name in UTF-8, a zero byte, its length in decimal digits, a zero byte and its bytes.
    """
    digest = hashlib.sha256()
    for name in sorted(names):
        data = folder.read(name)
        digest.update(name.encode() + b"\0" + str(len(data)).encode() + b"\0")
        digest.update(data)
    return digest.hexdigest()
