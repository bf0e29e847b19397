"""Format `webdataset`: a tar file a shard, in it `KEY.png` and `KEY.json` of each picture.

The tar is written by hand, in POSIX's ustar form: no owner, no time, the same bytes for the same pictures, and several
times as fast as `tarfile`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ganrt.runtime.bulk.formats.writer import Images, Piece, ShardFormat, ShardWriter, SingleFile
from ganrt.runtime.bulk.plan import Item, Plan, Shard, shard_file
from ganrt.runtime.bulk.storage import Sink

_BLOCK = 512
_END = bytes(2 * _BLOCK)
# Behind the name (100 bytes): mode, owner, group, size, time, checksum, type, link name, magic, the rest.
_BEFORE_SIZE = b"0000644\0" + b"0000000\0" * 2
_AFTER_SIZE = b"00000000000\0"
_AFTER_CHECKSUM = b"0" + bytes(100) + b"ustar\x0000" + bytes(_BLOCK - 265)
_FIXED_SUM = sum(_BEFORE_SIZE + _AFTER_SIZE + _AFTER_CHECKSUM) + 8 * ord(" ")


def header(name: bytes, size: int) -> bytes:
    """The ustar header of a file: name of at most 99 bytes, size below 8 GiB."""
    length = b"%011o\0" % size
    checksum = b"%06o\0 " % (sum(name) + sum(length) + _FIXED_SUM)
    return b"".join((name.ljust(100, b"\0"), _BEFORE_SIZE, length, _AFTER_SIZE, checksum, _AFTER_CHECKSUM))


class _Tar(SingleFile):
    def add(self, piece: Piece) -> None:
        self.write(b"".join(piece.data))

    def commit(self) -> dict[str, dict[str, object]]:
        self.write(_END)
        return super().commit()


class WebDataset(ShardFormat):
    """`00000.tar`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._ending = self.style.ending.encode()

    def encode(self, items: Sequence[Item], images: Images) -> Piece:
        """Pictures as tar members: the work that can be done in many threads is done there."""
        pairs = zip(items, images, strict=True)
        return Piece(items, [b"".join(self._members(item, self.encoder(image, None))) for item, image in pairs])

    def open(self, storage: Sink, shard: Shard) -> ShardWriter:
        return _Tar(storage, shard_file(self.plan, shard))

    def _members(self, item: Item, picture: bytes) -> Iterator[bytes]:
        key = item.key.encode()
        about = json.dumps(self.about(item), sort_keys=True).encode()
        for ending, data in ((self._ending, picture), (b".json", about)):
            yield header(key + ending, len(data))
            yield data
            yield bytes(-len(data) % _BLOCK)
