"""Format `files`: a folder a shard, a file a picture. A PNG says what drew it."""

from __future__ import annotations

from collections.abc import Sequence

from ganrt.runtime.bulk.formats.writer import FolderOfFiles, Images, Piece, ShardFormat, ShardWriter
from ganrt.runtime.bulk.plan import Item, Plan, Shard
from ganrt.runtime.bulk.storage import Sink


class _Folder(FolderOfFiles):
    def add(self, piece: Piece) -> None:
        self.put({item.key + self.ending: data for item, data in zip(piece.items, piece.data, strict=True)})


class Files(ShardFormat):
    """`00000/seed0-index00000000.png`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        told = {name: value for name, value in plan.generator.items() if name not in ("spec", "machine", "versions")}
        self._common = {**told, **plan.drawing, **self.style.origin(), "ganrt": plan.generator["versions"]["ganrt"]}

    def encode(self, items: Sequence[Item], images: Images) -> Piece:
        pairs = zip(items, images, strict=True)
        return Piece(items, [self.encoder(image, {**self._common, **self.about(item)}) for item, image in pairs])

    def open(self, storage: Sink, shard: Shard) -> ShardWriter:
        return _Folder(shard.name, storage.create_folder(shard.name), self.style.ending)
