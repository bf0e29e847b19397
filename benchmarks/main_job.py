"""The main job, measured: identical bytes, cold start, size, memory, the cost of latents.

    python -m ganrt.benchmarks.main_job -o benchmarks/results/main-job

writes main-job.json and main-job.md. Each part checks its output; a failed check ends the run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

import ganrt

BATCHES = (64, 256, 1024)
_PACKAGES = ("ganrt", "numpy", "onnxruntime", "opencv-python", "typer")
Figures = dict[str, float | int | str | None]


def _median(call: Callable[[], object], runs: int) -> float:
    """Median wall time in seconds, after one call that is not counted."""
    call()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _ganrt(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ganrt", *arguments]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("seed*.png"))}


def invariance() -> Figures:
    """The same files from other batch sizes, ranges, orders and processes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(_ganrt("generate", "--count", "100", "--seed", "5", "-o", str(folder / "whole")))
        whole, compared = _digests(folder / "whole"), 0
        for batch in (1, 2, 3, 7, 16, 33, 64):
            target = folder / f"batch{batch}"
            _run(_ganrt("generate", "--count", "100", "--seed", "5", "-b", str(batch), "-o", str(target)))
            if _digests(target) != whole:
                raise SystemExit(f"batch size {batch} changes the pictures")
            compared += len(whole)
        for start in range(99, -1, -20):
            _run(_ganrt("generate", "--count", "1", "--start", str(start), "--seed", "5", "-o", str(folder / "single")))
        single = _digests(folder / "single")
        if any(whole[file] != digest for file, digest in single.items()):
            raise SystemExit("a picture drawn alone differs")
    return {"identical_files": compared + len(single)}


def cold_start(runs: int) -> Figures:
    """Whole processes: --help, and sixteen PNGs on disk, one after the other in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = {
            "python_s": [sys.executable, "-c", "pass"],
            "help_s": _ganrt("--help"),
            "sixteen_s": _ganrt("generate", "--count", "16", "--force", "-o", str(folder)),
        }
        times: dict[str, list[float]] = {key: [] for key in jobs}
        for turn in range(runs + 1):
            for key, command in jobs.items():
                started = time.perf_counter()
                _run(command)
                if turn:
                    times[key].append(time.perf_counter() - started)
        if len(_digests(folder)) != 16:
            raise SystemExit("not sixteen pictures")
    figures: Figures = {key: round(statistics.median(values), 4) for key, values in times.items()}
    return {**figures, "sixteen_max_s": round(max(times["sixteen_s"]), 4)}


def memory(counts: tuple[int, ...] = (16, 1000, 10000)) -> Figures:
    """Peak resident memory of `generate`, which must not grow with the count."""
    if not hasattr(os, "wait4"):
        return {f"peak_mb_{count}": None for count in counts}
    figures: Figures = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            command = _ganrt("generate", "--count", str(count), "-o", name)
            started = time.perf_counter()
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - started
            if process.returncode or len(list(Path(name).iterdir())) != count:
                raise SystemExit(f"generate --count {count} failed")
            unit = 2**20 if sys.platform == "darwin" else 2**10  # ru_maxrss is bytes there, kilobytes elsewhere
            figures[f"peak_mb_{count}"] = round(usage.ru_maxrss / unit, 1)
            figures[f"images_a_second_{count}"] = round(count / seconds, 1)
    return figures


def latents(runs: int) -> Figures:
    """Nanoseconds a latent value, and the share of a batch of 64 that the latents take."""
    figures: Figures = {}
    for batch in BATCHES:
        for prior in ("normal", "truncated_normal"):
            seconds = _median(lambda n=batch, p=prior: ganrt.latents(n, 100, prior=p), runs)  # type: ignore[misc]
            figures[f"{prior}_{batch}_ns"] = round(seconds / (batch * 100) * 1e9, 1)
    with ganrt.load("avatars") as generator:
        z = ganrt.latents(64, 100)
        if not np.array_equal(generator.synthesize(z), generator.sample(64)):
            raise SystemExit("sample and synthesize disagree")
        batch_s = _median(lambda: generator.sample(64, batch_size=64), 30)
        figures["batch_of_64_ms"] = round(batch_s * 1e3, 2)
        figures["latents_share"] = round(_median(lambda: ganrt.latents(64, 100), runs) / batch_s, 4)
    return figures


def installed_size() -> Figures:
    """Megabytes that `pip install ganrt[cpu]` puts into a fresh virtual environment, pip itself left out."""
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory() as name:
        target = Path(name)
        _run([sys.executable, "-m", "pip", "install", "-q", "--target", str(target), f"{root}[cpu]"])
        sizes = {
            entry.name: sum(p.stat().st_size for p in entry.rglob("*") if p.is_file()) for entry in target.iterdir()
        }
        largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
        figures: Figures = {"installed_mb": round(sum(sizes.values()) / 2**20, 1)}
        return {**figures, **{f"of_which_{key}_mb": round(sizes[key] / 2**20, 1) for key in largest}}


def environment() -> Figures:
    """The machine and the versions."""
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def markdown(report: dict[str, Figures]) -> str:
    """The report as tables."""
    lines = ["# The main job", "", "Made by `python -m ganrt.benchmarks.main_job`; every part checks its output.", ""]
    for part, figures in report.items():
        lines += [f"## {part}", "", "| figure | value |", "|---|---|"]
        lines += [f"| {key} | {'not measured' if value is None else value} |" for key, value in figures.items()]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("benchmarks/results/main-job"))
    parser.add_argument("--runs", type=int, default=11)
    arguments = parser.parse_args()
    parts: dict[str, Callable[[], Figures]] = {
        "environment": environment,
        "identical bytes": invariance,
        "cold start": lambda: cold_start(arguments.runs),
        "latents": lambda: latents(20 * arguments.runs),
        "memory": memory,
        "installed size": installed_size,
    }
    report = {}
    for name, part in parts.items():
        print(f"{name} ...", file=sys.stderr)
        report[name] = part()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(markdown(report))
    print(markdown(report))


if __name__ == "__main__":
    main()
