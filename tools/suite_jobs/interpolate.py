"""A walk to mp4: the engine alone, the encoder alone, and both at once, which overlap."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import cv2
import numpy as np

from ganrt.benchmarks.clock import Clock
from ganrt.errors import NegativeResult
from ganrt.runtime.compare import psnr
from ganrt.runtime.film.options import FilmOptions, Frame, Written
from ganrt.runtime.film.write import write_frames
from ganrt.runtime.generator import load
from ganrt.runtime.walk import walk
from ganrt.tolerances import VIDEO_PSNR
from suite_jobs.scope import Figures, Scope

_FPS = 60


def measure(scope: Scope) -> Figures:
    """Milliseconds of each, medians of rounds taken in turn; `ratio`: both at once by the longer of the two alone.

    Raises:
        NegativeResult: the film does not hold the frames that were drawn.
    """
    path = scope.folder / "walk.mp4"
    options = FilmOptions(_FPS, force=True)
    with load(str(scope.model.onnx)) as generator:
        way = walk([1, 2, 3, 4], 0.5 if scope.quick else 10.0)
        drawn = list(generator.stream(way, _FPS, paced=False))
        written = write_frames(path, drawn, options)
        _check(written, drawn)
        parts: dict[str, Callable[[], object]] = {
            "engine": lambda: sum(1 for _ in generator.stream(way, _FPS, paced=False)),
            "encoder": lambda: write_frames(path, drawn, options),
            "both": lambda: write_frames(path, generator.stream(way, _FPS, paced=False), options),
        }
        rounds = [
            {name: _ms(scope.clock, part) for name, part in parts.items()} for _ in range(1 if scope.quick else 7)
        ]
    times = {name: statistics.median(each[name] for each in rounds) for name in parts}
    return {
        "frames": len(drawn),
        "encoder": written.encoder,
        **{f"{name}_ms": round(value, 2) for name, value in times.items()},
        "ratio": round(times["both"] / max(times["engine"], times["encoder"]), 3),
    }


def _ms(clock: Clock, part: Callable[[], object]) -> float:
    started = clock.now()
    part()
    return (clock.now() - started) / 1e6


def _check(written: Written, drawn: list[Frame]) -> None:
    capture = cv2.VideoCapture(str(written.files[0]))
    try:
        worst = min(psnr(frame, _next(capture)) for frame in drawn)
        if worst < VIDEO_PSNR or capture.read()[0]:
            raise NegativeResult(f"the film is not what was drawn: {worst:.1f} dB at worst, or frames too many")
    finally:
        capture.release()


def _next(capture: cv2.VideoCapture) -> Frame:
    there, picture = capture.read()
    if not there:
        raise NegativeResult("the film holds fewer frames than were drawn")
    return np.asarray(picture[..., ::-1], np.uint8)
