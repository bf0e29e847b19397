"""Runs the suite's entries into one document, entry by entry; an interrupted run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from ganrt import __version__
from ganrt.benchmarks.clock import SystemClock
from ganrt.benchmarks.document import Document, Json, Model, Result, now_utc, read_document, write_document
from ganrt.benchmarks.harness import Harness, Interrupted
from ganrt.benchmarks.limits import Limits, limits_from_json, measure_limits
from ganrt.benchmarks.machine import describe_machine
from ganrt.benchmarks.measurement import describe
from ganrt.benchmarks.models import RANDOM, ModelFile, prepare_model, work_folder
from ganrt.benchmarks.options import Case, Timing, rated
from ganrt.benchmarks.repeats import measure
from ganrt.benchmarks.runners import parse_names
from ganrt.benchmarks.suite_entries import ENTRIES, Entry, Job
from ganrt.errors import GanrtError, NegativeResult, OutputFailed
from ganrt.files import ensure_absent
from ganrt.interrupts import HeldInterrupts

__all__ = ["ENTRIES", "run_suite"]
_QUICK_S = 0.3
_REPEATS = 3  # of small models
MakeHarness = Callable[[Timing], Harness]


class SuiteStopped(Exception):
    """Ctrl-C; `document` is what was written."""

    def __init__(self, document: Document) -> None:
        super().__init__("interrupted")
        self.document = document


def run_suite(
    output: Path,
    names: Sequence[str],
    make_harness: MakeHarness,
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

    Returns:
        the document, `complete` once every entry is in it that was ever asked for.

    Raises:
        SuiteStopped: Ctrl-C; the document is written.
        OutputFailed: `output` is complete already and `force` is not set.
        BadInputFile: it is there and no bench document.
    """
    chosen = [entry for entry in entries if entry.name in names]
    keys = {entry.name: _key(entry, quick) for entry in chosen}
    document = _asked(_resume(output, keys, quick, force), chosen, entries)
    kept = [entry.name for entry in chosen if document.options["entries"].get(entry.name) == keys[entry.name]]
    limits = None if quick else _limits([entry for entry in chosen if entry.name not in kept], document.limits, say)
    if limits is not None:
        document = replace(document, limits=limits.as_json())
    clock = SystemClock()
    begun = clock.now()
    with HeldInterrupts() as interrupts:
        for number, entry in enumerate(chosen, 1):
            if entry.name in kept:
                say(f"[{number}/{len(chosen)}] {entry.name}: kept")
                continue
            say(f"[{number}/{len(chosen)}] {entry.name}: {entry.about}")
            if (clock.now() - begun) / 1e9 >= budget_s:
                over = _not_run(entry, f"the suite's {budget_s / 60:g} minutes were over: run it again to go on")
                document = _write(output, _with(document, entry, [over], None))
                continue
            run = partial(_run_entry, entry, lambda timing: _limited(make_harness(timing), limits), quick, work, say)
            document = _write(output, _measured(document, entry, keys[entry.name], run, interrupts))
            if interrupts.told:
                raise SuiteStopped(document)
    return _write(output, document)


def _measured(
    document: Document, entry: Entry, key: str, run: Callable[[], list[Result]], interrupts: HeldInterrupts
) -> Document:
    """With what the entry's run finds until its end, or until Ctrl-C."""
    found: list[list[Result]] = []
    try:
        interrupts.let_end(lambda: found.append(run()))
    except Interrupted as stopped:
        return _with(document, entry, stopped.results, None)
    return _with(document, entry, found[0], key) if found else document


def missing(document: Document) -> list[str]:
    """The entries that were asked for and are not done."""
    return [name for name in document.options["asked"] if name not in document.options["entries"]]


def _asked(document: Document, chosen: Sequence[Entry], entries: Sequence[Entry]) -> Document:
    """The document that knows what it is to hold: what earlier runs asked for, of entries that only another program
    knows too, and what this one does."""
    options = document.options
    before = options.get("asked")
    if not isinstance(before, list):  # of a version that did not note it
        before = [result.entry for result in document.results]
    names = [*before, *options["entries"], *(entry.name for entry in chosen)]
    known = [entry.name for entry in entries if entry.name in names]
    others = dict.fromkeys(name for name in names if name not in known)
    return replace(document, options={**options, "asked": [*known, *others]})


def _limits(entries: Sequence[Entry], known: object, say: Callable[[str], object]) -> Limits | None:
    """The machine's, for the precisions that some entry measures; what the document has is not measured again."""
    precisions = rated(precision for entry in entries if entry.job is None for precision in entry.precisions)
    if not precisions:
        return None
    found = limits_from_json(known)
    new = [precision for precision in precisions if found is None or not found.answers(precision)]
    if not new:
        return found
    say("the machine's limits")
    measured = measure_limits(new)
    return measured if found is None else found.joined(measured)


def _limited(harness: Harness, limits: Limits | None) -> Harness:
    harness.limits = limits
    return harness


def _key(entry: Entry, quick: bool) -> str:
    """What an entry's results depend on, in short."""
    text = json.dumps([__version__, quick, asdict(replace(entry, job=None))], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _resume(output: Path, keys: dict[str, str], quick: bool, force: bool) -> Document:
    """The document to go on with: the one at `output` if its machine is this one, else an empty one."""
    here = describe_machine()
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
        ensure_absent(output, force)
    return found


def _with(document: Document, entry: Entry, found: Sequence[Result], key: str | None) -> Document:
    """The entry's results in place of older ones; `key` marks it as done."""
    others = [result for result in document.results if result.entry != entry.name]
    done = {name: value for name, value in document.options["entries"].items() if name != entry.name}
    if key is not None:
        done[entry.name] = key
    options = {**document.options, "entries": done}
    return replace(document, results=(*others, *found), options=options, created=now_utc())


def _write(output: Path, document: Document) -> Document:
    document = replace(document, status="interrupted" if missing(document) else "complete")
    write_document(output, document, force=True)
    return document


def _run_entry(
    entry: Entry, make_harness: MakeHarness, quick: bool, work: Path | None, say: Callable[[str], object]
) -> list[Result]:
    """What goes wrong with one entry is its result, and not the end of the suite."""
    if quick and entry.model != "avatars":
        return [_not_run(entry, "left out by --quick: the model would have to be made")]
    try:
        model = prepare_model(entry.model, work_folder(work), say)
        if entry.job is not None:
            return [_run_job(entry, entry.job, model, quick)]
        return _run_cases(entry, model, make_harness, quick)
    except NegativeResult as error:
        return [replace(_not_run(entry, str(error)), status="wrong_output")]
    except GanrtError as error:
        return [_not_run(entry, describe(error))]


def _run_cases(entry: Entry, model: ModelFile, make_harness: MakeHarness, quick: bool) -> list[Result]:
    timing = Timing(
        duration_s=entry.duration_s, least_samples=entry.least_samples, processes=entry.processes,
        repeats=_repeats(entry),
    )  # fmt: skip
    if quick:
        timing = replace(timing, duration_s=_QUICK_S, warmup_s=_QUICK_S, processes=1, repeats=1, slices=3)
    cases = [
        Case(model.onnx, scenario, batch_size, precision, None, "auto", model.checkpoint, entry.name)
        for scenario in entry.scenarios
        for precision in entry.precisions
        for batch_size in entry.batch_sizes
    ]
    return measure(make_harness(timing), cases, parse_names(entry.runners), lambda _: None)


def _repeats(entry: Entry) -> int:
    """Opening a large model takes longer than its share of the duration: there one process must be enough."""
    return entry.repeats or (_REPEATS if entry.model not in RANDOM else 1)


def _run_job(entry: Entry, job: Job, model: ModelFile, quick: bool) -> Result:
    clock = SystemClock()
    begun = clock.now()
    figures = job(model, quick)
    seconds = (clock.now() - begun) / 1e9
    return Result(
        scenario=entry.scenarios[0],
        subject="ganrt",
        model=Model(entry.model),
        status="ok",
        entry=entry.name,
        duration_s=round(seconds, 3),
        figures=figures,
        notes=(entry.about,),
    )


def _not_run(entry: Entry, reason: str) -> Result:
    runner = "ganrt" if entry.job else entry.runners
    return Result(entry.scenarios[0], runner, Model(entry.model), "not_run", reason, entry.name)
