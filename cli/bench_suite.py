"""`ganrt bench suite` and `ganrt bench import-trtexec`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, say
from ganrt.cli.bench import Pages, bench, finish, make_harness
from ganrt.errors import UsageError


@command(
    "suite",
    """
    ganrt bench suite --list
    ganrt bench suite --quick --only avatars-frames -o suite.json
    """,
    bench,
)
def suite(
    *,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The document; one that was interrupted is continued.")
    ] = Path("suite.json"),
    only: Annotated[str | None, typer.Option("--only", help="Names of entries, with commas between.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A look whether all works, without worth.")] = False,
    budget: Annotated[float, typer.Option("--budget", help="Minutes; entries that do not fit are marked.")] = 30.0,
    work: Annotated[
        Path | None, typer.Option("--work", help="Where models with random weights are kept; default: the cache.")
    ] = None,
    entries: Annotated[bool, typer.Option("--list", help="Print the entries and do nothing.")] = False,
    pages: Pages,
    force: Annotated[bool, typer.Option("--force", help="Begin again, over what is there.")] = False,
    json: options.Json = False,
) -> None:
    """Measures the named set: bundled and random-weight models, all runners."""
    from ganrt.benchmarks.suite import ENTRIES, SuiteStopped, missing, run_suite

    if entries:
        for entry in ENTRIES:
            typer.echo(f"{entry.name}: {entry.about}")
        return
    chosen = [name.strip() for name in only.split(",")] if only else [entry.name for entry in ENTRIES]
    for name in chosen:
        if name not in [entry.name for entry in ENTRIES]:
            raise UsageError(f"--only '{name}': expected entries such as {ENTRIES[0].name}; --list shows them all")
    pages.ensure_absent(force)
    stopped = False
    try:
        document = run_suite(
            output, chosen, make_harness, quick=quick, budget_s=60 * budget, work=work, force=force, say=say,
            entries=ENTRIES,
        )  # fmt: skip
    except SuiteStopped as early:
        document, stopped = early.document, True
    if left := missing(document):
        say(f"{output}: {len(left)} entries are missing, {left[0]} first; the same command goes on")
    finish(document, None, pages, force, json, stopped)


@command(
    "import-trtexec",
    """
    ganrt bench import-trtexec times.json --batch-size 1 --precision fp16 --flags "--fp16" -o trtexec.json
    """,
    bench,
)
def import_trtexec(
    times: Annotated[Path, typer.Argument(help="What trtexec --exportTimes=FILE wrote.")],
    output: options.OutputFile,
    model: options.Model = "avatars",
    batch_size: Annotated[int, typer.Option("-b", "--batch-size", min=1, help="Images a call in the run.")] = 1,
    precision: Annotated[str, typer.Option("--precision", help="The precision of the run.")] = "fp32",
    flags: Annotated[str, typer.Option("--flags", help="The flags that trtexec was given.")] = "",
    version: Annotated[str | None, typer.Option("--trt-version", help="TensorRT's version.")] = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Turns a trtexec run made elsewhere into a document, to compare and merge it with others."""
    from ganrt.benchmarks.harness import Harness
    from ganrt.benchmarks.options import Case, Timing
    from ganrt.benchmarks.session import Session
    from ganrt.benchmarks.trtexec import import_times
    from ganrt.files import ensure_absent
    from ganrt.runtime.models import resolve_model

    ensure_absent(output, force)
    case = Case(resolve_model(model), "single_stream", batch_size, precision)
    harness = Harness(Timing())
    result = import_times(times, case, harness.describe(case)[0], flags, version)
    session = Session(harness, [result])
    document = session.document({"imported": times.name, "flags": flags})
    finish(document, output, Pages(), force, json, False)
