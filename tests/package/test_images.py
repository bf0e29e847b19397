"""The pictures that the README shows are what its commands draw, and avatars of names are right."""

import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest

IMAGES = Path(__file__).parents[2] / "docs" / "images"
COMMANDS = {
    "avatars.png": "generate --count 16 --grid 8x2 --size 128 --background auto -o avatars.png",
    "walk.gif": "interpolate --seeds 1-4 --loop --fps 12 -o walk.gif",
}


def frames(path):
    data = np.frombuffer(path.read_bytes(), np.uint8)
    if path.suffix == ".png":
        return [cv2.imdecode(data, cv2.IMREAD_UNCHANGED)]
    found, film = cv2.imdecodeanimation(data)
    assert found
    return film.frames


@pytest.mark.parametrize("name", [pytest.param("avatars.png"), pytest.param("walk.gif", marks=pytest.mark.slow)])
def test_the_pictures_of_the_readme_are_drawn_by_these_commands(run, name):
    code, _, err = run(*shlex.split(COMMANDS[name]))
    assert code == 0, err
    shown, drawn = frames(IMAGES / name), frames(Path(name))
    assert len(shown) == len(drawn)
    # A gif's 256 colours are dithered: a level more or less in a picture may move a dot.
    for one, other in zip(shown, drawn, strict=True):
        off = np.abs(one.astype(int) - other)
        assert off.max() <= 1 if name.endswith(".png") else (off > 1).mean() < 0.01
