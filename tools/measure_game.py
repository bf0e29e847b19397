"""Measures avatars in a game, on this machine, with examples/game: frames of the lobby, and the first picture's time.

    python tools/measure_game.py lobby                 60 s with avatars and 60 s without, in turns of 3 s
    python tools/measure_game.py cold                  from the start of a process to its first picture, 50 times
    python tools/measure_game.py screenshot -o lobby.png

Needs a C compiler, CMake and SDL2; without a display an Xvfb is started. Nothing else should run meanwhile. `--kit`
takes a kit that is there, else one is made of `--model`. Before it measures it compares a picture with ONNX Runtime's.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

import ganrt

ROOT = Path(__file__).resolve().parents[1]
NAME = "player-8841"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("lobby", "cold", "screenshot"))
    parser.add_argument("-m", "--model", default="avatars-1")
    parser.add_argument("--kit", type=Path, help="a kit of that model")
    parser.add_argument("--seconds", type=float, help="of the lobby: 120; of the screenshot, at most: 120")
    parser.add_argument("--window", type=float, default=3.0, help="seconds with avatars, then as many without")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("-o", "--output", type=Path, default=Path("lobby.png"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kit = given.kit.resolve() if given.kit else make_kit(given.model, Path(folder))
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
    apart = np.abs(np.frombuffer(found, np.uint8).reshape(height, width, 3).astype(int) - expected[..., :3])
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
