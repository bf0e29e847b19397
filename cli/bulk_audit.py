"""`ganrt bulk audit`: whether a bulk output is complete and undamaged, and mending what is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, announce, command, note_foreign, print_json, say
from ganrt.cli.bulk import bulk
from ganrt.errors import BackendUnavailable, BadInputFile, NegativeResult, UsageError

if TYPE_CHECKING:
    from ganrt.runtime.bulk.audit import Audit
    from ganrt.runtime.bulk.pipeline import Drawer
    from ganrt.runtime.bulk.plan import Plan
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.latent_files import LatentFile

_SHOWN = 20
_LISTED = 1000  # findings in --json, which may be as many as a run has files
_NO_SEAL = "the manifest is ganrt 0.1's and has no seal: not every changed bit shows; --repair writes one with it"
_SEALED = "the manifest was ganrt 0.1's and had no seal; it has one now"


@command(
    "audit",
    """
    ganrt bulk audit shards
    ganrt bulk audit shards --all --json
    ganrt bulk audit shards --repair
    """,
    bulk,
)
def audit(
    folder: Annotated[str, typer.Argument(metavar="OUT", help="What ganrt bulk run wrote: a folder or an address.")],
    model: Annotated[
        str | None,
        typer.Option("-m", "--model", help="Where the run's model is by now, if it is not where the manifest says."),
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Draw every picture again and compare, not a sample of them.")
    ] = False,
    mend: Annotated[
        bool, typer.Option("--repair", help="Draw what is missing or damaged again, and only that.")
    ] = False,
    latents: Annotated[
        Path | None, typer.Option("--latents", help="The file of latents that the run was drawn from, if it was.")
    ] = None,
    cpu: options.ThreadOptions,
    json: options.Json = False,
) -> None:
    """Reads every file of a bulk output, compares hashes, draws a sample again; exit 1 if anything is left wrong."""
    from ganrt.runtime.bulk.audit import check_files, check_pictures, read_run, repair
    from ganrt.runtime.bulk.describe import find_model
    from ganrt.runtime.bulk.remote import open_target

    target = open_target(folder)
    manifest = read_run(target)
    plan = manifest.plan
    given = _latents(plan, latents)
    with ExitStack() as stack:
        drawer, why = _open_drawer(plan, model or find_model(target, manifest), cpu.threads, given, stack)
        if drawer is None and everything:
            raise BackendUnavailable(f"the run's pictures cannot be drawn here as they were: {why}")
        with Progress(plan.shard_count, "shards") as progress:
            found = check_files(target, manifest, progress)
        if drawer is not None:
            check_pictures(target, plan, drawer, everything, found)
        elif mend and next(found.to_draw(), None) is not None:
            raise BackendUnavailable(f"the run's pictures cannot be drawn here as they were: {why}")
        else:
            say(f"note: no picture is drawn again, hashes alone are compared: {why}")
        wrong = next(found.findings(), None) is not None
        mended = repair(target, manifest, drawer, found) if mend and (wrong or not manifest.has_seal) else []
    if not manifest.has_seal:
        say(f"note: {_SEALED}" if mend and not found.lacks_identities else f"note: {_NO_SEAL}")
    _report(folder, plan, found, mended, mend, json)


def _latents(plan: Plan, path: Path | None) -> LatentFile | None:
    """The run's own latents, where the file is given.

    Raises:
        UsageError: the run has none. BadInputFile: it is another file.
    """
    from ganrt.runtime.latent_files import read_latent_file

    if path is None:
        return None
    if "latents_sha256" not in plan.drawing:
        raise UsageError(f"--latents {path}: this run sampled its latents; expected no file of them")
    given = read_latent_file(path)
    if given.sha256 != plan.drawing["latents_sha256"]:
        raise BadInputFile(
            f"{path} is not the file that the run was drawn from: its SHA-256 begins with {given.sha256[:16]}, "
            f"expected {plan.drawing['latents_sha256'][:16]}"
        )
    return given


def _open_drawer(
    plan: Plan, model: str, threads: int | None, latents: LatentFile | None, stack: ExitStack
) -> tuple[Drawer | None, str]:
    """What draws the same pictures as the run did; None where nothing here does, and why not.

    The engine that a run was drawn with may have been the tuned one or the plain one: what describes itself as the
    manifest does is the same.
    """
    from ganrt.runtime.bulk.describe import aligned, describe
    from ganrt.runtime.bulk.manifest import differences

    if latents is None and "latents_sha256" in plan.drawing:
        return None, "it was drawn from a file of latents; give it with --latents FILE"
    was, wrong = plan.generator, ""
    for backend, precision in ((was["backend"], was["precision"]), ("auto", "fastest"), ("auto", "fp32")):
        try:
            generator = stack.enter_context(options.EngineOptions(threads, "auto", backend, precision).load(model))
        except (BackendUnavailable, UsageError) as error:
            wrong = wrong or str(error)
            continue
        if generator.model_sha256 != was["model_sha256"]:
            raise BadInputFile(
                f"this run was drawn by {was['model']} ({was['model_sha256'][:16]}), and {model} is another model "
                f"({generator.model_sha256[:16]})\ngive the run's own: -m MODEL"
            )
        found = differences(was, aligned(was, describe(generator, plan.layout)))
        if not found:
            announce(generator)
            return _drawer(plan, generator, latents), ""
        wrong = wrong or "; ".join(found[:2])
    return None, wrong


def _drawer(plan: Plan, generator: Generator, latents: LatentFile | None) -> Drawer:
    """Raises BadInputFile where a generator cannot draw what the plan says, which no run of ganrt's was."""
    from ganrt.runtime.bulk.describe import describe_drawing, design_of
    from ganrt.runtime.bulk.formats import open_format
    from ganrt.runtime.bulk.pipeline import Drawer
    from ganrt.runtime.bulk.plan import item

    wrong = "the distribution of its latents is another"
    try:
        drawer = Drawer(generator, design=design_of(plan.drawing, latents).settled(generator))
        open_format(plan)
        drawer.draw([item(0, 0)])
        if describe_drawing(generator, drawer.design) == plan.drawing:
            return drawer
    except UsageError as error:
        wrong = str(error)
    raise BadInputFile(f"manifest.json says what {generator.spec.name} does not draw: {wrong}")


def _report(folder: str, plan: Plan, found: Audit, mended: list[str], repairing: bool, json: bool) -> None:
    done = set(mended)
    lines = _lines(plan, found, done, repairing)
    for line in islice(lines, _SHOWN):
        say(line)
    if more := sum(1 for _ in lines):
        say(f"and {more} more")
    say(f"files read: {found.files}, {found.bytes} bytes; pictures drawn again: {found.drawn_again}")
    note_foreign(found.foreign, "run")
    if json:
        findings = [asdict(finding) for finding in islice(found.findings(), _LISTED)]
        print_json(
            {
                "output": folder,
                "images": plan.count,
                "files": found.files,
                "bytes": found.bytes,
                "drawn_again": found.drawn_again,
                "findings": findings,
                "undrawn_shards": len(found.undrawn),
                "foreign": found.foreign,
                "repaired": mended,
            }
        )
    left = sum(finding.name not in done for finding in found.findings()) if done else found.count
    if left and not repairing and found.is_sound_so_far:
        raise NegativeResult(
            f"{folder}: {left} of its files are not there yet; what is there is well\n"
            "to go on: the same ganrt bulk run command again"
        )
    if left:
        raise NegativeResult(
            f"{folder}: {left} of its files are not as they should be\n{_way_on(folder, found, repairing)}"
        )
    say(f"{folder}: {'mended: ' + str(len(mended)) + ' files' if mended else 'all is well'}")


def _lines(plan: Plan, found: Audit, mended: set[str], repairing: bool) -> Iterator[str]:
    """Every finding, and whether it was mended; of a run that is not finished how far it has come."""
    from ganrt.runtime.bulk.audit import UNFINISHED

    listed = repairing or plan.identities is not None  # else there is nothing to say of each undrawn shard
    undrawn = 0 if listed else len(found.undrawn)
    unfinished = undrawn > 0
    for finding in found.findings() if listed else found.found:
        unfinished |= finding.kind == UNFINISHED
        undrawn += finding.kind == UNFINISHED and finding.shard is not None
        if repairing:
            yield f"{'mended' if finding.name in mended else 'not mended'}: {finding.kind}: {finding.name}"
        elif finding.kind != UNFINISHED:
            yield f"{finding.kind}: {finding.name}"
    if not repairing and unfinished:
        there = plan.shard_count - undrawn
        yield f"unfinished: {there} of {plan.shard_count} shards are there; the run is in progress, or was interrupted"


def _way_on(folder: str, found: Audit, repairing: bool) -> str:
    """What mends what is left."""
    if found.lacks_identities:
        return (
            "of identities/ only the file of identities brings a part back: remove the part if it is there, and run "
            "the same ganrt bulk run command again" + ("" if repairing else "; --repair mends the rest")
        )
    return f"to mend them: ganrt bulk audit {folder} --repair"
