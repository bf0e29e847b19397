"""`ganrt translate` of films and a camera: every frame, its time, its size, its sound; what is damaged; what is cut."""

import itertools
import json
import os
import subprocess
import sys
import threading
import types
from fractions import Fraction
from pathlib import Path

import clips
import cv2
import numpy as np
import pytest
from clips import RATE, level, read_clip, save_clip, sound_of
from tiny_onnx import save_translator, translator_spec

import ganrt
from ganrt.errors import OutputFailed, UsageError
from ganrt.runtime.film.camera import open_clip
from ganrt.runtime.film.clips import Excerpt
from ganrt.runtime.film.drawing import Drawn, Steady
from ganrt.runtime.film.of_clip import Source, constant, open_film
from ganrt.runtime.film.options import FilmOptions
from ganrt.runtime.film.overlap import Ahead


@pytest.fixture
def go(run):
    """`ganrt translate` in an empty folder with the models m.onnx (8 x 12) and d.onnx (any size): negatives."""
    save_translator(Path("m.onnx"))
    save_translator(Path("d.onnx"), translator_spec(name="any", dynamic=True))
    return lambda *words: run("translate", *words)


def numbers(frames):
    """Which frame of `clips` each negative is, by the brightness of its lower right half."""
    return [round((255 - float(frame[-8:, -8:].mean()) - 40) / 6) for frame in frames]


def test_a_film_keeps_frames_times_size_and_sound(go):
    source = save_clip(Path("a.mp4"), 20, height=50, width=66, sound="aac")
    code, out, err = go("a.mp4", "-m", "d.onnx", "-o", "b.mp4", "--json")
    assert code == 0, err
    frames, times = read_clip(Path("b.mp4"))
    assert numbers(frames) == list(range(20))
    assert (times, frames[0].shape) == (read_clip(source)[1], (50, 66, 3))
    assert sound_of(Path("b.mp4")) == sound_of(source)
    report = json.loads(out)
    assert (report["rate"], report["frames"], report["sound"]) == ("30000/1001", 20, "aac, copied")
    with clips.av.open("b.mp4") as container:
        assert container.streams.video[0].average_rate == RATE
    assert not list(Path().glob("*-part*"))
    assert go("a.mp4", "-m", "d.onnx", "-o", "b.mp4")[0] == 5
    assert go("a.mp4", "-m", "d.onnx", "-o", "a.mp4", "--force")[0] == 5


def test_webm_side_by_side_with_sound_encoded_anew(go):
    save_clip(Path("a.mp4"), 6, sound="aac")
    code, _, err = go("a.mp4", "-m", "m.onnx", "-o", "b.webm", "--compare", "--max-size", 32)
    assert (code, "libopus, encoded anew" in err) == (0, True), err
    frames, _ = read_clip(Path("b.webm"))
    assert (len(frames), frames[0].shape) == (6, (24, 64, 3))
    assert numbers(frames) == list(range(6))
    assert abs(int(frames[3][20, 20, 0]) - level(3)) < 6  # the source on the left
    assert len(sound_of(Path("b.webm"))) > 5


def test_times_of_a_varying_rate_stay(go):
    times = [Fraction(n, 1000) for n in (0, 40, 55, 200, 233)]
    save_clip(Path("a.mp4"), 5, times=times)
    assert go("a.mp4", "-m", "d.onnx", "-o", "b.mp4")[0] == 0
    frames, found = read_clip(Path("b.mp4"))
    assert numbers(frames) == list(range(5))
    assert found == pytest.approx([float(time) for time in times], abs=1e-4)
    shown = list(constant(((time, number) for number, time in enumerate(times)), Fraction(30)))
    assert shown == [0, 1, 2, 2, 2, 2, 3, 4]


def test_turned_pictures_stand_upright(go):
    clips.turn(save_clip(Path("a.mp4"), 3))
    assert go("a.mp4", "-m", "d.onnx", "-o", "b.mp4")[0] == 0
    frame = read_clip(Path("b.mp4"))[0][0]
    assert frame.shape == (64, 48, 3)
    bright = 255 - frame[[8, 8, 56, 56], [8, 40, 8, 40], 0].astype(int) - level(0)
    assert [value > 15 for value in bright] == [False, True, False, False]


@pytest.mark.parametrize(
    ("matrix", "shape", "brighter"),
    [((-1, 0, 0, 1), (48, 64, 3), 1), ((0, 1, 1, 0), (64, 48, 3), 0), ((0.985, 0.174, -0.174, 0.985), (48, 64, 3), 0)],
)
def test_mirrored_pictures_are_not_turned_and_small_angles_do_not_distort(tmp_path, matrix, shape, brighter):
    clip = open_clip(str(clips.turn(save_clip(tmp_path / "a.mp4", 2), *matrix)), Excerpt())
    frame = next(clip.shots()).pixels
    assert (frame.shape, clip.size) == (shape, shape[:2])
    corners = frame[[8, 8, -8, -8], [8, -8, 8, -8], 0]
    assert [value > level(0) + 15 for value in corners] == [corner == brighter for corner in range(4)]


@pytest.mark.parametrize(
    ("name", "codec", "said"),
    [("a.avi", "pcm_s16le", "aac, encoded anew"), ("a.mkv", "libmp3lame", "mp3, copied")],
)
def test_sound_of_layouts_without_names_and_of_decoders_with_others(go, monkeypatch, name, codec, said):
    from ganrt.runtime.film import pyav_parts

    heard, all_heard = [], pyav_parts._heard
    monkeypatch.setattr(
        pyav_parts, "_heard", lambda *given: (heard.append(packet) or packet for packet in all_heard(*given))
    )
    save_clip(Path(name), 30, sound=codec)
    code, _, err = go(name, "--end", "0.1", "-m", "d.onnx", "-o", "b.mp4")
    assert (code, said in err) == (0, True), err
    assert 4 <= len(sound_of(Path("b.mp4"))) <= 7
    assert len(heard) < len(sound_of(Path(name))) / 2


def test_sound_that_nothing_decodes_is_lost_and_said_to_be(go):
    film = save_clip(Path("a.mp4"), 3, sound="aac")
    film.write_bytes(film.read_bytes().replace(b"mp4a", b"zzzz").replace(b"esds", b"free"))
    code, _, err = go("a.mp4", "-m", "d.onnx", "-o", "b.mp4")
    assert (code, "note: its sound is of a kind" in err) == (0, True), err
    assert len(read_clip(Path("b.mp4"))[0]) == 3


def test_frames_of_sound_without_a_time_follow_the_one_before():
    from ganrt.runtime.film.pyav_parts import _decoded

    frames = [types.SimpleNamespace(pts=pts, samples=480, sample_rate=48000) for pts in (3000, None, None)]
    packet = types.SimpleNamespace(size=1, pts=3000, dts=3000, decode=lambda: frames)
    clip = types.SimpleNamespace(demux=lambda _: [packet])
    found = _decoded(clip, types.SimpleNamespace(time_base=Fraction(1, 1000)), Fraction(1))
    assert [float(time) for time, _ in found] == [2, 2.01, 2.02]


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"), [("a.mov", "qtrle", "argb"), ("a.webm", "libvpx-vp9", "yuva420p")]
)
def test_transparency_lies_over_a_colour_or_is_kept(go, name, codec, pix_fmt):
    pictures = [np.full((48, 64, 4), (200, 0, 0, 0), np.uint8)] * 2
    for picture in pictures:
        picture[:, 32:, 3] = 255
    save_clip(Path(name), 2, codec=codec, pix_fmt=pix_fmt, pictures=pictures)
    assert go(name, "-m", "d.onnx", "-o", "b.mp4", "--background", "0000ff")[0] == 0
    frame = read_clip(Path("b.mp4"))[0][1].astype(int)
    assert np.abs(frame[20, 8] - (0, 0, 255)).max() < 12
    assert np.abs(frame[20, 56] - (55, 255, 255)).max() < 20
    assert go(name, "-m", "d.onnx", "-o", "frames")[0] == 0
    alpha = cv2.imread("frames/frame000001.png", cv2.IMREAD_UNCHANGED)[..., 3]
    assert (int(alpha[20, 8]), int(alpha[20, 56])) == (0, 255)


def test_ten_bits_and_an_excerpt(go):
    save_clip(Path("a.mkv"), 20, pix_fmt="yuv420p10le", sound="libopus")
    code, _, err = go("a.mkv", "--start", "0.2", "--end", "0:0.5", "-m", "d.onnx", "-o", "b.mp4")
    assert code == 0, err
    frames, times = read_clip(Path("b.mp4"))
    assert (numbers(frames), times[0]) == (list(range(6, 15)), 0)
    assert 12 <= len(sound_of(Path("b.mp4"))) <= 16  # 0.3 s of packets of 20 ms
    assert go("a.mkv", "--start", "9", "-m", "d.onnx", "-o", "c.mp4")[0] == 2


def test_pictures_in_the_order_of_their_numbers_become_a_film(go):
    Path("in").mkdir()
    for number in range(11):
        cv2.imwrite(f"in/f{number}.png", clips.picture(number))
    assert go("in", "--fps", "24000/1001", "-m", "d.onnx", "-o", "b.mp4")[0] == 0
    frames, times = read_clip(Path("b.mp4"))
    assert numbers(frames) == list(range(11))
    assert times[-1] == pytest.approx(10 * 1001 / 24000)
    assert go("in", "-m", "d.onnx", "-o", "b.gif", "--steady")[0] == 0
    cv2.imwrite("in/f11.png", clips.picture(1, 20, 20))
    code, _, err = go("in", "-m", "d.onnx", "-o", "c.mp4")
    assert (code, "frames of one size" in err) == (4, True)


def test_raw_frames_come_and_go_through_pipes(go, monkeypatch):
    sent = np.stack([clips.picture(number) for number in range(4)])
    read, write = os.pipe()
    threading.Thread(target=lambda: (os.write(write, sent.tobytes()), os.close(write))).start()
    with os.fdopen(read, "r") as frames, Path("raw").open("wb") as file:
        monkeypatch.setattr(sys, "stdin", frames)
        monkeypatch.setattr(sys, "stdout", type("Out", (), {"buffer": file, "write": print, "flush": file.flush}))
        code, _, err = go("-", "--raw", "64x48", "-m", "d.onnx", "-o", "-")
    assert (code, "-pix_fmt rgb24 -video_size 64x48 -framerate 30" in err) == (0, True), err
    np.testing.assert_array_equal(np.fromfile("raw", np.uint8).reshape(sent.shape), 255 - sent)


def test_a_sender_that_is_silent_does_not_hold_up_the_end():
    script = (
        "import sys, time; from ganrt.runtime.film import clips, overlap; overlap._JOIN_S = 0.1; "
        "clip = clips.PipeClip(sys.stdin.buffer, clips.Excerpt(raw=(4, 4)))\n"
        "with overlap.Ahead(clip.shots()): time.sleep(0.3); sys.exit(7)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.wait(60) == 7, run.stderr.read()


def test_what_is_made_ahead_is_waited_for_once(monkeypatch):
    gone, waits = threading.Event(), []
    ahead = Ahead(iter(gone.wait, True))
    monkeypatch.setattr(ahead, "_thread", types.SimpleNamespace(join=waits.append))
    ahead.close()
    ahead.close()
    gone.set()
    assert waits == [5, 0]


def test_an_input_is_not_overwritten_by_the_part(go):
    save_clip(Path("b-part.mp4"), 2)
    before = Path("b-part.mp4").read_bytes()
    for name in ("b.mp4", "b.webm"):
        code, _, err = go("b-part.mp4", "-m", "d.onnx", "-o", name, "--force")
        assert (code, "which is the input" in err) == (5, True), err
    assert Path("b-part.mp4").read_bytes() == before


def test_without_h264_opencv_writes(go, monkeypatch):
    monkeypatch.setattr("ganrt.runtime.film.pyav.has_codec", lambda _: False)
    save_clip(Path("a.mp4"), 3)
    code, _, err = go("a.mp4", "-m", "d.onnx", "-o", "b.mp4")
    assert (code, "(OpenCV)" in err) == (0, True), err


def test_damage_before_the_first_frame_counts_once(tmp_path):
    film = save_clip(tmp_path / "a.mp4", 12)
    with clips.av.open(str(film)) as container:
        first = next(container.demux(video=0))
        place, size = first.pos, first.size
    data = bytearray(film.read_bytes())
    data[place : place + size] = b"\xff" * size
    film.write_bytes(data)
    clip = open_clip(str(film), Excerpt(skip_bad=True))
    assert clip.bad == 0
    frames = len(list(clip.shots()))
    assert (0 < frames < 12, 0 < clip.bad <= 12 - frames + 1) == (True, True)


@pytest.mark.parametrize(
    ("name", "words", "code", "said"),
    [
        ("none.mp4", (), 4, "does not exist"),
        ("empty.mp4", (), 4, "is empty"),
        ("sound.mp4", (), 4, "sound, and no pictures"),
        ("cut.mp4", (), 4, "damaged, or no film"),
        ("bad.mp4", (), 4, "give --skip-bad"),
        ("bad.mp4", ("--skip-bad",), 1, "passed over"),
        ("good.mp4", ("--sheet",), 2, "one by one"),
        ("good.mp4", ("--fps", "3"), 2, "its own rate"),
        ("good.mp4", ("--end", "x"), 2, "expected seconds"),
        ("-", (), 2, "--raw WIDTHxHEIGHT"),
        ("-", ("--raw", "99999x99999"), 4, "pixels; expected at most"),
    ],
)
def test_what_is_refused(go, name, words, code, said):
    Path("empty.mp4").touch()
    clips.save_sound(Path("sound.mp4"))
    data = bytearray(save_clip(Path("good.mp4"), 20).read_bytes())
    Path("cut.mp4").write_bytes(data[:900])
    place = data.index(b"mdat")
    size = int.from_bytes(data[place - 4 : place], "big")
    for k in range(place + 600, place + size, 7):  # what the encoder says of itself comes before
        data[k] ^= 0x5A
    Path("bad.mp4").write_bytes(data)
    found, _, err = go(name, *words, "-m", "d.onnx", "-o", "b.mp4")
    assert (found, said in err) == (code, True), err
    assert len(err.splitlines()) <= 4
    assert Path("b.mp4").exists() == (code == 1)


def test_films_are_taken_one_at_a_time_and_their_options_belong_to_them(go):
    save_clip(Path("a.mp4"), 2)
    assert "one film" in go("a.mp4", "a.mp4", "-m", "d.onnx", "-o", "b.mp4")[2]
    cv2.imwrite("p.png", clips.picture(1))
    code, _, err = go("p.png", "--steady", "-m", "d.onnx", "-o", "b")
    assert (code, "--steady: it belongs to films" in err) == (2, True)


def test_a_film_in_the_making_goes_on_where_it_was_cut_off(go, monkeypatch):
    """Cut off as by a kill: in mid-group, so that the last group is drawn again."""
    from ganrt.runtime.generator import Generator

    save_clip(Path("a.mp4"), 120, RATE, sound="aac")
    drawn = Generator.translate
    seen = []

    def failing(self, pictures, batch_size=None):
        seen.append(len(pictures))
        if sum(seen) > 110:
            raise OutputFailed("the power went")
        return drawn(self, pictures, batch_size)

    words = ("a.mp4", "-m", "d.onnx", "-b", 4, "-o", "b.mp4")
    monkeypatch.setattr(Generator, "translate", failing)
    assert go(*words)[0] == 5
    part = Path("b-part.mp4")
    so_far = numbers(read_clip(part)[0])
    assert so_far == [number % 30 for number in range(len(so_far))]
    assert len(so_far) >= 40  # the encoder looks some 40 frames ahead, and may be a few behind
    part.write_bytes(part.read_bytes()[:-200])
    code, _, err = go(*words, "--compare")
    assert (code, "in the way" in err) == (5, True)
    seen.clear()
    monkeypatch.setattr(Generator, "translate", lambda self, p, b=None: seen.append(len(p)) or drawn(self, p, b))
    code, _, err = go(*words)
    assert (code, "going on with b-part.mp4" in err) == (0, True), err
    frames, times = read_clip(Path("b.mp4"))
    assert numbers(frames) == [number % 30 for number in range(120)]
    assert times == read_clip(Path("a.mp4"))[1]
    assert sum(seen) < 120
    assert sound_of(Path("b.mp4")) == sound_of(Path("a.mp4"))


@pytest.mark.parametrize("name", ["b.mp4", "b.gif"])
def test_ctrl_c_leaves_the_film_so_far(go, monkeypatch, name):
    import signal

    from ganrt.runtime.generator import Generator

    save_clip(Path("a.mp4"), 40)
    drawn = Generator.translate

    def told(self, pictures, batch_size=None):
        if pictures[0, -1, -1, 0] > level(8):
            signal.raise_signal(signal.SIGINT)
        return drawn(self, pictures, batch_size)

    monkeypatch.setattr(Generator, "translate", told)
    code, _, err = go("a.mp4", "-m", "d.onnx", "-b", 2, "-o", name)
    part = f"b-part{Path(name).suffix}"
    assert (code, f"{part} holds the" in err, "interrupted" in err) == (130, True, True), err
    frames = read_clip(Path(part))[0]
    assert 8 <= len(frames) < 40
    assert not Path(name).exists()
    if name == "b.mp4":
        assert numbers(frames)[:8] == list(range(8))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files' sizes are POSIX's")
def test_a_disk_that_fills_up_leaves_what_plays(go):
    """A process may write as much to a file as the first group of frames takes, and a little more."""
    chance = np.random.default_rng(1)
    noise = [chance.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(75)]
    save_clip(Path("a.mp4"), 75, pictures=noise)
    words = ["translate", "a.mp4", "-m", "d.onnx", "-o"]
    assert go(*words[1:], "whole.mp4")[0] == 0
    limit = (
        "import resource, sys; n = int(sys.argv.pop(1)); resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); "
        "from ganrt.cli.main import main; main(sys.argv[1:])"
    )
    room = str(Path("whole.mp4").stat().st_size * 93 // 100)
    command = [sys.executable, "-c", limit, room, *words, "b.mp4"]
    full = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (full.returncode, "b-part.mp4 cannot be written" in full.stderr) == (5, True), full.stderr
    assert len(read_clip(Path("b-part.mp4"))[0]) >= 50
    assert not Path("b.mp4").exists()
    code, _, err = go(*words[1:], "b.mp4")
    assert (code, len(read_clip(Path("b.mp4"))[0])) == (0, 75), err


def test_a_part_of_a_varying_rate_goes_on(tmp_path):
    """A later run asks for what comes half a frame earlier as well."""
    source = Source(Fraction(1), identity="one")  # at this rate every second frame is a key
    times = [Fraction(n, 10) for n in (0, 10, 20, 27, 30, 40)]
    shots = [(time, clips.picture(number)) for number, time in enumerate(times)]
    open_film(tmp_path / "a.mp4", FilmOptions(1), source).write(iter(shots))
    film = open_film(tmp_path / "a.mp4", FilmOptions(1), source)
    assert (film.since, film.frames) == (3, 4)
    film.write(shot for shot in shots if shot[0] >= film.since - Fraction(1, 2))
    film.finish()
    frames, found = read_clip(tmp_path / "a.mp4")
    assert (len(frames), found) == (6, [float(time) for time in times])


@pytest.mark.parametrize("identity", ["", "one"])
def test_what_a_full_disk_leaves_is_said_as_it_is(tmp_path, identity):
    def shots(count):
        for number in range(count):
            yield Fraction(number), clips.picture(number)
        raise OSError(28, "No space left on device")

    path, source = tmp_path / "new" / "a.mp4", Source(Fraction(1), identity=identity)
    with pytest.raises(OutputFailed, match="it holds no frame yet"):
        open_film(path, FilmOptions(1), source).write(shots(1))
    path.parent.mkdir()
    path.with_name("a-part.mp4").touch()
    with pytest.raises(OutputFailed, match="and plays") as error:
        open_film(path, FilmOptions(1), source).write(shots(60))
    assert ("the same command goes on" in str(error.value)) == bool(identity)
    assert read_clip(path.with_name("a-part.mp4"))[0]


def test_without_pyav_opencv_reads_and_writes(go, monkeypatch):
    save_clip(Path("a.mp4"), 12, sound="aac")
    for module in ("camera", "of_clip", "mp4"):
        monkeypatch.setattr(f"ganrt.runtime.film.{module}.find_spec", lambda name: None)
    code, _, err = go("a.mp4", "-m", "d.onnx", "--end", "0.3", "-o", "b.mp4")
    assert (code, 'pip install "ganrt[video]"' in err) == (0, True), err
    frames, _ = read_clip(Path("b.mp4"))
    assert (numbers(frames), frames[0].shape) == (list(range(9)), (48, 64, 3))
    assert go("a.mp4", "-m", "d.onnx", "-o", "b.webm")[0] == 3
    Path("bad.mp4").write_bytes(b"x" * 99)
    assert go("bad.mp4", "-m", "d.onnx", "-o", "c.mp4")[0] == 4


def test_animations_that_would_not_fit_in_memory_are_refused(tmp_path):
    with pytest.raises(UsageError, match="held in memory"):
        open_film(tmp_path / "a.gif", FilmOptions(25), Source(Fraction(25), bytes=2**33))
    open_film(tmp_path / "a.gif", FilmOptions(100), Source(Fraction(100), bytes=2**32))  # has 50 a second


def test_still_parts_are_steadied_and_moving_ones_are_not():
    """The source's right half moves by 40 levels a frame; the drawing flickers by 20 everywhere."""
    drawn = []
    for number in range(20):
        source = np.full((32, 64, 3), 100, np.uint8)
        source[:, 32:] = 20 + number % 2 * 40
        drawn.append(Drawn(Fraction(number), source, np.full((32, 64, 3), 100 + number % 2 * 20, np.uint8)))
    steady = Steady()
    frames = [one.image.astype(int) for one in steady(drawn)]
    still = np.abs(frames[-1][:, :20] - frames[-2][:, :20]).mean()
    moving = np.abs(frames[-1][:, 44:] - frames[-2][:, 44:]).mean()
    assert (still < 3, moving) == (True, 20)
    assert (round(steady.before), steady.after < 10) == (20, True)


def test_frames_from_python(tmp_path):
    frames = [np.full((8, 12, 3), value, np.uint8) for value in range(7)]
    with ganrt.load(save_translator(tmp_path / "m.onnx")) as generator:
        threads = threading.active_count()
        waiting = generator.translate_stream(itertools.repeat(frames[0]))
        assert threading.active_count() == threads  # nothing runs before the first frame is asked for
        next(iter(waiting))
        waiting.close()
        assert threading.active_count() == threads
        found = list(generator.translate_stream(iter(frames)))
        assert [int(one[0, 0, 0]) for one in found] == [255 - value for value in range(7)]
        assert next(iter(generator.translate_stream([np.zeros((20, 30, 1), np.uint8)]))).shape == (8, 12, 3)
        with pytest.raises(UsageError, match="frame 0"):
            list(generator.translate_stream([np.zeros((8, 12, 3))]))
    from tiny_onnx import save_tiny

    with ganrt.load(save_tiny(tmp_path / "t.onnx")) as generator, pytest.raises(UsageError, match="translate"):
        generator.translate_stream(frames)


def test_the_latest_frame_wins():
    taken, gone = threading.Event(), threading.Event()

    def source():
        yield 0
        taken.wait(10)
        yield from range(1, 50)
        gone.set()
        raise OutputFailed("pulled out")

    with Ahead(source(), latest=True) as ahead:
        assert next(ahead) == 0
        taken.set()
        assert gone.wait(10)
        assert next(ahead) == 49
        assert ahead.dropped == 48
        with pytest.raises(OutputFailed):
            next(ahead)


class Window:
    """Presses keys, one a frame."""

    keys = "cchs r     r s q"

    def __init__(self, *_):
        self.pressed, self.pages = iter(self.keys), []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def closed(self):
        return False

    def show_page(self, picture, lines, _):
        self.pages.append((picture.shape, lines))
        key = next(self.pressed)
        return -1 if key == " " else ord(key)


def test_a_camera_is_shown_saved_and_recorded(go, monkeypatch):
    save_clip(Path("a.mp4"), 60)
    shown = []
    monkeypatch.setattr("ganrt.cli.play_window.require_display", lambda _: None)
    monkeypatch.setattr("ganrt.cli.play_window.PictureWindow", lambda *_: shown.append(Window()) or shown[-1])
    code, out, err = go("--camera", "a.mp4", "-m", "d.onnx", "-o", "shots", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["frames"] == len(Window.keys)
    assert told["latency_ms"]["p50"] < 2000
    assert sorted(path.name for path in Path("shots").iterdir()) == [
        "camera-0000.mp4",
        "camera-0000.png",
        "camera-0001.png",
    ]
    frames, times = read_clip(Path("shots/camera-0000.mp4"))
    assert (len(frames), frames[0].shape) == (6, (48, 64, 3))
    assert times == sorted(times)
    assert [shape for shape, _ in shown[0].pages[:3]] == [(48, 64, 3), (48, 128, 3), (48, 64, 3)]
    assert "fps" in shown[0].pages[5][1][0]


@pytest.fixture
def film_as_camera(go, monkeypatch):
    """`keys` and the film's frames: what a session says, and its window."""
    monkeypatch.setattr("ganrt.cli.play_window.require_display", lambda _: None)

    def session(keys, count):
        window = Window()
        window.pressed = iter(keys)
        monkeypatch.setattr("ganrt.cli.play_window.PictureWindow", lambda *_: window)
        save_clip(Path("a.mp4"), count)
        return *go("--camera", "a.mp4", "-m", "d.onnx", "-o", "shots"), window

    return session


def test_a_recording_leaves_what_is_there_and_may_be_empty(film_as_camera):
    Path("shots").mkdir()
    Path("shots/camera-0000-part.mp4").write_bytes(b"of another day")
    assert "recorded: " + str(Path("shots/camera-0001.mp4")) in film_as_camera("r  q", 20)[2]
    code, _, err, _ = film_as_camera("r", 1)
    assert (code, "nothing recorded" in err, "camera-" in err) == (0, True, False), err


def test_a_recording_that_cannot_be_written_ends_at_once(film_as_camera, monkeypatch):
    def full(self, frames):
        next(frames)
        raise OutputFailed("the disk is full")

    monkeypatch.setattr("ganrt.runtime.film.of_clip.PartedFilm.write", full)
    code, _, err, window = film_as_camera("r" + " " * 20 + "q", 40)
    assert (code, "the disk is full" in err) == (5, True), err
    assert len(window.pages) < 8


def test_a_camera_that_is_missing_or_pulled_out(go, monkeypatch):
    code, _, err = go("--camera", "99", "-m", "d.onnx", "--headless")
    assert (code, "ganrt translate --camera clip.mp4" in err) == (3, True), err
    for name in ("-", "99999999999"):
        code, _, err = go("--camera", name, "-m", "d.onnx", "--headless")
        assert (code, "expected a camera's number" in err) == (2, True), err

    class Pulled:
        left = 4

        def __init__(self, _):
            pass

        def read(self):
            self.left -= 1
            return self.left > 0, np.zeros((48, 64, 3), np.uint8)

        def grab(self):
            return True

        def get(self, _):
            return 30

        isOpened = grab

        def set(self, *_):
            pass

        def release(self):
            pass

    monkeypatch.setattr("ganrt.runtime.film.camera.cv2.VideoCapture", Pulled)
    code, _, err = go("--camera", "0", "-m", "d.onnx", "--headless")
    assert (code, "pulled out" in err) == (3, True), err


def test_shots_of_a_clip_are_all_of_one_size(tmp_path):
    clip = open_clip(str(save_clip(tmp_path / "a.mp4", 3)), Excerpt(max_size=33))
    assert {shot.pixels.shape for shot in clip.shots()} == {(*clip.size, 3)} == {(25, 33, 3)}


@pytest.mark.slow
def test_the_commands_of_the_page_run(run):
    """docs/translate.md, in order."""
    import re
    import shlex

    page = (Path(__file__).parents[2] / "docs" / "translate.md").read_text("utf-8")
    lines = [
        line for block in re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL) for line in block.split("\n")
    ]
    for name in ("horse2zebra", "zebra2horse"):
        save_translator(Path(f"{name}.onnx"), translator_spec(name=name))
    save_clip(Path("clip.mp4"), 12, sound="aac")
    assert len(lines) > 5
    for line in filter(None, lines):
        code, _, err = run(*shlex.split(line)[1:])
        assert code == 0, f"{line}\n{err}"
