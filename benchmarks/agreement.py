"""Do repeated runs agree within their own intervals? Measured for real, a fresh process a run.

    python -m ganrt.benchmarks.agreement --runs 20 --duration 2

prints how many pairs of runs agree in the median: their difference is at most the half widths added in squares.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from itertools import combinations
from statistics import median

from ganrt.benchmarks.document import from_json
from ganrt.benchmarks.self_check import agree


def main() -> None:
    """Runs and counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-m", "--model", default="avatars")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--duration", default="5")
    parser.add_argument("--repeats", default="5", help="fresh processes in each run")
    parser.add_argument("--subjects", default="ganrt/onnxruntime,onnxruntime-plain")
    given = parser.parse_args()
    command = [sys.executable, "-m", "ganrt", "bench", "-m", given.model, "--duration", given.duration]
    command += ["--repeats", given.repeats, "--subjects", given.subjects, "--json"]
    found: dict[str, list[tuple[float, float]]] = {}
    for number in range(given.runs):
        done = subprocess.run(command, check=True, capture_output=True)
        for result in from_json(done.stdout).results:
            if "p50" in result.latency_intervals:
                found.setdefault(result.subject, []).append(result.latency_intervals["p50"])
        print(f"run {number + 1} of {given.runs}", file=sys.stderr)
    for subject, intervals in found.items():
        pairs = [agree(a, b) for a, b in combinations(intervals, 2)]
        widths = [(high - low) / (low + high) for low, high in intervals]
        print(
            f"{subject}: {sum(pairs)} of {len(pairs)} pairs of {len(intervals)} runs agree; half widths "
            f"{median(widths):.1%} at the median"
        )
        print(json.dumps(intervals), file=sys.stderr)


if __name__ == "__main__":
    main()
