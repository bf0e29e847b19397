"""The live window: OpenCV's, with sliders, and text over the picture."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ganrt.cli.play_state import HELP, PlayState, most, moved, position_of
from ganrt.controls import Control
from ganrt.errors import BackendUnavailable
from ganrt.pixels import over
from ganrt.runtime.picture_style import WHITE

Images = NDArray[np.uint8]
W = TypeVar("W", bound="PictureWindow")
_PROBE = "import cv2; cv2.namedWindow('probe'); cv2.waitKey(1); cv2.destroyAllWindows()"
_INSTEAD = "play without a window: ganrt play --headless --duration 5"
_LEAST_SIDE = 480
_CONTROLS, _SLIDER = 80, 24  # pixels of Qt's buttons and margins, and of a slider
# OpenCV's wheels bring Qt without fonts: without these the sliders have no names.
_FONTS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/TTF", "/usr/share/fonts/dejavu-sans-fonts")


def require_display(instead: str = _INSTEAD) -> None:
    """Opens a window in another process, because OpenCV ends the whole process where there is no display.

    Raises:
        BackendUnavailable: no window can be opened here.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise BackendUnavailable(f"no display: neither DISPLAY nor WAYLAND_DISPLAY is set\n{instead}")
    try:
        ran = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        raise BackendUnavailable(f"no window: the display does not answer\n{instead}") from None
    if ran.returncode:
        raise BackendUnavailable(
            "no window: OpenCV cannot open one here; opencv-python-headless cannot at all, opencv-python needs a "
            f"display\n{instead}"
        )


class PictureWindow:
    """A window for pictures, with text over them; use it as a context manager."""

    def __init__(self, title: str, behind: tuple[int, int, int] = WHITE) -> None:
        import cv2

        _offer_fonts()
        self._cv2, self._title, self._behind = cv2, title, behind
        self._full_screen = self._sized = False
        self._below = 0  # pixels that controls take
        cv2.namedWindow(title, cv2.WINDOW_NORMAL)

    def show_page(self, picture: Images, lines: list[str], full_screen: bool) -> int:
        """Shows uint8 [h, w, c] in RGB under the lines of text; the key that was pressed, -1 for none."""
        cv2 = self._cv2
        if full_screen != self._full_screen:
            self._full_screen = full_screen
            cv2.setWindowProperty(self._title, cv2.WND_PROP_FULLSCREEN, float(full_screen))
        page = overlaid(picture, lines, self._behind)
        if not self._sized:  # as large as the letters need, until somebody pulls at it
            self._sized = True
            cv2.resizeWindow(self._title, page.shape[1], page.shape[0] + self._below)
        cv2.imshow(self._title, page)
        return int(cv2.waitKeyEx(1))

    def closed(self) -> bool:
        try:
            return bool(self._cv2.getWindowProperty(self._title, self._cv2.WND_PROP_VISIBLE) < 1)
        except self._cv2.error:  # what Qt says where the last window is gone
            return True

    def __enter__(self: W) -> W:
        return self

    def __exit__(self, *_: object) -> None:
        self._cv2.destroyAllWindows()


class Window(PictureWindow):
    """The window of a walk, with sliders."""

    def __init__(
        self,
        title: str,
        state: PlayState,
        classes: int,
        largest_batch: int,
        behind: tuple[int, int, int] = WHITE,
        controls: Sequence[Control] = (),
    ) -> None:
        super().__init__(title, behind)
        cv2 = self._cv2
        sliders = {
            "truncation %": (round(100 * (state.truncation or 1)), 100),
            "speed %": (round(100 * state.speed), 400),
            "micro-batch": (state.micro_batch or 1, largest_batch),
            **({"class": (state.label, classes - 1)} if classes > 1 else {}),
            **{one.name: (position_of(one, state.controls), most(one)) for one in controls},
        }
        self._controls = {one.name: one for one in controls}
        self._sliders = list(sliders)
        for name, (value, last) in sliders.items():
            cv2.createTrackbar(name, title, value, last, lambda _: None)
        self._below = _CONTROLS + _SLIDER * len(sliders)
        self._before = self._positions()

    def moved(self, state: PlayState) -> PlayState:
        """The state after what was done with the sliders."""
        now = self._positions()
        changed = {name: value for name, value in now.items() if value != self._before[name]}
        self._before = now
        if "truncation %" in changed:
            state = replace(state, truncation=max(5, changed["truncation %"]) / 100)
        if "speed %" in changed:
            state = replace(state, speed=max(10, changed["speed %"]) / 100)
        for name in changed.keys() & self._controls.keys():
            state = replace(state, controls=moved(state.controls, self._controls[name], changed[name]))
        if "micro-batch" in changed:
            state = replace(state, micro_batch=max(1, changed["micro-batch"]))
        return replace(state, label=changed["class"]) if "class" in changed else state

    def show(self, picture: Images, state: PlayState, lines: list[str]) -> int:
        """Shows the picture under the lines and the help that was asked for; the key that was pressed."""
        return self.show_page(picture, [*lines, *(HELP if state.help else ("h: help",))], state.full_screen)

    def _positions(self) -> dict[str, int]:
        return {name: self._cv2.getTrackbarPos(name, self._title) for name in self._sliders}


def _offer_fonts() -> None:
    """Tells Qt where letters are, if it knows no folder that exists; importing OpenCV names one that does not."""
    found = next((folder for folder in _FONTS if Path(folder).is_dir()), None)
    if found is not None and not Path(os.environ.get("QT_QPA_FONTDIR", "no folder")).is_dir():
        os.environ["QT_QPA_FONTDIR"] = found


def overlaid(picture: Images, lines: list[str], behind: tuple[int, int, int] = WHITE) -> NDArray[np.generic]:
    """The picture over a colour, in OpenCV's order, enlarged by a whole factor, with the lines written over it."""
    import cv2

    zoom = max(1, -(-_LEAST_SIDE // min(picture.shape[:2])))
    picture = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else over(picture, behind)
    page = np.ascontiguousarray(picture.repeat(zoom, 0).repeat(zoom, 1)[..., ::-1])
    page[: 8 + 20 * len(lines), :400] //= 3  # dark enough for white letters
    for row, line in enumerate(lines):
        cv2.putText(page, line, (8, 20 + 20 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return page
