"""`ganrt generate --format webdataset` and its like: pictures in shards, for millions of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from ganrt.cli import options
from ganrt.cli.app import Progress, announce, in_use, print_json, say
from ganrt.cli.requests import read_request
from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.runtime.bulk.census import Census
    from ganrt.runtime.bulk.plan import Layout, Plan
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.sampling import Truncation


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


def refuse_for_shards(grid: str | None, output: Path) -> None:
    """Raises UsageError for what only loose pictures have."""
    if grid is not None:
        raise UsageError(f"--grid {grid}: a contact sheet is for --format png; sheets of everything: --format atlas")
    if output.suffix.lower() == ".png":
        raise UsageError(f"--output {output}: shards need a folder")


def refuse_without_shards(given: Sequence[object | None]) -> None:
    """Raises UsageError for options about shards without shards."""
    if any(value is not None for value in given):
        raise UsageError(
            "--picture, --quality, --shard-size, --sheet, --no-resume, --unique, --encoders and --identity-column are "
            "for shards: give --format files, webdataset, parquet, atlas or npy"
        )


def generate_shards(
    opener: Callable[[], Generator],
    asked: Asked,
    how: Truncation,
    class_name: str | None,
    batch_size: int | None,
    output: Path,
    given: ShardOptions,
    json: bool,
) -> None:
    """Draws what was asked for into shards, and says what came of it."""
    layout = given.layout()
    with _census(asked) as census, opener() as generator:
        announce(generator)
        options.note_weights(generator, class_name)
        plan = _plan(asked, census, generator, how, class_name, layout)
        if census is not None:
            _report_census(census)
        _run(plan, census, generator, how, class_name, batch_size, output, given, json)


def _run(
    plan: Plan,
    census: Census | None,
    generator: Generator,
    how: Truncation,
    class_name: str | None,
    batch_size: int | None,
    output: Path,
    given: ShardOptions,
    json: bool,
) -> None:
    from ganrt.runtime.bulk.pipeline import Drawer
    from ganrt.runtime.bulk.run import Options, run

    drawer = Drawer(generator, how, class_name, batch_size, given.encoders)
    started = monotonic()
    with Progress(plan.count, "images") as progress:
        outcome = run(plan, output, drawer, Options(given.resume, given.force), census, progress)
    seconds = monotonic() - started
    if not outcome.drawn_shards:
        say(f"{output}: all {plan.count} images are there already; nothing was drawn")
    else:
        kept = plan.count - outcome.drawn_images
        before = f" ({kept} were there already)" if kept else ""
        rate = outcome.drawn_images / seconds
        say(f"{plan.count} images in {outcome.shards} shards{before}: {output}; {rate:.0f} images/s")
    report = {
        **in_use(generator),
        "output": str(output),
        "images": plan.count,
        "shards": outcome.shards,
        "drawn_images": outcome.drawn_images,
        "drawn_shards": outcome.drawn_shards,
        "seconds": round(seconds, 3),
        "identities": plan.identities,
    }
    if given.unique:
        found = report["near_duplicates"] = _near_duplicates(output)
        say(f"{found['pictures']} pictures look like an earlier one: {found['per_million']} a million")
    if json:
        print_json(report)


@contextmanager
def _census(asked: Asked) -> Iterator[Census | None]:
    """The census of the identities, if identities were asked for."""
    from ganrt.runtime.bulk.census import take_census

    if asked.identities is None:
        if asked.column is not None:
            raise UsageError(f"--identity-column {asked.column}: it belongs to --identities")
        yield None
        return
    if asked.seeds is not None or asked.count is not None or asked.seed or asked.start:
        raise UsageError("--seeds, --count and --identities: expected one of them; --seed and --start go with --count")
    with take_census(asked.identities, asked.column) as census:
        yield census


def _plan(
    asked: Asked,
    census: Census | None,
    generator: Generator,
    how: Truncation,
    class_name: str | None,
    layout: Layout,
) -> Plan:
    from ganrt.runtime.bulk.describe import describe, describe_drawing
    from ganrt.runtime.bulk.plan import Plan

    who, drawing = describe(generator, layout), describe_drawing(generator, how, class_name)
    if census is not None:
        return Plan(census.unique, 0, 0, None, census.facts, who, drawing, layout)
    request = read_request(asked.seeds, asked.count, asked.seed, asked.start, None, None)
    seeds = None if request.seeds is None else tuple(request.seeds)
    return Plan(len(request), asked.seed, asked.start, seeds, None, who, drawing, layout)


def _report_census(census: Census) -> None:
    from ganrt.runtime.bulk.census import expected_collisions

    again = census.lines - census.unique
    say(
        f"{census.unique} identities"
        + (f"; {again} lines repeat one, and are drawn once" if again else "")
        + f"; {census.collisions} share an index with another ({expected_collisions(census.unique):.1g} expected)"
    )


def _near_duplicates(output: Path) -> dict[str, object]:
    """What the manifest of the finished run says of them."""
    from ganrt.runtime.bulk.manifest import read_manifest
    from ganrt.runtime.bulk.storage import LocalStorage

    manifest = read_manifest(LocalStorage(output)) or {}
    return dict(manifest["near_duplicates"])
