"""`walk`: a path through keyframes of latents, labels and truncation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from numpy.typing import ArrayLike

from ganrt.errors import UsageError
from ganrt.runtime.arguments import UINT64_LIMIT, integer_between, shown
from ganrt.runtime.edits import parse_edits
from ganrt.runtime.identity import NAMESPACE
from ganrt.runtime.keyframes import Keyframes, make_keyframes
from ganrt.runtime.looks import Look
from ganrt.runtime.sampling import Truncation
from ganrt.runtime.settings import SettingsLike, as_settings
from ganrt.runtime.walk_path import Walk as Walk
from ganrt.runtime.walk_path import beat_duration, check_ease

_DURATION = 4.0
_MAX_SPEED = 1000.0
METHODS = ("slerp", "lerp", "cubic")
DRIFT = "drift"
TruncationLike: TypeAlias = float | Truncation | None


def walk(
    seeds: Sequence[int] = (),
    duration: float | None = None,
    loop: bool = True,
    method: str = "slerp",
    truncation: TruncationLike | Sequence[TruncationLike] = None,
    pinned: str = "",
    classes: Sequence[int | str] = (),
    *,
    identities: Sequence[str] = (),
    namespace: str = NAMESPACE,
    latents: ArrayLike | Path | None = None,
    looks: Sequence[str | Look] = (),
    ease: str = "linear",
    beats_per_minute: float | None = None,
    beats: float = 1.0,
    speed: float = 0.5,
    controls: SettingsLike = None,
    space: str | None = None,
) -> Walk:
    """A walk through keyframes of latents, labels and truncation; see `Walk`.

    One keyframe of a kind is held while the others change; several of several kinds are as many of each, and move
    together. `seeds`, `identities`, `latents` and `looks` exclude each other.

    Args:
        seeds: the keyframes are the first image of each.
        identities: the keyframes are their avatars, in `namespace`.
        latents: the keyframes, float [k, dim] (such as `Generator.encode` gives), or the path of an .npy, .npz or .csv
            file.
        looks: the keyframes are their pictures; looks or look codes, such as "ganrt:avatars-2:0:1". They say their
            truncation and classes themselves; `controls` and `pinned` hold in every frame.
        duration: seconds; None: 4, or as long as the beats take.
        truncation: psi or a `Truncation`, one or one a keyframe; given latents are left as they are.
        ease: the pace within a segment: linear, smooth, in-out or hold.
        beats_per_minute: lets a keyframe fall on every `beats` beats.
        speed: of the method `drift`, which goes from its one seed on for ever: new random points a second.
        controls: what named controls are set to in every frame, such as {"hair": "afro"}; `pinned` comes after them.
        space: z, or w: between the styles of a StyleGAN in two files, which is its default.

    Raises:
        UsageError: no keyframe, numbers that do not fit together, a duration that is not above 0, or an unknown method.
            Whether a generator has the classes shows when it draws.
    """
    source = make_keyframes(seeds, identities, latents, namespace, looks)
    psis = _truncations(truncation)
    if source.looks and (classes or psis != (Truncation(),)):
        raise UsageError("looks say their truncation and classes themselves: expected neither beside them")
    _check_classes(classes)
    _check_counts(len(source), len(classes), len(psis))
    if method == DRIFT:
        _check_drift(source, len(psis), ease, speed)
    elif method not in METHODS:
        raise UsageError(f"method '{method}': expected {', '.join((*METHODS, DRIFT))}")
    if pinned:
        parse_edits(pinned)
    by_beat = beats_per_minute is not None
    plain = Walk(
        source, _DURATION, bool(loop), method, psis, pinned, tuple(classes), check_ease(ease), float(speed), by_beat
    )
    seconds = _seconds(duration, plain.segments, beats_per_minute, beats)
    if space not in (None, "z", "w"):
        raise UsageError(f"space '{space}': expected z or w")
    return replace(plain, duration=seconds, controls=as_settings(controls), space=space)


def _seconds(duration: float | None, segments: int, beats_per_minute: float | None, beats: float) -> float:
    if beats_per_minute is not None and duration is not None:
        raise UsageError("walk: a duration and beats a minute; expected one of them")
    if beats_per_minute is not None:
        return beat_duration(segments, beats_per_minute, beats)
    seconds = _DURATION if duration is None else duration
    if not 0 < seconds < math.inf:
        raise UsageError(f"duration {seconds}: expected seconds, more than 0")
    return float(seconds)


def _truncations(given: TruncationLike | Sequence[TruncationLike]) -> tuple[Truncation, ...]:
    many = given if isinstance(given, Sequence) else (given,)
    if not many or isinstance(many, str):
        raise UsageError(f"truncation {shown(given)}: expected a factor or a sequence of them")
    return tuple(one if isinstance(one, Truncation) else Truncation(psi=one) for one in many)


def _check_classes(classes: Sequence[int | str]) -> None:
    if isinstance(classes, str):
        raise UsageError(f"classes {shown(classes)}: expected a sequence of names or numbers, such as ['daisy', 947]")
    for given in classes:
        if not isinstance(given, str):
            integer_between("class", given, 0, UINT64_LIMIT - 1)


def _check_counts(keyframes: int, classes: int, psis: int) -> None:
    if len({keyframes, classes, psis} - {0, 1}) > 1:
        raise UsageError(
            f"walk: {keyframes} keyframes, {classes} classes and {psis} truncations; expected as many of each, or one, "
            "which is held"
        )


def _check_drift(source: Keyframes, psis: int, ease: str, speed: float) -> None:
    if len(source) != 1 or source.indices != (0,):
        raise UsageError("drift: expected one seed, from which it goes on for ever")
    if psis > 1 or ease != "linear":
        raise UsageError("drift: expected one truncation and no ease: it has no keyframes")
    if not 0 < speed <= _MAX_SPEED:
        raise UsageError(f"speed {speed}: expected new points a second, above 0, at most {_MAX_SPEED:g}")
