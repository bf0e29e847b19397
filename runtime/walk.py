"""Walks: paths through latent space by keyframes. Frame k is computed without its predecessors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.arguments import UINT64_LIMIT, integer_between
from ganrt.runtime.edits import edit, parse_edits
from ganrt.runtime.interpolate import cubic_path, lerp, slerp
from ganrt.runtime.sampling import Truncation, draw
from ganrt.spec import Latent

_MAX_FRAMES = 10**7
METHODS = ("slerp", "lerp", "cubic")


@dataclass(frozen=True)
class Walk:
    """A path through the latents of `seeds` (index 0 of each), `duration` seconds long; make one with `walk`.

    Attributes:
        loop: the path returns to its first keyframe, and its last frame leads into its first.
        method: `slerp` or `lerp` from keyframe to keyframe, or `cubic`: one smooth curve through all.
        truncation: applied to the keyframes.
        pinned: edits such as "0:35=-1", applied to every frame, so that these dimensions stay put.
    """

    seeds: tuple[int, ...]
    duration: float
    loop: bool
    method: str
    truncation: Truncation
    pinned: str

    def frame_count(self, fps: float) -> int:
        """How many frames one pass has; an open walk includes both ends."""
        if not 0 < fps <= 1000:
            raise UsageError(f"fps {fps}: expected more than 0 and at most 1000")
        if self.duration * fps > _MAX_FRAMES:
            raise UsageError(f"duration {self.duration:g} s at {fps:g} fps: at most {_MAX_FRAMES} frames")
        return max(1, round(self.duration * fps)) + (not self.loop)

    def keyframes(self, latent: Latent) -> NDArray[np.float32]:
        """float32 [k, dim]."""
        seeds = np.array(self.seeds, np.uint64)
        return draw(latent, seeds, np.zeros_like(seeds), self.truncation)

    def latents(self, latent: Latent, frames: Sequence[int], fps: float) -> NDArray[np.float32]:
        """z of the given frames of one pass: float32 [n, dim]."""
        knots = self.keyframes(latent)
        segments = len(knots) if self.loop else len(knots) - 1
        steps = self.frame_count(fps) - (not self.loop)
        position = np.asarray(frames, np.float64) * segments / steps
        path = self._path(knots, position)
        return edit(path, parse_edits(self.pinned)) if self.pinned else path

    def _path(self, knots: NDArray[np.float32], position: NDArray[np.float64]) -> NDArray[np.float32]:
        if len(knots) == 1:
            return np.repeat(knots, len(position), axis=0)
        if self.method == "cubic":
            return cubic_path(knots, closed=self.loop)(position)
        low = np.minimum(np.floor(position).astype(np.int64), len(knots) - (not self.loop) - 1)
        between = slerp if self.method == "slerp" else lerp
        return between(knots[low], knots[(low + 1) % len(knots)], position - low)


def walk(
    seeds: Sequence[int],
    duration: float = 4.0,
    loop: bool = True,
    method: str = "slerp",
    truncation: float | Truncation | None = None,
    pinned: str = "",
) -> Walk:
    """A walk through the latents of `seeds`; see `Walk`.

    Raises:
        UsageError: no seed, a duration that is not above 0 (seconds), or an unknown method.
    """
    if not len(seeds):
        raise UsageError("walk: expected at least one seed")
    for seed in seeds:
        integer_between("seed", seed, 0, UINT64_LIMIT - 1)
    if not 0 < duration < math.inf:
        raise UsageError(f"duration {duration}: expected seconds, more than 0")
    if method not in METHODS:
        raise UsageError(f"method '{method}': expected {', '.join(METHODS)}")
    if pinned:
        parse_edits(pinned)
    how = truncation if isinstance(truncation, Truncation) else Truncation(psi=truncation)
    return Walk(tuple(int(seed) for seed in seeds), float(duration), loop, method, how, pinned)
