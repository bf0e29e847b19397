"""The report of `ganrt doctor --self-test`: on the terminal as it goes, and as JSON to send to others."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import typer

from ganrt.cli.app import print_json, say
from ganrt.cli.self_test import FAILED, PASSED, SKIPPED, Outcome, self_test
from ganrt.errors import NegativeResult

FORMAT = "ganrt.self-test/1"
_MARKS = {PASSED: ("ok  ", typer.colors.GREEN), FAILED: ("FAIL", typer.colors.RED), SKIPPED: ("skip", None)}
_STEP_WIDTH = 14
_Json = dict[str, object]


def run_self_test(model: str, output: Path | None, force: bool, as_json: bool) -> None:
    """Tries everything, tells it, and writes the report.

    Raises:
        NegativeResult: something failed; the report is written all the same.
        OutputFailed: the report exists, and `force` is not set.
    """
    from ganrt.benchmarks.machine import describe_machine
    from ganrt.files import check_free, write_file

    if output is not None:
        check_free(output, force)
    machine = describe_machine()
    outcomes: list[Outcome] = []
    if not as_json:
        _print_machine(machine)
    for outcome in self_test(model):
        if not as_json:
            _print(outcome, new=not outcomes or outcomes[-1].part != outcome.part)
        outcomes.append(outcome)
    report = _report(model, machine, outcomes)
    if output is not None:
        write_file(output, (json.dumps(report, indent=2, sort_keys=True) + "\n").encode(), force=force)
        say(f"report: {output}")
    if as_json:
        print_json(report)
    failed = [f"{outcome.part}, {outcome.step}" for outcome in outcomes if outcome.state == FAILED]
    if failed:
        raise NegativeResult(f"self-test: {len(failed)} of {len(outcomes)} steps failed: {'; '.join(failed)}")
    counts = Counter(outcome.state for outcome in outcomes)
    say(f"self-test: {counts[PASSED]} passed, {counts[SKIPPED]} skipped, none failed")


def _report(model: str, machine: _Json, outcomes: list[Outcome]) -> _Json:
    from ganrt import __version__
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.runtime.models import resolve_model

    return {
        "format": FORMAT,
        "ganrt": __version__,
        "machine": machine,
        "model": {
            "name": read_onnx(resolve_model(model)).spec().name,
            "sha256": read_onnx(resolve_model(model)).sha256,
        },
        "outcomes": [asdict(outcome) for outcome in outcomes],
        "passed": all(outcome.state != FAILED for outcome in outcomes),
    }


def _print_machine(machine: _Json) -> None:
    from ganrt import __version__

    typer.echo(f"ganrt {__version__}, Python {machine['python']}, {machine['os']}, {machine['architecture']}")
    typer.echo(f"{machine['cpu']}, {machine['usable_cores']} cores")
    gpus = machine["gpus"]
    for gpu in gpus if isinstance(gpus, list) else []:
        typer.echo(f"{gpu.get('name')}, driver {gpu.get('driver')}, power limit {gpu.get('power_limit_w')} W")
    jetson = machine["jetson"]
    if isinstance(jetson, dict):
        typer.echo(", ".join(f"{name} {value}" for name, value in jetson.items()))


def _print(outcome: Outcome, *, new: bool) -> None:
    """One step; a heading where a new part begins, long reasons under themselves."""
    if new:
        typer.echo(f"\n{typer.style(outcome.part, bold=True)}")
    mark, colour = _MARKS[outcome.state]
    indent = " " * (8 + _STEP_WIDTH)
    width = max(40, min(120, shutil.get_terminal_size().columns) - len(indent))
    lines = textwrap.wrap(outcome.about, width, break_long_words=False, break_on_hyphens=False) or [""]
    typer.echo(f"  {typer.style(mark, fg=colour)}  {outcome.step:<{_STEP_WIDTH}}{lines[0]}")
    for line in lines[1:]:
        typer.echo(indent + line)
