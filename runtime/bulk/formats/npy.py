"""Format `npy`: the pixels, uint8 [n, h, w, c] a shard, for `numpy.load(..., mmap_mode="r")`."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from ganrt.runtime.bulk.formats.writer import Images, Piece, ShardFormat, ShardWriter, SingleFile
from ganrt.runtime.bulk.plan import Item, Shard, shard_file
from ganrt.runtime.bulk.storage import Sink


class _Array(SingleFile):
    def add(self, piece: Piece) -> None:
        self.write(b"".join(piece.data))


class Npy(ShardFormat):
    """`00000.npy`."""

    def encode(self, items: Sequence[Item], images: Images) -> Piece:
        """No encoding: pixels in C order."""
        return Piece(items, [image.tobytes() for image in images])

    def open(self, storage: Sink, shard: Shard) -> ShardWriter:
        """The header first: it tells how many pictures follow."""
        head = io.BytesIO()
        about = {"descr": "|u1", "fortran_order": False, "shape": (shard.count, *self.shape)}
        np.lib.format.write_array_header_1_0(head, about)
        writer = _Array(storage, shard_file(self.plan, shard))
        writer.write(head.getvalue())
        return writer
