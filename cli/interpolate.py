"""`ganrt interpolate`: a walk through latent space as a video, an animation or frames."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, announce, command, in_use, print_json, say
from ganrt.errors import UsageError


@command(
    "interpolate",
    """
    ganrt interpolate --seeds 1-4 --duration 4 -o walk.mp4
    ganrt interpolate --seeds 7,8,9 --loop --method cubic --fps 20 --zoom 4 -o loop.gif
    ganrt interpolate --seeds 1,2 --set-z 0:4=1 --duration 1 -o frames
    ganrt interpolate -m flowers.onnx --classes daisy,rose --seeds 5 --loop -o flowers.gif
    ganrt interpolate -m flowers.onnx --classes 0,2 --seeds 1,2 -o both.gif
    ganrt interpolate -m flowers.onnx --class tulip --seeds 1-3 -o tulips.gif
    """,
)
def interpolate(
    model: options.Model = "avatars",
    output: Annotated[
        Path, typer.Option("-o", "--output", help=".mp4, .gif or .webp; a name without suffix: a folder of PNGs.")
    ] = Path("walk.mp4"),
    seeds: Annotated[
        str | None,
        typer.Option("--seeds", help="The keyframes: the first image of each seed. Default: 0-3; with --classes 0."),
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--classes",
            help="Walk from class to class: names or numbers with commas between (or one each time, if given several "
            "times). One seed is held; else as many seeds as classes.",
        ),
    ] = None,
    class_name: options.ClassName = None,
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
    statistics_truncation: options.StatisticsPsi = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "fp32",
    threads: options.Threads = None,
    memory: options.Memory = None,
    low_priority: options.LowPriority = False,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Walks from seed to seed, from class to class or both, and writes what it sees."""
    from ganrt.runtime.seeds import parse_seeds
    from ganrt.runtime.video import check_output, write_frames
    from ganrt.runtime.walk import walk

    keyframes = _parse_classes(classes, class_name)
    seeds = seeds or ("0" if classes else "0-3")
    how = options.make_truncation(truncation, truncation_mode, threshold, statistics_truncation)
    path = walk(parse_seeds(seeds), duration, loop, method, how, ",".join(set_z or []), keyframes)
    total = path.frame_count(fps)
    check_output(output, force)
    with options.open_generator(model, backend, device, precision, threads, memory, low_priority) as generator:
        announce(generator)
        for name in keyframes:
            options.note_weights(generator, name)
        options.note_frozen(generator, truncation)
        with Progress(total, "frames") as progress:
            frames = progress.follow(generator.stream(path, fps))
            origin = {
                **in_use(generator),
                "seeds": seeds,
                "method": method,
                "loop": loop,
                "classes": keyframes,
                "psi": how.psi,
                "truncation_mode": how.mode,
                "threshold": how.threshold,
                "statistics_truncation": how.statistics,
                "fps": fps,
            }
            count = write_frames(output, frames, fps, zoom=zoom, force=force, origin=origin)
        say(f"{count} frames at {fps:g} a second: {output}")
        if json:
            print_json({**in_use(generator), "file": str(output), "frames": count, "fps": fps})


def _parse_classes(classes: list[str] | None, class_name: str | None) -> list[str]:
    """The keyframes that --classes or --class name; none without either. Names may hold commas, if given one by one."""
    if classes is None:
        return [] if class_name is None else [class_name]
    if class_name is not None:
        raise UsageError("--class and --classes: expected one of them")
    names = [name.strip() for name in (classes if len(classes) > 1 else classes[0].split(","))]
    if "" in names:
        raise UsageError(f"--classes '{','.join(classes)}': expected names or numbers with commas between")
    return names
