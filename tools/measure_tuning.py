"""How often `ganrt tune` finds the best: many runs of its default budget, and their choices timed against each other.

python tools/measure_tuning.py -m avatars --runs 20 --precision fp32,fastest [--busy]

The best is what one run with ten times the budget finds. All distinct choices are then measured in shuffled rounds,
beside the plain graphs; a run is good where its choice is within 5 % of the fastest at batches of 1, 16 and 64
together, and at none of them below 0.97 of the best plain graph.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ganrt.engines.choice import Choice, chosen_graph
from ganrt.engines.onnx_file import OnnxFile, derived, read_onnx
from ganrt.runtime.models import resolve_model
from ganrt.runtime.tuning.candidates import SIZES, Candidate
from ganrt.runtime.tuning.rounds import Times, medians, run_rounds, speedup
from ganrt.runtime.tuning.samples import Samples
from ganrt.runtime.tuning.tune import Tuned, tune

BATCHES = (1, 16, 64)
WITHIN, NEVER_BELOW = 1.05, 0.97


def main() -> None:
    asked = _arguments()
    model = read_onnx(resolve_model(asked.model))
    for precision in asked.precision.split(","):
        with _busy(asked.busy):
            found = [_tuned(model, precision, None) for _ in range(asked.runs)]
        best = _tuned(model, precision, 10 * 60.0)
        print(json.dumps(_judged(model, precision, found, best), indent=1), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", default="avatars", help="a bundled model's name, or an .onnx file")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--precision", default="fp32,fastest")
    parser.add_argument("--busy", action="store_true", help="keep one core busy while it tunes")
    return parser.parse_args()


def _tuned(model: OnnxFile, precision: str, budget_s: float | None) -> tuple[Tuned, Candidate]:
    """One run with an empty cache, and its choice as something to measure."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["GANRT_HOME"] = home
        (found,) = tune(model, [precision], budget_s=budget_s)
        _say(f"{precision}: {_name(found.choice)} after {found.seconds:.0f} s")
        return found, _candidate(model, found.choice)


def _candidate(model: OnnxFile, choice: Choice) -> Candidate:
    data = chosen_graph(choice) if choice.graph else None
    graph = model if data is None else derived(model, data, choice.form)
    return Candidate(choice.backend, choice.precision, graph, choice.batches or SIZES)


def _name(choice: Choice) -> str:
    return f"{choice.backend} {choice.precision} {choice.form} {list(choice.batches or ())}"


@contextmanager
def _busy(wanted: bool) -> Iterator[None]:
    """One core kept busy by another process."""
    if not wanted:
        yield
        return
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as spinning:
        try:
            yield
        finally:
            spinning.kill()


def _judged(
    model: OnnxFile, precision: str, found: list[tuple[Tuned, Candidate]], best: tuple[Tuned, Candidate]
) -> dict[str, object]:
    distinct = {_name(tuned.choice): candidate for tuned, candidate in [*found, best]}
    plain = [Candidate(backend, "fp32", model) for backend in ("onnxruntime", "openvino")]
    with Samples(model, None) as samples:
        times = medians(run_rounds([*distinct.values(), *plain], BATCHES, samples, None, 60.0, _say))
    speeds = {name: _speeds(candidate, times) for name, candidate in distinct.items()}
    fastest = max(speed["together"] for speed in speeds.values())
    runs = [speeds[_name(tuned.choice)] for tuned, _ in found]
    return {
        "precision": precision,
        "runs": len(found),
        "seconds": [round(tuned.seconds, 1) for tuned, _ in found],
        "within_5_percent": sum(run["together"] * WITHIN >= fastest for run in runs),
        "never_below": sum(min(run[str(batch)] for batch in BATCHES) >= NEVER_BELOW for run in runs),
        "exhaustive": _name(best[0].choice),
        "choices": {name: {"times": sum(_name(t.choice) == name for t, _ in found), **speeds[name]} for name in speeds},
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _speeds(candidate: Candidate, times: Times) -> dict[str, float]:
    """Over the best plain graph's, by batch and together; 0 for one that fell far behind in every round."""
    if (candidate, 1) not in times:
        return dict.fromkeys([*map(str, BATCHES), "together"], 0.0)
    alone = {str(batch): round(speedup(candidate, times, (batch,)), 3) for batch in BATCHES}
    return {**alone, "together": round(speedup(candidate, times, BATCHES), 3)}


if __name__ == "__main__":
    main()
