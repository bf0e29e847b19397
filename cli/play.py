"""`ganrt play`: a walk live, in a window or without one."""

from __future__ import annotations

import json as json_module
import math
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganrt.cli import options
from ganrt.cli.app import command, in_use, print_json, say
from ganrt.cli.requests import Looks, refuse_beside_looks
from ganrt.cli.walk_options import KeyframeOptions, held_settings
from ganrt.errors import UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ganrt.cli.play_state import PlayState
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.picture_style import Colour
    from ganrt.runtime.streaming.stream import FrameStream
    from ganrt.runtime.walk import Walk


@command(
    "play",
    """
    ganrt play --headless --duration 1 --fps 60 --stats out.json
    ganrt play ganrt:avatars-2:0:1 ganrt:avatars-2:0:2 --headless --duration 1
    ganrt play --headless --duration 1 --grid 2x2 --latency smooth --json
    """,
)
def play(
    context: typer.Context,
    codes: options.Codes = None,
    model: options.Model = DEFAULT_MODEL,
    *,
    keyframes: KeyframeOptions,
    fps: Annotated[float, typer.Option("--fps", help="Frames a second.")] = 60.0,
    grid: Annotated[str, typer.Option("--grid", help="COLUMNSxROWS: as many walks at once.")] = "1x1",
    latency: Annotated[str, typer.Option("--latency", help="low or smooth.")] = "low",
    late: Annotated[str, typer.Option("--late", help="What late frames do: skip or repeat.")] = "skip",
    headless: Annotated[bool, typer.Option("--headless", help="No window: measures alone.")] = False,
    duration: Annotated[float | None, typer.Option("--duration", help="Seconds; without a window 5.")] = None,
    stats: Annotated[Path | None, typer.Option("--stats", help="Write what was measured, .json.")] = None,
    background: Annotated[
        str, typer.Option("--background", help="RRGGBB behind pictures with transparency, in the window.")
    ] = "ffffff",
    truncation: options.Psi = None,
    class_name: options.ClassName = None,
    fixed: options.ControlOptions,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Plays a walk at the display's rate: sliders, keys, frame rate and latency on the screen."""
    from ganrt.cli.play_state import PlayState
    from ganrt.cli.play_window import require_display
    from ganrt.files import ensure_absent, write_file
    from ganrt.runtime.latent_files import read_latent_file
    from ganrt.runtime.picture_style import parse_colour
    from ganrt.runtime.sampling import Truncation

    if duration is not None and not 0 < duration <= 86400:
        raise UsageError(f"--duration {duration:g}: expected seconds, more than 0 and at most 86400")
    behind = parse_colour(background)
    if stats is not None:
        ensure_absent(stats, force)
    given = None if keyframes.latents is None else read_latent_file(keyframes.latents)
    looks = keyframes.coded(codes, Truncation(truncation))
    if looks is not None:
        refuse_beside_looks(options.ControlOptions().design(Truncation(), class_name))
        model = options.model_of_looks(looks.path, model, context)
    state = PlayState(
        () if looks else tuple(keyframes.seed_list()),
        truncation,
        latency=latency,
        pinned=fixed.pins,
        latents=given,
        identities=() if keyframes.is_designed else tuple(keyframes.identity_list()),
        controls=fixed.settings,
    )
    columns, rows = options.parse_grid(grid)
    if not headless:
        require_display()
    with engine.open(model) as generator:
        options.note_weights(generator, class_name)
        if given is not None:
            given.check(generator.spec.latent)
        if keyframes.is_designed:
            looks = keyframes.of_rows(generator, Truncation(truncation), class_name, fixed)
        if looks is not None:
            state, class_name = _of_looks(generator, looks, replace(state, controls=held_settings(looks, fixed)))
        walks = make_walks(state, columns * rows)
        with generator.stream(walks, fps, latency=latency, late=late, endless=True, labels=class_name) as stream:
            if headless:
                _play_headless(stream, duration or 5.0, fps)
            else:
                _play_window(generator, stream, state, columns, duration, behind)
            told = {**stream.statistics().as_dict(), **in_use(generator), "grid": grid}
        say(
            f"{told['frames']} frames, {told['fps']:g} a second, {told['missed']} missed, latency p99 "
            f"{told['frame_latency_ms']['p99']:g} ms"
        )
        if stats is not None:
            write_file(stats, (json_module.dumps(told, indent=2, sort_keys=True) + "\n").encode(), force=force)
        if json:
            print_json(told)


def _of_looks(generator: Generator, looks: Looks, state: PlayState) -> tuple[PlayState, str | None]:
    """The state with the looks as keyframes, and their class.

    Raises:
        UsageError: looks of several classes or truncations, which sliders could not move together.
    """
    from ganrt.runtime.latent_files import LatentFile
    from ganrt.runtime.look_drawing import keyframes_of

    found = keyframes_of(generator, looks.path)
    if len(found.classes) > 1 or len(found.truncations) > 1:
        raise UsageError("play: looks of several classes or truncations: expected one; interpolate takes all")
    given = LatentFile("looks", "", found.latents)
    truncation = found.truncations[0].psi
    return replace(state, latents=given, truncation=truncation), next(iter(found.classes), None)


def make_walks(state: PlayState, count: int) -> list[Walk]:
    """A loop through the seeds, two seconds a keyframe; the others of a grid go through seeds of their own.

    Avatars and given latents are the keyframes of all of them; each begins one after the one before it.
    """
    import numpy as np

    from ganrt.runtime.walk import walk

    z = None if state.latents is None else state.latents.z
    many, who = len(state.seeds or state.identities if z is None else z), state.identities
    return [
        walk(
            [(seed + 1000 * k) % 2**64 for seed in state.seeds],
            2.0 * many,
            truncation=state.truncation,
            pinned=state.pinned,
            identities=[who[(k + i) % many] for i in range(len(who))],
            latents=None if z is None else np.roll(z, -k, axis=0),
            controls=state.controls,
        )
        for k in range(count)
    ]


def _play_headless(stream: FrameStream, duration: float, fps: float) -> None:
    """As many frames as the duration has; what is late counts as missed, not as more time."""
    next(stream)
    begun = time.monotonic()
    while time.monotonic() - begun < duration - 1 / fps:
        next(stream)


def _play_window(
    generator: Generator,
    stream: FrameStream,
    state: PlayState,
    columns: int,
    duration: float | None,
    behind: Colour,
) -> None:
    from ganrt.cli.play_state import pressed
    from ganrt.cli.play_window import Window

    labels, begun = generator.spec.labels, math.inf
    classes, controls = labels.count if labels else 0, generator.controls.controls
    with Window(f"ganrt {generator.spec.name}", state, classes, 16, behind, controls) as window:
        for frame in stream:
            picture = sheet_of(frame, columns)
            key = window.show(picture, state, overlay(generator, stream, state))
            begun = min(begun, time.monotonic())  # once it is on the screen: windows may take seconds to open
            if window.closed():  # its sliders are gone with it
                return
            after = window.moved(pressed(state, key))
            apply(stream, state, after, len(frame) if frame.ndim == 4 else 1)
            if after.saves > state.saves:
                _save(picture, after)
            state = after
            if state.quit or (duration is not None and time.monotonic() - begun >= duration):
                return


def apply(stream: Any, before: PlayState, after: PlayState, walks: int) -> None:
    """Tells the stream what has changed."""
    if after.seeds != before.seeds:
        stream.set(walk=make_walks(after, walks))
    elif after.truncation != before.truncation:
        stream.set(truncation=after.truncation)
    if after.controls != before.controls:
        stream.set(controls=after.controls)
    if after.speed != before.speed:
        stream.set(speed=after.speed)
    if after.label != before.label:
        stream.set(labels=after.label)
    if after.latency != before.latency:
        stream.set(latency=after.latency)
    if after.micro_batch != before.micro_batch:
        stream.set(micro_batch=after.micro_batch)
    if after.paused != before.paused:
        (stream.pause if after.paused else stream.resume)()


def overlay(generator: Generator, stream: FrameStream, state: PlayState) -> list[str]:
    """Frame rate, latencies, what is in use, and what controls are set to."""
    from ganrt.runtime.settings import settings_text

    told = stream.statistics()
    return [
        f"{told.fps:.1f} fps  missed {told.missed}  latency p99 {told.frame_latency_ms.p99:.1f} ms",
        f"slider to frame {told.change_latency_ms.p50:.1f} ms  engine {told.engine_ms.p50:.1f} ms",
        f"truncation {state.truncation or 1:.2f}  speed {state.speed:.2f}  micro-batch {told.micro_batch}",
        f"{generator.backend} {generator.device} {generator.precision}  {state.latency}"
        + ("  paused" if state.paused else ""),
        *textwrap.wrap(settings_text(state.controls), 44),
    ]


def sheet_of(frame: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """uint8 [h, w, c], or the pictures [n, h, w, c] of a grid side by side."""
    if frame.ndim == 3:
        return frame
    count, height, width, channels = frame.shape
    rows: NDArray[np.uint8] = frame.reshape(count // columns, columns, height, width, channels)
    sheet: NDArray[np.uint8] = rows.swapaxes(1, 2).reshape(-1, columns * width, channels)
    return sheet


def _save(picture: NDArray[np.uint8], state: PlayState) -> None:
    from ganrt.files import write_file
    from ganrt.runtime.pictures import encode_png

    path = next(p for k in range(10**6) if not (p := Path(f"play-{k:04}.png")).exists())
    write_file(path, encode_png(picture))
    say(f"saved: {path}" + (f" (seeds {','.join(map(str, state.seeds))})" if state.seeds else ""))
