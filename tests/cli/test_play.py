"""`ganrt play`: keys and sliders without a window, headless figures, and a real window where there is Xvfb."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import displays
import numpy as np
import pytest
from controlled_models import CONTROLS, save_controlled

from ganrt.cli.play import apply, sheet_of
from ganrt.cli.play_state import PlayState, most, moved, position_of, pressed
from ganrt.cli.play_window import overlaid


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_saved_frame_keeps_its_colours(tmp_path, monkeypatch, channels):
    import cv2

    from ganrt.cli.play import _save

    monkeypatch.chdir(tmp_path)
    colour = (255, 10, 20, 200)[:channels]
    _save(np.full((4, 4, channels), colour, np.uint8), PlayState((1,)))
    saved = cv2.imread("play-0000.png", cv2.IMREAD_UNCHANGED).reshape(4, 4, channels)[0, 0]
    assert tuple(saved[[2, 1, 0, 3][:channels]] if channels > 1 else saved) == colour


def test_keys_change_the_state():
    state = PlayState((0, 2**64 - 1))
    assert pressed(state, -1) == pressed(state, ord("?")) == state
    assert pressed(state, ord(" ")).paused
    assert pressed(state, ord("n")).seeds == (2, 1)
    assert pressed(pressed(state, ord("n")), ord("p")) == state
    assert pressed(state, ord("l")).latency == "smooth"
    assert pressed(state, 27).quit
    assert pressed(state, ord("s")).saves == 1


def test_players_are_the_keyframes(run, tiny):
    import ganrt
    from ganrt.cli.play import make_walks

    state = PlayState((), identities=("Ann", "Bob", "Cem"))
    with ganrt.load(tiny) as generator:
        first, second = (walk.keyframes(generator.latent) for walk in make_walks(pressed(state, ord("n")), 2))
        ann = generator.avatar("Ann")
        np.testing.assert_array_equal(generator.synthesize(first)[0], ann)
    np.testing.assert_array_equal(second, first[[1, 2, 0]])
    asked = ("play", "-m", tiny, "--headless", "--duration", 0.1, "--name", "Ann")
    code, _, err = run(*asked, "--name", "Bob")
    assert code == 0, err
    code, _, err = run(*asked, "--seeds", "1")
    assert (code, "exclude each other: expected one of them" in err) == (2, True)


class Recorder:
    def __init__(self):
        self.calls = []

    def set(self, **options):
        self.calls.append(options)

    def pause(self):
        self.calls.append("pause")

    def resume(self):
        self.calls.append("resume")


def test_only_what_changed_is_told():
    stream, state = Recorder(), PlayState((1, 2))
    apply(stream, state, state, 1)
    apply(stream, state, PlayState((1, 2), 0.5, 2.0, 3, 4, paused=True), 1)
    assert PlayState((1,)).micro_batch is None
    apply(stream, PlayState((1,), micro_batch=4), PlayState((1,), micro_batch=4, latency="smooth"), 1)
    assert stream.calls.pop() == {"latency": "smooth"}
    assert stream.calls == [{"truncation": 0.5}, {"speed": 2.0}, {"labels": 3}, {"micro_batch": 4}, "pause"]


def test_sliders_of_controls():
    """Every position sets what it says, and a setting finds its position again."""
    for control in CONTROLS:
        for position in range(1, most(control) + 1):
            settings = moved((("hat", "1"),), control, position)
            assert dict(settings)["hat"] == "1"
            control.values(dict(settings)[control.name])
            assert position_of(control, settings) == position
        assert position_of(control, ()) == 0
        assert moved(settings, control, 0) == (("hat", "1"),)
    assert position_of(CONTROLS[1], (("skin", "0.333"),)) == 34
    stream, state = Recorder(), PlayState((1,))
    apply(stream, state, PlayState((1,), controls=(("hair", "afro"),)), 1)
    assert stream.calls == [{"controls": (("hair", "afro"),)}]


def test_a_stream_takes_other_controls(tmp_path):
    import ganrt

    other = {"hair": "afro", "shirt": "ff0000"}
    with ganrt.load(save_controlled(tmp_path / "dolls.onnx")) as generator:
        expected = generator.sample(1, seed=1, controls=other)[0]
        walk = ganrt.walk(seeds=[1, 1], duration=3, loop=True, controls={"hair": "bald"})
        with generator.stream(walk, 10, paced=False) as stream:
            assert (next(stream) != expected).any()
            stream.set(controls=other)
            frames = list(stream)
    assert min(np.abs(frame.astype(int) - expected).max() for frame in frames) <= 1


def test_grids_and_the_text_over_them():
    frame = np.arange(4, dtype=np.uint8).repeat(12).reshape(4, 2, 2, 3)
    sheet = sheet_of(frame, 2)
    assert sheet[:, :, 0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    assert (overlaid(sheet, ["60 fps"]) > 200).any()


class Opening:
    """A window that takes two seconds to show its first frame."""

    clock = 0.0

    def __init__(self, *_):
        type(self).clock = 100.0

    def show(self, *_):
        type(self).clock += 2.0 if self.clock == 100.0 else 0.25
        return -1

    def closed(self):
        return False

    def moved(self, state):
        return state

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_a_window_that_opens_slowly_plays_as_long_as_was_asked(run, tiny, monkeypatch):
    monkeypatch.setattr("ganrt.cli.play_window.require_display", lambda: None)
    monkeypatch.setattr("ganrt.cli.play_window.Window", Opening)
    monkeypatch.setattr("ganrt.cli.play.time", SimpleNamespace(monotonic=lambda: Opening.clock))
    code, _, err = run("play", "-m", tiny, "--duration", 1, "--stats", "out.json")
    assert code == 0, err
    assert json.loads(Path("out.json").read_text())["frames"] == 5  # the first, and a second of others


@pytest.mark.slow
def test_headless_figures(run, tiny):
    code, _, err = run("play", "-m", tiny, "--headless", "--duration", 0.5, "--stats", "out.json", "--grid", "2x1")
    assert code == 0, err
    told = json.loads(Path("out.json").read_text())
    assert told["frames"] > 0
    assert {"fps", "missed"} <= set(told)
    assert {"p50", "p95", "p99", "p99_9"} <= set(told["frame_latency_ms"])
    assert run("play", "-m", tiny, "--headless", "--stats", "out.json")[0] == 5


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [(("--duration", 0), 2, "duration"), (("--fps", 0), 2, "fps"), (("--seeds", "x"), 2, "seeds")],
)
def test_refusals(run, tiny, words, code, said):
    got, _, err = run("play", "-m", tiny, "--headless", *words)
    assert (got, said in err) == (code, True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are named so on Linux alone")
def test_without_a_display_it_names_the_way_out(run, tiny, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    code, _, err = run("play", "-m", tiny)
    assert code == 3
    assert "ganrt play --headless" in err


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed")
def test_a_real_window_plays(tiny, tmp_path):
    command = [sys.executable, "-m", "ganrt", "play", "-m", str(tiny), "--duration", "1", "--stats", "out.json"]
    with displays.display() as env:
        ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert json.loads((tmp_path / "out.json").read_text())["frames"] > 1


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
@pytest.mark.parametrize(("how", "code"), [("close", 0), ("key", 0), ("interrupt", 130)])
def test_a_window_ends_cleanly(tiny, tmp_path, how, code):
    with displays.display() as env:
        command = [sys.executable, "-m", "ganrt", "play", "-m", str(tiny), "--stats", "out.json"]
        with subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) as playing:
            number = displays.window(env, "ganrt tiny", playing)
            if how == "close":
                displays.close(env, number)
            elif how == "key":
                while playing.poll() is None:  # a window that has just opened may not hear the first
                    displays.do(env, "key", "--window", number, "q")
                    time.sleep(0.2)
            else:
                playing.send_signal(signal.SIGINT)
            said = playing.communicate(timeout=300)[1]
    assert playing.returncode == code, said
    assert "Traceback" not in said
    assert (tmp_path / "out.json").exists() == (code == 0)  # of an interrupted one nothing is half written


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_an_interrupt_ends_it_without_a_window(tiny, tmp_path):
    command = [sys.executable, "-m", "ganrt", "play", "-m", str(tiny), "--headless", "--duration", "600"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as playing:
        assert "backend" in playing.stderr.readline()
        playing.send_signal(signal.SIGINT)
        said = playing.communicate(timeout=300)[1]
    assert (playing.returncode, "interrupted" in said, "Traceback" in said) == (130, True, False)
