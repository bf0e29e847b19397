"""One run: cases one after the other, a document at the end, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ganrt import __version__
from ganrt.benchmarks.document import Document, Json, Result, now_utc
from ganrt.benchmarks.harness import Harness, Interrupted
from ganrt.benchmarks.machine import describe_machine
from ganrt.benchmarks.options import Case
from ganrt.benchmarks.repeats import measure
from ganrt.errors import BackendUnavailable, NegativeResult


@dataclass
class Session:
    """Collects results; `interrupted` once Ctrl-C was pressed, and nothing is measured from then on."""

    harness: Harness
    results: list[Result] = field(default_factory=list)
    interrupted: bool = False

    def run(self, cases: Sequence[Case], runners: Sequence[str], progress: Callable[[int], object]) -> None:
        """Measures the cases; keeps what was measured when it is interrupted (within a `HeldInterrupts`, always).

        Args:
            progress: told how many of `steps` are done.
        """
        try:
            self.results += measure(self.harness, cases, runners, progress)
        except Interrupted as stopped:
            self.results += stopped.results
            self.interrupted = True

    def document(self, options: Json) -> Document:
        """What there is."""
        return Document(
            ganrt=__version__,
            machine=describe_machine(),
            options=options,
            limits=self.harness.limits.as_json() if self.harness.limits else None,
            results=tuple(self.results),
            created=now_utc(),
            status="interrupted" if self.interrupted else "complete",
        )


def verdict(document: Document) -> None:
    """What the exit code is to say of a whole run; wrong pictures of a peer's are its result, and not a failure.

    Raises:
        NegativeResult: one of ours drew wrong pictures.
        BackendUnavailable: no runner ran at all.
    """
    ours = [result for result in document.results if result.subject.startswith("ganrt")]
    wrong = [result for result in ours if result.status == "wrong_output"]
    if wrong:
        first = f"{wrong[0].subject}, batch size {wrong[0].batch_size}, {wrong[0].precision}: {wrong[0].reason}"
        raise NegativeResult(f"{len(wrong)} results have wrong pictures, and no speed: {first}")
    if document.results and all(result.status == "not_run" for result in document.results):
        reasons = dict.fromkeys(f"{result.subject}: {result.reason}" for result in document.results)
        raise BackendUnavailable("nothing ran\n" + "\n".join(list(reasons)[:2]))
