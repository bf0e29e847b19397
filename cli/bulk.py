"""`ganrt bulk run`: pictures in shards, for millions of them; bulk_audit.py looks after what was drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from ganrt.cli import options
from ganrt.cli.app import LINE_EVERY_S, Progress, command, group, in_use, print_json, say
from ganrt.cli.requests import Request, SelectionOptions, check_choice, read_codes, read_request, refuse_beside_looks
from ganrt.errors import UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    from ganrt.runtime.bulk.begin import Options, Part
    from ganrt.runtime.bulk.census import Census
    from ganrt.runtime.bulk.pipeline import Drawer
    from ganrt.runtime.bulk.plan import Layout, Plan
    from ganrt.runtime.bulk.run import Executor, Outcome
    from ganrt.runtime.design import Design


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


@dataclass(frozen=True)
class LayoutOptions:
    """How pictures are stored."""

    panel: ClassVar[str] = "Shards"
    format: Annotated[str, typer.Option("--format", help="webdataset, parquet, files, atlas or npy.")] = "webdataset"
    shard_size: Annotated[
        int | None, typer.Option("--shard-size", help="Pictures a shard. Default: 10000, or whole sheets.")
    ] = None
    sheet: Annotated[int | None, typer.Option("--sheet", help="Pictures a side of an atlas's sheets. Default: 16.")] = (
        None
    )
    unique: Annotated[bool, typer.Option("--unique", help="Also count pictures that look like another one.")] = False

    def layout(self, pictures: options.StyleOptions) -> Layout:
        """Checked, with the defaults in place of None."""
        from ganrt.runtime.bulk.plan import make_layout

        return make_layout(
            self.format,
            pictures.encode,
            pictures.quality,
            self.shard_size,
            self.sheet,
            self.unique,
            pictures.background,
            pictures.zoom,
            pictures.size,
            pictures.mask,
        )


@dataclass(frozen=True)
class WorkerOptions:
    """Who draws: this process or a Ray cluster; everything or a part."""

    panel: ClassVar[str] = "Who draws"
    executor: Annotated[str, typer.Option("--executor", help="local, or ray: a cluster draws.")] = "local"
    address: Annotated[
        str | None, typer.Option("--address", help="The Ray cluster's. Default: one that runs here, or is started.")
    ] = None
    part: Annotated[
        str | None, typer.Option("--part", help="i/n: draw every n-th shard; of n such jobs the last ends the run.")
    ] = None
    encoders: Annotated[int | None, typer.Option("--encoders", help="Encoding threads; default one a core.", min=1)] = (
        None
    )
    batch_size: Annotated[int | None, typer.Option("--batch-size", "-b", help="Images a batch.")] = None

    def __post_init__(self) -> None:
        if self.executor not in ("local", "ray"):
            raise UsageError(f"--executor {self.executor}: expected local or ray")
        if self.address is not None and self.executor != "ray":
            raise UsageError(f"--address {self.address}: it belongs to --executor ray")
        if self.part is not None and self.executor == "ray":
            raise UsageError("--part and --executor ray: expected one of them; Ray shares the shards out itself")


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
    codes: options.Codes = None,
    *,
    model: Annotated[
        str | None,
        typer.Option(
            "-m",
            "--model",
            help="A bundled model's name, or the path of an .onnx file. Default: of a run that goes on its own, else "
            f"{DEFAULT_MODEL}.",
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", help="A folder, or an address such as s3://bucket/name.")
    ] = "out",
    selection: SelectionOptions,
    class_name: options.ClassName = None,
    truncation: options.TruncationOptions,
    fixed: options.ControlOptions,
    storing: LayoutOptions,
    pictures: options.StyleOptions,
    resume: Annotated[
        bool,
        typer.Option("--resume/--no-resume", help="Go on with an unfinished run; or, with --force, remove it."),
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="With --no-resume: remove the run that is there.")] = False,
    workers: WorkerOptions,
    engine: options.EngineOptions,
    json: options.Json = False,
) -> None:
    """Draws pictures into shards; killed at any instant, the same command goes on and ends in the same bytes."""
    from ganrt.runtime.bulk.begin import Options
    from ganrt.runtime.bulk.census import Census
    from ganrt.runtime.bulk.identity_files import LOOKS
    from ganrt.runtime.bulk.pipeline import Drawer

    layout, part = storing.layout(pictures), parse_part(workers.part)
    design = fixed.design(truncation.distribution(), class_name)
    if output.lower().endswith(".png"):
        raise UsageError(f"--output {output}: shards need a folder")
    if part is not None and not resume:
        raise UsageError("--part and --no-resume: each part would remove what the others drew; empty the output first")
    with _found(codes or [], selection, design) as found:
        looks = found if isinstance(found, Census) and found.kind == LOOKS else None
        model = model or _model_there(output, resume, looks)
        with engine.open(model) as generator:
            options.note_weights(generator, class_name)
            options.note_frozen(generator, truncation.truncation)
            if note := layout.style.note(generator.spec):
                say(f"note: {note}")
            given = found.latents if isinstance(found, Request) else None
            if given is not None:
                given.check(generator.spec.latent)
            own = replace(design.settled(generator), latents=given)
            drawer = Drawer(generator, workers.batch_size, workers.encoders, own)
            plan = _plan(found, drawer, layout)
            census = found if isinstance(found, Census) else None
            if census is not None:
                census.require_drawable(lambda row: row.look_in(generator, own))
                _report_census(census)
            executor = _ray(model, engine, drawer, workers.address) if workers.executor == "ray" else None
            _run(plan, census, drawer, output, Options(resume, force), executor, part, json)


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


def _model_there(output: str, resume: bool, looks: Census | None) -> str:
    """The model of the run that goes on, whatever the default is by now; else that of the looks, or the default."""
    from ganrt.runtime.bulk.describe import find_model
    from ganrt.runtime.bulk.manifest import find_manifest
    from ganrt.runtime.bulk.remote import open_target
    from ganrt.runtime.look_drawing import model_for
    from ganrt.runtime.looks import Look

    target = open_target(output)
    manifest = find_manifest(target)[0] if resume else None
    if manifest is not None:
        return find_model(target, manifest)
    if looks is None:
        return DEFAULT_MODEL
    return model_for([Look.parse(next(looks.items()).look)])  # of the others each must be of the same one


def _run(
    plan: Plan,
    census: Census | None,
    drawer: Drawer,
    output: str,
    run_options: Options,
    executor: Executor | None,
    part: Part | None,
    json: bool,
) -> None:
    from ganrt.runtime.bulk.manifest import find_manifest
    from ganrt.runtime.bulk.remote import open_target
    from ganrt.runtime.bulk.run import run

    started = monotonic()
    if output.startswith("memory://"):
        say(f"note: {output} lies in this process's memory, and is gone when this command ends")
    with Progress(plan.count, "images", line_every_s=LINE_EVERY_S) as progress:
        outcome = run(plan, output, drawer, run_options, census, progress, executor, part)
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
        manifest, _ = find_manifest(open_target(output))
        found = report["near_duplicates"] = dict((manifest and manifest.near_duplicates) or {})
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


def _ray(model: str, engine: options.EngineOptions, drawer: Drawer, address: str | None) -> Executor:
    from ganrt.runtime.bulk.ray_executor import Recipe, ray_executor

    recipe = Recipe(
        str(Path(model).resolve()) if Path(model).is_file() else model,
        engine.backend,
        engine.engine_options(drawer.generator.device),
        drawer.batch_size,
        drawer.encoders,
        drawer.design,
    )
    return ray_executor(recipe, address, lambda line: say(f"note: {line}"))


@contextmanager
def _found(codes: list[str], selection: SelectionOptions, design: Design) -> Iterator[Census | Request]:
    """The census of the identities or looks, if such were asked for; else the range or the seeds."""
    from ganrt.runtime.bulk.census import take_census
    from ganrt.runtime.bulk.identity_files import LOOKS

    if not codes and selection.looks is None and selection.identities is None:
        yield read_request(selection)
        return
    check_choice(selection)
    with ExitStack() as stack:
        if selection.identities is not None and not codes:
            census = stack.enter_context(take_census(selection.identities, selection.identity_column))
        else:
            path = selection.looks if not codes else _listed(stack, codes, selection)
            assert path is not None
            census = stack.enter_context(take_census(path, kind=LOOKS))
        if census.looks:
            refuse_beside_looks(design, "look codes")
        yield census


def _listed(stack: ExitStack, codes: list[str], selection: SelectionOptions) -> Path:
    """A file of the codes: a run by it is that by a file of the same lines."""
    looks = read_codes(codes, selection)
    assert looks is not None
    path = Path(stack.enter_context(TemporaryDirectory(prefix="ganrt-"))) / "codes"
    path.write_text("".join(look.code + "\n" for look in looks), "utf-8", newline="\n")
    return path


def _plan(found: Census | Request, drawer: Drawer, layout: Layout) -> Plan:
    from ganrt.runtime.bulk.describe import describe, describe_drawing
    from ganrt.runtime.bulk.plan import Plan

    generator = drawer.generator
    who = describe(generator, layout)
    drawing = describe_drawing(generator, drawer.design)
    if not isinstance(found, Request):
        return Plan(found.unique, 0, 0, None, found.facts, who, drawing, layout)
    if found.seeds is not None:
        return Plan(len(found), 0, 0, tuple(found.seeds), None, who, drawing, layout)
    return Plan(len(found), found.seed, found.indices[0], None, None, who, drawing, layout)


def _report_census(census: Census) -> None:
    from ganrt.runtime.bulk.census import expected_collisions
    from ganrt.runtime.bulk.identity_files import LOOKS

    again = census.lines - census.unique
    say(
        f"{census.unique} {'looks' if census.kind == LOOKS else 'identities'}"
        + (f"; {again} lines repeat one, and are drawn once" if again else "")
        + f"; {census.collisions} share an index with another ({expected_collisions(census.unique):.1g} expected)"
    )
