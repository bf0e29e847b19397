"""The JavaScript library and the page with pictures that have alpha: the rest of the table of docs/transparency.md."""

import subprocess

import cv2
import numpy as np
import pytest
from chromium import Chromium, need_chromium, served
from client_library import ROOT, ask, need_node
from rgba_models import HIDDEN, save_rgba

import ganrt


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_rgba(tmp_path_factory.mktemp("rgba") / "rgba.onnx")


def test_javascript_gives_straight_alpha(model):
    need_node("onnxruntime-node")
    (found,) = ask([(model, "sample", [4])])
    with ganrt.load(model, backend="onnxruntime") as generator:
        expected = generator.sample(4)
    assert np.array_equal(found[..., 3], expected[..., 3])
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_shows_alpha_over_its_ground(model, tmp_path, scheme):
    need_node("onnxruntime-web")
    need_chromium()
    build = [
        "node",
        str(ROOT / "examples" / "web" / "build.mjs"),
        "--model",
        str(model),
        "--output",
        str(tmp_path / "w"),
    ]
    assert subprocess.run(build, capture_output=True).returncode == 0
    browser = Chromium()
    try:
        with served(tmp_path / "w") as url:
            media = {"prefers_color_scheme": scheme, "prefers_reduced_motion": "reduce"}
            browser.view(1000, 1200, **media)
            browser.open(f"{url}/?backend=wasm")
            browser.wait("document.documentElement.dataset.firstAvatar || !document.getElementById('alert').hidden")
            place = "document.getElementById('avatar').getBoundingClientRect()"
            x, y, side = browser.evaluate(f"(() => {{ const r = {place}; return [r.x, r.y, r.width]; }})()")
            browser.screenshot(tmp_path / "page.png", 1000, 1200, **media)
    finally:
        browser.close()
    shown = cv2.imread(str(tmp_path / "page.png"))[..., ::-1].astype(int)
    hidden = np.abs(shown - np.array(HIDDEN)).max(axis=2) < 60
    assert not hidden.any()
    clear = shown[round(y + side / 2), round(x + side / 16)]  # within the canvas, left of the square
    assert clear.min() > 180 if scheme == "light" else clear.max() < 110
    middle = shown[round(y + side / 2), round(x + side / 2)]
    assert middle[1] > middle[0]
    assert middle[1] > middle[2]
