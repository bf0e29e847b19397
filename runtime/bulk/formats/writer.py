"""What a format is: how pictures become pieces (in many threads), and how pieces become a shard (in one, in order)."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.bulk.plan import Item, Plan, Shard
from ganrt.runtime.bulk.records import Json, digest
from ganrt.runtime.bulk.storage import NewFolder, Sink
from ganrt.spec import GeneratorSpec

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Piece:
    """Some pictures, encoded; `data` has one entry a picture, or one a sheet."""

    items: Sequence[Item]
    data: Sequence[bytes]


class ShardWriter(ABC):
    """Writes one shard. After `commit` its files are there, for good; `abandon` leaves nothing."""

    @abstractmethod
    def add(self, piece: Piece) -> None:
        """Appends a piece, in the order of the pictures."""

    @abstractmethod
    def commit(self) -> dict[str, Json]:
        """Makes it appear: its files' names, with `bytes` and `sha256` of each."""

    @abstractmethod
    def abandon(self) -> None:
        """Drops what was not committed."""


class ShardFormat(ABC):
    """A format for one plan. `encode` may be called from several threads at once."""

    piece: int | None = None  # pictures of a piece, where the format needs a certain number
    grows = True  # whether the first pieces alone give the first bytes of the shard

    def __init__(self, plan: Plan) -> None:
        """
        Raises:
            UsageError: its files would be too large.
        """
        self.plan = plan
        self.style, spec = plan.layout.style, GeneratorSpec.from_json(json.dumps(plan.generator["spec"]))
        side = plan.layout.sheet or 1
        self.style.check(spec, side, side)
        assert spec.output is not None
        drawn = (spec.output.height, spec.output.width, spec.output.channels)
        self.shape = self.style.shape(*drawn)
        self._as_drawn = self.shape == drawn and not self.style.origin()
        self.encoder = self.style.encoded

    def make(self, items: Sequence[Item], images: Images) -> Piece:
        """uint8 [n, h, w, c] as they were drawn -> a piece, of pictures in the plan's style."""
        if self._as_drawn:
            return self.encode(items, images)
        pairs = zip(items, images, strict=True)
        return self.encode(items, np.stack([self.style.applied(image, i.seed, i.index) for i, image in pairs]))

    def encode(self, items: Sequence[Item], images: Images) -> Piece:
        """uint8 [n, *shape] -> a piece."""
        return Piece(items, [self.encoder(image, None) for image in images])

    @abstractmethod
    def open(self, storage: Sink, shard: Shard) -> ShardWriter:
        """Begins a shard."""

    def about(self, item: Item) -> dict[str, object]:
        """What is said of a picture beside it; 64-bit integers as strings."""
        told: dict[str, object] = {"seed": str(item.seed), "index": str(item.index)}
        if item.identity is not None:
            told["identity"] = item.identity
        if item.controls:
            told["controls"] = dict(item.controls)
        if item.look:
            told["look"] = item.look
        if self.plan.drawing["class"] is not None:
            told["class"] = self.plan.drawing["class"]
        return told


class SingleFile(ShardWriter):
    """A shard that is one file, hashed while it is written."""

    def __init__(self, storage: Sink, name: str) -> None:
        self.name, self._file = name, storage.create(name)
        self._hash, self._bytes = hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self._bytes += len(data)

    def commit(self) -> dict[str, Json]:
        self._file.commit()
        return {self.name: {"bytes": self._bytes, "sha256": self._hash.hexdigest()}}

    def abandon(self) -> None:
        self._file.abandon()


@dataclass
class FolderOfFiles(ShardWriter):
    """A shard that is a folder; `ending`: of its pictures' names."""

    name: str
    folder: NewFolder
    ending: str
    made: dict[str, Json] = field(default_factory=dict)

    def put(self, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            self.folder.put(name, data)
            self.made[f"{self.name}/{name}"] = {"bytes": len(data), "sha256": digest(data)}

    def commit(self) -> dict[str, Json]:
        self.folder.commit()
        return self.made

    def abandon(self) -> None:
        self.folder.abandon()
