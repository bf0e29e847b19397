"""The formats of a shard: one a file, found through one lazy table."""

from __future__ import annotations

from importlib import import_module

from ganrt.runtime.bulk.formats.writer import Piece, ShardFormat, ShardWriter
from ganrt.runtime.bulk.plan import Plan

__all__ = ["Piece", "ShardFormat", "ShardWriter", "open_format"]

_FORMATS = {
    "files": "ganrt.runtime.bulk.formats.files:Files",
    "webdataset": "ganrt.runtime.bulk.formats.webdataset:WebDataset",
    "parquet": "ganrt.runtime.bulk.formats.parquet:Parquet",
    "atlas": "ganrt.runtime.bulk.formats.atlas:Atlas",
    "npy": "ganrt.runtime.bulk.formats.npy:Npy",
}


def open_format(plan: Plan) -> ShardFormat:
    """The format of a plan.

    Raises:
        BackendUnavailable: its package is missing.
    """
    module, _, name = _FORMATS[plan.layout.format].partition(":")
    made: ShardFormat = getattr(import_module(module), name)(plan)
    return made
