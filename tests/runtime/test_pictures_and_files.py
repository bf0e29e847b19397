"""PNG with its origin, contact sheets, files that are whole or not there, videos."""

import errno

import cv2
import numpy as np
import pytest

from ganrt import BadInputFile, OutputFailed
from ganrt.files import atomic_write, write_file
from ganrt.runtime.pictures import encode_png, read_origin, sheet

ORIGIN = {"seed": "18446744073709551615", "index": "0", "psi": None, "latent_spec": 1}


def picture(channels=3, side=16, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (side, side, channels), np.uint8)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_keeps_pixels_and_origin(tmp_path, channels):
    image = picture(channels)
    path = tmp_path / "a.png"
    path.write_bytes(encode_png(image, ORIGIN))
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    order = {1: slice(None), 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    np.testing.assert_array_equal(read.reshape(16, 16, channels)[..., order], image)
    assert read_origin(path) == ORIGIN


def test_equal_pictures_give_equal_files():
    assert encode_png(picture(), ORIGIN) == encode_png(picture().copy(), dict(reversed(ORIGIN.items())))


def test_pictures_without_an_origin_are_told_apart(tmp_path):
    path = tmp_path / "a.png"
    for data, words in (
        (encode_png(picture()), "not written by ganrt"),
        (b"GIF89a", "not a PNG"),
        (b"", "not a PNG"),
        (encode_png(picture(), ORIGIN).replace(b"18446744073709551615", b"18446744073709551614"), "checksum"),
        (encode_png(picture(), ORIGIN)[:40], "not written by ganrt"),
    ):
        path.write_bytes(data)
        with pytest.raises(BadInputFile, match=words):
            read_origin(path)


def test_a_sheet_goes_row_by_row_and_leaves_missing_cells_white():
    images = [picture(seed=i) for i in range(5)]
    page = sheet(images, 3)
    assert page.shape == (32, 48, 3)
    np.testing.assert_array_equal(page[16:, 16:32], images[4])
    assert (page[16:, 32:] == 255).all()


def test_nothing_is_overwritten_unless_asked(tmp_path):
    path = tmp_path / "deep" / "a.bin"
    write_file(path, b"one")
    with pytest.raises(OutputFailed, match="--force"):
        write_file(path, b"two")
    assert path.read_bytes() == b"one"
    write_file(path, b"two", force=True)
    assert path.read_bytes() == b"two"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_an_interrupted_write_leaves_nothing_behind(tmp_path, error):
    path = tmp_path / "a.bin"
    with pytest.raises((OutputFailed, KeyboardInterrupt)) as caught, atomic_write(path) as partial:
        partial.write_bytes(b"half")
        raise error
    assert list(tmp_path.iterdir()) == []
    if isinstance(error, OSError):
        assert "No space left" in str(caught.value)


def test_an_interrupted_overwrite_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), atomic_write(path, force=True) as partial:
        partial.write_bytes(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_the_place_of_a_folder_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputFailed, match="expected a folder"):
        write_file(tmp_path / "file" / "a.png", b"")
    with pytest.raises(OutputFailed, match="is a folder"):
        write_file(tmp_path, b"")


def test_a_file_name_as_long_as_the_system_takes(tmp_path):
    path = tmp_path / ("x" * 250 + ".png")
    write_file(path, b"whole")
    assert path.read_bytes() == b"whole"


def test_hostile_text_chunks_are_bad_files(tmp_path):
    path = tmp_path / "a.png"
    marker = {"seed": "M" * 50}
    for text in (b"[" * 50_000, b'"\\ud800"', b'{"a": "\\udfff"}'):
        chunk = encode_png(picture(), marker)
        start = chunk.index(b"tEXtganrt") - 4
        length = int.from_bytes(chunk[start : start + 4], "big")
        body = b"ganrt\0" + text
        import zlib

        crc = zlib.crc32(b"tEXt" + body).to_bytes(4, "big")
        path.write_bytes(
            chunk[:start] + len(body).to_bytes(4, "big") + b"tEXt" + body + crc + chunk[start + 12 + length :]
        )
        with pytest.raises(BadInputFile):
            read_origin(path)
