"""Runs the suite's entries into one document, entry by entry; an interrupted run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from ganrt import __version__
from ganrt.benchmarks.clock import SystemClock
from ganrt.benchmarks.contestants import describe
from ganrt.benchmarks.document import Document, Model, Result, now_utc, read_document, write_document
from ganrt.benchmarks.fields import Json
from ganrt.benchmarks.jobs import measure
from ganrt.benchmarks.jobs.scope import Figures, Scope
from ganrt.benchmarks.limits import Limits, measure_limits
from ganrt.benchmarks.models import ModelFile, prepare_model, work_folder
from ganrt.benchmarks.options import Cell, Timing, rated
from ganrt.benchmarks.runner import Interrupted, Runner
from ganrt.benchmarks.session import machine
from ganrt.benchmarks.subjects import parse_names
from ganrt.benchmarks.suite_entries import ENTRIES, Entry
from ganrt.errors import GanrtError, NegativeResult, OutputFailed
from ganrt.files import check_free

__all__ = ["ENTRIES", "run_suite"]
_QUICK_S = 0.3
# A job's figures go under the scenario of the document that fits best.
_SCENARIO = {"command_line": "cold_start", "batch_memory": "memory", "translate": "end_to_end", "bulk": "end_to_end"}
MakeRunner = Callable[[Timing], Runner]


def run_suite(
    output: Path,
    names: Sequence[str],
    make_runner: MakeRunner,
    *,
    quick: bool,
    budget_s: float,
    work: Path | None,
    force: bool,
    say: Callable[[str], object],
    entries: Sequence[Entry] = ENTRIES,
) -> Document:
    """Measures the entries called `names` and writes `output` after each.

    Args:
        quick: tiny durations, and no models but the bundled one: to see that it works.
        budget_s: entries that begin later are marked as not run.
        work: where random models are kept.
        force: begin again; otherwise entries that `output` has with the same options are kept.

    Raises:
        OutputFailed: `output` is complete already and `force` is not set.
        BadInputFile: it is there and no bench document.
    """
    chosen = [entry for entry in entries if entry.name in names]
    keys = {entry.name: _key(entry, quick) for entry in chosen}
    document = _resume(output, keys, quick, force)
    limits = None if quick else _limits(chosen, say)
    if limits is not None:
        document = replace(document, limits=limits.as_json())
    clock = SystemClock()
    begun = clock.now()
    for number, entry in enumerate(chosen, 1):
        if document.options["entries"].get(entry.name) == keys[entry.name]:
            say(f"[{number}/{len(chosen)}] {entry.name}: kept")
            continue
        say(f"[{number}/{len(chosen)}] {entry.name}: {entry.about}")
        late = (clock.now() - begun) / 1e9 >= budget_s
        try:
            if late:
                found = [_not_run(entry, f"the suite's {budget_s / 60:g} minutes were over: run it again to go on")]
            else:
                found = _run_entry(entry, lambda timing: _limited(make_runner(timing), limits), quick, work, say)
        except Interrupted as stopped:
            return _write(output, _with(document, entry, stopped.results, None, "interrupted"))
        except KeyboardInterrupt:
            return _write(output, replace(document, status="interrupted"))
        status = "complete" if number == len(chosen) else "interrupted"
        document = _write(output, _with(document, entry, found, None if late else keys[entry.name], status))
    return _write(output, replace(document, status="complete"))


def _limits(entries: Sequence[Entry], say: Callable[[str], object]) -> Limits | None:
    """The machine's, for the precisions that some entry measures; measured anew in every run."""
    precisions = rated(precision for entry in entries if entry.scenarios for precision in entry.precisions)
    if not precisions:
        return None
    say("the machine's limits")
    return measure_limits(precisions)


def _limited(runner: Runner, limits: Limits | None) -> Runner:
    runner.limits = limits
    return runner


def _key(entry: Entry, quick: bool) -> str:
    """What an entry's results depend on, in short."""
    text = json.dumps([__version__, quick, asdict(entry)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _resume(output: Path, keys: dict[str, str], quick: bool, force: bool) -> Document:
    """The document to go on with: the one at `output` if its machine is this one, else an empty one."""
    here = machine()
    options: Json = {"suite": True, "quick": quick, "entries": {}}
    empty = Document(__version__, here, options, (), now_utc(), "interrupted")
    if force or not output.exists():
        return empty
    found = read_document(output)
    kept = found.options.get("entries")
    if not found.options.get("suite") or not isinstance(kept, dict):
        raise OutputFailed(f"{output} is no document of the suite: give --force to overwrite it, or another --output")
    if found.options.get("quick") != quick:
        raise OutputFailed(
            f"{output} is {'not ' if quick else ''}of a run with --quick, whose figures must not mix with others: "
            "give --force to begin again, or another --output"
        )
    if found.machine.get("cpu") != here.get("cpu") or found.machine.get("packages") != here.get("packages"):
        raise OutputFailed(f"{output} is of another machine or of other versions: give --force to begin again")
    if all(kept.get(name) == key for name, key in keys.items()):
        check_free(output, force)
    return found


def _with(document: Document, entry: Entry, found: Sequence[Result], key: str | None, status: str) -> Document:
    """The entry's results in place of older ones; `key` marks it as done."""
    others = [result for result in document.results if result.entry != entry.name]
    done = {name: value for name, value in document.options["entries"].items() if name != entry.name}
    if key is not None:
        done[entry.name] = key
    options = {**document.options, "entries": done}
    return replace(document, results=(*others, *found), options=options, created=now_utc(), status=status)


def _write(output: Path, document: Document) -> Document:
    write_document(output, document, force=True)
    return document


def _run_entry(
    entry: Entry, make_runner: MakeRunner, quick: bool, work: Path | None, say: Callable[[str], object]
) -> list[Result]:
    """What goes wrong with one entry is its result, and not the end of the suite."""
    if quick and entry.model != "avatars":
        return [_not_run(entry, "left out by --quick: the model would have to be made")]
    try:
        model = prepare_model(entry.model, work_folder(work), say)
        if entry.job is not None:
            return [_run_job(entry, entry.job, model, quick, say)]
        return _run_cells(entry, model, make_runner, quick)
    except NegativeResult as error:
        return [replace(_not_run(entry, str(error)), status="wrong_output")]
    except GanrtError as error:
        return [_not_run(entry, describe(error))]


def _run_cells(entry: Entry, model: ModelFile, make_runner: MakeRunner, quick: bool) -> list[Result]:
    timing = Timing(duration_s=entry.duration_s, least_samples=entry.least_samples, processes=entry.processes)
    if quick:
        timing = replace(timing, duration_s=_QUICK_S, warmup_s=_QUICK_S, processes=1, slices=3)
    runner = make_runner(timing)
    results: list[Result] = []
    try:
        for scenario in entry.scenarios:
            for precision in entry.precisions:
                for batch_size in entry.batch_sizes:
                    cell = Cell(model.onnx, scenario, batch_size, precision, None, "auto", model.checkpoint, entry.name)
                    results += runner.run(cell, parse_names(entry.subjects))
    except Interrupted as stopped:
        raise Interrupted([*results, *stopped.results]) from None
    return results


def _run_job(entry: Entry, job: str, model: ModelFile, quick: bool, say: Callable[[str], object]) -> Result:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        begun = clock.now()
        figures: Figures = measure(job, Scope(model, Path(folder), clock, quick, say))
        seconds = (clock.now() - begun) / 1e9
    return Result(
        scenario=_SCENARIO.get(job, job),
        subject="ganrt",
        model=Model(entry.model),
        status="ok",
        entry=entry.name,
        duration_s=round(seconds, 3),
        figures=figures,
        notes=(entry.about,),
    )


def _not_run(entry: Entry, reason: str) -> Result:
    scenario = entry.scenarios[0] if entry.job is None else _SCENARIO.get(entry.job, entry.job)
    return Result(scenario, "ganrt" if entry.job else entry.subjects, Model(entry.model), "not_run", reason, entry.name)
