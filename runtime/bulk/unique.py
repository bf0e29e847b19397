"""How many pictures look like another one: a perceptual hash of each, and a search for neighbours.

The hash is the usual pHash (Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010): grey
at 32 x 32, discrete cosine transform, the signs of the 64 lowest frequencies against their median. A grey hash does
not see colour; so the means of 4 x 4 fields in each channel are compared as well.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile
from ganrt.pixels import comparable, over
from ganrt.runtime.bulk.plan import Plan, Shard
from ganrt.runtime.bulk.records import Json, digest
from ganrt.runtime.bulk.storage import Storage, read, write
from ganrt.runtime.picture_style import WHITE

Images = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Looks = NDArray[Any]  # records of `signatures`
DISTANCE = 3  # bits of 64
COLOUR = 16  # levels of 255, the largest difference of a field's mean
FIELDS = 4
_BANDS = 4  # pictures within 3 bits of each other agree in at least one of four groups of 16 bits
_LONGEST_WALK = 4096  # neighbours of a picture in one band that are looked at


def signature(image: Images) -> tuple[int, NDArray[np.uint8]]:
    """The hash of uint8 [h, w, c] as an integer of 64 bits, and the field means, uint8 [4 * 4 * c].

    RGBA is hashed over white, and the means of its fields are premultiplied: what is clear has no colour.
    """
    colour = over(image, WHITE)
    grey = image[..., 0] if image.shape[2] == 1 else cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:8, :8].ravel()
    bits = low > np.median(low)
    seen = comparable(image).round().astype(np.uint8) if image.shape[2] == 4 else image
    fields = cv2.resize(seen, (FIELDS, FIELDS), interpolation=cv2.INTER_AREA)
    return int.from_bytes(np.packbits(bits).tobytes(), "big"), np.asarray(fields, np.uint8).reshape(-1)


def signatures(images: Images) -> Looks:
    """What uint8 [n, h, w, c] look like: a record each, `hash` uint64 and `fields` uint8 [4 * 4 * c]."""
    kind = np.dtype([("hash", "<u8"), ("fields", "u1", (FIELDS * FIELDS * images.shape[3],))])
    return np.array([signature(image) for image in images], kind)


def write_signatures(storage: Storage, shard: Shard, looks: Sequence[Looks]) -> dict[str, Json]:
    """Writes a shard's signatures; returns the file's name, with its `bytes` and `sha256`."""
    made = io.BytesIO()
    np.save(made, np.concatenate(looks))
    data = made.getvalue()
    write(storage, shard.signatures, data)
    return {shard.signatures: {"bytes": len(data), "sha256": digest(data)}}


def count_near_duplicates(storage: Storage, plan: Plan) -> Json:
    """How many pictures of a finished run look like an earlier one; 8 bytes a picture, and 16 a channel, are held.

    Raises:
        BadInputFile: the signatures of a shard are missing or damaged.
    """
    found: list[Looks] = []
    for shard in plan.shards():
        try:
            looks = np.load(io.BytesIO(read(storage, shard.signatures) or b""), allow_pickle=False)
            found.append(looks[["hash", "fields"]])
        except (ValueError, EOFError, OSError, IndexError, KeyError) as error:
            raise BadInputFile(
                f"{shard.signatures} is missing or damaged: ganrt bulk audit --repair draws it anew"
            ) from error
    looks = np.concatenate(found)
    count = int(near_duplicates(looks["hash"].astype(np.uint64), looks["fields"]).sum())
    return {"pictures": count, "per_million": round(count * 1e6 / plan.count, 1)}


def near_duplicates(hashes: U64, fields: Images) -> NDArray[np.bool_]:
    """Which pictures look like an earlier one: bool [n].

    They do where at most 3 bits of the hash and 16 levels of any field's mean differ. Of a picture that shares 16 bits
    with more than 4096 others (a generator that draws only a few pictures) those next to it are looked at.
    """
    later = np.zeros(len(hashes), bool)
    for band in range(_BANDS):
        keys = (hashes >> np.uint64(16 * band)).astype(np.uint16)
        order = np.argsort(keys, kind="stable")
        for one, other in _neighbours(keys[order]):
            i, j = order[one], order[other]
            close = _ones(hashes[i] ^ hashes[j]) <= DISTANCE
            i, j = i[close], j[close]
            far = np.abs(fields[i].astype(np.int16) - fields[j]).max(axis=1, initial=0) > COLOUR
            later[np.maximum(i, j)[~far]] = True
    return later


def _neighbours(keys: NDArray[np.uint16]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Pairs of places with equal keys, of sorted keys: first those next to each other, then those two apart ..."""
    places = np.arange(len(keys))
    for step in range(1, _LONGEST_WALK + 1):
        places = places[places + step < len(keys)]
        places = places[keys[places] == keys[places + step]]
        if not len(places):
            return
        yield places, places + step


def _ones(values: U64) -> NDArray[np.uint8]:
    """Set bits of each: uint64 [n] -> [n]."""
    table = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.uint8)
    counts: NDArray[np.uint8] = table[values.view(np.uint8).reshape(-1, 8)].sum(axis=1, dtype=np.uint8)
    return counts
