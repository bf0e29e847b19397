"""Films: decoded again, every frame in order, whole or absent, and drawn while they are encoded."""

import json
import threading
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import ganrt
from ganrt.errors import BackendUnavailable, OutputFailed, UsageError
from ganrt.runtime.film import mp4, write
from ganrt.runtime.film.options import FilmOptions, frame_times
from ganrt.runtime.film.origin import read_film_origin
from ganrt.runtime.film.overlap import overlapped
from ganrt.runtime.film.write import write_frames, zoomed

ORIGIN = {"model": "tiny", "seeds": "1-3", "note": "x" * 700}


def flat(value, channels=3):
    picture = np.full((32, 32, channels), value, np.uint8)
    picture[..., 3:] = 255
    return picture


def decode(path):
    """Frames as RGB, and the rate."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)], float(stream.average_rate)


def animation(path):
    """Frames as RGB, and how long each is shown, in ms."""
    found, read = cv2.imdecodeanimation(np.frombuffer(Path(path).read_bytes(), np.uint8))
    assert found
    return [frame[..., 2::-1] for frame in read.frames], [int(duration) for duration in read.durations]


@pytest.mark.parametrize("codec", ["h264", "av1", "opencv"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("fps", [25, 29.97])
def test_an_mp4_holds_every_frame_at_its_rate(tmp_path, codec, channels, fps):
    path = tmp_path / "a.mp4"
    levels = list(range(10, 250, 8))
    written = write_frames(
        path, (flat(level, channels) for level in levels), FilmOptions(fps, zoom=2, codec=codec, origin=ORIGIN)
    )
    frames, rate = decode(path)
    assert written.frames == len(frames) == len(levels)
    assert rate == pytest.approx(fps, rel=1e-6)
    assert frames[0].shape == (64, 64, 3)
    for frame, level in zip(frames, levels, strict=True):
        assert abs(int(frame.mean()) - level) <= 6
    assert read_film_origin(path) == ORIGIN
    assert {"h264": "H.264", "av1": "AV1", "opencv": "OpenCV"}[codec] in written.encoder


@pytest.mark.parametrize("codec", ["h264", "av1"])
def test_a_film_of_a_walk_is_what_the_generator_draws(tmp_path, codec):
    with ganrt.load("avatars") as generator:
        walk = ganrt.walk([1, 2, 3], 1.0)
        drawn = list(generator.stream(walk, 30, paced=False))
        write_frames(tmp_path / "a.mp4", iter(drawn), FilmOptions(30, zoom=4, codec=codec))
    frames, _ = decode(tmp_path / "a.mp4")
    assert len(frames) == 30
    expected = [np.repeat(np.repeat(frame, 4, 0), 4, 1) for frame in drawn]
    # Colour is kept at half the resolution: averaged over a pixel's square, and its colours, little is lost.
    for frame, wanted in zip(frames, expected, strict=True):
        assert np.abs(frame.astype(float) - wanted).mean() < 4
        assert np.abs(frame.mean(axis=(0, 1)) - wanted.mean(axis=(0, 1))).max() < 2.5
    nearest = [int(np.argmin([np.abs(f.astype(int) - w).mean() for w in expected])) for f in frames[::7]]
    assert nearest == list(range(0, 30, 7))


def test_colours_are_not_swapped_and_marked_bt709(tmp_path):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    for name in ("a.mp4", "a.gif", "a.webp", "a.apng"):
        write_frames(tmp_path / name, [red, red], FilmOptions(10))
        frame = (decode if name == "a.mp4" else animation)(tmp_path / name)[0][0]
        assert frame[..., 0].min() > 240, name
        assert frame[..., 1:].max() < 50, name
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].codec_context.colorspace == 1


@pytest.mark.parametrize(("suffix", "unit"), [(".gif", 10), (".webp", 1), (".apng", 1)])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_animation_holds_every_frame_for_its_time(tmp_path, suffix, unit, channels):
    path = tmp_path / f"a{suffix}"
    levels = list(range(10, 250, 20))
    write_frames(path, (flat(level, channels) for level in levels), FilmOptions(30, zoom=2, origin=ORIGIN))
    frames, durations = animation(path)
    assert len(frames) == len(levels)
    assert frames[0].shape == (64, 64, 3)
    for frame, level in zip(frames, levels, strict=True):
        assert abs(int(frame.mean()) - level) <= 6
    assert durations == frame_times(len(levels), 30, unit).tolist()
    assert sum(durations) == pytest.approx(len(levels) * 1000 / 30, abs=unit / 2)
    assert read_film_origin(path) == ORIGIN


def test_a_gif_has_the_colours_of_each_frame(tmp_path):
    """One palette for everything would dither what is flat."""
    colours = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    frames = [np.repeat(np.repeat(one, 8, 0), 8, 1) for one in colours]
    write_frames(tmp_path / "a.gif", frames, FilmOptions(10))
    for frame, wanted in zip(animation(tmp_path / "a.gif")[0], frames, strict=True):
        assert np.abs(frame.astype(int) - wanted).max() <= 2


@pytest.mark.parametrize("name", ["a.webp", "a.apng"])
def test_small_changes_are_not_left_out(tmp_path, name):
    """Each is less than a lossy encoder thinks worth a new rectangle, and they add up."""
    rng = np.random.default_rng(0)
    base = cv2.GaussianBlur(rng.integers(60, 120, (96, 96, 3), np.uint8), (0, 0), 3)
    frames = [base + np.uint8(4 * k) * (np.arange(96) < 48).astype(np.uint8)[:, None, None] for k in range(12)]
    write_frames(tmp_path / name, frames, FilmOptions(10))
    np.testing.assert_array_equal(animation(tmp_path / name)[0], frames)


def test_equal_frames_keep_their_time(tmp_path):
    for name in ("a.gif", "a.webp", "a.apng"):
        write_frames(tmp_path / name, [flat(9), flat(9), flat(9), flat(90)], FilmOptions(20))
        assert sum(animation(tmp_path / name)[1]) == 200


def test_a_sprite_sheet_has_an_atlas_that_game_engines_read(tmp_path):
    frames = [flat(10 * i) for i in range(10)]
    frames[7][3, 5] = (1, 2, 3)
    written = write_frames(tmp_path / "hero.json", frames, FilmOptions(30, zoom=2, origin=ORIGIN))
    assert [path.name for path in written.files] == ["hero.json", "hero.png"]
    atlas = json.loads((tmp_path / "hero.json").read_text("utf-8"))
    page = cv2.imread(str(tmp_path / "hero.png"))[..., ::-1]
    meta = atlas["meta"]
    assert (meta["app"], meta["image"], meta["format"], meta["scale"]) == ("ganrt", "hero.png", "RGB888", "1")
    assert meta["size"] == {"w": page.shape[1], "h": page.shape[0]}
    names = atlas["animations"]["hero"]
    assert names == list(atlas["frames"]) == [f"hero-{i:06d}.png" for i in range(10)]
    for name, frame in zip(names, frames, strict=True):
        entry = atlas["frames"][name]
        assert set(entry) == {"frame", "rotated", "trimmed", "spriteSourceSize", "sourceSize", "duration"}
        box = entry["frame"]
        cut = page[box["y"] : box["y"] + box["h"], box["x"] : box["x"] + box["w"]]
        np.testing.assert_array_equal(cut, zoomed(frame, FilmOptions(1, zoom=2)))
        assert entry["spriteSourceSize"] == {"x": 0, "y": 0, **entry["sourceSize"]}
    assert sum(entry["duration"] for entry in atlas["frames"].values()) == 333
    assert meta["origin"] == read_film_origin(tmp_path / "hero.png") == ORIGIN
    with pytest.raises(OutputFailed, match="hero"):
        write_frames(tmp_path / "hero.json", frames, FilmOptions(30))
    (tmp_path / "hero.json").unlink()
    with pytest.raises(OutputFailed, match="hero.png"):
        write_frames(tmp_path / "hero.json", frames, FilmOptions(30))


def test_a_sprite_sheet_larger_than_a_texture_is_refused(tmp_path):
    with pytest.raises(UsageError, match="do not fit into 16384"):
        write_frames(tmp_path / "a.json", [np.zeros((4, 20000, 1), np.uint8)], FilmOptions(30))
    assert list(tmp_path.iterdir()) == []


def test_frames_go_into_a_folder(tmp_path):
    assert write_frames(tmp_path / "f", [flat(1), flat(2)], FilmOptions(25, origin=ORIGIN)).frames == 2
    assert [path.name for path in sorted((tmp_path / "f").iterdir())] == ["frame000000.png", "frame000001.png"]
    assert read_film_origin(tmp_path / "f" / "frame000001.png") == {**ORIGIN, "frame": 1}


def test_a_longer_walk_before_leaves_no_frames_and_other_files_stay(tmp_path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "frame-border.png").write_bytes(b"mine")
    write_frames(tmp_path / "f", [flat(1), flat(2)], FilmOptions(25))
    write_frames(tmp_path / "f", [flat(3)], FilmOptions(25, force=True))
    assert [path.name for path in sorted((tmp_path / "f").iterdir())] == ["frame-border.png", "frame000000.png"]


def test_the_slowest_apng_keeps_its_time(tmp_path):
    write_frames(tmp_path / "a.apng", [flat(1), flat(2)], FilmOptions(0.016))
    assert list(animation(tmp_path / "a.apng")[1]) == [62500, 62500]


def test_zoom_by_nearest_and_by_lanczos():
    frame = np.zeros((8, 8, 1), np.uint8)
    frame[:, 4:] = 200
    square = zoomed(frame, FilmOptions(1, zoom=3))
    smooth = zoomed(frame, FilmOptions(1, zoom=3, zoom_filter="lanczos"))
    assert square.shape == smooth.shape == (24, 24, 1)
    np.testing.assert_array_equal(square[::3, ::3], frame)
    assert set(np.unique(square)) == {0, 200}
    assert len(np.unique(smooth)) > 4


def test_an_mp4_of_odd_sides_keeps_every_pixel(tmp_path):
    write_frames(tmp_path / "a.MP4", [np.full((33, 35, 3), 90, np.uint8)] * 3, FilmOptions(10))
    assert decode(tmp_path / "a.MP4")[0][0].shape == (34, 36, 3)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.avi", {}, r"expected \.mp4"),
        ("a.mp4", {"fps": 0}, "fps 0"),
        ("a.mp4", {"fps": float("nan")}, "fps nan"),
        ("a.mp4", {"fps": 1e9}, "at most 1000"),
        ("a.gif", {"fps": 60}, "at most 50"),
        ("a.webp", {"fps": 120}, "at most 90"),
        ("a.apng", {"fps": 0.01}, r"at least 0\.016"),
        ("a.mp4", {"codec": "divx"}, "codec 'divx'"),
        ("a.gif", {"codec": "h264"}, "only an .mp4"),
        ("a.mp4", {"zoom": 0}, "zoom"),
        ("a.mp4", {"zoom_filter": "cubic"}, "zoom filter 'cubic'"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, name, options, words):
    with pytest.raises(UsageError, match=words):
        write_frames(tmp_path / name, [flat(1)], FilmOptions(**{"fps": 25, **options}))
    assert list(tmp_path.iterdir()) == []


def test_without_pyav_opencv_encodes_and_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(mp4, "find_spec", lambda _: None)
    encoder = write_frames(tmp_path / "a.mp4", [flat(9)] * 3, FilmOptions(25)).encoder
    assert "OpenCV" in encoder
    assert 'pip install "ganrt[video]"' in mp4.note_on_colours(encoder)
    assert mp4.note_on_colours("H.264 (PyAV)") == ""
    with pytest.raises(BackendUnavailable, match=r'pip install "ganrt\[video\]"'):
        write_frames(tmp_path / "b.mp4", [flat(9)], FilmOptions(25, codec="av1"))
    monkeypatch.undo()
    assert mp4.note_on_colours(encoder) == "", "who has PyAV chose OpenCV"


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.json", "f"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupt_in_mid_way_leaves_nothing(tmp_path, name, error):
    def frames():
        for level in range(40):
            yield flat(level)
        raise error

    threads = threading.active_count()
    with pytest.raises(error):
        write_frames(tmp_path / name, frames(), FilmOptions(25))
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads


def test_an_interrupt_leaves_the_frames_of_before(tmp_path):
    write_frames(tmp_path / "f", [flat(1), flat(2)], FilmOptions(25))

    def frames():
        yield flat(7)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_frames(tmp_path / "f", frames(), FilmOptions(25, force=True))
    assert cv2.imread(str(tmp_path / "f" / "frame000000.png"))[0, 0, 0] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_no_frames_are_no_film(tmp_path):
    with pytest.raises(UsageError, match="no frames"):
        write_frames(tmp_path / "a.mp4", [], FilmOptions(25))


def test_encoding_runs_beside_drawing_and_waits_for_it():
    """Each side waits for the other's next step: without overlap, or without a bound, this would not come through."""
    taken, made = threading.Semaphore(0), []

    def items():
        for number in range(20):
            if number >= 5:  # a queue of three, one in the consumer's hands: it must have taken some by now
                assert taken.acquire(timeout=120)
            made.append(number)
            yield number

    def consume(numbers):
        assert threading.current_thread() is not threading.main_thread()
        total = 0
        for number in numbers:
            assert len(made) - number <= 6
            total += number
            taken.release()
        return total

    assert overlapped(consume, items(), 3) == sum(range(20))


def test_an_encoder_that_fails_stops_the_drawing(tmp_path):
    made = []

    def consume(numbers):
        next(numbers)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        overlapped(consume, (made.append(i) for i in range(10**6)), 4)
    assert len(made) < 1000


@pytest.mark.parametrize("cut", [0, 5, 11, 40, 300])
@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.apng", "a.mp4"])
def test_origins_of_files_that_are_cut_short_are_refused(tmp_path, name, cut):
    path = tmp_path / name
    write_frames(path, [flat(1), flat(99)], FilmOptions(25, origin=ORIGIN))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ganrt.BadInputFile, match=name):
        read_film_origin(path)
    write_frames(path, [flat(1), flat(99)], FilmOptions(25, force=True))
    with pytest.raises(ganrt.BadInputFile, match="not written by ganrt"):
        read_film_origin(path)


def test_large_pictures_wait_in_small_numbers(monkeypatch, tmp_path):
    depths = []
    monkeypatch.setattr(write, "overlapped", lambda consume, items, depth: depths.append(depth))
    for side, zoom in ((32, 1), (1024, 1), (1024, 8)):
        frame = np.zeros((side, side, 3), np.uint8)
        write_frames(tmp_path / "a.mp4", [frame], FilmOptions(25, zoom=zoom))
    assert depths == [128, 21, 1]
