"""What ganrt_avatars makes of a model's picture, compared with a slow reference; and the atlas."""

import numpy as np
import pytest
from avatar_programs import onnxruntime_library, picture
from game_kits import make_kit
from rgba_models import SIDE, save_rgba

import ganrt

NO_CELL = 18


@pytest.fixture(scope="module")
def clear(tmp_path_factory):
    """A kit whose pictures have clear and half clear parts, drawn by ONNX Runtime; and image 1, straight RGBA."""
    folder = tmp_path_factory.mktemp("rgba")
    path = save_rgba(folder / "rgba.onnx")
    with ganrt.load(path, backend="onnxruntime") as generator:
        return make_kit(path, generator, folder / "kit", storage="none"), generator.sample(1, start=1)[0]


def by():
    return {"backends": "onnxruntime", "onnxruntime": onnxruntime_library()}


def matrix(before, after):
    """Catmull and Rom's cubic, widened where it makes smaller: float64 [after, before], rows that add up to 1."""
    scale = before / after
    wide = max(scale, 1.0)
    place = (np.arange(after) + 0.5) * scale - 0.5
    x = np.abs(np.arange(before)[None] - place[:, None]) / wide
    inner, outer = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    weights = np.where(x < 1, inner, np.where(x < 2, outer, 0))
    return weights / weights.sum(axis=1, keepdims=True)


def reference(straight, width, height, *, premultiplied=False, mask=False, background=None):
    """float64 [height, width, 4] of uint8 [h, w, 4]: what ganrt_styles.h does, in numpy."""
    alpha = straight[..., 3:] / 255.0
    made = np.concatenate([straight[..., :3] * alpha, straight[..., 3:]], axis=2)
    if (height, width) != straight.shape[:2]:
        made = np.einsum("yh,xw,hwc->yxc", matrix(straight.shape[0], height), matrix(straight.shape[1], width), made)
    made[..., 3] = made[..., 3].clip(0, 255)
    made[..., :3] = np.minimum(made[..., :3], made[..., 3:]).clip(0)
    if background is not None:
        made[..., :3] += np.frombuffer(background, np.uint8) * (255 - made[..., 3:]) / 255
        made[..., 3] = 255
    if mask:
        y, x = np.mgrid[:height, :width] + 0.5
        away = np.hypot(x - width / 2, y - height / 2)
        made *= (min(width, height) / 2 - away + 0.5).clip(0, 1)[..., None]
    if not premultiplied:
        made[..., :3] *= 255 / np.maximum(made[..., 3:], 1e-9)
    made[np.rint(made[..., 3]) == 0] = 0
    return made


STYLES = [
    {},
    {"premultiplied": 1},
    {"round": 1},
    {"opaque": "204080"},
    {"opaque": "204080", "round": 1, "premultiplied": 1},
]


@pytest.mark.parametrize("size", [(SIDE, SIDE), (7, 5), (40, 33)])
def test_sizes_alpha_masks_and_backgrounds(ask, clear, tmp_path, size):
    kit, straight = clear
    width, height = size
    for style in STYLES:
        ask(kit, ["image 0 1", "wait"], "plain", width=width, height=height, **style, **by())
        found = picture(tmp_path, 0, width, height).astype(float)
        expected = reference(
            straight,
            width,
            height,
            premultiplied="premultiplied" in style,
            mask="round" in style,
            background=bytes.fromhex(style["opaque"]) if "opaque" in style else None,
        )
        apart = np.abs(found - expected)
        if "premultiplied" not in style:  # what is almost clear has no colour to speak of
            apart[..., :3] *= expected[..., 3:] / 255
        print(f"{style} {size}: worst {apart.max():.2f} of 255")
        assert apart.max() <= 1.01
        assert np.abs(found).max() > 20


def test_the_reference_would_notice():
    """A fringe of the colour beneath what is clear is what straight resampling gives."""
    straight = np.zeros((8, 8, 4), np.uint8)
    straight[..., 0] = 255
    straight[:, 4:] = (0, 200, 0, 255)
    assert reference(straight, 4, 4)[..., 0].max() == 0


def test_the_atlas(ask, clear, tmp_path):
    """Four cells of 16 pixels with a gap of 1: what does not fit is told, and a cell given back is taken again."""
    kit, _ = clear
    lines = [f"image 0 {k}" for k in range(5)] + ["wait", "free 17 0", "free 17 0", "free 3 0", "image 0 9", "wait"]
    told = ask(kit, lines, "plain", atlas="40x33", gap=1, batch=1, **by())
    places = [line.split(" at ") for line in told[6:11]]
    assert [place for _, place in places[:4]] == ["0 0", "17 0", "0 17", "17 17"]
    assert places[4][0].split()[1] == str(NO_CELL)
    assert told[11:15] == ["1", "0", "0", "0"]
    assert told[15] == f"9 0 {SIDE} {SIDE} at 17 0"
    atlas = np.fromfile(tmp_path / "atlas.rgba", np.uint8).reshape(33, 40, 4)
    drawn = [int(state.split()[0]) for state, _ in places[:4]]
    drawn[1] = 9
    left = atlas.copy()
    for number, (x, y) in zip(drawn, ((0, 0), (17, 0), (0, 17), (17, 17)), strict=True):
        assert (atlas[y : y + SIDE, x : x + SIDE] == picture(tmp_path, number, SIDE, SIDE)).all()
        left[y : y + SIDE, x : x + SIDE] = 0
    assert not left.any()  # gaps, and what is beyond the cells
    assert ask(kit, atlas="15x40", **by())[0].startswith("open 1 ")
