"""What this machine can do at best, measured: matrix products by precision, and copying memory.

The limit of a precision is the best of all libraries found: a roof that one of them does not reach is no roof.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from ganrt.benchmarks.document import Result
from ganrt.benchmarks.gemm import METERS
from ganrt.benchmarks.roofline import Limit, roofline
from ganrt.benchmarks.telemetry.source import SourceAbsent
from ganrt.engines.cost import layer_costs
from ganrt.errors import BackendUnavailable, UsageError

PRECISIONS = ("fp32", "bf16", "fp16", "int8")
_LEAST_COPY = 256 * 2**20
_MOST_COPY = 2 * 2**30
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


@dataclass(frozen=True)
class Rate:
    """One measured rate: `best` and `median` of `repeats`, a second. `threads` None: the library does not tell."""

    quantity: str  # "macs" of a matrix product, "bytes" of a copy: read and written ones together
    precision: str | None
    measured_by: str
    threads: int | None
    size: int  # side of the matrices, or bytes of the buffer that is copied
    repeats: int
    best: float
    median: float


@dataclass(frozen=True)
class Limits:
    """All rates that could be measured, and why others could not."""

    rates: tuple[Rate, ...]
    notes: tuple[str, ...]

    def best(self, precision: str) -> Rate:
        """The fastest matrix product of a precision.

        Raises:
            BackendUnavailable: none was measured.
        """
        found = [rate for rate in self.rates if rate.quantity == "macs" and rate.precision == precision]
        if not found:
            raise BackendUnavailable(
                f"no matrix product in {precision} was measured ({'; '.join(self.notes) or 'it was not asked for'})"
            )
        return max(found, key=lambda rate: rate.median)

    def copy(self) -> Rate:
        """The copy of a buffer larger than the caches."""
        return next(rate for rate in self.rates if rate.quantity == "bytes")

    def limit(self, precision: str) -> Limit:
        """The roof for a precision, from the medians."""
        product, copy = self.best(precision), self.copy()
        return Limit(product.median, copy.median, f"measured: {product.measured_by}; {copy.measured_by}")

    def as_json(self) -> dict[str, object]:
        """For the bench document's `limits`."""
        return {"rates": [asdict(rate) for rate in self.rates], "notes": list(self.notes)}

    def joined(self, others: Limits) -> Limits:
        """With the matrix products of others; the copy stays this one's."""
        products = (rate for rate in others.rates if rate.quantity == "macs")
        return Limits((*self.rates, *products), tuple(dict.fromkeys((*self.notes, *others.notes))))

    def answers(self, precision: str) -> bool:
        """Whether a precision was measured, or why it was not is known."""
        told = any(note.startswith(f"{precision} with ") for note in self.notes)
        return told or any(rate.precision == precision for rate in self.rates)


def limits_from_json(plain: object) -> Limits | None:
    """What `Limits.as_json` gave, as far as it is sound: None for anything else, which is then measured anew."""
    try:
        rates = [Rate(**rate) for rate in plain["rates"]]  # type: ignore[index]
        found = Limits(tuple(rates), tuple(str(note) for note in plain["notes"]))  # type: ignore[index]
        positive = all(rate.median > 0 and rate.best > 0 for rate in rates)
        return found if positive and found.copy() else None
    except (KeyError, TypeError, StopIteration):
        return None


def measure_limits(
    precisions: Sequence[str] = PRECISIONS,
    *,
    threads: int | None = None,
    size: int = 2048,
    repeats: int = 7,
    copy_bytes: int | None = None,
    budget_s: float = 5.0,
) -> Limits:
    """Measures every precision with every library present, and the copy.

    Args:
        threads: for all of them; None leaves each to its own choice (the copy then takes one a usable core).
        size: side of the square matrices.
        copy_bytes: size of the buffer; by default twice the largest cache, at least 256 MiB, at most 2 GiB.
        budget_s: no more repeats of one rate after this time; at least two are made.

    Raises:
        UsageError: an unknown precision, or sizes that make no sense.
    """
    unknown = set(precisions) - set(PRECISIONS)
    if unknown or size < 1 or repeats < 1 or (threads is not None and threads < 1):
        raise UsageError(f"limits: expected precisions of {', '.join(PRECISIONS)}, and sizes and counts above 0")
    rates: list[Rate] = []
    notes: list[str] = []
    for precision in precisions:
        for name, meter in METERS.items():
            try:
                with meter(precision, size, threads) as product:
                    seconds = _time(product.run, repeats, budget_s)
                    rates.append(_rate("macs", precision, product.measured_by, product.threads, size, size**3, seconds))
            except SourceAbsent as absent:
                notes.append(f"{precision} with {name}: {absent}")
            except RuntimeError as error:  # a kernel that this processor or this build does not have
                notes.append(f"{precision} with {name}: {str(error).splitlines()[0]}")
    rates.append(_measure_copy(copy_bytes or buffer_bytes(), threads or _usable_cores(), repeats, budget_s))
    return Limits(tuple(rates), tuple(notes))


def _time(call: Callable[[], object], repeats: int, budget_s: float) -> list[float]:
    """Seconds of each call, after one that is not counted."""
    call()
    seconds: list[float] = []
    while len(seconds) < repeats and (len(seconds) < 2 or sum(seconds) < budget_s):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return seconds


def _rate(
    quantity: str,
    precision: str | None,
    measured_by: str,
    threads: int | None,
    size: int,
    amount: int,
    seconds: list[float],
) -> Rate:
    best, middle = amount / min(seconds), amount / median(seconds)
    return Rate(quantity, precision, measured_by, threads, size, len(seconds), best, middle)


def _measure_copy(size: int, threads: int, repeats: int, budget_s: float) -> Rate:
    """Every byte counts twice, read and written; that a write may first fetch the line is not counted."""
    source = np.ones(max(size, threads), np.uint8)
    target = np.zeros_like(source)  # written once, so that the system has given the pages
    target[:] = 1
    parts = list(zip(np.array_split(source, threads), np.array_split(target, threads), strict=True))
    with ThreadPoolExecutor(threads) as pool:
        seconds = _time(lambda: list(pool.map(lambda part: np.copyto(part[1], part[0]), parts)), repeats, budget_s)
    measured_by = f"numpy {np.__version__} copy, read and write counted"
    return _rate("bytes", None, measured_by, threads, source.nbytes, 2 * source.nbytes, seconds)


def buffer_bytes(caches: Path = _CACHES) -> int:
    """Twice the largest cache, within limits; where the caches are not told, the least."""
    sizes = [0]
    for path in caches.glob("index*/size"):
        found = re.fullmatch(r"(\d+)([KM]?)", path.read_text().strip())
        if found:
            sizes.append(int(found[1]) * {"": 1, "K": 2**10, "M": 2**20}[found[2]])
    return min(max(2 * max(sizes), _LEAST_COPY), _MOST_COPY)


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def with_share(result: Result, path: Path, limits: Limits) -> Result:
    """The result with `roofline_share`, where it was measured on the CPU and the graph's costs are known."""
    if result.images_per_second is None or result.device != "cpu" or result.batch_size is None:
        return result
    try:
        costs = layer_costs(path)
        if costs is None or result.precision is None:
            return result
        roof = roofline(costs, limits.limit(result.precision), result.precision, result.batch_size)
    except (BackendUnavailable, UsageError) as error:
        return replace(result, notes=(*result.notes, f"no roofline: {error}"))
    return replace(result, roofline_share=round(roof.share(result.images_per_second), 4))
