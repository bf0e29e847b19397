"""Format `atlas`: sprite sheets of N x N pictures, each with a JSON file that says what is where."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ganrt.runtime.bulk.formats.writer import FolderOfFiles, Images, Piece, ShardFormat, ShardWriter
from ganrt.runtime.bulk.plan import Item, Plan, Shard
from ganrt.runtime.bulk.storage import Storage
from ganrt.runtime.pictures import sheet


class _Sheets(FolderOfFiles):
    ending = ""

    def add(self, piece: Piece) -> None:
        """A sheet and its description."""
        name = f"{len(self.made) // 2:04d}"
        picture, about = piece.data
        self.put({name + self.ending: picture, name + ".json": about})


class Atlas(ShardFormat):
    """`00000/0000.png` and `00000/0000.json`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._side = plan.layout.sheet or 1
        self.piece = self._side**2

    def encode(self, items: Sequence[Item], images: Images) -> Piece:
        """One sheet; the last one has fewer rows, its last row is filled up with white, of RGBA with nothing."""
        height, width, _ = self.shape
        page = sheet(images, self._side)
        frames = [
            {**self.about(item), "key": item.key, "x": i % self._side * width, "y": i // self._side * height}
            for i, item in enumerate(items)
        ]
        about = {"width": page.shape[1], "height": page.shape[0], "frame": [width, height], "frames": frames}
        return Piece(items, [self.encoder(page, None), json.dumps(about, sort_keys=True).encode() + b"\n"])

    def files(self, shard: Shard) -> str:
        """See `ShardFormat`."""
        return shard.name

    def open(self, storage: Storage, shard: Shard) -> ShardWriter:
        """See `ShardFormat`."""
        sheets = _Sheets(shard.name, storage.create_folder(shard.name))
        sheets.ending = self.style.ending
        return sheets
