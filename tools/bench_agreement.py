"""Do repeated runs agree within their own intervals? Measured for real, with the command's own processes.

    python tools/bench_agreement.py --runs 20 --duration 2

prints how many pairs of runs agree in the median: as `ganrt bench compare` judges it, the 95 % interval of their ratio
holds 1. Each run's median and interval go to standard error.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from itertools import combinations
from statistics import median

from ganrt.benchmarks.document import from_json
from ganrt.benchmarks.report.ratios import Cost, costs, ratio


def main() -> None:
    """Runs and counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-m", "--model", default="avatars")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--duration", default="5")
    parser.add_argument("--repeats", default="5", help="fresh processes in each run")
    parser.add_argument("--between-runs", default="0.03", help="the allowance that is to be tried")
    parser.add_argument("--runners", default="ganrt/onnxruntime,onnxruntime-plain")
    given = parser.parse_args()
    command = [sys.executable, "-m", "ganrt", "bench", "-m", given.model, "--duration", given.duration]
    command += [
        "--repeats",
        given.repeats,
        "--between-runs",
        given.between_runs,
        "--runners",
        given.runners,
        "--json",
    ]
    found: dict[str, list[Cost]] = {}
    for number in range(given.runs):
        done = subprocess.run(command, check=True, capture_output=True)
        for result in from_json(done.stdout).results:
            for cost in costs(result)[:1]:
                found.setdefault(result.subject, []).append(cost)
                told = None if cost.interval is None else [round(bound, 4) for bound in cost.interval]
                print(f"run {number + 1}: {result.subject}: {cost.value:.4f} ms {told}", file=sys.stderr)
    for runner, runs in found.items():
        print(f"{runner}: {summary(runs)}")


def summary(runs: list[Cost]) -> str:
    """How many pairs of runs agree, of those that both have an interval."""
    known = [cost for cost in runs if cost.interval is not None]
    pairs = [agrees(a, b) for a, b in combinations(known, 2)]
    widths = [(high - low) / 2 / cost.value for cost in known for low, high in [cost.interval or (0.0, 0.0)]]
    values = [cost.value for cost in known]
    if len(known) < 2:
        return f"{len(known)} of {len(runs)} runs have an interval: give --duration more seconds"
    return (
        f"{sum(pairs)} of {len(pairs)} pairs of {len(known)} runs agree ({sum(pairs) / len(pairs):.1%}); medians "
        f"{min(values):.4g} to {max(values):.4g} ms, the middle one's half width {median(widths):.1%}"
    )


def agrees(a: Cost, b: Cost) -> bool:
    """Whether the interval of their ratio holds 1."""
    pair = ratio(a, b).interval
    return pair is not None and pair[0] <= 1 <= pair[1]


if __name__ == "__main__":
    main()
