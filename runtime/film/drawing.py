"""Shots through a translator: decoded and fitted in one thread while the network draws in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.batches import translator
from ganrt.runtime.film.clips import Shot
from ganrt.runtime.film.options import Frame
from ganrt.runtime.film.overlap import Ahead
from ganrt.runtime.fitting import Fit, Fitted, finish, fit_photo, resized
from ganrt.runtime.photos import Photo
from ganrt.spec import GeneratorSpec

_KEPT = 0.8  # of the picture before, where the source stands still
_STILL = 12.0  # levels of 255: from here on it moves
_WINDOW = 9  # pixels: noise of single ones is no movement


class Translator(Protocol):
    """What draws: a `Generator` of a translator."""

    @property
    def spec(self) -> GeneratorSpec:
        """What it takes and gives."""

    def translate(self, pictures: Frame, batch_size: int | None = None) -> Frame:
        """uint8 [n, h, w, c] -> uint8 [n, height, width, c]."""

    def pictures_a_batch(self, height: int, width: int, batch_size: int | None = None) -> int:
        """How many it takes at once."""


@dataclass(frozen=True)
class Drawn:
    """A shot and its translation: `source` and `image` uint8 [h, w, c], without padding, with the alpha that is kept.

    Their sizes differ where the model's do.
    """

    time: Fraction
    source: Frame
    image: Frame


class Drawing:
    """The translations of shots, in their order: an iterator that is closed.

    Shots are taken from the iterable in a thread of its own, a few batches ahead; with `latest`, one at a time, and
    those that come while the network draws give way to the newest.
    """

    def __init__(
        self,
        generator: Translator,
        shots: Iterable[Shot],
        fit: Fit,
        *,
        batch_size: int | None = None,
        latest: bool = False,
    ) -> None:
        """Raises UsageError where the model is no translator."""
        translator(generator.spec)
        self._generator, self._fit = generator, fit
        self._batch_size = 1 if latest else batch_size
        self._newest = Ahead(shots, latest=True) if latest else None
        self._fitted = Ahead(self._batches(shots), 2) if self._newest is None else None

    @property
    def dropped(self) -> int:
        """How many shots gave way to newer ones."""
        return self._newest.dropped if self._newest else 0

    def stop(self) -> None:
        if self._newest is not None:
            self._newest.stop()
        if self._fitted is not None:
            self._fitted.stop()

    def close(self) -> None:
        if self._newest is not None:
            self._newest.close()
        if self._fitted is not None:
            self._fitted.close()

    def __iter__(self) -> Iterator[Drawn]:
        try:
            for batch in self._fitted or self._batches(self._newest or ()):
                pictures = np.stack([fitted.source for _, fitted in batch])
                images = self._generator.translate(pictures, self._batch_size)
                for (time, fitted), image in zip(batch, images, strict=True):
                    yield Drawn(time, finish(fitted, fitted.source), finish(fitted, image))
        finally:
            self.close()

    def __enter__(self) -> Drawing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _batches(self, shots: Iterable[Shot]) -> Iterator[list[tuple[Fraction, Fitted]]]:
        batch: list[tuple[Fraction, Fitted]] = []
        for shot in shots:
            fitted = fit_photo(_photo(shot.pixels), self._generator.spec, self._fit)
            if batch and batch[0][1].source.shape != fitted.source.shape:
                yield batch
                batch = []
            batch.append((shot.time, fitted))
            height, width = fitted.source.shape[:2]
            if len(batch) >= self._generator.pictures_a_batch(height, width, self._batch_size):
                yield batch
                batch = []
        if batch:
            yield batch


def frames_drawn(
    generator: Translator, frames: Iterable[Frame], fit: Fit, *, batch_size: int | None, latest: bool, steady: bool
) -> Iterator[Frame]:
    """`Generator.translate_stream`; what is wrong with the model is said at once."""
    translator(generator.spec)

    def drawn() -> Iterator[Frame]:
        with Drawing(generator, _shots(frames), fit, batch_size=batch_size, latest=latest) as drawing:
            yield from (one.image for one in (Steady()(drawing) if steady else drawing))

    return drawn()


def _shots(frames: Iterable[Frame]) -> Iterator[Shot]:
    for number, frame in enumerate(frames):
        if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8 or frame.ndim != 3 or 0 in frame.shape:
            given = (
                f"shape {list(frame.shape)}, {frame.dtype}" if isinstance(frame, np.ndarray) else type(frame).__name__
            )
            raise UsageError(f"frame {number} ({given}): expected uint8 [h, w, c]")
        if frame.shape[2] not in (1, 3, 4):
            raise UsageError(f"frame {number} has {frame.shape[2]} channels: expected grey, RGB or RGBA")
        yield Shot(frame, Fraction(number))


def film_size(spec: GeneratorSpec, fit: Fit, size: tuple[int, int]) -> tuple[int, int] | None:
    """Height and width of a film of shots of this size: theirs, times what the network enlarges by.

    None: the model's own, where `fit` cuts shots or lays them on a ground.
    """
    image, output = translator(spec)
    if fit.mode == "resize" or (fit.mode == "pad" and image.dynamic):
        return size[0] * output.height // image.height, size[1] * output.width // image.width
    return None


def sized(drawn: Iterable[Drawn], size: tuple[int, int] | None, *, compare: bool) -> Iterator[tuple[Fraction, Frame]]:
    """Times and frames of a film of this size (None: as drawn); `compare`: source and drawing side by side."""
    for one in drawn:
        image = one.image if size is None else resized(one.image, size)
        yield one.time, side_by_side(one.source, image) if compare else image


def side_by_side(source: Frame, image: Frame) -> Frame:
    """The source, in the size of the drawing, and the drawing: uint8 [h, 2w, c], grey only where both are."""
    pair = [resized(source, (image.shape[0], image.shape[1])), image]
    channels = max(picture.shape[2] for picture in pair)
    return np.concatenate([_with(picture, channels) for picture in pair], axis=1)


class Steady:
    """Less flicker where the source stands still: drawing = k * drawing before + (1 - k) * drawing, pixel by pixel.

    k = 0.8 * max(0, 1 - d / 12), d the largest difference of a channel between the source and the source before, in
    levels of 255, averaged over 9 x 9 pixels. It is a blend and knows nothing of movement: what moves flickers as
    before, and slow fades lag by a few frames.

    Attributes:
        before, after: how much still parts changed from frame to frame, in levels of 255, without and with it.
    """

    def __init__(self) -> None:
        self.before = self.after = 0.0
        self._last: tuple[Frame, NDArray[np.float32], NDArray[np.float32]] | None = None
        self._frames = 0

    def __call__(self, drawn: Iterable[Drawn]) -> Iterator[Drawn]:
        for one in drawn:
            yield replace(one, image=self._next(one.source, one.image))

    def _next(self, source: Frame, image: Frame) -> Frame:
        raw = blended = image.astype(np.float32)
        if self._last is not None and self._last[1].shape == raw.shape and self._last[0].shape == source.shape:
            source_before, raw_before, blended_before = self._last
            kept = stillness(source_before, source, (image.shape[0], image.shape[1]))[..., None]
            blended = raw + _KEPT * kept * (blended_before - raw)
            self._measure(kept, np.abs(raw - raw_before), np.abs(blended - blended_before))
        self._last = source, raw, blended
        return np.asarray(blended.round().clip(0, 255), np.uint8)

    def _measure(self, kept: NDArray[np.float32], raw: NDArray[np.float32], blended: NDArray[np.float32]) -> None:
        weight = float(kept.mean()) or 1.0
        self._frames += 1
        self.before += (float((kept * raw).mean()) / weight - self.before) / self._frames
        self.after += (float((kept * blended).mean()) / weight - self.after) / self._frames


def stillness(before: Frame, now: Frame, size: tuple[int, int]) -> NDArray[np.float32]:
    """float32 [height, width] of `size`: 1 where two pictures uint8 [h, w, c] are the same, 0 where they differ."""
    apart = cv2.absdiff(before, now).reshape(now.shape).max(axis=2).astype(np.float32)
    apart = np.asarray(cv2.blur(apart, (_WINDOW, _WINDOW)), np.float32)
    still = np.clip(1 - apart / _STILL, 0, 1).astype(np.float32)
    return np.asarray(cv2.resize(still, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _photo(pixels: Frame) -> Photo:
    if pixels.shape[2] == 4:
        return Photo(Path("frame"), "", np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))
    return Photo(Path("frame"), "", pixels, None)


def _with(picture: Frame, channels: int) -> Frame:
    """Grey to RGB, RGB to RGBA."""
    if picture.shape[2] == 1 < channels:
        picture = np.repeat(picture, 3, axis=2)
    if picture.shape[2] == 3 < channels:
        picture = np.concatenate([picture, np.full((*picture.shape[:2], 1), 255, np.uint8)], axis=2)
    return picture
