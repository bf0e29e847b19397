"""Measures what can be chosen for a model on this machine and remembers what won."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ganrt.benchmarks.tuning.candidates import SIZES, Candidate, make_candidates
from ganrt.benchmarks.tuning.race import Times, heat, race
from ganrt.benchmarks.tuning.samples import Samples, Verdict, draw_in, judge, make_samples
from ganrt.engines.choice import Choice, remember
from ganrt.engines.onnx_file import OnnxFile
from ganrt.errors import BackendUnavailable, NegativeResult, UsageError

# The least PSNR of any sampled picture to FP32, in dB. Exact forms differ in rounding alone.
GATES = {"fp32": 60.0, "fp16": 45.0, "bf16": 40.0, "int8": 40.0}
TRIED = {"fp32": ("fp32",), "bf16": ("bf16",), "int8": ("int8",), "fastest": ("fp32", "bf16", "int8")}
_FINALISTS = 3
_TOLERATED = 1 / 0.97  # slower than the best plain graph by no more than measurements scatter
_SLOW_S = 0.1  # a picture that takes longer is measured alone, and not in batches


@dataclass(frozen=True)
class Lap:
    """One candidate's medians: milliseconds by batch size, and how much faster than the best plain graph at worst."""

    name: str
    milliseconds: dict[int, float]
    speedup: float
    psnr: float | None
    verdict: str


@dataclass(frozen=True)
class Tuned:
    """What `tune` found for one precision that may be asked for."""

    precision: str
    choice: Choice
    laps: tuple[Lap, ...]
    notes: tuple[str, ...]
    seconds: float


def tune(
    model: OnnxFile,
    precision: str,
    *,
    budget_s: float = 20.0,
    threads: int | None = None,
    device: str = "auto",
    gate: float | None = None,
    progress: Callable[[str, int], object] = lambda _, __: None,
) -> Tuned:
    """Chooses and remembers the fastest way to run `model` where `precision` is asked for.

    Args:
        precision: `fp32` chooses among exact forms only; `fastest` also among precisions that pass their gate.
        budget_s: for timing; large models take longer, since each candidate must be opened and judged.
        gate: dB instead of `GATES`, for precisions below FP32.
        progress: told what is being done, and its percentage.

    Raises:
        UsageError: an unknown precision or device, or a model that draws nothing.
        BackendUnavailable: nothing runs here.
        NegativeResult: no candidate passes its gate; nothing is remembered.
        OutputFailed: the cache cannot be written.
    """
    if precision not in TRIED:
        raise UsageError(f"precision '{precision}': expected one of {', '.join(TRIED)}")
    began, notes = time.monotonic(), list[str]()
    progress("making forms", 0)
    # FP32 is measured with every precision: it is what the others must beat.
    tried = tuple(dict.fromkeys(("fp32", *TRIED[precision])))
    candidates = make_candidates(model, tried, device, notes.append, GATES["int8"] if gate is None else gate)
    progress("drawing the reference", 0)
    samples = make_samples(model, budget_s, threads)
    batches = _batches(candidates[0], samples, threads)
    finalists = _heats(candidates, batches[-1], samples, threads, notes, progress)
    times = race(finalists, batches, samples, threads, budget_s / 2, lambda done: progress("final", done))
    ranked = _ranked([c for c in finalists if c.precision in TRIED[precision]], times, batches)
    winner, verdict, laps = _first_that_passes(ranked, samples, gate, threads, times, batches)
    batches_kept = _same_bytes(winner, batches, samples, threads)
    why = f"{_speedup(winner, times, batches):.2f} times the best plain graph; {verdict}"
    choice = winner.choice(batches_kept, verdict.psnr, verdict.samples, why)
    remember(model.sha256, precision, choice, winner.model.data if choice.graph else None, device)
    return Tuned(precision, choice, tuple(laps), tuple(notes), time.monotonic() - began)


def _batches(plain: Candidate, samples: Samples, threads: int | None) -> tuple[int, ...]:
    """The batch sizes that matter: one alone for models that take long."""
    return (1,) if heat(plain, 1, samples, threads) > _SLOW_S or len(samples) < max(SIZES) else (1, 16, 64)


def _heats(
    candidates: Sequence[Candidate],
    batch: int,
    samples: Samples,
    threads: int | None,
    notes: list[str],
    progress: Callable[[str, int], object],
) -> list[Candidate]:
    """All plain candidates, and the fastest of each precision."""
    seconds: dict[Candidate, float] = {}
    for number, candidate in enumerate(candidates):
        progress(f"trying {candidate.name}", round(100 * number / len(candidates)))
        try:
            seconds[candidate] = heat(candidate, batch, samples, threads)
        except Exception as error:  # a backend may refuse a form in any way; the others go on
            notes.append(f"{candidate.name} left out: {str(error).strip().splitlines()[0]}")
    kept = [candidate for candidate in seconds if candidate.is_plain]
    for precision in {candidate.precision for candidate in seconds}:
        fastest = sorted((c for c in seconds if c.precision == precision), key=seconds.__getitem__)
        kept += [candidate for candidate in fastest[:_FINALISTS] if candidate not in kept]
    if not kept:
        raise BackendUnavailable("no candidate runs here\n" + "; ".join(notes))
    return kept


def _speedup(candidate: Candidate, times: Times, batches: Sequence[int]) -> float:
    """Geometric mean over the batch sizes of how much faster than the best plain graph it is."""
    return math.exp(float(np.mean([math.log(_ratio(candidate, times, batch)) for batch in batches])))


def _ratio(candidate: Candidate, times: Times, batch: int) -> float:
    best = min(seconds for (other, size), seconds in times.items() if size == batch and other.is_plain)
    return best / times[candidate, batch]


def _ranked(finalists: Sequence[Candidate], times: Times, batches: Sequence[int]) -> list[Candidate]:
    """Those that are nowhere slower than the best plain graph first, by their mean; then by their worst batch."""

    def rank(candidate: Candidate) -> tuple[bool, float]:
        worst = min(_ratio(candidate, times, batch) for batch in batches)
        never_slower = worst >= 1 / _TOLERATED
        return not never_slower, -(_speedup(candidate, times, batches) if never_slower else worst)

    return sorted(finalists, key=rank)


def _first_that_passes(
    ranked: Sequence[Candidate],
    samples: Samples,
    gate: float | None,
    threads: int | None,
    times: Times,
    batches: Sequence[int],
) -> tuple[Candidate, Verdict, list[Lap]]:
    """The first in rank whose pictures are good enough, and a line on each."""
    winner: tuple[Candidate, Verdict] | None = None
    laps = []
    for candidate in ranked:
        limit = GATES[candidate.precision] if gate is None or candidate.precision == "fp32" else gate
        verdict = judge(candidate, samples, limit, threads)
        if verdict.passed and winner is None:
            winner = candidate, verdict
        milliseconds = {batch: 1e3 * times[candidate, batch] for batch in batches}
        word = "chosen" if winner and winner[0] == candidate else "passed" if verdict.passed else f"below {limit:g} dB"
        laps.append(Lap(candidate.name, milliseconds, _speedup(candidate, times, batches), verdict.psnr, word))
    if winner is None:
        worst = "; ".join(f"{lap.name} {lap.psnr:.1f} dB" for lap in laps if lap.psnr is not None)
        raise NegativeResult(f"no candidate draws what the portable form draws: {worst}\nnothing was remembered")
    return *winner, laps


def _same_bytes(
    winner: Candidate, batches: Sequence[int], samples: Samples, threads: int | None
) -> tuple[int, ...] | None:
    """The batch sizes that give the very same pictures, so that an image does not depend on its neighbours.

    None for ONNX Runtime, which takes any size and gives the same bytes for all.
    """
    if winner.backend != "openvino":
        return None
    if batches == (1,):
        return (1,)
    count = max(batches)
    drawn: dict[bytes, list[int]] = {}
    for size in SIZES:
        with winner.open(threads, (size,)) as engine:
            pictures = np.concatenate(list(draw_in(engine, samples.part(0, count), size)))
        drawn.setdefault(pictures.tobytes(), []).append(size)
    best = max(drawn.values(), key=_usefulness)
    return tuple(best)


def _usefulness(sizes: list[int]) -> tuple[bool, int, int]:
    """Of several groups of sizes that agree: the one that serves single images and large batches."""
    return 1 in sizes and len(sizes) > 1, len(sizes), max(sizes)
