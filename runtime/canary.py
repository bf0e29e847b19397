"""The canary: what the portable FP32 form made once, a picture or a latent, made again to see that nothing changed."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BackendUnavailable, SpecError, UsageError
from ganrt.pattern import pattern, pattern_size
from ganrt.pixels import comparable, reduce
from ganrt.runtime.labels import LabelsLike
from ganrt.runtime.latents import latents
from ganrt.runtime.pictures import decode_png
from ganrt.spec import Canary, GeneratorSpec
from ganrt.tolerances import CANARY_STEPS, GATES


class Draws(Protocol):
    """What a canary asks of a generator."""

    @property
    def spec(self) -> GeneratorSpec: ...
    @property
    def backend(self) -> str: ...
    @property
    def precision(self) -> str: ...
    def sample(self, count: int, *, seed: int, start: int, labels: LabelsLike | None) -> NDArray[np.uint8]: ...
    def translate(self, images: NDArray[np.uint8], /) -> NDArray[np.uint8]: ...
    def encode(self, images: NDArray[np.uint8], /) -> NDArray[np.float32]: ...


def canary_picture(canary: Canary) -> NDArray[np.uint8]:
    """The stored picture, uint8 [h, w, c]; of large ones the reduced form.

    Raises:
        SpecError: it is not a PNG.
    """
    data = canary.png_bytes()
    picture = decode_png(data) if data else None
    if picture is None:
        raise SpecError("spec field 'canary.png': expected a PNG picture")
    return picture


def canary_source(spec: GeneratorSpec, seed: int, index: int) -> NDArray[np.uint8]:
    """The picture that a translator's or encoder's canary looks at, uint8 [h, w, c]: tiles of (seed, index).

    Raises:
        UsageError: the model takes no pictures.
    """
    image = spec.image
    if image is None:
        raise UsageError(f"'{spec.name}' has the task '{spec.task}': it takes no pictures")
    values = latents(1, pattern_size(image.channels), seed, index, prior="uniform")[0]
    return pattern(values, image.height, image.width, image.channels)


def canary_error(generator: Draws) -> float | None:
    """The largest difference between the canary and the same picture drawn now, 0 to 255; None without a canary.

    RGBA counts premultiplied, large pictures in their reduced form.

    Of an encoder: between its canary's z and what it makes of the same picture now; see `code_errors`.
    """
    canary = generator.spec.canary
    if canary is None:
        return None
    if canary.z is not None:
        source = canary_source(generator.spec, canary.seed, canary.index)
        errors = code_errors(generator.encode(source[None])[0], np.asarray(canary.z, np.float32))
        return float(np.abs(errors).max())
    stored, drawn = _pair(generator, canary)
    return float(np.abs(comparable(stored) - comparable(drawn)).max())


def code_errors(found: NDArray[np.float32], expected: NDArray[np.float32]) -> NDArray[np.float64]:
    """The differences of two latents [dim], in 255ths of the largest |expected|: steps as in 8-bit pictures.

    What is not finite counts as a difference of 1e6.
    """
    scale = float(np.abs(expected).max()) or 1.0
    return np.nan_to_num(255 * (found.astype(np.float64) - expected) / scale, nan=1e6, posinf=1e6, neginf=-1e6)


def require_canary(generator: Draws) -> None:
    """Raises BackendUnavailable where a freshly loaded engine does not draw its canary well enough.

    Some devices have computed zeros without a word; NaN becomes black, too. The tolerance is the precision's gate.
    """
    canary = generator.spec.canary
    if canary is None:
        return
    if canary.z is not None:
        _require_code(generator)
        return
    stored, drawn = _pair(generator, canary)
    error = float(np.mean(np.square(comparable(stored) - comparable(drawn))))
    least = GATES[generator.precision]
    if error <= 255**2 / 10 ** (least / 10):
        return
    what = "a picture of one value, as from zeros or NaN" if drawn.min() == drawn.max() else "another picture"
    raise BackendUnavailable(
        f"{generator.spec.name}: {generator.backend} draws {what}: PSNR {10 * math.log10(255**2 / error):.1f} dB "
        f"to its canary, expected {least:g} dB in {generator.precision}\n"
        "update the driver, or compile it again, if need be with --precision fp32"
    )


def _pair(generator: Draws, canary: Canary) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The stored picture and the one drawn now, both reduced where the stored one is."""
    stored, drawn = canary_picture(canary), _drawn(generator, canary)
    if canary.reduced is not None:
        drawn = reduce(drawn, canary.reduced)
    if stored.shape != drawn.shape:
        raise SpecError(f"spec field 'canary.png': expected a picture of {list(drawn.shape)}, got {list(stored.shape)}")
    return stored, drawn


def _require_code(generator: Draws) -> None:
    error = canary_error(generator)
    if error is None or error > CANARY_STEPS:
        raise BackendUnavailable(
            f"{generator.spec.name}: {generator.backend} makes another latent of its canary: off by {error} of 255\n"
            "update the driver, or compile it again, if need be with --precision fp32"
        )


def _drawn(generator: Draws, canary: Canary) -> NDArray[np.uint8]:
    if generator.spec.task == "translate":
        source = canary_source(generator.spec, canary.seed, canary.index)
        return np.asarray(generator.translate(source[None])[0])
    return np.asarray(generator.sample(1, seed=canary.seed, start=canary.index, labels=canary.labels)[0])
