"""Walks: paths through latent space by keyframes. Frame k is computed without its predecessors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.arguments import UINT64_LIMIT, integer_between, shown
from ganrt.runtime.edits import edit, parse_edits
from ganrt.runtime.interpolate import cubic_path, lerp, slerp
from ganrt.runtime.labels import label_weights
from ganrt.runtime.sampling import Truncation, draw
from ganrt.spec import GeneratorSpec, Latent

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
        classes: keyframes of the labels, names or numbers; one: the same class throughout; none: the generator's own.
            Labels go straight from one to the next whatever the method, so that their weights never leave [0, 1].
    """

    seeds: tuple[int, ...]
    duration: float
    loop: bool
    method: str
    truncation: Truncation
    pinned: str
    classes: tuple[int | str, ...] = ()

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
        path = self._path(self.keyframes(latent), frames, fps, self.method)
        return edit(path, parse_edits(self.pinned)) if self.pinned else path

    def label_keyframes(self, spec: GeneratorSpec) -> NDArray[np.float32] | None:
        """One-hot weights float32 [k, count] of the classes; None where the walk has none.

        Raises:
            UsageError: the generator has no classes, or not these.
        """
        one = np.zeros(1, np.uint64)
        weights = [label_weights(spec, given, one, one) for given in self.classes]
        known = [row for row in weights if row is not None]
        return np.concatenate(known) if known else None

    def labels(self, spec: GeneratorSpec, frames: Sequence[int], fps: float) -> NDArray[np.float32] | None:
        """Label weights of the given frames of one pass: float32 [n, count]; None where the walk has no classes.

        Linear between the keyframes, and exactly the keyframes there. A generator multiplies the weights with its
        class embeddings, so this is the straight line between those.
        """
        knots = self.label_keyframes(spec)
        return None if knots is None else self._path(knots, frames, fps, "lerp")

    def _path(self, knots: NDArray[np.float32], frames: Sequence[int], fps: float, method: str) -> NDArray[np.float32]:
        """The keyframes float32 [k, m], evenly over one pass -> the path at the frames: float32 [n, m]."""
        segments = len(knots) if self.loop else len(knots) - 1
        steps = self.frame_count(fps) - (not self.loop)
        if len(knots) == 1:
            return np.repeat(knots, len(frames), axis=0)
        position = np.asarray(frames, np.float64) * segments / steps
        if method == "cubic":
            return cubic_path(knots, closed=self.loop)(position)
        low = np.minimum(np.floor(position).astype(np.int64), len(knots) - (not self.loop) - 1)
        between = slerp if method == "slerp" else lerp
        return between(knots[low], knots[(low + 1) % len(knots)], position - low)


def walk(
    seeds: Sequence[int],
    duration: float = 4.0,
    loop: bool = True,
    method: str = "slerp",
    truncation: float | Truncation | None = None,
    pinned: str = "",
    classes: Sequence[int | str] = (),
) -> Walk:
    """A walk through the latents of `seeds` and the labels of `classes`; see `Walk`.

    One seed is held while the classes change, one class while the seeds do; several of both move together.

    Raises:
        UsageError: no seed, several seeds and a different number of several classes, a duration that is not above 0
            (seconds), or an unknown method. Whether a generator has the classes shows when it draws.
    """
    if not len(seeds):
        raise UsageError("walk: expected at least one seed")
    for seed in seeds:
        integer_between("seed", seed, 0, UINT64_LIMIT - 1)
    _check_classes(classes, len(seeds))
    if not 0 < duration < math.inf:
        raise UsageError(f"duration {duration}: expected seconds, more than 0")
    if method not in METHODS:
        raise UsageError(f"method '{method}': expected {', '.join(METHODS)}")
    if pinned:
        parse_edits(pinned)
    how = truncation if isinstance(truncation, Truncation) else Truncation(psi=truncation)
    return Walk(tuple(int(seed) for seed in seeds), float(duration), loop, method, how, pinned, tuple(classes))


def _check_classes(classes: Sequence[int | str], seeds: int) -> None:
    if isinstance(classes, str):
        raise UsageError(f"classes {shown(classes)}: expected a sequence of names or numbers, such as ['daisy', 947]")
    for given in classes:
        if not isinstance(given, str):
            integer_between("class", given, 0, UINT64_LIMIT - 1)
    if seeds > 1 and len(classes) not in (0, 1, seeds):
        raise UsageError(
            f"walk: {seeds} seeds and {len(classes)} classes; expected as many of both, or one of either, which is held"
        )
