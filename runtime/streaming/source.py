"""What a stream draws: one walk or several, and what was changed about them while they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.arguments import real_number
from ganrt.runtime.labels import LabelsLike, label_weights
from ganrt.runtime.sampling import Truncation, check_statistics
from ganrt.runtime.settings import NO_CONTROLS, ControlTable, SettingsLike, as_settings
from ganrt.runtime.styles import Styles
from ganrt.runtime.walk import Walk
from ganrt.spec import GeneratorSpec, Latent, W

Inputs = dict[str, NDArray[np.generic]]
WalkOrWalks = Walk | Sequence[Walk]
_MAX_FPS = 1000.0


@dataclass(frozen=True)
class Source:
    """Immutable: a change makes another one.

    Attributes:
        fps: frames a second that are shown.
        speed: of the walk; 2 walks twice as fast at the same frames a second.
        labels: instead of those of the walks; None: theirs, else class 0.
        controls: the generator's, which walks may set. styles: its style space, where that is apart.
        settle: makes of any walk one that has latents (`look_drawing.settled`).
    """

    spec: GeneratorSpec
    latent: Latent
    walks: tuple[Walk, ...]
    fps: float
    speed: float = 1.0
    labels: LabelsLike | None = None
    controls: ControlTable = NO_CONTROLS
    styles: Styles | None = None
    settle: Callable[[Walk], Walk] = lambda walk: walk

    @property
    def walk_fps(self) -> float:
        """The rate at which the walk is cut into frames."""
        return self.fps / self.speed

    def frame_count(self) -> int:
        """Frames of one pass, of the longest walk."""
        return max(walk.frame_count(self.walk_fps) for walk in self.walks)

    def check(self) -> None:
        """Draws nothing, but computes all that a frame needs.

        Raises:
            UsageError: a walk asks for what the generator does not have, or a number makes no sense.
        """
        real_number("fps", self.fps, f"more than 0, at most {_MAX_FPS:g}", lambda x: 0 < x <= _MAX_FPS)
        least = max(self.fps / _MAX_FPS, 0.01)
        real_number("speed", self.speed, f"{least:g} to 100 at {self.fps:g} fps", lambda x: least <= x <= 100)
        for walk in self.walks:
            for truncation in walk.truncation_keyframes:
                check_statistics(self.spec, truncation)
        self.frame_count()
        self.inputs([0])

    def truncated(self, truncation: float | Truncation | None) -> Source:
        """The same walks at another truncation."""
        truncation = truncation if isinstance(truncation, Truncation) else Truncation(psi=truncation)
        return replace(self, walks=tuple(replace(walk, truncation_keyframes=(truncation,)) for walk in self.walks))

    def controlled(self, controls: SettingsLike) -> Source:
        """The same walks with other settings of the generator's controls."""
        settings = as_settings(controls)
        return replace(self, walks=tuple(replace(walk, controls=settings) for walk in self.walks))

    def inputs(self, frames: Sequence[int]) -> Inputs:
        """What the engine takes for the given frames of one pass.

        Returns:
            by name, float32, a row a frame and walk: all walks of the first frame, then of the second.
        """
        rows = [self._of_walk(walk, frames) for walk in self.walks]
        if len(rows) == 1:
            return rows[0]
        if len({frozenset(row) for row in rows}) > 1:
            raise UsageError("stream: some walks go through z and some through w; expected one space for all")
        return {name: _interleaved([row[name] for row in rows]) for name in rows[0]}

    def _of_walk(self, walk: Walk, frames: Sequence[int]) -> Inputs:
        total = walk.frame_count(self.walk_fps)
        own = [frame % total if walk.loop else min(frame, total - 1) for frame in frames]
        if walk.goes_in_w(can=self.styles is not None):
            assert self.styles is not None
            psi = walk.truncations(self.spec, own, self.walk_fps)
            assert psi is not None
            given = None if self.labels is None else self._weights(walk, [0])
            return {W: self.styles.along(walk, given, own, self.walk_fps, psi)}
        inputs: Inputs = {"z": walk.latents(self.latent, own, self.walk_fps, self.controls)}
        weights = self._weights(walk, own)
        if weights is not None:
            inputs["labels"] = weights
        statistics = walk.truncations(self.spec, own, self.walk_fps)
        if statistics is not None:
            inputs["truncation"] = statistics
        return inputs

    def _weights(self, walk: Walk, frames: Sequence[int]) -> NDArray[np.float32] | None:
        given = self.labels
        if given is None:
            weights = walk.labels(self.spec, frames, self.walk_fps)
            if weights is not None or self.spec.labels is None:
                return weights
            given = 0
        zeros = np.zeros(len(frames), np.uint64)
        return label_weights(self.spec, given, zeros, zeros)


def as_walks(given: WalkOrWalks) -> tuple[Walk, ...]:
    """One walk or several, as a tuple.

    Raises:
        UsageError: none at all, or something else.
    """
    walks = tuple(given) if isinstance(given, Sequence) else (given,)
    if not walks or not all(isinstance(walk, Walk) for walk in walks):
        raise UsageError("stream: expected a walk, or a sequence of walks; make one with ganrt.walk(seeds=[1, 2])")
    return walks


def _interleaved(parts: list[NDArray[np.generic]]) -> NDArray[np.generic]:
    return np.stack(parts, axis=1).reshape(-1, *parts[0].shape[1:])
