"""Which results of two documents measured the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganrt.benchmarks.document import Result

Key = tuple[object, ...]


@dataclass(frozen=True)
class Matched:
    """Pairs that measured the same thing, in the first one's order, and what only one of the two ran."""

    pairs: tuple[tuple[Result, Result], ...]
    only_first: tuple[Result, ...]
    only_second: tuple[Result, ...]


def key_of(result: Result) -> Key:
    """Model (by its hash, by its name where there is none), scenario, rate of frames, subject, batch, precision and
    threads."""
    model = result.model.sha256 or result.model.name
    place = (result.scenario, result.deadline_ms, result.subject)
    return (model, *place, result.batch_size, result.asked_precision or result.precision, result.threads)


def match(first: Sequence[Result], second: Sequence[Result]) -> Matched:
    """Results that were not run count as absent. Of several with one key those of the same entry of the suite belong
    together, then the first to the first."""
    waiting: dict[Key, list[Result]] = {}
    for result in _ran(second):
        waiting.setdefault(key_of(result), []).append(result)
    pairs, alone = [], []
    for result in _ran(first):
        others = waiting.get(key_of(result))
        if not others:
            alone.append(result)
            continue
        same = next((other for other in others if other.entry == result.entry), others[0])
        others.remove(same)
        pairs.append((result, same))
    return Matched(tuple(pairs), tuple(alone), tuple(result for others in waiting.values() for result in others))


def place_of(result: Result) -> str:
    """ "avatars-1, single stream, batch 1, ganrt/onnxruntime fp32, 2 threads"."""
    parts = [
        result.model.name,
        result.scenario.replace("_", " "),
        f"batch {result.batch_size}" if result.batch_size else None,
        f"{result.subject} {result.precision or ''}".strip(),
        f"{result.threads} threads" if result.threads else None,
    ]
    return ", ".join(part for part in parts if part)


def _ran(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.status != "not_run"]
