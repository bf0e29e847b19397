"""What a film costs beyond its drawing: frames of a walk through w, drawn and encoded, against synthesis alone.

    python tools/measure_film.py face-synthesis.onnx [--frames 300] [--turns 30] [--codec auto]

Both draw the same styles, in turns of a few frames each, whose order alternates so that what slows the machine down for
a while slows down both. The film goes through `generator.stream` to an encoder, as `ganrt interpolate` does; synthesis
alone calls the engine with batches of the same size. Prints each turn, then the median of the turns' ratios: of the
clock's time, and of the process's processor time, which other programs disturb less.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import ganrt
from ganrt.runtime.film.options import FilmOptions
from ganrt.runtime.film.write import write_frames

_FPS = 30


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("synthesis", type=Path)
    parser.add_argument("--backend", default="onnxruntime")
    parser.add_argument("--frames", type=int, default=300, help="in all")
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--codec", default="auto")
    given = parser.parse_args()
    count = given.frames // given.turns
    walk = ganrt.walk(seeds=[1, 2, 3], duration=count / _FPS, loop=True, truncation=0.7)
    seen: dict[str, list[tuple[float, float]]] = {"film": [], "alone": []}
    with ganrt.load(given.synthesis, backend=given.backend) as generator, tempfile.TemporaryDirectory() as folder:
        space, step = generator.style_space, generator.batch_sizes.optimum
        w = space.along(walk, None, range(count), _FPS, np.full(count, 0.7, np.float32))
        drawn: list[np.ndarray] = []

        def film() -> None:
            options = FilmOptions(fps=_FPS, codec=given.codec, force=True)
            write_frames(Path(folder, "film.mp4"), generator.stream(walk, fps=_FPS, paced=False), options)

        def alone() -> None:
            drawn[:] = [generator.synthesize_styles(w[i : i + step]) for i in range(0, count, step)]

        alone()
        streamed = np.stack(list(generator.stream(walk, fps=_FPS, paced=False)))
        if not np.array_equal(streamed, np.concatenate(drawn)):
            raise SystemExit("the film's frames are not those of synthesis alone")
        for turn in range(given.turns):
            pair = {"film": film, "alone": alone}
            for name in list(pair)[:: 1 if turn % 2 else -1]:
                took = _timed(pair[name])
                seen[name].append(took)
                print(f"turn {turn}: {name:5} {took[0]:.2f} s, {took[1]:.2f} s of processor time", flush=True)
        ratios = np.median(np.array(seen["film"]) / np.array(seen["alone"]), axis=0)
        result = {"frames": count * given.turns, "batch": step, "clock": ratios[0], "processor": ratios[1]}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
