"""Inputs that a model is measured, calibrated and judged with: from the prior, or test pictures of translators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.precisions import Samples
from ganrt.engines.protocol import Arrays
from ganrt.errors import UsageError
from ganrt.runtime.compare import comparison_picture
from ganrt.runtime.labels import label_weights
from ganrt.runtime.sampling import NO_TRUNCATION, draw, psi_value
from ganrt.runtime.styles import whole_wanted
from ganrt.spec import GeneratorSpec, psi_input

JUDGED_SEED, CALIBRATION_SEED = 2, 3  # the export's own verification has seed 1
_MOST, _LEAST, _CALIBRATION = 256, 8, 16
_VALUES = 2**27  # of all pictures together, in uint8


def make_inputs(spec: GeneratorSpec, seed: int, start: int, count: int) -> Arrays:
    """What the graph takes for images `start` to `start + count - 1` of `seed`; of translators test pictures.

    Raises:
        UsageError: the model neither draws from latents nor translates.
    """
    if spec.task == "translate":
        return {"source": np.stack([comparison_picture(spec, seed, start + i) for i in range(count)])}
    if spec.task != "generate" or spec.latent is None:
        what = f"'{spec.name}' has the task '{spec.task}': the harness measures generators and translators"
        raise UsageError(what + whole_wanted(spec))
    seeds, indices = np.full(count, seed, np.uint64), np.arange(start, start + count, dtype=np.uint64)
    inputs: dict[str, NDArray[np.generic]] = {"z": draw(spec.latent, seeds, indices)}
    weights = label_weights(spec, None, seeds, indices)
    if weights is not None:
        inputs["labels"] = weights
    if psi_input(spec) is not None:
        inputs["truncation"] = np.full(count, psi_value(spec, NO_TRUNCATION), np.float32)
    return inputs


def precision_samples(spec: GeneratorSpec) -> Samples:
    """Images 0 on of two seeds: 256 (fewer large ones, but at least 8) to judge by, and 16 others to calibrate on.

    Models that take their batch-norm statistics' truncation as an input get its whole range.

    Raises:
        UsageError: the model neither draws from latents nor translates.
    """
    size = max(picture.height * picture.width * picture.channels for picture in (spec.image, spec.output) if picture)
    count = max(_LEAST, min(_MOST, _VALUES // size))
    return Samples(_inputs(spec, CALIBRATION_SEED, min(count, _CALIBRATION)), _inputs(spec, JUDGED_SEED, count))


def _inputs(spec: GeneratorSpec, seed: int, count: int) -> Arrays:
    inputs: dict[str, NDArray[np.generic]] = dict(make_inputs(spec, seed, 0, count))
    psi = psi_input(spec)
    if psi is not None:
        high = min(psi.high, 1.0)
        low = psi.low if psi.zero else max(psi.low, high / 100)
        values = np.linspace(high, low, count, dtype=np.float32)
        inputs["truncation"] = np.random.default_rng(seed).permutation(values)
    return inputs
