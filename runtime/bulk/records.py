"""What the JSON files of a run may say: every field with its type and limits, and the seal over each file.

Since format 1.1 each file holds the SHA-256 of its own content (`seal_sha256`): a changed bit anywhere shows. Files of
ganrt 0.1.0 (format 1.0) have no seal; they are read by the same limits, and the hashes by which manifest and stats name
each other find most of what is wrong with them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ganrt.checks import Check, boolean, fail, integer, list_of, number, one_of, optional, text
from ganrt.errors import BadInputFile, SpecError
from ganrt.runtime.picture_style import MASKS, MAX_ZOOM
from ganrt.seals import is_sealed, seal
from ganrt.spec import MAX_SIDE, GeneratorSpec

Json = dict[str, Any]
LARGEST_SHARD = 10_000_000
LARGEST_SHARDS = 1_000_000  # of a run: each is two files at least
LARGEST_COUNT = 10**12


def canonical(document: object) -> bytes:
    """JSON with sorted keys and a newline at its end: equal documents are equal bytes."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True).encode() + b"\n"


def digest(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


VERSION = "1.1"
UNSEALED = "1.0"
SEAL = "seal_sha256"
_BYTES = 2**62
_SHOWN = 60
_DIGITS = re.compile(r"0|[1-9][0-9]{0,19}")
_EMPTY: Mapping[str, Check] = {}


class Damaged(BadInputFile):
    """A file of a run that cannot be read any more."""


def record(required: Mapping[str, Check], others: Mapping[str, Check] = _EMPTY) -> Check:
    """A JSON object with these fields, those of `others` if it likes, and no more."""
    known = {**required, **others}

    def check(value: Any, where: str) -> Any:
        if type(value) is not dict:
            raise fail(where, value, "a JSON object")
        for name in required.keys() - value.keys():
            raise SpecError(f"spec field '{_below(where, name)}': missing")
        for name, inner in value.items():
            if name not in known:
                raise SpecError(f"spec field '{_below(where, ascii(name)[1:-1][:_SHOWN])}': unknown")
            known[name](inner, _below(where, name))
        return value

    return check


def table(names: Check, values: Check, limit: int) -> Check:
    """A JSON object whose fields are anybody's: at most `limit` of them."""

    def check(value: Any, where: str) -> Any:
        if type(value) is not dict or len(value) > limit:
            raise fail(where, value, f"a JSON object of at most {limit} fields")
        for name, inner in value.items():
            values(inner, _below(where, names(name, where)))
        return value

    return check


def digits(low: int, high: int) -> Check:
    """An integer as a string of digits: readers of JSON round integers above 2^53."""

    def check(value: Any, where: str) -> Any:
        if type(value) is not str or not _DIGITS.fullmatch(value) or not low <= int(value) <= high:
            raise fail(where, value, f"an integer from {low} to {high} as a string of digits")
        return value

    return check


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _spec(value: Any, where: str) -> Any:
    if type(value) is not dict:
        raise fail(where, value, "a generator spec")
    GeneratorSpec.from_json(json.dumps(value))
    return value


_sha256 = text(64, r"[0-9a-f]{64}", "a SHA-256 in 64 lower-case hexadecimal digits")
_word, _uint64, _number = text(200), digits(0, 2**64 - 1), number(-1e30, 1e30)
_quantity, _lines = integer(0, _BYTES), digits(0, 2**62)
_file = record({"bytes": _quantity, "sha256": _sha256})

PLAN = record(
    {
        "pictures": record(
            {
                "count": digits(1, LARGEST_COUNT),
                "seed": _uint64,
                "start": _uint64,
                "seeds": optional(text(2**28, "[0-9,-]+", "seeds such as 0,1,4-6")),
            }
        ),
        "identities": optional(
            record(
                {
                    "file_sha256": _sha256,
                    "kind": one_of("text", "csv", "jsonl", "parquet", "looks"),
                    "column": optional(text(2**16)),
                    **dict.fromkeys(("lines", "unique", "duplicates", "index_collisions"), _lines),
                },
                dict.fromkeys(("designed", "looks"), _lines),
            )
        ),
        "generator": record(
            {
                **dict.fromkeys(("model", "backend", "device", "precision", "form"), _word),
                "model_sha256": _sha256,
                "spec": _spec,
                "latent_spec": optional(integer(1, 1000)),
                "batch_sizes": list_of(integer(1, 2**31), 3),
                "machine": record({"processor": text(2000), "features": text(16, "[0-9a-f]{16}", "16 digits")}),
                "versions": table(_word, optional(_word), 100),
            }
        ),
        "drawing": record(
            {
                **dict.fromkeys(("psi", "threshold", "statistics_truncation"), optional(_number)),
                "mode": optional(one_of("scale", "resample")),
                "law": optional(
                    record(
                        {"prior": text(2000)},
                        {"psi": _number, "threshold": optional(_number), "psi_mode": _word},
                    ),
                ),
                "class": optional(text(2**20)),
            },
            {"set": text(2**16), "set_z": text(2**20), "latents_sha256": _sha256},
        ),
        "layout": record(
            {
                "format": _word,
                "picture": _word,
                "quality": optional(integer(1, 101)),
                "shard_size": integer(1, LARGEST_SHARD),
                "sheet": optional(integer(1, 64)),
                "signatures": boolean,
            },
            {
                "background": text(7),
                "zoom": integer(2, MAX_ZOOM),
                "size": integer(1, MAX_SIDE),
                "mask": one_of(*MASKS),
            },
        ),
    }
)
_model_file = optional(text(2**12))
COPY = record({"plan": PLAN, "model_file": _model_file})
MANIFEST = record(
    {"plan": PLAN, "complete": boolean},
    {
        "model_file": _model_file,  # not of 0.1.0
        "images": digits(1, LARGEST_COUNT),
        "near_duplicates": record({"pictures": _quantity, "per_million": number(0, 10**6)}),
        "shards": list_of(
            record(
                {"name": _word, "images": _quantity, "bytes": _quantity, "stats_sha256": _sha256},
                {"file": _word, "sha256": _sha256},
            ),
            LARGEST_SHARDS,
        ),
    },
)
STATS = record(
    {
        "plan_sha256": _sha256,
        "shard": integer(0, LARGEST_SHARDS),
        "images": integer(1, LARGEST_SHARD),
        "first": digits(0, LARGEST_COUNT),
        "bytes": _quantity,
        "pieces": record(dict.fromkeys(("count", "smallest", "largest", "bytes"), _quantity)),
        "files": table(_word, _file, LARGEST_SHARD),
    },
    {"identities": _file},
)


def parse(data: bytes, name: str) -> Json:
    """A JSON object.

    Raises:
        Damaged: it is no JSON. BadInputFile: it is something else.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{name} is damaged: it is no JSON") from error
    if not isinstance(document, dict):
        raise BadInputFile(f"{name}: expected a JSON object")
    return document


def sealed(document: Json) -> bytes:
    """What a file of a run that says this holds."""
    return seal({**document, "format_version": VERSION}, SEAL, canonical)


def opened(data: bytes, name: str, check: Check) -> tuple[Json, bool]:
    """What a file of a run says, without version and seal; whether it had a seal.

    Raises:
        Damaged: it was changed since it was written, or is malformed. BadInputFile: it is of a later version, or
            somebody's own.
    """
    document = parse(data, name)
    version, has_seal = document.get("format_version", UNSEALED), SEAL in document
    if has_seal and not is_sealed(data, document, SEAL, canonical):
        raise Damaged(f"{name} is damaged: it was changed since it was written ({SEAL} is not its SHA-256)")
    if version not in (UNSEALED, VERSION):
        raise BadInputFile(f"{name} has the format version {ascii(version)[:20]}; this ganrt reads {VERSION}")
    if has_seal != (version == VERSION):
        raise Damaged(f"{name} is damaged: of format {version} expected {'a' if version == VERSION else 'no'} {SEAL}")
    fields = {key: value for key, value in document.items() if key not in ("format_version", SEAL)}
    try:
        check(fields, "")
    except SpecError as error:
        raise Damaged(f"{name} is damaged: {str(error).removeprefix('spec ')}") from error
    return fields, has_seal
