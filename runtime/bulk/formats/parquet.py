"""Format `parquet`: a file a shard, the encoded pictures and what is known of them in its columns.

`image` is a struct {bytes, path}, as Hugging Face `datasets` stores its `Image` feature (which the schema's metadata
names, so that pictures come out decoded); DuckDB and pandas read `image.bytes`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from ganrt.errors import BackendUnavailable
from ganrt.runtime.bulk.formats.writer import Piece, ShardFormat, ShardWriter, SingleFile
from ganrt.runtime.bulk.plan import Item, Plan, Shard, shard_file
from ganrt.runtime.bulk.storage import Sink
from ganrt.runtime.settings import settings_text

INSTALL = 'pip install "ganrt[parquet]"'
_GROUP_BYTES = 32 * 2**20  # of pictures in a row group: what is held before it is written


def import_pyarrow() -> Any:
    """pyarrow with its parquet module.

    Raises:
        BackendUnavailable: it is missing.
    """
    try:
        module = import_module("pyarrow")
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise BackendUnavailable(f"parquet needs pyarrow, which is missing: {error}\ninstall it: {INSTALL}") from error
    return module


class _Sink(io.RawIOBase):
    """What pyarrow writes to."""

    def __init__(self, target: SingleFile) -> None:
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._target.write(bytes(data))
        return len(data)


class _Table(SingleFile):
    def __init__(self, storage: Sink, name: str, pyarrow: Any, schema: Any, ending: str) -> None:
        super().__init__(storage, name)
        self._pyarrow, self._schema, self._ending = pyarrow, schema, ending
        self._rows: list[tuple[Item, bytes]] = []
        self._held = 0
        self._writer = pyarrow.parquet.ParquetWriter(
            _Sink(self), schema, compression="none", use_dictionary=False, write_statistics=["key", "seed", "index"]
        )

    def add(self, piece: Piece) -> None:
        self._rows += zip(piece.items, piece.data, strict=True)
        self._held += sum(map(len, piece.data))
        if self._held >= _GROUP_BYTES:
            self._write_group()

    def commit(self) -> dict[str, dict[str, object]]:
        if self._rows:
            self._write_group()
        self._writer.close()
        return super().commit()

    def abandon(self) -> None:
        """Left open, pyarrow's writer would write its footer whenever it is collected."""
        with suppress(Exception):
            self._writer.close()
        super().abandon()

    def _write_group(self) -> None:
        columns = {
            "key": [item.key for item, _ in self._rows],
            "image": [{"bytes": data, "path": item.key + self._ending} for item, data in self._rows],
            "seed": [item.seed for item, _ in self._rows],
            "index": [item.index for item, _ in self._rows],
            "identity": [item.identity for item, _ in self._rows],
            "controls": [settings_text(item.controls) for item, _ in self._rows],
            "look": [item.look for item, _ in self._rows],
        }
        wanted = {name: columns[name] for name in self._schema.names}
        self._writer.write_table(self._pyarrow.Table.from_pydict(wanted, schema=self._schema))
        self._rows, self._held = [], 0


class Parquet(ShardFormat):
    """`00000.parquet`."""

    grows = False

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._pyarrow = import_pyarrow()
        of_identities = () if plan.identities is None else ("identity",)
        designed = ("controls", "look") if plan.identities and "designed" in plan.identities else ()
        self._schema = _schema(self._pyarrow, (*of_identities, *designed))

    def open(self, storage: Sink, shard: Shard) -> ShardWriter:
        return _Table(storage, shard_file(self.plan, shard), self._pyarrow, self._schema, self.style.ending)


def _schema(pyarrow: Any, texts: Sequence[str]) -> Any:
    kinds = {"key": "string", "image": "image", "seed": "uint64", "index": "uint64", **dict.fromkeys(texts, "string")}
    picture = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    types = {"string": pyarrow.string(), "uint64": pyarrow.uint64(), "image": picture}
    features = {
        name: {"_type": "Image"} if kind == "image" else {"dtype": kind, "_type": "Value"}
        for name, kind in kinds.items()
    }
    told = {"huggingface": json.dumps({"info": {"features": features}})}
    return pyarrow.schema([(name, types[kind]) for name, kind in kinds.items()], metadata=told)
