"""Pictures from files: right to the pixel, or refused with a reason."""

import hashlib
import struct

import cv2
import numpy as np
import pytest
from odd_pictures import (
    encoded,
    exif,
    flat_jpeg,
    jpeg_with_exif,
    png,
    png_chunk,
    png_with,
    tiff,
    webp_with,
)

from ganrt import BadInputFile
from ganrt.runtime import photos
from ganrt.runtime.photos import read_photo

LOSSLESS = (cv2.IMWRITE_WEBP_QUALITY, 101)


def noise(height=6, width=10, channels=3, dtype=np.uint8, seed=0):
    random = np.random.default_rng(seed)
    picture = random.integers(0, np.iinfo(dtype).max, (height, width, channels), dtype, endpoint=True)
    picture[..., 3:] |= 257 % (np.iinfo(dtype).max + 1)  # never 0: WebP forgets colours beneath it
    return picture


@pytest.fixture
def read(tmp_path):
    def call(data, name="picture.png"):
        path = tmp_path / name
        path.write_bytes(data)
        return read_photo(path)

    return call


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp"])
@pytest.mark.parametrize("channels", [3, 4])
def test_lossless_formats_give_their_pixels(read, suffix, channels):
    picture = noise(channels=channels)
    data = encoded(suffix, picture, *(LOSSLESS if suffix == ".webp" else ()))
    photo = read(data)
    np.testing.assert_array_equal(photo.colour, picture[..., :3])
    if channels == 4:
        np.testing.assert_array_equal(photo.alpha, picture[..., 3])
    else:
        assert photo.alpha is None
    assert photo.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff"])
def test_grey_pictures_have_one_channel(read, suffix):
    picture = noise(channels=1)
    photo = read(encoded(suffix, picture))
    np.testing.assert_array_equal(photo.colour, picture)


def test_jpeg_colours_are_not_swapped(read):
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[...] = (220, 30, 60)
    assert np.abs(read(encoded(".jpg", picture)).colour.astype(int) - picture).max() <= 4
    assert read(flat_jpeg([200])).colour.shape == (8, 8, 1)
    assert (read(flat_jpeg([200])).colour == 200).all()


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_are_scaled_to_the_nearest_of_eight(read, suffix, channels):
    picture = noise(channels=channels, dtype=np.uint16)
    picture[0, :4, 0] = (0, 128, 129, 65535)  # 0.498 and 0.502 of a step lie on both sides of a half
    photo = read(encoded(suffix, picture))
    expected = np.round(picture / 257).astype(np.uint8)
    np.testing.assert_array_equal(photo.colour, expected[..., :3])
    assert photo.colour[0, :4, 0].tolist() == [0, 0, 1, 255]
    if channels == 4:
        np.testing.assert_array_equal(photo.alpha, expected[..., 3])


def test_palettes_single_bits_and_grey_with_alpha(read):
    palette = {b"PLTE": bytes([10, 20, 30, 40, 50, 60])}
    assert read(png(1, 2, 8, 3, b"\0\0\1", palette)).colour.tolist() == [[[10, 20, 30], [40, 50, 60]]]
    photo = read(png(1, 2, 8, 3, b"\0\0\1", palette | {b"tRNS": b"\x07\xff"}))
    assert (photo.colour[0, 1].tolist(), photo.alpha.tolist()) == ([40, 50, 60], [[7, 255]])
    assert read(png(1, 4, 1, 0, b"\0\xa0")).colour[0, :, 0].tolist() == [255, 0, 255, 0]
    photo = read(png(1, 1, 8, 4, b"\0\x0a\x14"))
    assert (photo.colour.tolist(), photo.alpha.tolist()) == ([[[10, 10, 10]]], [[20]])


@pytest.mark.parametrize(
    ("inks", "adobe", "expected"),
    [
        ((255, 255, 255, 255), 0, (255, 255, 255)),
        ((255, 255, 255, 0), 0, (0, 0, 0)),
        ((0, 255, 255, 255), 0, (0, 255, 255)),  # cyan
        ((255, 0, 255, 255), 0, (255, 0, 255)),
        ((255, 255, 0, 255), 0, (255, 255, 0)),
        ((100, 150, 200, 220), 0, (86, 129, 173)),  # product of two shares, of 255
        ((0, 128, 128, 255), 2, (255, 255, 255)),  # YCCK: luma of the inks
        ((255, 128, 128, 255), 2, (0, 0, 0)),
    ],
)
def test_cmyk_jpegs_of_adobe_are_right(read, inks, adobe, expected):
    colour = read(flat_jpeg(inks, adobe)).colour
    assert colour.shape == (8, 8, 3)
    assert np.abs(colour.astype(int) - expected).max() <= 1


def turned(picture, orientation):
    """EXIF 2.3: what the 0th row and the 0th column are, written down case by case."""
    return {
        1: picture,
        2: picture[:, ::-1],
        3: np.rot90(picture, 2),
        4: picture[::-1],
        5: picture.swapaxes(0, 1),
        6: np.rot90(picture, -1),
        7: np.rot90(picture, 2).swapaxes(0, 1),
        8: np.rot90(picture, 1),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_in_every_format(read, orientation):
    picture, order = noise(channels=4), "<" if orientation % 2 else ">"
    files = [
        png_with(encoded(".png", picture), b"eXIf", exif(orientation, order)),
        webp_with(encoded(".webp", picture, *LOSSLESS), 6, 10, orientation=orientation),
        tiff(picture, 2, orientation=orientation, extra=2, order=order),
        tiff(picture.astype(np.uint16) * 257, 2, orientation=orientation, extra=2, order=order),
    ]
    for data in files:
        photo = read(data)
        np.testing.assert_array_equal(photo.colour, turned(picture[..., :3], orientation))
        np.testing.assert_array_equal(photo.alpha, turned(picture[..., 3], orientation))
    jpeg = encoded(".jpg", picture[..., :3])
    upright = read(jpeg).colour
    np.testing.assert_array_equal(read(jpeg_with_exif(jpeg, orientation, order)).colour, turned(upright, orientation))


def test_a_damaged_exif_block_turns_nothing(read):
    picture = noise()
    for block in (b"", b"II", exif(9), exif(6)[:-8], b"xx" + exif(6)[2:]):
        photo = read(png_with(encoded(".png", picture), b"eXIf", block))
        np.testing.assert_array_equal(photo.colour, picture)


def test_tiffs_of_every_kind(read):
    picture = noise(channels=4)
    for extra in (0, 2):
        photo = read(tiff(picture, 2, extra=extra))
        np.testing.assert_array_equal(photo.colour, picture[..., :3])  # not multiplied by alpha
    multiplied = picture.copy()
    multiplied[..., :3] = np.round(picture[..., :3] * (picture[..., 3:] / 255))
    photo = read(tiff(multiplied, 2, extra=1))
    opaque = picture[..., 3] > 200
    assert np.abs(photo.colour.astype(int) - picture[..., :3])[opaque].max() <= 1
    grey = noise(channels=1)
    np.testing.assert_array_equal(read(tiff(grey, 0)).colour, 255 - grey)
    np.testing.assert_array_equal(read(tiff(grey, 1, pages=2)).colour, grey)  # the first page


@pytest.mark.parametrize("masks", [b"", struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)], ids=["plain", "masks"])
def test_unused_bytes_of_a_bitmap_are_no_alpha(read, masks):
    """32 bits without a mask for the fourth byte: it is 0, and the picture all the same opaque."""
    picture = noise()
    rows = np.zeros((6, 10, 4), np.uint8)
    rows[..., :3] = picture[::-1, :, ::-1]
    kind, start = (3 if masks else 0), 54 + len(masks)
    header = struct.pack("<IIiHHIIiiII", 40, 10, 6, 1, 32, kind, rows.nbytes, 0, 0, 0, 0) + masks
    photo = read(b"BM" + struct.pack("<IHHI", start + rows.nbytes, 0, 0, start) + header + rows.tobytes())
    assert photo.alpha is None
    np.testing.assert_array_equal(photo.colour, picture)


PNG, JPEG = encoded(".png", noise()), encoded(".jpg", noise(40, 60))
FLOATS = np.random.default_rng(0).random((4, 4, 3)).astype(np.float32)
BAD = {
    "empty": (b"", "empty"),
    "text": (b"I am no picture" * 10, "no TIFF|another format|cannot be read"),
    "short": (b"\x89PNG\r\n\x1a\n", "cut off"),
    "png-cut": (PNG[:-20], "cut off"),
    "png-cut-at-a-chunk": (PNG[:-12], "cut off"),
    "png-checksum": (PNG[:60] + bytes([PNG[60] ^ 1]) + PNG[61:], "checksum"),
    "png-pixels": (png(9, 9, 8, 2, b"\0" * 20), "damaged"),
    "png-nothing": (png(0, 9, 8, 2, b""), "0 pixels"),
    "png-transparent-grey": (png(1, 1, 8, 0, b"\0\0", {b"tRNS": b"\0\0"}), "alpha channel"),
    "apng": (png_with(PNG, b"acTL", b"\0\0\0\2\0\0\0\0"), "animated"),
    "gif": (b"GIF89a" + b"\0" * 50, "GIF"),
    "jpeg-cut": (JPEG[: len(JPEG) // 2], "end-of-image"),
    "jpeg-header-cut": (JPEG[:100], "cut off"),
    "jpeg-no-marker": (JPEG[:20] + b"\0" + JPEG[20:], "no marker"),
    "jpeg-no-picture": (b"\xff\xd8" + JPEG[JPEG.index(b"\xff\xda") :], "no picture"),
    "cmyk-unmarked": (flat_jpeg([1, 2, 3, 4]), "CMYK"),
    "webp-cut": (encoded(".webp", noise())[:-10], "cut off"),
    "webp-animated": (webp_with(encoded(".webp", noise()), 6, 10, animated=True), "animated"),
    "webp-no-picture": (b"RIFF\4\0\0\0WEBP", "no picture"),
    "bmp-cut": (encoded(".bmp", noise())[:-50], "damaged"),
    "bmp-header-cut": (encoded(".bmp", noise())[:20], "cut off"),
    "tiff-cut": (tiff(noise(), 2)[:-50], "damaged"),
    "tiff-cmyk": (tiff(noise(channels=4), 5), "RGB"),
    "tiff-grey-alpha": (tiff(noise(channels=2), 1, extra=2), "RGB"),
    "tiff-planes": (tiff(noise(), 2, planar=2), "apart"),
    "tiff-floats": (encoded(".tiff", FLOATS), "float32"),
    "bigtiff": (b"II\x2b\0" + b"\0" * 40, "BigTIFF"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_pictures_are_refused_by_name(read, kind, capfd):
    data, words = BAD[kind]
    with pytest.raises(BadInputFile, match=words) as caught:
        read(data, f"{kind}.jpg")
    assert f"{kind}.jpg" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert "opencv" not in capfd.readouterr().err.lower()
    assert cv2.utils.logging.getLogLevel() != cv2.utils.logging.LOG_LEVEL_SILENT


def test_real_animations_are_refused(tmp_path):
    animation = cv2.Animation()
    animation.frames = [noise(16, 16, 4, seed=i) for i in range(3)]
    animation.durations = np.array([100, 100, 100])
    for suffix in (".gif", ".webp", ".png"):
        path = tmp_path / f"moving{suffix}"
        assert cv2.imwriteanimation(str(path), animation)
        with pytest.raises(BadInputFile, match="animated|GIF"):
            read_photo(path)


def huge(side):
    """Bombs: a few bytes that claim side x side pixels."""
    webp = bytearray(webp_with(encoded(".webp", noise(), *LOSSLESS), 6, 10))
    at = webp.index(b"VP8L") + 9
    webp[at : at + 4] = struct.pack("<I", (side - 1 & 0x3FFF) | (side - 1 & 0x3FFF) << 14)
    jpeg = bytearray(JPEG)
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", side, side)
    bmp = bytearray(encoded(".bmp", noise()))
    bmp[18:26] = struct.pack("<ii", side, side)
    picture = bytearray(tiff(noise(), 2))
    picture[18:22] = picture[30:34] = struct.pack("<I", side)
    return [png(side, side, 8, 2, b"\0" * 9), bytes(jpeg), bytes(webp), bytes(bmp), bytes(picture)]


def test_bombs_are_refused_before_anything_is_decoded(read, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    for data in huge(16000):
        with pytest.raises(BadInputFile, match=r"16000 x 16000 pixels; expected at most 134217728"):
            read(data)


def test_the_pixel_limit_is_exact(read, monkeypatch):
    monkeypatch.setattr(photos, "MAX_PIXELS", 60)
    assert read(PNG).colour.shape == (6, 10, 3)
    monkeypatch.setattr(photos, "MAX_PIXELS", 59)
    with pytest.raises(BadInputFile, match="at most 59"):
        read(PNG)


def test_missing_files_folders_and_large_files(tmp_path, read, monkeypatch):
    with pytest.raises(BadInputFile, match="does not exist"):
        read_photo(tmp_path / "none.png")
    with pytest.raises(BadInputFile, match="is a folder; expected a picture"):
        read_photo(tmp_path)
    monkeypatch.setattr(photos, "MAX_BYTES", 100)
    with pytest.raises(BadInputFile, match="at most 100"):
        read(PNG)


@pytest.mark.parametrize("data", [PNG, JPEG, encoded(".webp", noise()), encoded(".bmp", noise()), tiff(noise(), 2)])
def test_no_cut_or_flipped_byte_raises_anything_else(read, data):
    """A fuzz of the headers: either a picture comes out or BadInputFile."""
    random = np.random.default_rng(1)
    for _ in range(150):
        changed = bytearray(data[: random.integers(len(data) // 2, len(data) + 1)])
        for position in random.integers(0, min(len(changed), 120), 2):
            changed[position] = random.integers(256)
        try:
            photo = read(bytes(changed))
        except BadInputFile:
            continue
        assert photo.colour.dtype == np.uint8
        assert photo.colour.ndim == 3


def test_chunk_helper_agrees_with_opencv(read):
    assert png_chunk(b"IEND", b"") == PNG[-12:]
