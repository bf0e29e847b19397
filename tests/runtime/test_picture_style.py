"""Size, mask, background and encoding of single pictures."""

import cv2
import numpy as np
import pytest

from ganrt.errors import UsageError
from ganrt.pixels import over
from ganrt.runtime.picture_style import PictureStyle

RANDOM = np.random.default_rng(7)
PICTURE = RANDOM.integers(0, 256, (12, 10, 3), np.uint8)


def test_nothing_changes_by_default():
    assert PictureStyle().applied(PICTURE) is PICTURE
    assert PictureStyle().origin() == {}


def test_zoom_repeats_and_size_resizes_the_longer_side():
    assert np.array_equal(PictureStyle(zoom=3).applied(PICTURE)[1::3, 1::3], PICTURE)
    assert PictureStyle(size=48).applied(PICTURE).shape == (48, 40, 3)
    means = PICTURE.reshape(6, 2, 5, 2, 3).astype(float).mean((1, 3))
    assert np.abs(PictureStyle(size=6).applied(PICTURE) - means).max() <= 0.5001
    lanczos = cv2.resize(PICTURE.astype(np.float32), (40, 48), interpolation=cv2.INTER_LANCZOS4)
    assert np.array_equal(PictureStyle(size=48).applied(PICTURE), lanczos.clip(0, 255).round().astype(np.uint8))
    assert PictureStyle(size=24).applied(PICTURE[..., :1]).shape == (24, 20, 1)


@pytest.mark.parametrize("size", [3, 40])
def test_colours_that_cannot_be_seen_do_not_bleed(size):
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[..., 0] = 255  # red, and transparent
    picture[:, 4:] = (0, 0, 255, 255)
    made = PictureStyle(size=size).applied(picture)
    seen = made[made[..., 3] > 16]
    assert len(seen)
    assert seen[:, 0].max() <= 2
    assert seen[:, 2].min() >= 250


def test_a_round_mask_makes_corners_transparent_and_keeps_colours():
    made = PictureStyle(mask="round").applied(PICTURE)
    assert made.shape == (12, 10, 4)
    assert np.array_equal(made[..., :3], PICTURE)
    assert made[0, 0, 3] == made[-1, -1, 3] == 0
    assert made[6, 5, 3] == 255
    large = PictureStyle(mask="round", size=400).applied(PICTURE[:10])
    assert (large[..., 3] / 255).sum() == pytest.approx(np.pi * 200**2, rel=1e-4)
    grey = PictureStyle(mask="round").applied(PICTURE[..., :1])
    assert np.array_equal(grey[..., 0], grey[..., 2])
    half = np.full((4, 4, 4), 100, np.uint8)
    assert PictureStyle(mask="round").applied(half)[2, 2, 3] == 100


def test_background_lies_behind_what_is_transparent():
    clear = np.zeros((12, 10, 4), np.uint8)
    masked = PictureStyle(mask="round", background="#87ceeb").applied(clear)
    assert masked.shape == (12, 10, 4)
    assert masked[0, 0, 3] == 0  # the mask leaves out the background as well
    assert tuple(masked[6, 5]) == (0x87, 0xCE, 0xEB, 255)
    masked = PictureStyle(mask="round", background="#87ceeb", encode="jpeg").applied(clear)
    assert tuple(masked[0, 0]) == (255, 255, 255)
    assert tuple(masked[6, 5]) == (0x87, 0xCE, 0xEB)
    assert tuple(PictureStyle(mask="round", encode="jpeg").applied(PICTURE)[0, 0]) == (255, 255, 255)
    assert PictureStyle(mask="round", encode="webp").applied(PICTURE).shape[2] == 4
    pixel = np.array([[[10, 200, 30, 51]]], np.uint8)
    assert over(pixel, (100, 100, 101)).ravel().tolist() == [82, 120, 87]


@pytest.mark.parametrize(("encode", "start"), [("png", b"\x89PNG"), ("webp", b"RIFF"), ("jpeg", b"\xff\xd8\xff")])
def test_encodings(encode, start):
    style = PictureStyle(encode)
    data = style.encoded(style.applied(PICTURE), {"seed": "1"})
    assert data.startswith(start)
    read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert read.shape == PICTURE.shape
    assert (b'"seed": "1"' in data) is (encode == "png")


def test_lossless_webp_and_quality():
    lossless = PictureStyle("webp", 101, mask="round")
    image = lossless.applied(PICTURE)
    read = cv2.imdecode(np.frombuffer(lossless.encoded(image), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(read[..., 3], image[..., 3])
    smooth = cv2.resize(PICTURE, (64, 64))
    assert len(PictureStyle("jpeg", 30).encoded(smooth)) < len(PictureStyle("jpeg").encoded(smooth))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"encode": "bmp"}, "bmp"),
        ({"mask": "square"}, "square"),
        ({"quality": 90}, "--quality 90: it belongs to --encode jpeg and webp"),
        ({"encode": "jpeg", "quality": 101}, "--quality 101: expected 1 to 100"),
        ({"encode": "webp", "quality": 0}, "--quality 0: expected 1 to 101"),
        ({"zoom": 0}, "--zoom 0"),
        ({"zoom": 2, "size": 8}, "--size and --zoom"),
        ({"size": 0}, "--size 0: expected pixels, 1 to 16384"),
        ({"size": 16385}, "--size 16385"),
        ({"background": "blue"}, "--background blue: expected none, auto or a colour"),
        ({"encode": "jpeg", "background": "none"}, "jpeg has no transparency"),
    ],
)
def test_styles_that_make_no_sense(given, message):
    with pytest.raises(UsageError, match=message):
        PictureStyle(**given)
