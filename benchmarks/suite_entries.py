"""The suite's entries: adding a measurement is one entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ganrt.benchmarks.models import ModelFile

ALL = "all"
Job = Callable[[ModelFile, bool], dict[str, float | str]]  # the model, whether --quick -> figures
# Where the network has a reference: what its authors wrote, and the literal export of that, beside ours.
_LITERAL = "ganrt/tuned,ganrt/onnxruntime,ganrt/openvino,literal,torch-eager"
_CPU = "ours,onnxruntime-plain,openvino-plain,torch-eager"  # torch.compile opens for longer than these are measured


@dataclass(frozen=True)
class Entry:
    """Cases of one model, or one job.

    Attributes:
        name: unique; results carry it.
        model: a bundled name, or one of `models.RANDOM`.
        job: what is measured in place of cases (tools/suite_jobs); of what is below, only the scenario that its figures
            go under is then said.
        duration_s: timed seconds a runner and case.
    """

    name: str
    about: str
    model: str = "avatars"
    job: Job | None = None
    scenarios: tuple[str, ...] = ()
    batch_sizes: tuple[int, ...] = (1,)
    precisions: tuple[str, ...] = ("fp32",)
    runners: str = ALL
    duration_s: float = 4.0
    least_samples: int = 20
    processes: int = 6
    repeats: int | None = None  # fresh processes that share the duration; None: as the suite's time allows


_TUNED = (
    "ganrt/tuned,onnxruntime-tuned,openvino-plain,torch-eager-channels-last,torch-compile-channels-last,"
    "torch-eager-autocast,torch-compile-autocast"
)
_TUNED_LITERAL = "ganrt/tuned,literal,torch-eager"

ENTRIES: tuple[Entry, ...] = (
    Entry("avatars", "the bundled model, every runner", scenarios=("single_stream",), batch_sizes=(1, 16, 64)),
    Entry(
        "avatars-fastest",
        "tuned and as fast as the gate allows, beside peers as they come",
        scenarios=("single_stream",),
        batch_sizes=(1, 16, 64),
        precisions=("fastest",),
        runners=_TUNED,
    ),
    Entry(
        "avatars-2-pictures", "the other bundled model, which peers run from its file", "avatars-2",
        scenarios=("single_stream",), batch_sizes=(1, 16),
        runners="ganrt/tuned,ganrt/onnxruntime,onnxruntime-plain,onnxruntime-tuned,openvino-plain",
    ),
    Entry("avatars-offline", "throughput", scenarios=("offline",), batch_sizes=(64,), runners=_CPU),
    Entry("avatars-streams", "queries of eight batches", scenarios=("multi_stream",), duration_s=3.0, runners=_CPU),
    Entry("avatars-frames", "sixty frames a second", scenarios=("frame",), duration_s=3.0, runners=_CPU),
    Entry("avatars-end-to-end", "latents to PNG bytes", scenarios=("end_to_end",), batch_sizes=(16,), duration_s=3.0,
          runners=_CPU),
    Entry("avatars-start", "a fresh process to its first image", scenarios=("cold_start",)),
    Entry(
        "avatars-load", "opening the model", scenarios=("load",), duration_s=3.0,
        runners="ours,onnxruntime-plain,openvino-plain,torch-eager",
    ),
    Entry("avatars-memory", "peak memory of a process", scenarios=("memory",)),
    Entry(
        "cyclegan-256", "random weights, peers from the reference", "cyclegan-256", scenarios=("single_stream",),
        runners=_LITERAL, duration_s=8.0, least_samples=8,
    ),
    Entry("cyclegan-256-memory", "peak memory of a process", "cyclegan-256", scenarios=("memory",)),
    Entry(
        "biggan-deep-128", "random weights, peers from the reference", "biggan-deep-128", scenarios=("single_stream",),
        runners=_LITERAL, duration_s=6.0, least_samples=8,
    ),
    Entry(
        "biggan-deep-512", "random weights, peers from the reference", "biggan-deep-512", scenarios=("single_stream",),
        runners=_LITERAL, duration_s=8.0, least_samples=8,
    ),
    Entry(
        "biggan-deep-512-memory", "peak memory of a process", "biggan-deep-512", scenarios=("memory",),
        runners=_LITERAL,
    ),
    Entry(
        "cyclegan-256-fastest", "tuned, beside peers as they come", "cyclegan-256", scenarios=("single_stream",),
        precisions=("fastest",), runners=_TUNED_LITERAL, duration_s=8.0, least_samples=8,
    ),
    Entry(
        "biggan-deep-128-fastest", "tuned, beside peers as they come", "biggan-deep-128", scenarios=("single_stream",),
        precisions=("fastest",), runners=_TUNED_LITERAL, duration_s=6.0, least_samples=8,
    ),
    Entry(
        "biggan-deep-512-fastest", "tuned, beside peers as they come", "biggan-deep-512", scenarios=("single_stream",),
        precisions=("fastest",), runners=_TUNED_LITERAL, duration_s=8.0, least_samples=8,
    ),
)  # fmt: skip
