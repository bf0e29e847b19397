"""Everything that can be said of ganrt on this machine's NVIDIA GPU: one archive, one page, within 15 minutes.

    python3 tools/gpu_report.py                  # makes .venv-gpu, installs into it, and runs
    python3 tools/gpu_report.py --nvidia-index ADDRESS   # with full TensorRT: its index is on NVIDIA's install page
    python3 tools/gpu_report.py --python PATH    # with an environment that is there, torch and its peers included

Downloads are not counted. Each step has a limit and its own log; one that fails or runs out of time stops nothing. On
a machine without a GPU everything that needs one is skipped, with the reason. Needs Python 3.10 to 3.13 and nothing
else; on a Jetson the environment sees the system's packages, for TensorRT is among them.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEGRA = Path("/etc/nv_tegra_release")
TOTAL_S = 15 * 60
DOWNLOADS_S = 60 * 60
_SHOWN = 30  # lines of a log on the page
BATCHES, SECONDS = "1,16,64", "2"
_MADE = ("bench-*.json", "bench-*.md", "bench-*.html", "self-test.json", "runner.json", "report.md", "report.json")


@dataclass(frozen=True)
class Step:
    """One command. `makes`: files that it writes into the report's folder; `text`: whether its output is the point."""

    name: str
    command: tuple[str, ...]
    limit_s: int
    text: bool = False


@dataclass(frozen=True)
class Done:
    """What became of a step: ok, failed, out of time, skipped with the reason, or of tests that all were."""

    name: str
    command: str
    status: str
    seconds: float
    log: str


def driver_cuda() -> str | None:
    """The CUDA version of the driver, as nvidia-smi says it; None without a driver, and on a Jetson."""
    if shutil.which("nvidia-smi") is None:
        return None
    try:
        said = subprocess.run(
            ["nvidia-smi"], capture_output=True, encoding="utf-8", errors="replace", timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"CUDA Version:\s*([\d.]+)", said)
    return found[1] if found else None


def packages(cuda: str | None, machine: str, jetson: bool, nvidia_index: bool) -> list[str]:
    """What to install for a driver: the builds for CUDA 12 where it knows no 13; no torch, no Ray.

    ONNX Runtime comes with its GPU providers, which are peers, where the index has wheels and libraries for them.
    """
    old = cuda is not None and int(cuda.partition(".")[0]) < 13
    runtime = "cpu" if cuda is None or machine == "aarch64" else "gpu-cuda12" if old else "gpu"
    wanted = [f"{ROOT}[bench,compile,{runtime},tensorrt]", "pytest>=9", "hypothesis>=6.100", "filelock>=3.12"]
    if jetson:
        return wanted
    if old:
        wanted.append("cuda-bindings>=12.9.10,<13")
    if machine != "aarch64":
        wanted.append("tensorrt-rtx-cu12>=1.4" if old else "tensorrt-rtx>=1.4")
    if nvidia_index:  # without the vendor's own index pip waits for ever for these
        wanted.append("tensorrt-cu12" if old else "tensorrt-cu13")
    return wanted


def environment(folder: Path, nvidia_index: str | None) -> tuple[Path, list[Step]]:
    """The Python of an environment of its own, and what makes it and fills it with all that is needed."""
    jetson = TEGRA.exists()
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    system = ["--system-site-packages"] if jetson else []
    make = Step("environment", (sys.executable, "-m", "venv", *system, str(folder)), 300)
    wanted = packages(driver_cuda(), platform.machine(), jetson, nvidia_index is not None)
    index = ["--extra-index-url", nvidia_index] if nvidia_index else []
    pinned = ("-c", str(ROOT / "constraints.txt"))
    pip = (str(python), "-m", "pip", "install", "-q", *index, *pinned, *wanted)
    return python, [*([] if python.exists() else [make]), Step("packages", pip, DOWNLOADS_S)]


def steps(python: Path, out: Path, jetson: bool) -> list[Step]:
    """In the order of what matters: does it work, is it right, how fast is it."""
    ganrt = (str(python), "-m", "ganrt")
    pytest = (
        str(python),
        "-m",
        "pytest",
        "-m",
        "gpu",
        "-q",
        "-s",
        "-o",
        "faulthandler_timeout=0",
        "-p",
        "no:cacheprovider",
    )
    backends = ("tensorrt",) if jetson else ("tensorrt-rtx", "tensorrt")
    found = [
        *([Step("nvidia-smi", ("nvidia-smi", "-q"), 30)] if shutil.which("nvidia-smi") else []),
        *([Step("power mode", ("nvpmodel", "-q"), 30, text=True)] if jetson else []),
        *([Step("clocks", ("jetson_clocks", "--show"), 30)] if jetson else []),
        Step("doctor", (*ganrt, "doctor"), 90, text=True),
        Step(
            "self-test", (*ganrt, "doctor", "--self-test", "-o", str(out / "self-test.json"), "--force"), 180, text=True
        ),
    ]
    for name in ("test_gpu_engines", "test_gpu_builds", "test_gpu_onnxruntime"):
        found.append(Step(name, (*pytest, str(ROOT / "tests" / "gpu" / f"{name}.py")), 180))
    for backend in backends:
        made = ("--precision", "fp16", "--batch", "1:16:64", "--target", "here", "-o", str(out / "engines"), "--force")
        found.append(Step(f"compile {backend}", (*ganrt, "compile", "-m", "avatars", "--backend", backend, *made), 120))
    if jetson:
        both = ("--runners", "ganrt/tensorrt-mapped,ganrt/tensorrt-copied", "--precision", "fp16", "--repeats", "3")
        memory = (*both, "--duration", SECONDS, "--batch-size", BATCHES, "--device", "cuda", "--force")
        found.append(Step("bench memory", (*ganrt, "bench", *memory, "-o", str(out / "bench-memory.json")), 120))
    measured = ("--repeats", "3", "--duration", SECONDS, "--batch-size", BATCHES, "--device", "cuda")
    for precision in ("fp16", "fp32"):
        files = [str(out / f"bench-{precision}.{suffix}") for suffix in ("json", "md", "html")]
        pages = ("-o", files[0], "--markdown", files[1], "--html", files[2], "--force")
        found.append(Step(f"bench {precision}", (*ganrt, "bench", "--precision", precision, *measured, *pages), 300))
    # ONNX Runtime's providers take FP16 from a file in FP16, which is made on the CPU.
    made = ("--precision", "fp16", "-o", str(out / "engines"), "--force")
    found.append(Step("fp16 file", (*ganrt, "compile", "-m", "avatars", *made), 120))
    providers = ("--runners", "ganrt/onnxruntime-cuda,ganrt/onnxruntime-tensorrt", "--precision", "fp16")
    files = [str(out / f"bench-fp16-file.{suffix}") for suffix in ("json", "md", "html")]
    pages = ("-o", files[0], "--markdown", files[1], "--html", files[2], "--force")
    file = ("-m", str(out / "engines" / "avatars-1.fp16.onnx"))
    found.append(Step("bench fp16 file", (*ganrt, "bench", *file, *providers, *measured, *pages), 120))
    suite = (str(python), str(ROOT / "tools" / "bench_suite.py"))
    runner = (*suite, "--only", "runner-overhead", "-o", str(out / "runner.json"), "--force")
    found.append(Step("runner", runner, 60, text=True))
    return found


def run(step: Step, out: Path, limit_s: float) -> Done:
    """Runs a step in a process group of its own, so that what it started ends with it."""
    log, started = out / _log(step), time.monotonic()
    code: int | None = -1
    with log.open("w", encoding="utf-8") as file:
        try:
            process = subprocess.Popen(
                step.command,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, "PYTHONUTF8": "1"},
                start_new_session=True,
            )
        except OSError as error:
            file.write(f"{error}\n")
        else:
            code = _wait(process, limit_s)
    words = {0: "ok", 3: "not possible here", None: f"out of time after {limit_s:.0f} s"}
    status = words.get(code, f"failed, exit code {code}")
    if code == 0 and "pytest" in step.command and not _passed(log):
        status = "nothing ran: all skipped"
    return Done(step.name, " ".join(step.command), status, round(time.monotonic() - started, 1), log.name)


def _log(step: Step) -> str:
    return f"{step.name.replace(' ', '-')}.log"


def _wait(process: subprocess.Popen[bytes], limit_s: float) -> int | None:
    """The exit code; None where time ran out. Ctrl-C does not reach the step, for it has a session of its own."""
    try:
        return process.wait(timeout=limit_s)
    except subprocess.TimeoutExpired:
        _end(process)
        return None
    except BaseException:
        _end(process)
        raise


def _passed(log: Path) -> bool:
    """Whether the last line of pytest's log counts tests that passed: where all are skipped it exits with 0 as well."""
    lines = log.read_text("utf-8", errors="replace").splitlines()
    counts = [line for line in lines if re.search(r"\b\d+ (passed|skipped)\b.* in [\d.]+s", line)]
    return bool(counts) and " passed" in f" {counts[-1]}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asks first: what is measured by then is written."""
    for sent in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, sent) if hasattr(os, "killpg") else process.kill()
        except ProcessLookupError:
            return
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue
        return


def page(done: Sequence[Done], out: Path, told: Sequence[Step], cuda: str | None) -> str:
    """The report as Markdown."""
    words = {step.name for step in told if step.text}
    driver = f"driver for CUDA {cuda}" if cuda else "no NVIDIA driver"
    driver = TEGRA.read_text("utf-8", errors="replace").strip() if TEGRA.exists() else driver
    lines = [
        f"# ganrt on {platform.node()}",
        "",
        f"{datetime.date.today()}, Python {platform.python_version()}, {platform.platform()}, {driver}",
        "",
        "| Step | Result | Seconds | Log |",
        "|---|---|---|---|",
        *(f"| {one.name} | {one.status} | {one.seconds} | {one.log} |" for one in done),
    ]
    for file in sorted(out.glob("bench-*.md")):
        lines += ["", f"## {file.stem}", "", file.read_text("utf-8")]
    for one in done:
        log = out / one.log
        text = log.read_text("utf-8", errors="replace").splitlines() if log.is_file() else []
        if text and (one.name in words or one.status != "ok" or one.name.startswith("test_")):
            lines += ["", f"## {one.name}: {one.status}", "", "```", *text[-_SHOWN:], "```"]
    return "\n".join(lines) + "\n"


def report(python: Path, out: Path, first: Sequence[Step] = ()) -> Path:
    """Runs all steps and packs what they left.

    Args:
        first: what must work for the others to have a sense; its time is not counted.

    Raises:
        SystemExit: the folder or the archive cannot be written.
    """
    archive = out.with_suffix(".tar.gz")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with archive.open("ab"):  # now, and not when all is measured
            pass
        return _report(python, out, first, archive)
    except OSError as error:
        place = error.filename or out
        raise SystemExit(f"{place} cannot be written: {error.strerror}; give another place with -o") from error
    finally:
        if archive.is_file() and not archive.stat().st_size:
            archive.unlink()


def _report(python: Path, out: Path, first: Sequence[Step], archive: Path) -> Path:
    planned, done, end = [*first, *steps(python, out, TEGRA.exists())], list[Done](), time.monotonic() + TOTAL_S
    cuda, lacking = driver_cuda(), ""
    _clear(out, planned)
    for number, step in enumerate(planned, 1):
        if number == len(first) + 1:
            end = time.monotonic() + TOTAL_S
        left = float(DOWNLOADS_S) if number <= len(first) else _left(end)
        limit = min(step.limit_s, left)
        skipped = f"skipped: {lacking} failed" if lacking else "skipped: the 15 minutes are over" if left < 5 else ""
        print(f"[{number} of {len(planned)}] {step.name}" + ("" if skipped else f", at most {limit:.0f} s"), flush=True)
        done.append(Done(step.name, " ".join(step.command), skipped, 0.0, "") if skipped else run(step, out, limit))
        print(f"    {done[-1].status}, {done[-1].seconds} s", flush=True)
        if step in first and done[-1].status != "ok":
            lacking = lacking or step.name
        (out / "report.md").write_text(page(done, out, planned, cuda), "utf-8")
        (out / "report.json").write_text(json.dumps([asdict(one) for one in done], indent=1) + "\n", "utf-8")
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(out, out.name, filter=lambda entry: None if "/engines" in entry.name else entry)
    return archive


def _clear(out: Path, planned: Sequence[Step]) -> None:
    """Removes what an earlier run left: where a step fails, the old figures would pass for this run's."""
    for pattern in (*_MADE, *map(_log, planned)):
        for old in out.glob(pattern):
            old.unlink()


def _left(end: float) -> float:
    return end - time.monotonic()


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("gpu-report"), help="a folder; the archive lies beside it"
    )
    parser.add_argument("--nvidia-index", help="the address of NVIDIA's package index, for full TensorRT")
    parser.add_argument("--python", type=Path, help="the Python of an environment with ganrt, instead of .venv-gpu")
    given = parser.parse_args()
    try:
        python, first = (given.python, []) if given.python else environment(ROOT / ".venv-gpu", given.nvidia_index)
        archive = report(Path.cwd() / python, given.output.resolve(), first)
    except KeyboardInterrupt:
        print("interrupted: nothing was packed", file=sys.stderr)
        raise SystemExit(130) from None
    print(f"{given.output / 'report.md'}\n{archive}: please send this")


if __name__ == "__main__":
    main()
