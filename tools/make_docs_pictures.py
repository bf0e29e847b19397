"""Takes the pictures that documents show, in docs/images: all, or those that are named.

python tools/make_docs_pictures.py          # all
python tools/make_docs_pictures.py drawn    # avatars.png, walk.gif: by the commands below
python tools/make_docs_pictures.py play     # play.png: needs Xvfb and xdotool
python tools/make_docs_pictures.py web      # web-light.png, web-dark.png, web-phone.png: needs Node and Chromium
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
_PLAYED_S = 25
_SCREEN = (900, 1000)  # width, height

COMMANDS = {
    "avatars.png": "generate --count 16 --grid 8x2 --size 128 --background auto -o avatars.png",
    "walk.gif": "interpolate --seeds 1-4 --loop --fps 12 -o walk.gif",
}

sys.path.insert(0, str(ROOT / "tests" / "helpers"))


def drawn() -> None:
    """What one command draws."""
    for command in COMMANDS.values():
        subprocess.run([sys.executable, "-m", "ganrt", *command.split(), "--force"], cwd=IMAGES, check=True)


def play() -> None:
    """The window with four walks, on a display of its own, whose memory is a file in the format XWD."""
    with TemporaryDirectory() as folder:
        width, height = _SCREEN
        command = ["Xvfb", ":77", "-noreset", "-fbdir", folder, "-screen", "0", f"{width}x{height}x24"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            time.sleep(2)
            try:
                cv2.imwrite(str(IMAGES / "play.png"), _window(Path(folder) / "Xvfb_screen0"))
            finally:
                server.terminate()


def _window(screen: Path) -> np.ndarray:
    import os

    env = {**os.environ, "DISPLAY": ":77"}
    command = [sys.executable, "-m", "ganrt", "play", "--grid", "2x2", "--truncation", "0.9"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as player:
        try:
            from displays import do, window

            number = window(env, "ganrt", player)
            time.sleep(_PLAYED_S)
            told = do(env, "getwindowgeometry", "--shell", number)
            place = {key: int(value) for key, value in (line.split("=") for line in told.split())}
            pixels = _xwd(screen.read_bytes())
        finally:
            player.terminate()
    x, y = max(0, place["X"]), max(0, place["Y"])
    return pixels[y : y + place["HEIGHT"], x : x + place["WIDTH"]]


def _xwd(data: bytes) -> np.ndarray:
    """The screen, BGR: an XWD file's header tells its own size, the picture's, and how many colours follow it."""
    head = np.frombuffer(data[:100], ">u4")
    size, width, height, row, colours = (int(head[k]) for k in (0, 4, 5, 12, 19))
    pixels = np.frombuffer(data, np.uint8, row * height, size + 12 * colours)
    return pixels.reshape(height, row // 4, 4)[:, :width, :3]


def web() -> None:
    """The page, as it is built, in light, in dark and on a phone."""
    from chromium import Chromium, served

    with TemporaryDirectory() as folder:
        build = ROOT / "examples" / "web" / "build.mjs"
        subprocess.run(["node", str(build), "--output", folder], check=True)
        with served(Path(folder)) as url:
            page = Chromium()
            try:
                _shoot(page, f"{url}/?backend=wasm")
            finally:
                page.close()


def _shoot(page: object, url: str) -> None:
    shots = {
        "web-light.png": (1000, 1160, "light"),
        "web-dark.png": (1000, 1160, "dark"),
        "web-phone.png": (390, 844, "dark"),
    }
    for name, (width, height, scheme) in shots.items():
        page.view(width, height, prefers_color_scheme=scheme)  # type: ignore[attr-defined]
        page.open(url)  # type: ignore[attr-defined]
        page.wait("!document.getElementById('controls').disabled", 300)  # type: ignore[attr-defined]
        page.wait("document.querySelectorAll('#gallery li').length >= 24", 300)  # type: ignore[attr-defined]
        time.sleep(1)
        page.screenshot(IMAGES / name, width, height, prefers_color_scheme=scheme)  # type: ignore[attr-defined]


if __name__ == "__main__":
    for name in sys.argv[1:] or ("drawn", "play", "web"):
        {"drawn": drawn, "play": play, "web": web}[name]()
