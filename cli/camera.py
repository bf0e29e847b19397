"""`ganrt translate --camera 0`: what a camera sees through an image-to-image model, live."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ganrt.cli.app import in_use, print_json, say
from ganrt.cli.options import EngineOptions
from ganrt.cli.play_state import WindowState, pressed
from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.cli.picture_runs import PictureOptions
    from ganrt.cli.translate_clip import ClipOptions
    from ganrt.runtime.film.clips import Clip
    from ganrt.runtime.film.drawing import Drawing, Drawn
    from ganrt.runtime.film.options import Frame
    from ganrt.runtime.fitting import Fit
    from ganrt.runtime.generator import Generator

HELP = (
    "space  hold the picture, go on",
    "s      save this frame",
    "r      begin a recording, end it",
    "c      source and translation side by side",
    "f      full screen",
    "h      this help",
    "q, Esc quit",
)
_RECENT = 30  # frames that the rate shown is of
_WAITING = 8  # frames before the encoder
_RECORDED = Fraction(30)  # ticks a second of a recording where its frames cannot have times of their own


@dataclass(frozen=True)
class CameraState(WindowState):
    """All that keys change."""

    compare: bool = False
    held: bool = False
    recording: bool = False
    actions: ClassVar[dict[str, Callable[[Any], Any]]] = {
        **WindowState.actions,
        " ": lambda state: replace(state, held=not state.held),
        "r": lambda state: replace(state, recording=not state.recording),
        "c": lambda state: replace(state, compare=not state.compare),
    }


def translate_camera(
    folder: Path,
    model: str,
    pictures: PictureOptions,
    clip: ClipOptions,
    engine: EngineOptions,
    *,
    json: bool,
) -> None:
    """The whole session; snapshots and recordings go to `folder`."""
    from ganrt.cli.play_window import PictureWindow, require_display
    from ganrt.runtime.film.camera import open_camera
    from ganrt.runtime.film.drawing import Drawing

    clip.refuse("camera", "headless", "duration", "max_size", "compare", "steady", where="it does not go with --camera")
    if clip.duration is not None and not 0 < clip.duration <= 86400:
        raise UsageError(f"--duration {clip.duration:g}: expected seconds, more than 0 and at most 86400")
    camera = open_camera(clip.camera or "0", clip.excerpt(pictures.skip_bad))
    if not clip.headless:
        require_display("or measure without a window: --headless --duration 5")
    with engine.open(model) as generator:
        fit = pictures.fitting("resize")
        live = Live(generator, camera, fit, folder, clip)
        with Drawing(generator, camera.shots(), fit, latest=True) as drawing:
            if clip.headless:
                live.run(drawing, None)
            else:
                with PictureWindow(f"ganrt {generator.spec.name}") as window:
                    live.run(drawing, window)
        told = {**in_use(generator), **live.told(drawing)}
    say(
        f"{told['frames']} frames, {told['fps']:g} a second; {told['dropped']} of the camera's gave way to newer ones; "
        f"latency p50 {told['latency_ms']['p50']:g}, p99 {told['latency_ms']['p99']:g} ms"
    )
    if json:
        print_json(told)


class Live:
    """One session: what is shown, counted, saved and recorded."""

    def __init__(self, generator: Generator, camera: Clip, fit: Fit, folder: Path, clip: ClipOptions) -> None:
        from ganrt.runtime.film.drawing import film_size
        from ganrt.runtime.streaming.statistics import Samples

        self._generator, self._folder, self._clip = generator, folder, clip
        self._size = film_size(generator.spec, fit, camera.size)
        self._state = CameraState(compare=clip.compare)
        self._latency, self._shown = Samples(), deque[float](maxlen=_RECENT)
        self._frames, self._first, self._last = 0, 0.0, 0.0
        self._recording: Recording | None = None

    def run(self, drawing: Drawing, window: Any) -> None:
        """Until it is told to end, or the camera has."""
        from ganrt.runtime.film.drawing import Steady, sized

        try:
            drawn = Steady()(drawing) if self._clip.steady else iter(drawing)
            picture: Frame | None = None
            for one in drawn:
                state = self._state
                if picture is None or not state.held:
                    _, picture = next(sized([one], self._size, compare=state.compare))
                if self._recording is not None and not self._recording.add(one.time, picture):
                    self._end_recording()  # which raises what went wrong
                key = window.show_page(picture, self._lines(drawing), state.full_screen) if window else -1
                self._count(one)
                self._follow(pressed(state, key), picture)
                if self._state.quit or (window and window.closed()) or self._is_over():
                    return
        finally:
            self._end_recording()

    def told(self, drawing: Drawing) -> dict[str, Any]:
        spent = self._last - self._first
        fps = round((self._frames - 1) / spent, 2) if spent > 0 else 0.0
        latency = self._latency.percentiles().as_dict()
        return {"frames": self._frames, "fps": fps, "dropped": drawing.dropped, "latency_ms": latency}

    def _count(self, one: Drawn) -> None:
        now = time.monotonic()
        self._latency.add(int((now - float(one.time)) * 1e9))
        self._shown.append(now)
        self._frames, self._first, self._last = self._frames + 1, self._first or now, now

    def _is_over(self) -> bool:
        limit = self._clip.duration or (5.0 if self._clip.headless else None)
        return limit is not None and self._last - self._first >= limit

    def _lines(self, drawing: Drawing) -> list[str]:
        spent = self._shown[-1] - self._shown[0] if self._shown else 0.0
        rate = (len(self._shown) - 1) / spent if spent > 0 else 0.0
        recent = self._latency.percentiles().p50 if self._frames else 0.0
        marks = "  held" * self._state.held + "  recording" * self._state.recording
        generator = self._generator
        return [
            f"{rate:.1f} fps  latency {recent:.0f} ms  dropped {drawing.dropped}{marks}",
            f"{generator.backend} {generator.device} {generator.precision}",
            *(HELP if self._state.help else ("h: help",)),
        ]

    def _follow(self, after: CameraState, picture: Frame) -> None:
        if after.saves > self._state.saves:
            self._save(picture)
        if after.compare != self._state.compare:  # frames of a recording have one size
            self._end_recording()
            after = replace(after, recording=False)
        if after.recording and self._recording is None:
            self._recording = Recording(free_name(self._folder, ".mp4"))
        elif not after.recording:
            self._end_recording()
        self._state = after

    def _save(self, picture: Frame) -> None:
        from ganrt.files import write_file
        from ganrt.runtime.pictures import encode_png

        path = free_name(self._folder, ".png")
        write_file(path, encode_png(picture))
        say(f"saved: {path}")

    def _end_recording(self) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            frames = recording.end()
            say(f"recorded: {recording.path}, {frames} frames" if frames else "nothing recorded: no frame came in time")


class Recording:
    """A film of what is shown, encoded in a thread of its own; its frames come at the camera's times."""

    def __init__(self, path: Path) -> None:
        from ganrt.runtime.film.of_clip import Source, open_film
        from ganrt.runtime.film.options import FilmOptions
        from ganrt.runtime.film.overlap import Consumer

        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._film = open_film(path, FilmOptions(float(_RECORDED), origin={"clip": "camera"}), Source(_RECORDED))
        self._encoder: Consumer[Any, None] = Consumer(self._film.write, _WAITING)
        self._encoder.start()

    def add(self, when: Fraction, picture: Frame) -> bool:
        return self._encoder.put((when, picture))

    def end(self) -> int:
        """Makes it whole, and says how many frames it has."""
        self._encoder.finish()
        if self._film.frames:
            self._film.finish()
        return self._film.frames


def free_name(folder: Path, suffix: str) -> Path:
    """camera-0000.png, or the first number that is not taken, by what was left of a recording either."""
    from ganrt.runtime.film.of_clip import part_of

    names = (folder / f"camera-{k:04}{suffix}" for k in range(10**6))
    return next(path for path in names if not (path.exists() or part_of(path).exists()))
