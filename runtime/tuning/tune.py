"""Measures what can be chosen for a model on this machine and remembers what won, within a budget of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from ganrt.engines.choice import Choice, remember
from ganrt.engines.onnx_file import OnnxFile
from ganrt.errors import NegativeResult, UsageError
from ganrt.runtime.tuning.candidates import Candidate
from ganrt.runtime.tuning.field import TRIED, Budget, Field, int8_candidates
from ganrt.runtime.tuning.pinning import pinned, widened
from ganrt.runtime.tuning.rounds import (
    Rounds,
    Times,
    is_proven,
    left_out,
    medians,
    ranked,
    rounds_won,
    run_rounds,
    speedup,
    unless_hardly,
)
from ganrt.runtime.tuning.samples import Samples, Verdict, judge

# Shares of the budget at whose end a stage hands over to the next, whatever it has found.
_TRIALS, _ROUNDS = 0.55, 0.75
_JUDGING_S = 20.0  # for all that is judged of one precision

Progress = Callable[[str, str, int], object]


@dataclass(frozen=True)
class Outcome:
    """One candidate's medians: milliseconds by batch size, and how much faster than the best plain graph at worst."""

    name: str
    milliseconds: dict[int, float]
    speedup: float
    psnr: float | None
    verdict: str
    ssim: float | None = None


@dataclass(frozen=True)
class Tuned:
    """What `tune` found for one precision that may be asked for.

    Attributes:
        complete: whether everything that could win was tried before the time ended.
        seconds: since tuning began.
    """

    precision: str
    choice: Choice
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]
    complete: bool
    seconds: float


def tune(
    model: OnnxFile,
    precisions: Sequence[str],
    *,
    budget_s: float | None = None,
    threads: int | None = None,
    device: str = "auto",
    gate: float | None = None,
    progress: Progress = lambda *_: None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Tuned]:
    """Chooses and remembers the fastest way to run `model` for each of `precisions`, all from the same rounds.

    Quick trials of everything, a first look at the pictures of the fastest, rounds of those, and a judgement of the
    winners. When the time ends, the best that was proven till then is remembered: never one that was not measured
    against the plain graph as it runs untuned.

    Args:
        precisions: `fp32` chooses among exact forms only; `fastest` also among precisions that pass their gate.
        budget_s: for everything; by default at most 60, and for large models 120.
        gate: dB instead of `ganrt.tolerances.TUNED`, for precisions below FP32.
        progress: told the stage, what is being done and how many seconds are left, and the stage's percentage.

    Raises:
        UsageError: an unknown precision or device, or a model that draws nothing.
        BackendUnavailable: nothing runs here.
        NegativeResult: no candidate passes its gate, or what runs untuned was not measured; nothing is remembered for
            that precision.
        OutputFailed: the cache cannot be written.
    """
    for precision in precisions:
        if precision not in TRIED:
            raise UsageError(f"precision '{precision}': expected one of {', '.join(TRIED)}")
    budget = Budget(budget_s, clock)

    def show(stage: str, what: str, percent: int) -> None:
        progress(stage, f"{what}, {budget.left():.0f} s left", percent)

    progress("first picture", "with the plain graph", 0)
    with ExitStack() as opened:
        samples = opened.enter_context(Samples(model, threads))
        samples.part(0, 1)  # a model that draws nothing is refused before anything is made of it
        field = Field(model, samples, budget, threads, gate, show)
        finalists = _finalists(field, precisions, device)
        rounds = run_rounds(
            finalists,
            field.batches,
            samples,
            threads,
            budget.left(_ROUNDS),
            field.notes.append,
            lambda done: show("rounds", f"{len(finalists)} finalists", done),
        )
        for precision in precisions:
            show(f"judgement for {precision}", "drawing pictures", 0)
            found = _choose(field, [c for c in finalists if (c, 1) in rounds], rounds, precision, device)
            yield found


def _finalists(field: Field, precisions: Sequence[str], device: str) -> list[Candidate]:
    """For the rounds: of each precision asked for the fastest, as they will run, and the plain graphs to beat."""
    tried = dict.fromkeys(p for wanted in ("fp32", *precisions) for p in TRIED[wanted])  # FP32 is what others must beat
    field.run_trials(device, tuple(tried), _TRIALS)
    if "int8" in tried:
        int8_candidates(field, demanded="int8" in precisions)
    field.show("first look", "two pictures of the fastest", 0)
    chosen = [field.fastest(TRIED[wanted]) for wanted in ("fp32", *precisions)]
    first = (found[0] for found in chosen if found)
    finalists: list[Candidate] = []
    able = (field.default, *first, *field.baselines(), *(c for found in chosen for c in found))
    for candidate in dict.fromkeys(able):
        if field.budget.over(_ROUNDS) and len(finalists) > len(precisions):
            field.complete = False
            field.notes.append(f"the time ended before {candidate.name} was measured (--budget gives more)")
            break
        try:
            runs = pinned(candidate, field.batches, field.samples, field.threads)
        except Exception as error:  # a backend may fail in any way; the others go on
            field.notes.append(left_out(candidate, error))
            continue
        if candidate.is_plain and not set(field.batches) <= set(runs.batches):
            finalists.append(candidate)  # what peers run: each batch at its own size
        finalists.append(runs)
    field.trials.clear()  # the graphs of those who lost take memory
    field.show("rounds", f"opening {len(finalists)} finalists", 0)
    return finalists


def _choose(field: Field, finalists: Sequence[Candidate], rounds: Rounds, precision: str, device: str) -> Tuned:
    """The first in rank that passes, remembered."""
    times = medians(rounds)
    if not any(c.is_plain and c.backend == field.default.backend for c, _ in times):
        raise NegativeResult(_no_measure(field, times))
    able = [c for c in finalists if c.precision in TRIED[precision] and not _only_to_beat(c, field)]
    order = unless_hardly(ranked(able, times, field.batches), field.default, times, field.batches)
    order = _unless_restless(field, order, rounds)
    winner, verdict, outcomes = _first_that_passes(field, order, times)
    if winner is not None and verdict is not None:
        why = f"{speedup(winner, times, field.batches):.2f} times the best plain graph; {verdict}"
        winner = _with_more_sizes(field, winner)
    elif "fp32" in TRIED[precision]:
        winner, verdict = field.reference, Verdict(True, 0, None)
        why = "nothing else was proven; it draws the reference itself"
    else:
        raise NegativeResult(_refusal(field, outcomes))
    complete = field.complete
    if not complete:
        why += "; the time ended before all was tried"
    choice = winner.choice(verdict.psnr, verdict.samples, why)
    graph = winner.model.data if choice.graph else None
    remember(field.model.sha256, precision, choice, graph, device, field.threads)
    return Tuned(precision, choice, tuple(outcomes), tuple(dict.fromkeys(field.notes)), complete, field.budget.now())


def _unless_restless(field: Field, order: list[Candidate], rounds: Rounds) -> list[Candidate]:
    """The same order, but behind what runs untuned all that the machine's own noise could have made faster than it."""
    untuned = next((one for one in order if one.is_plain and one.backend == field.default.backend), None)
    if untuned is None:
        return order
    ahead = order[: order.index(untuned)]
    doubtful = []
    for one in ahead:
        won, of = rounds_won(one, untuned, rounds, field.batches)
        if not is_proven(won, of):
            doubtful.append(one)
            field.notes.append(
                f"this machine was too restless to decide: {one.name} was faster than {untuned.name} in {won} of {of} "
                "rounds only, and was not taken (tune again when nothing else runs)"
            )
    return [*(one for one in order if one not in doubtful), *doubtful]


def _only_to_beat(candidate: Candidate, field: Field) -> bool:
    """Whether its pictures depend on the batch: it is what others are compared with, and cannot be chosen."""
    return not candidate.takes_any_batch and len(candidate.batches) > len(field.batches)


def _first_that_passes(
    field: Field, order: Sequence[Candidate], times: Times
) -> tuple[Candidate | None, Verdict | None, list[Outcome]]:
    """The first in rank whose pictures are good enough, and a line on each."""
    winner: tuple[Candidate, Verdict] | tuple[None, None] = (None, None)
    outcomes, began = [], field.budget.now()

    def enough() -> bool:
        return field.budget.over() or field.budget.now() - began > _JUDGING_S

    for candidate in order:
        verdict, word = None, "slower"
        if winner[0] is None:
            limit = field.gate(candidate)
            try:
                verdict = field.verdicts.get(candidate) or judge(
                    candidate, field.samples, limit, field.threads, enough=enough
                )
            except Exception as error:  # a backend may fail in any way; the next in rank may do
                field.notes.append(left_out(candidate, error))
                continue
            field.verdicts[candidate] = verdict
            word = "chosen" if verdict.passed else f"below {limit:g} dB"
            winner = (candidate, verdict) if verdict.passed else winner
        milliseconds = {batch: 1e3 * times[candidate, batch] for batch in field.batches}
        psnr, ssim = (None, None) if verdict is None else (verdict.psnr, verdict.ssim)
        faster = speedup(candidate, times, field.batches)
        outcomes.append(Outcome(candidate.name, milliseconds, faster, psnr, word, ssim))
    return *winner, outcomes


def _with_more_sizes(field: Field, winner: Candidate) -> Candidate:
    try:
        return widened(winner, field.batches, field.samples, field.threads, field.budget.over)
    except Exception as error:  # it runs as it was measured all the same
        field.notes.append(f"{winner.name} runs at no other sizes: {error}".splitlines()[0])
        return winner


def _no_measure(field: Field, times: Times) -> str:
    """Why nothing can be chosen: nobody knows whether it is any faster than without tuning."""
    measured = ", ".join(dict.fromkeys(candidate.name for candidate, _ in times)) or "nothing"
    return (
        f"{field.default.name}, which runs where nothing was tuned, could not be measured (measured: {measured}; "
        f"{'; '.join(field.notes[-3:]) or 'the time ended'})\n"
        f"nothing was remembered; give it more time: --budget {field.budget.advised()}"
    )


def _refusal(field: Field, outcomes: Sequence[Outcome]) -> str:
    worst = "; ".join(f"{outcome.name} {outcome.psnr:.1f} dB" for outcome in outcomes if outcome.psnr is not None)
    reasons = "; ".join(field.notes[-3:])
    return f"no candidate draws what the portable form draws: {worst or reasons or 'none ran'}\nnothing was remembered"
