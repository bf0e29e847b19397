"""`ganrt bench`: measures runners on a model and writes what it found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, debug_wanted, group, say
from ganrt.cli.option_blocks import Was
from ganrt.errors import ExitCode, GanrtError, UsageError

if TYPE_CHECKING:
    from ganrt.benchmarks.document import Document
    from ganrt.benchmarks.harness import Harness
    from ganrt.benchmarks.options import Case, Timing


@dataclass(frozen=True)
class Pages:
    """Reports beside the document."""

    panel: ClassVar[str] = "Reports"
    html: Annotated[Path | None, typer.Option("--html", help="Also write a self-contained page.")] = None
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Also write Markdown.")] = None

    def ensure_absent(self, force: bool) -> None:
        """Raises OutputFailed for a report that exists, before anything is measured."""
        from ganrt.files import ensure_absent

        for path in (self.html, self.markdown):
            if path is not None:
                ensure_absent(path, force)


@dataclass(frozen=True)
class RunnerOptions(options.DeviceOptions):
    """What is measured, and on what."""

    runners: Annotated[
        str,
        typer.Option("--runners", help="ours, peers, all, or names: ganrt/onnxruntime, torch-eager, ..."),
        Was("--subjects"),
    ] = "all"
    backend: Annotated[str, typer.Option("--backend", help="Of our backends only this one; auto: all.")] = "auto"
    precision: Annotated[
        str,
        typer.Option(
            "--precision",
            help="fp32, fp16, bf16, int8, or fastest: what was tuned, beside peers as they come; some, with commas",
        ),
    ] = "fp32"
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario",
            help="single_stream, multi_stream, offline, frame, load, end_to_end, cold_start, memory; several with "
            "commas.",
        ),
    ] = "single_stream"
    batch_size: Annotated[str, typer.Option("-b", "--batch-size", help="Images a call; several with commas.")] = "1"
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="What the model was exported from; torch peers need it.")
    ] = None

    def cases(self, model: Path) -> list[Case]:
        from ganrt.benchmarks.options import Case

        return [
            Case(model, scenario, batch, precision, self.threads, self.device, self.checkpoint)
            for scenario in _words("--scenario", self.scenario)
            for precision in _words("--precision", self.precision)
            for batch in _numbers("--batch-size", self.batch_size)
        ]


@dataclass(frozen=True)
class TimingOptions:
    """How long and how carefully."""

    panel: ClassVar[str] = "Timing"
    duration: Annotated[
        float, typer.Option("--duration", help="Timed seconds a runner, scenario, batch and precision.")
    ] = 5.0
    warmup: Annotated[float, typer.Option("--warmup", help="The most seconds that warming up may take.")] = 10.0
    min_samples: Annotated[int, typer.Option("--min-samples", min=1, help="Fewer calls are marked unstable.")] = 20
    processes: Annotated[int, typer.Option("--processes", min=1, help="Fresh processes of cold_start.")] = 7
    repeats: Annotated[
        int,
        typer.Option(
            "--repeats",
            min=1,
            help="Fresh processes that share the duration; of one, intervals hold within it.",
        ),
    ] = 5
    between_runs: Annotated[
        float,
        typer.Option("--between-runs", help="Share added to intervals for what drifts more slowly than a run lasts."),
    ] = 0.03
    fps: Annotated[float, typer.Option("--fps", help="The rate of scenario frame.")] = 60.0
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of inputs, order and resampling.")] = 0
    min_psnr: Annotated[
        float | None, typer.Option("--min-psnr", help="In dB to FP32; a speed below is not reported.")
    ] = None

    def timing(self) -> Timing:
        from ganrt.benchmarks.options import Timing

        return Timing(
            duration_s=self.duration, warmup_s=self.warmup, least_samples=self.min_samples, repeats=self.repeats,
            between_runs=self.between_runs, processes=self.processes, seed=self.seed, fps=self.fps,
            least_psnr=self.min_psnr,
        )  # fmt: skip


@group(
    "bench",
    """
    ganrt bench --duration 0.2 --runners ours --repeats 2
    ganrt bench --batch-size 1,4 --duration 0.2 --repeats 1 --runners ours,onnxruntime-plain -o bench.json
    ganrt bench --scenario frame --fps 30 --duration 0.3 --repeats 1 --runners ours --json
    """,
)
def bench(
    context: typer.Context,
    model: options.Model = "avatars",
    *,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The JSON document to write.")] = None,
    what: RunnerOptions,
    care: TimingOptions,
    limits: Annotated[
        bool, typer.Option("--limits", help="Measure matrix products and copies too, for the share of the roofline.")
    ] = False,
    layers: Annotated[
        bool, typer.Option("--layers", help="Profile the layers too, after the timing, with every engine that ran.")
    ] = False,
    pages: Pages,
    self_check: Annotated[bool, typer.Option("--self-check", help="Measure the harness itself.")] = False,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Measures a model on this machine: our backends and their peers, in turn, with the pictures checked."""
    if context.invoked_subcommand is not None:
        return
    if self_check:
        _check_the_harness(json)
        return
    from ganrt.benchmarks.limits import measure_limits
    from ganrt.benchmarks.options import rated
    from ganrt.benchmarks.repeats import steps
    from ganrt.benchmarks.runners import parse_names
    from ganrt.benchmarks.session import Session
    from ganrt.files import ensure_absent
    from ganrt.interrupts import HeldInterrupts
    from ganrt.runtime.models import resolve_model

    timing = care.timing()
    names, path = parse_names(what.runners, what.backend), resolve_model(model)
    cases = what.cases(path)
    if output is not None:
        ensure_absent(output, force)
    pages.ensure_absent(force)
    with Progress(steps(cases, timing), "steps") as progress:
        session = Session(make_harness(timing))
        if limits:
            session.harness.limits = measure_limits(rated(case.precision for case in cases), threads=what.threads)
        with HeldInterrupts():  # until what was measured is written
            session.run(cases, names, progress)
            document = session.document(_options_of(timing, cases, names))
            if layers and not session.interrupted:
                document = _with_layers(document, cases)
            finish(document, output, pages, force, json, document.status == "interrupted")


def make_harness(timing: Timing) -> Harness:
    """A harness with telemetry, whose steps are told with --debug."""
    from ganrt.benchmarks.harness import Harness

    observe = import_module("ganrt.benchmarks.telemetry.sampler").Sampler
    return Harness(timing, observe=observe, say=say if debug_wanted() else _silent)


def _silent(_: str) -> None: ...


def finish(
    document: Document,
    output: Path | None,
    pages: Pages,
    force: bool,
    json: bool,
    interrupted: bool,
) -> None:
    """Writes and prints a document, and ends with the exit code that goes with it."""
    from ganrt.benchmarks.document import to_json, write_document
    from ganrt.benchmarks.report.terminal import text_table
    from ganrt.benchmarks.session import verdict
    from ganrt.files import write_file

    if output is not None:
        write_document(output, document, force=force)
    if pages.html is not None:
        from ganrt.benchmarks.report.html import html_page

        write_file(pages.html, html_page([document]).encode(), force=force)
    if pages.markdown is not None:
        from ganrt.benchmarks.report.markdown import markdown_page

        write_file(pages.markdown, markdown_page(document).encode(), force=force)
    if json:
        typer.echo(to_json(document), nl=False)
    else:
        for line in text_table(document.results):
            typer.echo(line)
    if output is not None:
        say(f"document: {output}")
    if interrupted:
        say("interrupted: what was measured until then is kept and marked")
        raise SystemExit(int(ExitCode.INTERRUPTED))
    verdict(document)


def _with_layers(document: Document, cases: list[Case]) -> Document:
    """The document with a profile of each engine that ran, in its precision and at its batch size: apart from the
    timing, which profiling would slow down. What was measured is kept, whatever happens to the profiles.
    """
    from ganrt.benchmarks.profiles.run import engines_in_use, profile_model
    from ganrt.interrupts import HeldInterrupts

    made: list[dict[str, object]] = []

    def profile() -> None:
        for used in engines_in_use(document.results, cases[0].threads):
            try:
                made.append(profile_model(cases[0].model, used).as_json())
            except GanrtError as error:
                say(f"no layers of {used.backend} in {used.precision}: {error}")

    with HeldInterrupts() as interrupts:
        interrupts.let_end(profile)
    return replace(document, profiles=tuple(made), status="interrupted" if interrupts.told else document.status)


def _options_of(timing: Timing, cases: list[Case], runners: list[str]) -> dict[str, object]:
    first = cases[0]
    return {
        **asdict(timing),
        "subjects": runners,
        "scenarios": list(dict.fromkeys(case.scenario for case in cases)),
        "precisions": list(dict.fromkeys(case.precision for case in cases)),
        "batch_sizes": list(dict.fromkeys(case.batch_size for case in cases)),
        "threads": first.threads,
        "device": first.device,
        "checkpoint": first.checkpoint.name if first.checkpoint else None,
    }


def _words(option: str, text: str) -> list[str]:
    words = [part.strip() for part in text.split(",")]
    if not all(words):
        raise UsageError(f"{option} '{text}': expected names with commas between")
    return list(dict.fromkeys(words))


def _numbers(option: str, text: str) -> list[int]:
    if not all(word.isdecimal() and len(word) < 6 for word in _words(option, text)):
        raise UsageError(f"{option} '{text}': expected whole numbers with commas between, such as 1,16,64")
    return [int(word) for word in _words(option, text)]


def _check_the_harness(json: bool) -> None:
    from ganrt.benchmarks.clock import SystemClock
    from ganrt.benchmarks.self_check import coverage, overhead_ns
    from ganrt.cli.app import print_json

    overhead = overhead_ns(SystemClock())
    found = [coverage(correlation) for correlation in (0.0, 0.5, 0.9)]
    if json:
        print_json({"overhead_ns": overhead, "coverage": [asdict(one) for one in found]})
        return
    typer.echo(f"overhead: {overhead / 1e3:.2f} us a call, {overhead / 1e4:.3f} % of a call of 1 ms")
    for one in found:
        typer.echo(
            f"autocorrelation {one.correlation}: of {one.series} series the 95 % interval held the true median "
            f"{one.median:.1%}{'' if one.p90 is None else f', the true p90 {one.p90:.1%}'}; "
            f"pairs of runs agreed {one.agreeing:.1%}"
        )
