"""`ganrt interpolate`: a walk through latent space as a video, an animation or frames."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, announce, command, in_use, print_json, say


@command(
    "interpolate",
    """
    ganrt interpolate --seeds 1-4 --duration 4 -o walk.mp4
    ganrt interpolate --seeds 7,8,9 --loop --method cubic --fps 20 --zoom 4 -o loop.gif
    ganrt interpolate --seeds 1,2 --set-z 0:4=1 --duration 1 -o frames
    """,
)
def interpolate(
    model: options.Model = "avatars",
    output: Annotated[
        Path, typer.Option("-o", "--output", help=".mp4, .gif or .webp; a name without suffix: a folder of PNGs.")
    ] = Path("walk.mp4"),
    seeds: Annotated[str, typer.Option("--seeds", help="The keyframes: the first image of each seed.")] = "0-3",
    fps: Annotated[float, typer.Option("--fps", help="Frames a second.")] = 30.0,
    duration: Annotated[float, typer.Option("--duration", help="Seconds.")] = 4.0,
    loop: Annotated[bool, typer.Option("--loop/--no-loop", help="Lead back to the first keyframe.")] = False,
    method: Annotated[str, typer.Option("--method", help="slerp, lerp or cubic.")] = "slerp",
    set_z: Annotated[
        list[str] | None,
        typer.Option("--set-z", help="Pin latent dimensions: 0:35=-1, or 3=0.5; may be given several times."),
    ] = None,
    zoom: Annotated[int, typer.Option("--zoom", min=1, max=64, help="Each pixel becomes ZOOM x ZOOM.")] = 1,
    truncation: options.Psi = None,
    truncation_mode: options.PsiMode = None,
    threshold: options.Threshold = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "fp32",
    threads: options.Threads = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Walks from seed to seed and writes what it sees."""
    from ganrt.runtime.seeds import parse_seeds
    from ganrt.runtime.video import check_output, write_frames
    from ganrt.runtime.walk import walk

    how = options.make_truncation(truncation, truncation_mode, threshold)
    path = walk(parse_seeds(seeds), duration, loop, method, how, ",".join(set_z or []))
    total = path.frame_count(fps)
    check_output(output, force)
    with options.open_generator(model, backend, device, precision, threads) as generator:
        announce(generator)
        with Progress(total, "frames") as progress:
            frames = progress.follow(generator.stream(path, fps))
            origin = {
                **in_use(generator),
                "seeds": seeds,
                "method": method,
                "loop": loop,
                "psi": truncation,
                "fps": fps,
            }
            count = write_frames(output, frames, fps, zoom=zoom, force=force, origin=origin)
        say(f"{count} frames at {fps:g} a second: {output}")
        if json:
            print_json({**in_use(generator), "file": str(output), "frames": count, "fps": fps})
