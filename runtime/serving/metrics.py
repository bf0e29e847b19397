"""Counts of the service in Prometheus' text format, version 0.0.4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from threading import Lock

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; Prometheus' own defaults


class Metrics:
    """Requests by route and status, and how long they took."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets = [0] * len(_BUCKETS)
        self._seconds, self._count = 0.0, 0

    def add(self, route: str, status: int, seconds: float) -> None:
        """Counts a request that has ended."""
        with self._lock:
            self._requests[route, status] += 1
            self._seconds += seconds
            self._count += 1
            for k, bound in enumerate(_BUCKETS):
                self._buckets[k] += seconds <= bound

    def text(self, gauges: dict[str, tuple[str, str, float]]) -> str:
        """The page; `gauges`: name -> (counter or gauge, what it is, value)."""
        with self._lock:
            return "\n".join([*self._lines(), *_of_gauges(gauges), ""])

    def _lines(self) -> Iterator[str]:
        yield "# HELP ganrt_requests_total Requests that have ended."
        yield "# TYPE ganrt_requests_total counter"
        for (route, status), count in sorted(self._requests.items()):
            yield f'ganrt_requests_total{{route="{route}",status="{status}"}} {count}'
        yield "# HELP ganrt_request_seconds How long requests took."
        yield "# TYPE ganrt_request_seconds histogram"
        for bound, count in zip(_BUCKETS, self._buckets, strict=True):
            yield f'ganrt_request_seconds_bucket{{le="{bound:g}"}} {count}'
        yield f'ganrt_request_seconds_bucket{{le="+Inf"}} {self._count}'
        yield f"ganrt_request_seconds_sum {self._seconds:.6f}"
        yield f"ganrt_request_seconds_count {self._count}"


def _of_gauges(gauges: dict[str, tuple[str, str, float]]) -> Iterator[str]:
    for name, (kind, told, value) in gauges.items():
        yield f"# HELP {name} {told}"
        yield f"# TYPE {name} {kind}"
        yield f"{name} {value:g}" if value < 1e6 else f"{name} {value:.0f}"
