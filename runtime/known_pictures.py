"""Pictures with known answers, for whoever builds a client: a sheet, and where each lies on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.engines.drawer.lower import lower
from ganrt.engines.drawer.reference import Machine, read_machine
from ganrt.engines.onnx_file import OnnxFile
from ganrt.errors import NegativeResult
from ganrt.graphs.reader import read_contents
from ganrt.pixels import comparable, one_level
from ganrt.runtime.compare import psnr
from ganrt.runtime.generator import Generator
from ganrt.runtime.pictures import atlas, decode_png, encode_png, sheet
from ganrt.runtime.sample_inputs import make_inputs
from ganrt.tolerances import GATES

SHEET, DESCRIPTION = "pictures.png", "pictures.json"
IDENTITIES = ("player-8841", "", "Zoë", "名前", "\U0001f600")
PAIRS = ((0, 0), (0, 1), (42, 7), (2**64 - 1, 2**64 - 1))
_LARGEST = 512 * 512  # pixels: of larger pictures the canary has to do


def known_pictures(generator: Generator) -> dict[str, bytes]:
    """The two files; none for large pictures. FP32 by whatever draws in `generator`."""
    output = generator.spec.output
    if output is None or output.height * output.width > _LARGEST:
        return {}
    told = {f"identity{number}": {"identity": name} for number, name in enumerate(IDENTITIES)}
    told |= {f"image{number}": {"seed": str(seed), "index": str(index)} for number, (seed, index) in enumerate(PAIRS)}
    images = [_drawn(generator, _told(about)) for about in told.values()]
    page = sheet(images, 3)
    more = [
        {**about, "sha256": hashlib.sha256(image.tobytes()).hexdigest()}
        for about, image in zip(told.values(), images, strict=True)
    ]
    document = atlas(list(told), images[0].shape, 3, SHEET, page.shape, more)
    return {
        SHEET: encode_png(page),
        DESCRIPTION: (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode(),
    }


def wrong_pictures(generator: Generator, page: bytes, description: bytes) -> Iterator[str]:
    """The names of those that `generator` draws otherwise, and by how much.

    Raises:
        ValueError: the description is not one.
    """
    try:
        document: dict[str, Any] = json.loads(description)
        frames = [
            (name, _told(entry), *(int(entry["frame"][key]) for key in "xywh"))
            for name, entry in document["frames"].items()
        ]
        stored = decode_png(page)
        if stored is None:
            raise ValueError(f"{SHEET} is not a PNG picture")
    except (cv2.error, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"expected a sheet and where each picture lies ({type(error).__name__})") from error
    for name, told, x, y, width, height in frames:
        drawn = _drawn(generator, told)
        cut = stored[y : y + height, x : x + width]
        if cut.shape != drawn.shape or not cut.size:
            yield f"{name}: expected {list(drawn.shape)}, found {list(cut.shape)}"
        elif (apart := np.abs(comparable(cut) - comparable(drawn)).max()) > one_level(drawn.shape[2]):
            yield f"{name}: off by {apart:g} of 255"


def _told(about: Mapping[str, Any]) -> str | tuple[int, int]:
    """An identity, or seed and index."""
    if "identity" in about:
        return str(about["identity"])
    return int(about["seed"]), int(about["index"])


def _drawn(generator: Generator, told: str | tuple[int, int]) -> NDArray[np.uint8]:
    if isinstance(told, str):
        return generator.avatar(told)
    return np.asarray(generator.sample(1, seed=told[0], start=told[1])[0])


U8 = NDArray[np.uint8]
STORAGE = ("fp32", "fp16")
_SAMPLES = {"fp32": 2, "fp16": 8}
_MOST, _SHARE = 1, 0.001  # of 255, on this share of the values


def make_drawer(model: OnnxFile, generator: Generator, storage: str = "fp32") -> bytes:
    """The file of a model's drawer; `generator` has the model open.

    Raises:
        NoDrawerError: the model needs what the built-in drawer does not know.
        NegativeResult: its pictures are not the model's: more than 1 of 255 off, or on more than 0.1 % of the values;
            in half precision, the worst picture is below 45 dB.
    """
    data = lower(read_contents(model.data).graph, model.spec()).to_bytes(half=storage == "fp16")
    machine = read_machine(data)
    for index in range(_SAMPLES[storage]):
        _compare_drawn(generator.sample(1, seed=0, start=index)[0], _by_machine(machine, generator, index), storage)
    return data


def canary_bytes(generator: Generator) -> bytes:
    """The picture of the canary's seed and index, uint8 [h, w, c], raw: for clients without a PNG reader."""
    canary = generator.spec.canary
    seed, index = (0, 0) if canary is None else (canary.seed, canary.index)
    return bytes(generator.sample(1, seed=seed, start=index)[0].tobytes())


def _by_machine(machine: Machine, generator: Generator, index: int) -> U8:
    inputs = make_inputs(generator.spec, 0, index, 1)
    return machine.draw({name: np.asarray(rows.reshape(-1), np.float32) for name, rows in inputs.items()})


def _compare_drawn(expected: U8, found: U8, storage: str) -> None:
    apart = np.abs(expected.astype(np.int16) - found)
    if storage == "fp16":
        level = psnr(expected, found)
        if level < GATES[storage]:
            gate = GATES[storage]
            raise NegativeResult(
                f"drawer: its pictures in fp16 are at {level:.1f} dB, expected {gate:g}: --drawer fp32"
            )
    elif apart.max() > _MOST or np.mean(apart > 0) > _SHARE:
        raise NegativeResult(
            f"drawer: its pictures are off by {apart.max()} of 255, and on {np.mean(apart > 0):.2%} of the values"
        )
