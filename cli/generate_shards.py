"""`ganrt generate --format webdataset` and its like: pictures in shards, for millions of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from ganrt.cli import options
from ganrt.cli.app import Progress, announce, in_use, print_json, say
from ganrt.cli.requests import Request, read_request
from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.runtime.bulk.begin import Options, Part
    from ganrt.runtime.bulk.census import Census
    from ganrt.runtime.bulk.pipeline import Drawer
    from ganrt.runtime.bulk.plan import Layout, Plan
    from ganrt.runtime.bulk.run import Executor
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.sampling import Truncation

LINE_EVERY_S = 30  # of progress, where it goes to a log


@dataclass(frozen=True)
class ShardOptions:
    """The options that are about shards, as they were given."""

    format: str
    picture: str | None
    quality: int | None
    shard_size: int | None
    sheet: int | None
    resume: bool
    unique: bool
    encoders: int | None
    force: bool

    def layout(self) -> Layout:
        """Checked, with the defaults in place of None."""
        from ganrt.runtime.bulk.plan import make_layout

        return make_layout(self.format, self.picture, self.quality, self.shard_size, self.sheet, self.unique)


@dataclass(frozen=True)
class Asked:
    """Which pictures, as they were asked for."""

    seeds: str | None
    count: int | None
    seed: int
    start: int
    identities: Path | None
    column: str | None


@dataclass(frozen=True)
class Opening:
    """How the generator is opened: `options.open_generator`."""

    model: str
    backend: str
    device: str
    precision: str
    threads: int | None

    def open(self) -> Generator:
        """Loads it."""
        return options.open_generator(self.model, self.backend, self.device, self.precision, self.threads)


@dataclass(frozen=True)
class Crew:
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


def refuse_for_shards(grid: str | None, output: str, part: Part | None, resume: bool) -> None:
    """Raises UsageError for what only loose pictures have, and for a part that would remove the others'."""
    if grid is not None:
        raise UsageError(f"--grid {grid}: a contact sheet is for --format png; sheets of everything: --format atlas")
    if output.lower().endswith(".png"):
        raise UsageError(f"--output {output}: shards need a folder")
    if part is not None and not resume:
        raise UsageError("--part and --no-resume: each part would remove what the others drew; empty the output first")


def refuse_without_shards(given: Mapping[str, object | None], output: str) -> None:
    """Raises UsageError for options about shards, by name, that were given (are not None) without shards."""
    if "://" in output:
        raise UsageError(f"--output {output}: loose pictures need a folder; give --format webdataset, for one")
    names = [name for name, value in given.items() if value is not None]
    if names:
        raise UsageError(
            f"{', '.join(names)}: only for shards; give --format files, webdataset, parquet, atlas or npy\n"
            "without --format pictures are loose PNG files"
        )


def generate_shards(
    opening: Opening,
    asked: Asked,
    how: Truncation,
    class_name: str | None,
    batch_size: int | None,
    output: str,
    given: ShardOptions,
    crew: Crew,
    json: bool,
) -> None:
    """Draws what was asked for into shards, and says what came of it."""
    from ganrt.runtime.bulk.begin import Options
    from ganrt.runtime.bulk.census import Census
    from ganrt.runtime.bulk.pipeline import Drawer

    layout = given.layout()
    with _wanted(asked) as wanted, opening.open() as generator:
        announce(generator)
        options.note_weights(generator, class_name)
        plan = _plan(asked, wanted, generator, how, class_name, layout)
        census = wanted if isinstance(wanted, Census) else None
        if census is not None:
            _report_census(census)
        drawer = Drawer(generator, how, class_name, batch_size, given.encoders)
        executor = _ray(opening, drawer, crew.address) if crew.executor == "ray" else None
        _run(plan, census, drawer, output, Options(given.resume, given.force), executor, crew.part, json)


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


def _ray(opening: Opening, drawer: Drawer, address: str | None) -> Executor:
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
    )
    return ray_executor(recipe, address, lambda line: say(f"note: {line}"))


@contextmanager
def _wanted(asked: Asked) -> Iterator[Census | Request]:
    """The census of the identities, if identities were asked for; else the range or the seeds."""
    from ganrt.runtime.bulk.census import take_census

    if asked.identities is None:
        yield read_request(asked.seeds, asked.count, asked.seed, asked.start, None, column=asked.column)
        return
    if asked.seeds is not None or asked.count is not None or asked.seed or asked.start:
        raise UsageError("--seeds, --count and --identities: expected one of them; --seed and --start go with --count")
    with take_census(asked.identities, asked.column) as census:
        yield census


def _plan(
    asked: Asked,
    wanted: Census | Request,
    generator: Generator,
    how: Truncation,
    class_name: str | None,
    layout: Layout,
) -> Plan:
    from ganrt.runtime.bulk.describe import describe, describe_drawing
    from ganrt.runtime.bulk.plan import Plan

    who, drawing = describe(generator, layout), describe_drawing(generator, how, class_name)
    if not isinstance(wanted, Request):
        return Plan(wanted.unique, 0, 0, None, wanted.facts, who, drawing, layout)
    seeds = None if wanted.seeds is None else tuple(wanted.seeds)
    return Plan(len(wanted), asked.seed, asked.start, seeds, None, who, drawing, layout)


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
    from ganrt.runtime.bulk.manifest import read_manifest
    from ganrt.runtime.bulk.remote import open_target

    manifest = read_manifest(open_target(output)) or {}
    return dict(manifest["near_duplicates"])
