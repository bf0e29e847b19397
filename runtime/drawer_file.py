"""The file of the built-in drawer: made of a portable model, and compared with it at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.drawer.lower import lower
from ganrt.engines.drawer.reference import Machine, read_machine
from ganrt.engines.onnx_file import OnnxFile
from ganrt.errors import NegativeResult
from ganrt.graphs.reader import read_contents
from ganrt.runtime.compare import psnr
from ganrt.runtime.generator import Generator
from ganrt.runtime.sample_inputs import make_inputs
from ganrt.tolerances import GATES

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
        _compare(generator.sample(1, seed=0, start=index)[0], _drawn(machine, generator, index), storage)
    return data


def canary_bytes(generator: Generator) -> bytes:
    """The picture of the canary's seed and index, uint8 [h, w, c], raw: for clients without a PNG reader."""
    canary = generator.spec.canary
    seed, index = (0, 0) if canary is None else (canary.seed, canary.index)
    return bytes(generator.sample(1, seed=seed, start=index)[0].tobytes())


def _drawn(machine: Machine, generator: Generator, index: int) -> U8:
    inputs = make_inputs(generator.spec, 0, index, 1)
    return machine.draw({name: np.asarray(rows.reshape(-1), np.float32) for name, rows in inputs.items()})


def _compare(expected: U8, found: U8, storage: str) -> None:
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
