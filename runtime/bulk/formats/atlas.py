"""Format `atlas`: sheets of N x N pictures, each with a JSON file in the form of all sheets (`runtime/pictures.py`)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ganrt.runtime.bulk.formats.writer import FolderOfFiles, Images, Piece, ShardFormat, ShardWriter
from ganrt.runtime.bulk.plan import Item, Plan, Shard
from ganrt.runtime.bulk.storage import Sink
from ganrt.runtime.pictures import atlas, sheet

_FIRST = "0000"


class _Sheets(FolderOfFiles):
    def add(self, piece: Piece) -> None:
        name = f"{len(self.made) // 2:04d}"
        picture, about = piece.data
        about = about.replace(f'"image": "{_FIRST}.'.encode(), f'"image": "{name}.'.encode(), 1)
        self.put({name + self.ending: picture, name + ".json": about})


class Atlas(ShardFormat):
    """`00000/0000.png` and `00000/0000.json`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._side = plan.layout.sheet or 1
        self.piece = self._side**2

    def encode(self, items: Sequence[Item], images: Images) -> Piece:
        """One sheet; the last one has fewer rows, its last row is filled up with white, of RGBA with nothing."""
        page = sheet(images, self._side)
        if str(self.plan.generator["versions"]["ganrt"]).startswith("0.1."):
            return Piece(items, [self.encoder(page, None), self._as_0_1(items, page)])
        names, more = [item.key for item in items], [self.about(item) for item in items]
        image = _FIRST + self.style.ending  # `add` knows which sheet of the shard it is
        document = atlas(names, self.shape, self._side, image, page.shape, more)
        return Piece(items, [self.encoder(page, None), json.dumps(document).encode() + b"\n"])

    def _as_0_1(self, items: Sequence[Item], page: Images) -> bytes:
        """How 0.1 described a sheet: its runs go on and are audited, byte for byte."""
        height, width, _ = self.shape
        frames = [
            {**self.about(item), "key": item.key, "x": i % self._side * width, "y": i // self._side * height}
            for i, item in enumerate(items)
        ]
        about = {"width": page.shape[1], "height": page.shape[0], "frame": [width, height], "frames": frames}
        return json.dumps(about, sort_keys=True).encode() + b"\n"

    def open(self, storage: Sink, shard: Shard) -> ShardWriter:
        return _Sheets(shard.name, storage.create_folder(shard.name), self.style.ending)
