"""Measures avatars in a game, here: frames of the lobby, the time of the first picture, and the built-in drawer.

    python tools/measure_game.py lobby                 60 s with avatars and 60 s without, in turns of 3 s
    python tools/measure_game.py cold                  from the start of a process to its first picture, 50 times
    python tools/measure_game.py draw                  the built-in drawer beside ONNX Runtime, one thread each
    python tools/measure_game.py screenshot -o lobby.png

Needs a C compiler, CMake and, but for `draw`, SDL2, for examples/game; without a display an Xvfb is started. Nothing
else should run meanwhile. `--kit` takes a kit that is there, else one is made of `--model`. Before it measures it
compares pictures with ONNX Runtime's.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import ganrt

ROOT = Path(__file__).resolve().parents[1]
NAME = "player-8841"
Pictures = NDArray[np.uint8]
_DRAWER = """
#include "ganrt_draw.h"
#include <stdlib.h>
static ganrt_drawer drawer;
static float *work;
int start(const void *file, size_t bytes, uint32_t n)
{
    free(work);
    work = NULL;
    if (ganrt_drawer_open(&drawer, file, bytes) != GANRT_DRAWER_OK || drawer.half || drawer.input[1] >= 0
        || drawer.input[2] >= 0)
        return 1;
    work = malloc(ganrt_drawer_work(&drawer, n) * sizeof *work);
    return work == NULL;
}
void draw(const float *z, uint32_t n, unsigned char *pixels)
{
    size_t dim = (size_t)drawer.input_size[0], size = (size_t)drawer.height * drawer.width * drawer.channels;
    for (uint32_t i = 0; i < n; i++)
        memcpy(ganrt_drawer_input(&drawer, work, i, 0), z + i * dim, dim * sizeof *z);
    ganrt_drawer_run(&drawer, work, n);
    for (uint32_t i = 0; i < n; i++)
        ganrt_drawer_picture(&drawer, work, i, pixels + i * size);
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("lobby", "cold", "draw", "screenshot"))
    parser.add_argument("-m", "--model", default="avatars-1")
    parser.add_argument("--kit", type=Path, help="a kit of that model")
    parser.add_argument("--seconds", type=float, help="of the lobby: 120; of the screenshot, at most: 120")
    parser.add_argument("--window", type=float, default=3.0, help="seconds with avatars, then as many without")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("-o", "--output", type=Path, default=Path("lobby.png"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kit = given.kit.resolve() if given.kit else make_kit(given.model, Path(folder))
        if given.what == "draw":
            draw(kit, given.model, Path(folder), given.runs)
            return
        build = built(kit, Path(folder) / "build")
        compare(build, kit, given.model)
        if given.what == "cold":
            cold(build, kit, given.runs)
        elif given.what == "lobby":
            lobby([str(build / "lobby"), str(kit), str(given.seconds or 120), "--windows", str(given.window)])
        else:
            shot = Path(folder) / "shot.bmp"
            lobby([str(build / "lobby"), str(kit), str(given.seconds or 120), str(shot)])
            cv2.imwrite(str(given.output), cv2.imread(str(shot)))
            print(given.output)


def make_kit(model: str, folder: Path) -> Path:
    words = [sys.executable, "-m", "ganrt", "bundle", "-m", model, "-o", str(folder / "kit")]
    subprocess.run(words, check=True)
    return folder / "kit"


def built(kit: Path, folder: Path) -> Path:
    """The two programs of examples/game."""
    words = ["cmake", "-S", str(ROOT / "examples" / "game"), "-B", str(folder), f"-DKIT={kit}"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", str(folder)], check=True, stdout=subprocess.DEVNULL)
    if not (folder / "lobby").exists():
        raise SystemExit("SDL2 is not installed; on Debian: apt-get install libsdl2-dev")
    return folder


def compare(build: Path, kit: Path, model: str) -> None:
    """One picture with ONNX Runtime's: at most 1 of 255 apart, on at most 0.1 % of the values."""
    drawn = subprocess.run([str(build / "smallest"), str(kit), NAME], capture_output=True, check=True).stdout
    size, found = drawn.split(b"\n", 1)
    width, height = (int(word) for word in size.split()[1:3])
    with ganrt.load(model, backend="onnxruntime") as generator:
        expected = generator.avatar(NAME)
    if expected.shape[2] == 4:  # clear pixels have no colour
        expected = np.where(expected[..., 3:] > 0, expected, 0)
    require_equal(np.frombuffer(found, np.uint8).reshape(height, width, 3), expected[..., :3])


def require_equal(found: Pictures, expected: Pictures) -> None:
    apart = np.abs(found.astype(int) - expected)
    print(
        f"compared with ONNX Runtime: at most {apart.max()} of 255, on {100 * (apart > 0).mean():.3f} % of the values"
    )
    if apart.max() > 1 or (apart > 0).mean() > 0.001:
        raise SystemExit("the pictures are not the model's: nothing was measured")


def lobby(words: list[str]) -> None:
    with display() as environment:
        subprocess.run(words, env=environment, check=True)


def cold(build: Path, kit: Path, runs: int) -> None:
    """The whole life of a process that draws one picture, as its parent sees it."""
    parts = [build / "smallest", *(path for path in kit.rglob("*") if path.is_file())]
    for how, files in (("files in memory", []), ("files read anew", parts)):
        times = sorted(one_start(build, kit, files) for _ in range(runs))
        spread = f"median {statistics.median(times):.1f} ms, fastest {times[0]:.1f} ms, slowest {times[-1]:.1f} ms"
        print(f"a process that draws one picture, from its start to its end, {how}: {spread}")


def one_start(build: Path, kit: Path, forgotten: list[Path]) -> float:
    for path in forgotten:
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    begun = time.perf_counter()
    subprocess.run([str(build / "smallest"), str(kit), NAME], stdout=subprocess.DEVNULL, check=True)
    return 1e3 * (time.perf_counter() - begun)


def draw(kit: Path, model: str, folder: Path, runs: int) -> None:
    """Times the built-in drawer and ONNX Runtime in turns of one call, on the same latents."""
    library = folder / "drawer.so"
    (folder / "drawer.c").write_text(_DRAWER, "ascii")
    flags = ("-std=c99", "-O2", "-ffp-contract=off", "-shared", "-fPIC", "-I", str(kit / "clients" / "c"))
    subprocess.run(["cc", *flags, str(folder / "drawer.c"), "-o", str(library), "-lm"], check=True)
    built_in = ctypes.CDLL(str(library))
    file = (kit / "builtin" / "model.drawer").read_bytes()
    with ganrt.load(model, backend="onnxruntime", threads=1) as generator:
        for count in (1, 4, 16):
            z = ganrt.latents(count, dim=generator.spec.latent.dim)
            found = np.empty(generator.synthesize(z).shape, np.uint8)
            if built_in.start(file, ctypes.c_size_t(len(file)), count) != 0:
                raise SystemExit("the kit's drawer is no file in FP32 that this drawer takes")
            calls = (partial(built_in.draw, z.ctypes, count, found.ctypes), partial(generator.synthesize, z))
            calls[0]()
            require_equal(found, generator.synthesize(z))
            times = np.array([in_turns(calls, turn) for turn in range(runs)])
            own, other = np.median(times, axis=0)
            ratio = np.median(times[:, 0] / times[:, 1])
            print(f"batch of {count}: built-in {own:.2f} ms, ONNX Runtime {other:.2f} ms, {ratio:.2f} times its time")


def in_turns(calls: Sequence[Callable[[], object]], turn: int) -> list[float]:
    """Milliseconds of each call; which one comes first alternates."""
    took = [0.0] * len(calls)
    for k in range(len(calls))[:: 1 if turn % 2 else -1]:
        begun = time.perf_counter()
        calls[k]()
        took[k] = 1e3 * (time.perf_counter() - begun)
    return took


@contextmanager
def display() -> Iterator[dict[str, str]]:
    """The environment of a program with windows."""
    if "DISPLAY" in os.environ:
        yield dict(os.environ)
        return
    read, write = os.pipe()
    words = ["Xvfb", "-noreset", "-displayfd", str(write), "-screen", "0", "1200x900x24"]
    with subprocess.Popen(words, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        try:
            with os.fdopen(read) as number:
                yield {**os.environ, "DISPLAY": f":{number.readline().strip()}"}
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
