"""What a lower precision is calibrated on and judged by: inputs from the prior, or test pictures of translators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.inputs import make_inputs
from ganrt.engines.precisions import Samples
from ganrt.engines.protocol import Arrays
from ganrt.spec import GeneratorSpec, psi_input

JUDGED_SEED, CALIBRATION_SEED = 2, 3  # the export's own verification has seed 1
_MOST, _LEAST, _CALIBRATION = 256, 8, 16
_VALUES = 2**27  # of all pictures together, in uint8


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
