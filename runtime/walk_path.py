"""What a walk is: latents, labels and truncation of its frame k, computed without the frames before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.prior import ONEHOT
from ganrt.runtime.drift import LEAST_PERIOD, Drift
from ganrt.runtime.edits import edit, parse_edits
from ganrt.runtime.interpolate import cubic_path, lerp, slerp
from ganrt.runtime.keyframes import Keyframes
from ganrt.runtime.labels import label_weights
from ganrt.runtime.sampling import Truncation, psi_value
from ganrt.runtime.settings import NO_CONTROLS, NOTHING, ControlTable, Settings
from ganrt.spec import GeneratorSpec, Latent, psi_input

MAX_BEATS_PER_MINUTE = 1000.0


def linear(t: F64) -> F64:
    """Evenly."""
    return t


def smooth(t: F64) -> F64:
    """6 t^5 - 15 t^4 + 10 t^3 (Perlin, "Improving noise", 2002): twice differentiable, at rest at both ends."""
    eased: F64 = t * t * t * (t * (6.0 * t - 15.0) + 10.0)
    return eased


def in_out(t: F64) -> F64:
    """4 t^3, mirrored at the middle: a slow start and end, and a quick way between."""
    return np.where(t < 0.5, 4.0 * t**3, 1.0 - 4.0 * (1.0 - t) ** 3)


def hold(t: F64) -> F64:
    """Rests on the keyframe for the first half, then goes as `smooth`."""
    return smooth(np.maximum(2.0 * t - 1.0, 0.0))


EASES: dict[str, Callable[[F64], F64]] = {"linear": linear, "smooth": smooth, "in-out": in_out, "hold": hold}


def eased(position: F64, ease: str) -> F64:
    """Positions float64 [n] after easing within each segment; whole ones, the keyframes, stay.

    Raises UsageError for an unknown name.
    """
    whole = np.floor(position)
    result: F64 = whole + EASES[check_ease(ease)](position - whole)
    return result


def check_ease(ease: str) -> str:
    """`ease`, if there is one of that name; else UsageError."""
    if ease not in EASES:
        raise UsageError(f"ease '{ease}': expected {', '.join(EASES)}")
    return ease


def beat_duration(segments: int, beats_per_minute: float, beats: float) -> float:
    """Seconds that `segments` take at `beats` beats each.

    Over a whole number of frames each keyframe then lies within half a frame of its beat, also the last one.
    Raises UsageError for numbers that are not above 0, or more than 1000 beats a minute.
    """
    if not 0 < beats_per_minute <= MAX_BEATS_PER_MINUTE:
        raise UsageError(f"beats a minute {beats_per_minute}: expected above 0, at most {MAX_BEATS_PER_MINUTE:g}")
    if not 0 < beats < math.inf:
        raise UsageError(f"beats {beats}: expected the beats from keyframe to keyframe, above 0")
    return segments * beats * 60.0 / beats_per_minute


F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]
Path32: TypeAlias = Callable[[F64], F32]

_MAX_FRAMES = 10**7


@dataclass(frozen=True, eq=False)
class Walk:
    """A path through latents, labels and truncation, `duration` seconds long; make one with `walk`.

    Attributes:
        source: the keyframes; of `drift` its one seed.
        loop: the path returns to its first keyframe, and its last frame leads into its first.
        method: `slerp` or `lerp` from keyframe to keyframe, `cubic`: one smooth curve through all, or `drift`. Of
            latents in parts each part goes so on its own; choices (onehot) go straight, and do not drift.
        truncation_keyframes: one for all, or one a keyframe; applied to the keyframes.
        pinned: edits such as "0:35=-1", applied to every frame, so that these dimensions stay put.
        classes: keyframes of the labels, names or numbers; one: the same class throughout; none: the generator's own.
            Labels go straight from one to the next whatever the method, so that their weights never leave [0, 1].
        ease: how each segment is paced, see `tempo.EASES`.
        speed: of `drift`: new random points a second.
        by_beat: each segment takes its beats; a pace by pictures then works within segments alone.
        controls: what named controls are set to in every frame, before `pinned`.
        space: `z`, or `w`: between the styles of the keyframes, straight; None: w where the generator has it apart.
        pace: float64 [m], rising from 0 to `segments`: how far the walk is at evenly spaced positions, by pictures; see
            `pace.even_pace`. None: by keyframes alone.
    """

    source: Keyframes
    duration: float
    loop: bool
    method: str
    truncation_keyframes: tuple[Truncation, ...]
    pinned: str
    classes: tuple[int | str, ...]
    ease: str
    speed: float
    by_beat: bool
    pace: F64 | None = None
    controls: Settings = NOTHING
    space: str | None = None

    @property
    def truncation(self) -> Truncation:
        """The first keyframe's."""
        return self.truncation_keyframes[0]

    @property
    def segments(self) -> int:
        """From keyframe to keyframe, the way back to the first of a loop included; at least 1."""
        count = max(len(self.source), len(self.classes), len(self.truncation_keyframes))
        return count if self.loop else max(1, count - 1)

    @property
    def is_still(self) -> bool:
        """Whether all frames are the same."""
        kinds = (len(self.source), len(self.classes), len(self.truncation_keyframes))
        return not self._drifts and max(kinds) == 1

    def frame_count(self, fps: float) -> int:
        """How many frames one pass has; an open walk includes both ends."""
        return self._steps(fps) + (not self.loop)

    def keyframes(self, latent: Latent) -> F32:
        """float32 [k, dim]."""
        return self.source.draw(latent, self.truncation_keyframes)

    def latents(self, latent: Latent, frames: Sequence[int], fps: float, controls: ControlTable = NO_CONTROLS) -> F32:
        """z of the given frames: float32 [n, dim].

        A loop and a drift have every frame from 0; other walks those of one pass.

        Args:
            controls: the generator's.
        """
        path = _latent_path(self, latent)(self._drifted(frames, fps) if self._drifts else self._at(frames, fps))
        return self.edited(controls.apply(path, self.controls))

    def edited(self, z: F32) -> F32:
        """Latents with `pinned` applied."""
        return edit(z, parse_edits(self.pinned)) if self.pinned else z

    def positions(self, frames: Sequence[int], fps: float) -> F64:
        """Where the frames are, in keyframes: float64 [n]. Not of a drift."""
        return self._at(frames, fps)

    def goes_in_w(self, *, can: bool) -> bool:
        """Whether it goes between styles. `can`: the generator has them apart.

        Raises:
            UsageError: it is to, and the generator has not, or it drifts.
        """
        if self.space == "w" and (not can or self._drifts):
            what = "a drift goes through z" if can else "this generator's mapping is not a file of its own"
            raise UsageError(f"space w: {what}\nexpected keyframes, and a StyleGAN in two files: ganrt export --split")
        return can and not self._drifts and self.space != "z"

    def label_keyframes(self, spec: GeneratorSpec) -> F32 | None:
        """One-hot weights float32 [k, count] of the classes; None where the walk has none.

        Raises:
            UsageError: the generator has no classes, or not these.
        """
        one = np.zeros(1, np.uint64)
        weights = [label_weights(spec, given, one, one) for given in self.classes]
        known = [row for row in weights if row is not None]
        return np.concatenate(known) if known else None

    def labels(self, spec: GeneratorSpec, frames: Sequence[int], fps: float) -> F32 | None:
        """Label weights of the given frames: float32 [n, count]; None where the walk has no classes.

        Linear between the keyframes, and exactly the keyframes there. A generator multiplies the weights with its
        class embeddings, so this is the straight line between those.
        """
        path = _label_path(self, spec)
        return None if path is None else path(self._at(frames, fps))

    def truncations(self, spec: GeneratorSpec, frames: Sequence[int], fps: float) -> F32 | None:
        """The graph's input `truncation`: float32 [n], linear between the keyframes.

        None where the generator has no such input: truncation then acts on the latents alone.

        Raises:
            UsageError: outside of what it takes.
        """
        if psi_input(spec) is None:
            return None
        knots = np.array([[psi_value(spec, truncation)] for truncation in self.truncation_keyframes], np.float32)
        return between(knots, "lerp", self.loop)(self._at(frames, fps))[:, 0]

    @property
    def _drifts(self) -> bool:
        return self.method == "drift"

    def _steps(self, fps: float) -> int:
        if not 0 < fps <= 1000:
            raise UsageError(f"fps {fps}: expected more than 0 and at most 1000")
        if self.duration * fps > _MAX_FRAMES:
            raise UsageError(f"duration {self.duration:g} s at {fps:g} fps: at most {_MAX_FRAMES} frames")
        return max(1, round(self.duration * fps))

    def _at(self, frames: Sequence[int], fps: float) -> F64:
        """Where the frames are, in keyframes: float64 [n] in [0, segments], below it in a loop."""
        steps, numbers = self._steps(fps), _numbers(frames)
        if self.loop:
            numbers %= steps
        elif self._drifts:
            numbers = np.minimum(numbers, steps)
        elif len(numbers) and numbers.max() > steps:
            raise UsageError(f"frame {numbers.max()}: this open walk has the frames 0 to {steps}")
        position = eased(numbers * float(self.segments) / steps, self.ease)
        if self.pace is None:
            return position
        measured = np.linspace(0.0, float(self.segments), len(self.pace))
        return np.asarray(np.interp(position, self.pace, measured), np.float64)

    def _drifted(self, frames: Sequence[int], fps: float) -> F64:
        """Where the frames of a drift are, in its points: float64 [n]."""
        steps, numbers = self._steps(fps), _numbers(frames)
        if self.loop:
            return (numbers % steps) * float(self.drift_period) / steps
        return numbers.astype(np.float64) * (self.speed / fps)

    @property
    def drift_period(self) -> int:
        """How many points a drift that loops has."""
        return max(LEAST_PERIOD, round(self.duration * self.speed))


def _numbers(frames: Sequence[int]) -> NDArray[np.int64]:
    numbers = np.array(frames, np.int64)
    if len(numbers) and numbers.min() < 0:
        raise UsageError(f"frame {numbers.min()}: expected 0 or more")
    return numbers


def between(knots: F32, method: str, loop: bool) -> Path32:
    """The path through knots float32 [k, m] at 0, 1, ...; one knot is held."""
    if len(knots) == 1:
        return lambda t: np.repeat(knots, len(t), axis=0)
    if method == "cubic":
        return cubic_path(knots, closed=loop)
    segment = slerp if method == "slerp" else lerp

    def path(t: F64) -> F32:
        low = np.minimum(np.floor(t).astype(np.int64), len(knots) - (not loop) - 1)
        return segment(knots[low], knots[(low + 1) % len(knots)], t - low)

    return path


def _by_parts(knots: F32, latent: Latent, method: str, loop: bool) -> Path32:
    """Each part of the latent on its own path, so that a choice stays one: its values go straight, and add up to 1."""
    paths = [
        between(knots[:, part.first : part.stop], "lerp" if part.prior == ONEHOT else method, loop)
        for part in latent.parts
    ]
    return paths[0] if len(paths) == 1 else lambda t: np.concatenate([path(t) for path in paths], axis=1)


# A stream asks frame by frame: what is the same for all of them is not computed again.
@lru_cache(maxsize=32)
def _latent_path(walk: Walk, latent: Latent) -> Path32:
    if walk.method != "drift":
        return _by_parts(walk.keyframes(latent), latent, walk.method, walk.loop)
    drift = Drift(walk.source.seeds[0], walk.truncation, walk.drift_period if walk.loop else None)
    return lambda t: drift(latent, t)


@lru_cache(maxsize=32)
def _label_path(walk: Walk, spec: GeneratorSpec) -> Path32 | None:
    knots = walk.label_keyframes(spec)
    return None if knots is None else between(knots, "lerp", walk.loop)
