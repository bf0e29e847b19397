"""`ganrt bulk run`: pictures in shards, for millions of them; bulk_audit.py looks after what was drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options, requests
from ganrt.cli.app import LINE_EVERY_S, Progress, announce, command, group, in_use, print_json, say
from ganrt.cli.requests import Request, read_request
from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.runtime.bulk.begin import Options, Part
    from ganrt.runtime.bulk.census import Census
    from ganrt.runtime.bulk.pipeline import Drawer
    from ganrt.runtime.bulk.plan import Layout, Plan
    from ganrt.runtime.bulk.run import Executor, Outcome
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.sampling import Truncation


@group(
    "bulk",
    """
    ganrt bulk run --count 600 --shard-size 200 -o shards
    ganrt bulk audit shards
    """,
)
def bulk(context: typer.Context) -> None:
    """Pictures in shards, for millions of them: runs that may be killed, go on, and are checked and mended."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@command(
    "run",
    """
    ganrt bulk run --count 600 --shard-size 200 -o shards
    ganrt bulk run --count 64 --format atlas --sheet 4 -o sheets
    ganrt bulk run --identities players.txt --format files --encode webp -o players
    """,
    bulk,
)
def run(
    model: Annotated[
        str | None,
        typer.Option(
            "-m",
            "--model",
            help="A bundled model's name, or the path of an .onnx file. Default: of a run that goes on its own, else "
            "avatars.",
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", help="A folder, or an address such as s3://bucket/name.")
    ] = "out",
    seeds: requests.Seeds = None,
    count: requests.Count = None,
    seed: requests.Seed = 0,
    start: requests.Start = 0,
    identities: requests.Identities = None,
    identity_column: requests.IdentityColumn = None,
    truncation: options.Psi = None,
    truncation_mode: options.PsiMode = None,
    threshold: options.Threshold = None,
    statistics_truncation: options.StatisticsPsi = None,
    class_name: options.ClassName = None,
    shard_format: Annotated[
        str, typer.Option("--format", help="webdataset, parquet, files, atlas or npy.")
    ] = "webdataset",
    encode: Annotated[str | None, typer.Option("--encode", help="png, webp or jpeg. Default: png.")] = None,
    quality: Annotated[
        int | None, typer.Option("--quality", help="1 to 100; webp: 101 is lossless. Default: jpeg 95, webp 90.")
    ] = None,
    shard_size: Annotated[
        int | None, typer.Option("--shard-size", help="Pictures a shard. Default: 10000, or whole sheets.")
    ] = None,
    sheet_side: Annotated[
        int | None, typer.Option("--sheet", help="Pictures a side of an atlas's sheets. Default: 16.")
    ] = None,
    unique: Annotated[bool, typer.Option("--unique", help="Also count pictures that look like another one.")] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume/--no-resume", help="Go on with an unfinished run; or, with --force, remove it."),
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="With --no-resume: remove the run that is there.")] = False,
    encoders: Annotated[
        int | None, typer.Option("--encoders", help="Encoding threads; default one a core.", min=1)
    ] = None,
    executor: Annotated[str, typer.Option("--executor", help="local, or ray: a cluster draws.")] = "local",
    address: Annotated[
        str | None, typer.Option("--address", help="The Ray cluster's. Default: one that runs here, or is started.")
    ] = None,
    part: Annotated[
        str | None, typer.Option("--part", help="i/n: draw every n-th shard; of n such jobs the last ends the run.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", "-b", help="Images a batch.")] = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    precision: options.Precision = "fp32",
    threads: options.Threads = None,
    memory: options.Memory = None,
    low_priority: options.LowPriority = False,
    json: options.Json = False,
) -> None:
    """Draws pictures into shards; killed at any instant, the same command goes on and ends in the same bytes."""
    from ganrt.runtime.bulk.begin import Options
    from ganrt.runtime.bulk.census import Census
    from ganrt.runtime.bulk.pipeline import Drawer
    from ganrt.runtime.bulk.plan import make_layout

    layout = make_layout(shard_format, encode, quality, shard_size, sheet_side, unique)
    crew = _Crew(executor, address, parse_part(part))
    if output.lower().endswith(".png"):
        raise UsageError(f"--output {output}: shards need a folder")
    if crew.part is not None and not resume:
        raise UsageError("--part and --no-resume: each part would remove what the others drew; empty the output first")
    how = options.make_truncation(truncation, truncation_mode, threshold, statistics_truncation)
    with _wanted(seeds, count, seed, start, identities, identity_column) as wanted:
        model = model or _model_there(output, resume)
        opening = _Opening(model, backend, device, precision, threads, memory, low_priority)
        with opening.open() as generator:
            announce(generator)
            options.note_weights(generator, class_name)
            plan = _plan(wanted, generator, how, class_name, layout)
            census = wanted if isinstance(wanted, Census) else None
            if census is not None:
                _report_census(census)
            drawer = Drawer(generator, how, class_name, batch_size, encoders)
            others = _ray(opening, drawer, address) if executor == "ray" else None
            _run(plan, census, drawer, output, Options(resume, force), others, crew.part, json)


@dataclass(frozen=True)
class _Opening:
    """How the generator is opened: `options.open_generator`."""

    model: str
    backend: str
    device: str
    precision: str
    threads: int | None
    memory: int | None
    low_priority: bool

    def open(self) -> Generator:
        """Loads it."""
        how = (self.backend, self.device, self.precision, self.threads, self.memory, self.low_priority)
        return options.open_generator(self.model, *how)


@dataclass(frozen=True)
class _Crew:
    """Who draws: this process or a Ray cluster; everything or a part."""

    executor: str
    address: str | None
    part: Part | None

    def __post_init__(self) -> None:
        if self.executor not in ("local", "ray"):
            raise UsageError(f"--executor {self.executor}: expected local or ray")
        if self.address is not None and self.executor != "ray":
            raise UsageError(f"--address {self.address}: it belongs to --executor ray")
        if self.part is not None and self.executor == "ray":
            raise UsageError("--part and --executor ray: expected one of them; Ray shares the shards out itself")


def parse_part(given: str | None) -> Part | None:
    """ "3/8" -> the third of eight.

    Raises:
        UsageError: anything else.
    """
    from ganrt.runtime.bulk.begin import Part

    if given is None:
        return None
    number, _, of = given.partition("/")
    if not (number.isdecimal() and of.isdecimal()):
        raise UsageError(f"--part {given}: expected i/n, such as 3/8")
    return Part(int(number), int(of))


def _model_there(output: str, resume: bool) -> str:
    """The model of the run that goes on, whatever the default is by now; else the default."""
    from ganrt.runtime.bulk.manifest import find_manifest
    from ganrt.runtime.bulk.model import find_model
    from ganrt.runtime.bulk.remote import open_target
    from ganrt.runtime.models import DEFAULT_MODEL

    target = open_target(output)
    manifest = find_manifest(target)[0] if resume else None
    return DEFAULT_MODEL if manifest is None else find_model(target, manifest)


def _run(
    plan: Plan,
    census: Census | None,
    drawer: Drawer,
    output: str,
    how: Options,
    executor: Executor | None,
    part: Part | None,
    json: bool,
) -> None:
    from ganrt.runtime.bulk.run import run

    started = monotonic()
    if output.startswith("memory://"):
        say(f"note: {output} lies in this process's memory, and is gone when this command ends")
    with Progress(plan.count, "images", line_every_s=LINE_EVERY_S) as progress:
        outcome = run(plan, output, drawer, how, census, progress, executor, part)
    seconds = monotonic() - started
    _report(outcome, output, seconds, part)
    report = {
        **in_use(drawer.generator),
        "output": output,
        "images": outcome.images,
        "shards": outcome.shards,
        "drawn_images": outcome.drawn_images,
        "drawn_shards": outcome.drawn_shards,
        "complete": outcome.complete,
        "seconds": round(seconds, 3),
        "identities": plan.identities,
    }
    if plan.layout.signatures and outcome.complete:
        found = report["near_duplicates"] = _near_duplicates(output)
        say(f"{found['pictures']} pictures look like an earlier one: {found['per_million']} a million")
    if json:
        print_json(report)


def _report(outcome: Outcome, output: str, seconds: float, part: Part | None) -> None:
    kept = outcome.images - outcome.drawn_images
    if not outcome.drawn_shards:
        say(f"{output}: all {outcome.images} images are there already; nothing was drawn")
    else:
        before = f" ({kept} were there already)" if kept else ""
        rate = outcome.drawn_images / max(seconds, 1e-3)
        shards = "1 shard" if outcome.shards == 1 else f"{outcome.shards} shards"
        say(f"{outcome.images} images, {shards}{before}: {output}; {rate:.0f} images/s")
    if part is not None:
        missing = f"{outcome.left} shards of other parts are still missing" if outcome.left else "another part ends it"
        state = "all parts are there: the run is finished" if outcome.complete else missing
        say(f"part {part.number} of {part.of}; {state}")


def _ray(opening: _Opening, drawer: Drawer, address: str | None) -> Executor:
    from ganrt.runtime.bulk.ray_executor import ray_executor
    from ganrt.runtime.bulk.ray_worker import Recipe

    model = str(Path(opening.model).resolve()) if Path(opening.model).is_file() else opening.model
    recipe = Recipe(
        model,
        opening.backend,
        drawer.generator.device,
        opening.precision,
        opening.threads,
        drawer.truncation,
        drawer.labels,
        drawer.batch_size,
        drawer.encoders,
        None if opening.memory is None else opening.memory * 2**20,
        opening.low_priority,
    )
    return ray_executor(recipe, address, lambda line: say(f"note: {line}"))


@contextmanager
def _wanted(
    seeds: str | None, count: int | None, seed: int, start: int, identities: Path | None, column: str | None
) -> Iterator[Census | Request]:
    """The census of the identities, if identities were asked for; else the range or the seeds."""
    from ganrt.runtime.bulk.census import take_census

    if identities is None:
        yield read_request(seeds, count, seed, start, None, column=column)
        return
    if seeds is not None or count is not None or seed or start:
        raise UsageError("--seeds, --count and --identities: expected one of them; --seed and --start go with --count")
    with take_census(identities, column) as census:
        yield census


def _plan(
    wanted: Census | Request, generator: Generator, how: Truncation, class_name: str | None, layout: Layout
) -> Plan:
    from ganrt.runtime.bulk.describe import describe, describe_drawing
    from ganrt.runtime.bulk.plan import Plan

    who, drawing = describe(generator, layout), describe_drawing(generator, how, class_name)
    if not isinstance(wanted, Request):
        return Plan(wanted.unique, 0, 0, None, wanted.facts, who, drawing, layout)
    if wanted.seeds is not None:
        return Plan(len(wanted), 0, 0, tuple(wanted.seeds), None, who, drawing, layout)
    return Plan(len(wanted), wanted.seed, wanted.indices[0], None, None, who, drawing, layout)


def _report_census(census: Census) -> None:
    from ganrt.runtime.bulk.census import expected_collisions

    again = census.lines - census.unique
    say(
        f"{census.unique} identities"
        + (f"; {again} lines repeat one, and are drawn once" if again else "")
        + f"; {census.collisions} share an index with another ({expected_collisions(census.unique):.1g} expected)"
    )


def _near_duplicates(output: str) -> dict[str, object]:
    """What the manifest of the finished run says of them."""
    from ganrt.runtime.bulk.manifest import find_manifest
    from ganrt.runtime.bulk.remote import open_target

    manifest, _ = find_manifest(open_target(output))
    return dict((manifest and manifest.near_duplicates) or {})
