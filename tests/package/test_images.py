"""The pictures that documents show are what their commands draw, and each avatar of theirs is the right drawing."""

import importlib.util
import re
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest

import ganrt
from ganrt.pixels import over
from ganrt.runtime.compare import psnr
from ganrt.runtime.identity import identity_index

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"


def tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COMMANDS = tool("make_docs_pictures").COMMANDS
LEAST = 30  # dB over the worst of three backgrounds; below 23 a picture is a blur, or has two heads


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


def right_drawings():
    """(seed, index) -> the right drawing, uint8 [256, 256, 4]: see tools/make_right_drawings.py."""
    made = tool("make_right_drawings")
    page = cv2.cvtColor(cv2.imread(str(made.DRAWINGS), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
    side = page.shape[1] // made.COLUMNS
    cells = page.reshape(-1, side, made.COLUMNS, side, 4).swapaxes(1, 2).reshape(-1, side, side, 4)
    return dict(zip(made.SHOWN, cells, strict=True))


def quality(picture, right):
    return min(psnr(over(picture, (grey,) * 3), over(right, (grey,) * 3)) for grey in (0, 128, 255))


def test_every_avatar_that_documents_show_is_clean():
    right = right_drawings()
    with ganrt.load("avatars-2", backend="onnxruntime") as generator:
        found = {}
        for batch, pictures in generator.sample_pairs(right, batch_size=8):
            found |= {pair: quality(picture, right[pair]) for pair, picture in zip(batch, pictures, strict=True)}
        spoilt = generator.sample(1, seed=9)[0]
    assert min(found.values()) >= LEAST, min(found, key=found.get)
    assert quality(spoilt, right[0, 0]) < 23  # another picture is told apart


def test_documents_show_no_others():
    """What documents name or show is among the avatars that the test above looks at."""
    known = right_drawings().keys()
    shown = {(0, k) for k in range(16)} | {(seed, 0) for seed in (1, 2, 3, 4)}  # of COMMANDS
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "examples" / "web").glob("*.html")]
    pages += [path for path in (ROOT / "clients").rglob("*.md") if "node_modules" not in path.parts]
    for page in pages:
        text = page.read_text("utf-8")
        shown |= {(0, identity_index(name)) for name in re.findall(r"player-[0-9]+", text)}
        shown |= {(int(a), int(b)) for a, b in re.findall(r"ganrt:avatars-2:([0-9]{1,4}):([0-9]{1,9})\b", text)}
    assert shown <= known
