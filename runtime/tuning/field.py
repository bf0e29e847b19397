"""The field of candidates within the time there is: who ran, how fast in a quick trial, whose first pictures are right;
and INT8 among them, timed first with every layer in INT8 and searched for only where that could win.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence

from ganrt.engines.backends import BACKENDS, candidates
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.precisions import int8_model, whole_int8_model
from ganrt.errors import BackendUnavailable, GanrtError
from ganrt.runtime.sample_inputs import precision_samples
from ganrt.runtime.tuning.candidates import Candidate, backends_here, make_candidates
from ganrt.runtime.tuning.rounds import Seconds, left_out, trial
from ganrt.runtime.tuning.samples import FEW, Samples, Verdict, judge
from ganrt.tolerances import TUNED

LEAST_S, MOST_S = 60.0, 120.0  # small models are done before
_PICTURES = 60  # openings with two pictures each that fit into the time of a model that is not small


class Budget:
    """Seconds that run from now on; `clock` gives seconds."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.given = seconds is not None
        self.seconds = LEAST_S if seconds is None else seconds
        self._clock = clock
        self._began = clock()

    def suit(self, opening_s: float) -> None:
        """Takes from a model's size what nobody gave: 60 s for small ones, at most 120.

        Args:
            opening_s: seconds to open the plain graph and draw two pictures.
        """
        if not self.given:
            self.seconds = min(MOST_S, max(LEAST_S, _PICTURES * opening_s))

    def advised(self) -> int:
        """Seconds that would do where these did not: as many again as were spent, and no fewer than nobody gives."""
        return int(10 * math.ceil(max(LEAST_S, 2 * self.now()) / 10))

    def now(self) -> float:
        return self._clock() - self._began

    def left(self, share: float = 1.0) -> float:
        """Seconds until a share of it is spent; 0 where it is already."""
        return max(0.0, share * self.seconds - self.now())

    def over(self, share: float = 1.0) -> bool:
        """Whether that share is spent."""
        return self.left(share) == 0.0


TRIED = {"fp32": ("fp32",), "bf16": ("bf16",), "int8": ("int8",), "fastest": ("fp32", "bf16", "int8")}
_FINALISTS, _FEW_FINALISTS = 3, 2
_CLOSE = 1.25  # times slower than the best in a trial: it may win in the rounds yet
_FAILURES = 2  # of the fastest of a lower precision: its other forms round alike
_SLOW_S, _VERY_SLOW_S = 0.02, 0.3  # a picture that takes longer is measured in small batches, or alone
_LARGE = 2**27  # bytes of a graph: engines that are measured side by side hold several times as much each
_BEHIND = 1.5  # times slower than the best backend with the plain graph: not tried with others, of slow models
_PROOF = 30  # pictures that a first look, the rounds and the judgement take at least


class Field:
    """Everything that is known of a model's candidates.

    Attributes:
        batches: the sizes that are measured; 1 is among them.
        trials: the least seconds by batch size, of each candidate that ran.
        reference: the plain graph in ONNX Runtime, which draws the reference pictures.
        default: the plain graph as it runs where nobody tuned: nothing is chosen that was not measured against it.
        verdicts: of candidates that were judged at length.
        complete: whether every form was tried.
    """

    def __init__(
        self,
        model: OnnxFile,
        samples: Samples,
        budget: Budget,
        threads: int | None,
        gate: float | None,
        show: Callable[[str, str, int], object],
    ) -> None:
        self.model, self.samples, self.budget, self.threads = model, samples, budget, threads
        self.show = show
        self.batches: tuple[int, ...] = (1,)
        self.trials: dict[Candidate, Seconds] = {}
        self.reference = self.default = Candidate("onnxruntime", "fp32", model)
        self.verdicts: dict[Candidate, Verdict] = {}
        self.notes: list[str] = []
        self.complete = True
        self._gate = gate
        self._looked: dict[Candidate, bool] = {}
        self._proof_s = 0.0

    def gate(self, candidate: Candidate) -> float:
        """In dB."""
        return TUNED[candidate.precision] if self._gate is None or candidate.precision == "fp32" else self._gate

    @property
    def is_slow(self) -> bool:
        """Whether a picture takes so long that large batches are not measured."""
        return max(self.batches) < 16

    def run_trials(self, device: str, precisions: Sequence[str], share: float) -> None:
        """Tries every candidate, until that share of the budget is spent; the plain ones always.

        Raises: as `backends_here`. BackendUnavailable: none runs.
        """
        backends = backends_here(self.model, device, self.notes.append)
        self._suit(backends[0])
        for candidate in make_candidates(self.model, backends, precisions, self.notes.append):
            if self._is_hopeless(candidate):
                continue
            if not candidate.is_plain and (self.budget.over(share) or self.budget.left() < self._proof_s):
                self.complete = False
                what = f"{candidate.name}, and what follows it, was tried"
                self.notes.append(f"the time ended before {what} (--budget gives more)")
                break
            percent = round(100 * min(1.0, self.budget.now() / self.budget.seconds))
            self.show("quick trials", f"trying {candidate.name}", percent)
            self.try_one(candidate)
        if not self.trials:
            raise BackendUnavailable("no candidate runs here\n" + "; ".join(self.notes))
        plain = {candidate.backend: candidate for candidate in self.trials if candidate.is_plain}
        self.default = next((plain[name] for name in candidates("auto", device) if name in plain), self.reference)

    def try_one(self, candidate: Candidate) -> bool:
        best = {
            batch: min(
                (s[batch] for c, s in self.trials.items() if c.precision == candidate.precision), default=math.inf
            )
            for batch in self._trial_batches
        }
        try:
            self.trials[candidate] = trial(candidate, self._trial_batches, self.samples, self.threads, best)
        except Exception as error:  # a backend may refuse a form in any way; the others go on
            self.notes.append(left_out(candidate, error))
            return False
        return True

    def score(self, candidate: Candidate) -> float:
        """Geometric mean of its trials' seconds."""
        seconds = self.trials[candidate].values()
        return math.exp(sum(math.log(value) for value in seconds) / len(seconds))

    def fastest(self, precisions: Iterable[str], most: int = _FINALISTS) -> list[Candidate]:
        """The few that may win among these precisions: close to the fastest whose first pictures are right."""
        most = min(most, _FEW_FINALISTS) if self._is_large else most
        found: list[Candidate] = []
        failures: dict[str, int] = {}
        for candidate in sorted((c for c in self.trials if c.precision in precisions), key=self.score):
            if len(found) == most or (found and self.score(candidate) > _CLOSE * self.score(found[0])):
                break
            if failures.get(candidate.precision, 0) == _FAILURES:
                continue
            if self._looks_right(candidate):
                found.append(candidate)
            elif candidate.precision != "fp32":
                failures[candidate.precision] = failures.get(candidate.precision, 0) + 1
        return found

    def baselines(self) -> list[Candidate]:
        """The plain graphs that others must beat: at any batch size close to the fastest of them."""
        plain = [candidate for candidate in self.trials if candidate.is_plain]
        return [
            candidate
            for candidate in plain
            if any(
                self.trials[candidate][batch] <= _CLOSE * min(self.trials[other][batch] for other in plain)
                for batch in self._trial_batches
            )
        ]

    @property
    def _is_large(self) -> bool:
        """Whether many engines of it would not fit into the memory, or their rounds not into the time."""
        return max(self.batches) == 1 or len(self.model.data) >= _LARGE

    def _is_hopeless(self, candidate: Candidate) -> bool:
        """Whether a slow model's other forms are not worth their time: the backend is far behind with the plain one."""
        plain = {c.backend: seconds[1] for c, seconds in self.trials.items() if c.is_plain}
        if candidate.is_plain or not self.is_slow or candidate.precision != "fp32" or candidate.backend not in plain:
            return False
        ratio = plain[candidate.backend] / min(plain.values())
        note = f"{candidate.backend} fp32 tried with the plain graph only: {ratio:.1f} times as long as the best"
        if ratio > _BEHIND and note not in self.notes:
            self.notes.append(note)
        return ratio > _BEHIND

    @property
    def _trial_batches(self) -> tuple[int, ...]:
        return (1,) if self.is_slow else (1, max(self.batches))

    def _looks_right(self, candidate: Candidate) -> bool:
        """The first two pictures: enough to drop most of what would fail."""
        if candidate not in self._looked:
            try:
                found = judge(candidate, self.samples, self.gate(candidate), self.threads, most=FEW)
            except Exception as error:
                self.notes.append(left_out(candidate, error))
                self._looked[candidate] = False
                return False
            if not found.passed:
                self.notes.append(f"{candidate.name} dropped: {found}, below {self.gate(candidate):g} dB")
            self._looked[candidate] = found.passed
        return self._looked[candidate]

    def _suit(self, backend: str) -> None:
        """Batch sizes and budget from one opening of the plain graph."""
        began, first = time.perf_counter(), Candidate(backend, "fp32", self.model)
        try:
            seconds = trial(first, (1,), self.samples, self.threads, {1: 0.0})[1]
        except Exception:  # it is noted when its turn comes
            return
        self.budget.suit(time.perf_counter() - began)
        if seconds > _SLOW_S:  # it is slow, or something interrupted the one call
            seconds = min(seconds, trial(first, (1,), self.samples, self.threads, {})[1])
        self._proof_s = _PROOF * seconds
        self.batches = (1, 16, 64) if seconds <= _SLOW_S else (1, 4) if seconds <= _VERY_SLOW_S else (1,)


_SEARCH = 0.6  # of the budget is spent when the search ends
_LATEST = 0.4  # of the budget is spent when a search begins at the latest
_PROMISE = 0.9  # layers that stay in FP32 take their share: who is hardly ahead with none will not win
_NO_TIME = "int8 left out: no time to look for layers to keep in FP32 (--budget gives more)"


def int8_candidates(field: Field, *, demanded: bool) -> None:
    """Tries INT8, and adds what passed to the field.

    Args:
        demanded: whether INT8 itself was asked for; else it is left out where it cannot be the fastest.
    """
    able = list(dict.fromkeys(c.backend for c in field.trials if "int8" in BACKENDS[c.backend].precisions))
    if not able:
        return
    try:
        if demanded or _could_win(field, able):
            field.show("int8", "looking for layers to keep in FP32", 0)
            lowered = _searched(field)
            for backend in able:
                field.try_one(Candidate(backend, "int8", lowered))
    except GanrtError as error:
        field.notes.append(f"int8 left out: {str(error).splitlines()[0]}")


def _searched(field: Field) -> OnnxFile:
    gate = field.gate(Candidate("", "int8", field.model))
    patience = max(1.0, field.budget.left(_SEARCH))
    return int8_model(field.model, precision_samples(field.model.spec()), gate=gate, patience_s=patience)


def _could_win(field: Field, able: Sequence[str]) -> bool:
    """Layers kept in FP32 make it slower, so that all in INT8 is the fastest that it could be."""
    if field.is_slow:
        field.notes.append(
            "int8 left out: its search takes too long for a model of this size (--precision int8 does it)"
        )
        return False
    if field.budget.over(_LATEST):
        field.notes.append(_NO_TIME)
        return False
    field.show("int8", "timing it with every layer in INT8", 0)
    calibration = {name: values[:2] for name, values in precision_samples(field.model.spec()).calibration.items()}
    whole = whole_int8_model(field.model, calibration)
    bound = math.inf
    for backend in able:
        candidate = Candidate(backend, "int8", whole)
        if field.try_one(candidate):
            bound = min(bound, field.score(candidate))
            del field.trials[candidate]
    others = field.fastest([p for p in TRIED["fastest"] if p != "int8"], most=1)
    best = field.score(others[0]) if others else math.inf
    if bound >= _PROMISE * best:
        reason = f"with all layers in INT8 it takes {bound / best:.2f} times as long as {others[0].name}"
        field.notes.append(f"int8 left out: {reason}")
        return False
    if field.budget.over(_LATEST):
        field.notes.append(_NO_TIME)
        return False
    return True
