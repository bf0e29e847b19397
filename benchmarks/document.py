"""The bench document `ganrt.bench/1`: what a run measured, and on what. docs/bench-format.md describes every field.

Frozen dataclasses with a check a field; reading and building go through the same checks. Unknown fields are kept.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ganrt.checks import (
    Check,
    checked,
    decode,
    encode,
    fail,
    integer,
    list_of,
    number,
    one_of,
    optional,
    section,
    text,
    validate,
)
from ganrt.errors import BadInputFile, SpecError
from ganrt.files import write_file

Json = dict[str, Any]
Interval = tuple[float, float]
HUGE = 1e18  # no figure of a real machine reaches it
MOST_POINTS = 2000  # of a plot: a page draws no more, and a file stays small

figure = number(-HUGE, HUGE)
positive = number(0, HUGE)


def open_mapping(limit: int = 500) -> Check:
    """A JSON object with any content, at most `limit` keys; numbers in it are finite."""

    def check(value: Any, where: str) -> Json:
        if not isinstance(value, Mapping) or len(value) > limit or not all(isinstance(key, str) for key in value):
            raise fail(where, value, f"a JSON object of at most {limit} fields")
        for key, item in value.items():
            _check_plain(item, f"{where}.{key}", depth=0)
        return dict(value)

    return check


def _check_plain(value: Any, where: str, depth: int) -> None:
    if depth > 8:
        raise fail(where, value, "at most 8 levels of nesting")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_plain(item, f"{where}.{key}", depth + 1)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            _check_plain(item, f"{where}[{i}]", depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise fail(where, value, "a finite number, or null")
    elif value is not None and not isinstance(value, (str, int, float)):
        raise fail(where, value, "a value that JSON has")


def figures(value: Any, where: str) -> dict[str, float | str]:
    """Name -> number (or text), the figures of a measurement that is no latency."""
    if not isinstance(value, Mapping) or len(value) > 200:
        raise fail(where, value, "a JSON object of at most 200 figures")
    texts = text(200)
    return {
        key: texts(item, f"{where}.{key}") if isinstance(item, str) else figure(item, f"{where}.{key}")
        for key, item in value.items()
    }


def interval(value: Any, where: str) -> Interval:
    """[low, high] of a confidence interval."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise fail(where, value, "a pair [low, high]")
    low, high = figure(value[0], f"{where}[0]"), figure(value[1], f"{where}[1]")
    if low > high:
        raise fail(where, value, "a pair [low, high] with low <= high")
    return low, high


def intervals(value: Any, where: str) -> dict[str, Interval]:
    """Statistic's name -> [low, high]."""
    if not isinstance(value, Mapping) or len(value) > 20:
        raise fail(where, value, "a JSON object of at most 20 intervals")
    return {key: interval(item, f"{where}.{key}") for key, item in value.items()}


def utc_time(value: Any, where: str) -> str:
    """ISO 8601 with an offset, such as 2026-11-22T03:12:00+00:00."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise fail(where, value, "a time such as 2026-11-22T03:12:00+00:00")
    return str(value)


SCHEMA = "ganrt.bench/1"
# The first seven give latencies or rates; the others give `figures`.
SCENARIOS = (
    "single_stream", "multi_stream", "offline", "frame", "cold_start", "load", "end_to_end",
    "memory", "export", "latents", "identical_bytes", "installed_size",
)  # fmt: skip
STATUSES = ("ok", "unstable", "not_run", "interrupted", "wrong_output")
PERCENTILES = ("p50", "p90", "p95", "p99", "p99_9")
MAX_BYTES = 64 * 2**20
_COUNT = integer(0, 10**12)
_SHORT = text(200)


@dataclass(frozen=True)
class Model:
    """What was measured. `macs` of one image and `parameters` are None where they are not known."""

    name: str = checked(_SHORT)
    sha256: str | None = checked(optional(text(64, "[0-9a-f]{64}", "64 hexadecimal digits")), default=None)
    macs: int | None = checked(optional(integer(0, 10**18)), default=None)
    parameters: int | None = checked(optional(integer(0, 10**15)), default=None)
    extra: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True)
class Latency:
    """Milliseconds a call; a percentile that too few samples support is None."""

    p50: float | None = checked(optional(positive), default=None)
    p90: float | None = checked(optional(positive), default=None)
    p95: float | None = checked(optional(positive), default=None)
    p99: float | None = checked(optional(positive), default=None)
    p99_9: float | None = checked(optional(positive), default=None)
    mean: float | None = checked(optional(positive), default=None)
    min: float | None = checked(optional(positive), default=None)
    max: float | None = checked(optional(positive), default=None)
    extra: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        validate(self)
        rising = [getattr(self, name) for name in ("min", *PERCENTILES, "max")]
        given = [value for value in rising if value is not None]
        if given != sorted(given):
            raise fail("latency_ms", given, "min <= p50 <= p90 <= p95 <= p99 <= p99_9 <= max")


@dataclass(frozen=True)
class Result:
    """One runner in one scenario. What was not measured is None; `reason` says why a result is not `ok`."""

    scenario: str = checked(one_of(*SCENARIOS))
    subject: str = checked(_SHORT)
    model: Model = checked(section(Model))
    status: str = checked(one_of(*STATUSES))
    reason: str | None = checked(optional(text(2000)), default=None)
    entry: str | None = checked(optional(_SHORT), default=None)
    batch_size: int | None = checked(optional(integer(1, 10**6)), default=None)
    threads: int | None = checked(optional(integer(1, 10**5)), default=None)
    precision: str | None = checked(optional(_SHORT), default=None)
    asked_precision: str | None = checked(optional(_SHORT), default=None)
    device: str | None = checked(optional(_SHORT), default=None)
    samples: int = checked(_COUNT, default=0)
    processes: int = checked(_COUNT, default=1)
    between_runs: float = checked(positive, default=0.0)
    duration_s: float = checked(positive, default=0.0)
    latency_ms: Latency | None = checked(optional(section(Latency)), default=None)
    latency_intervals: dict[str, Interval] = checked(intervals, default=())
    images_per_second: float | None = checked(optional(positive), default=None)
    images_per_second_interval: Interval | None = checked(optional(interval), default=None)
    outputs_checked: int = checked(_COUNT, default=0)
    psnr_db: float | None = checked(optional(figure), default=None)
    ssim: float | None = checked(optional(figure), default=None)
    max_error: int | None = checked(optional(integer(0, 255)), default=None)
    missed_deadlines: int | None = checked(optional(_COUNT), default=None)
    deadline_ms: float | None = checked(optional(positive), default=None)
    macs_per_second: float | None = checked(optional(positive), default=None)
    roofline_share: float | None = checked(optional(positive), default=None)
    figures: dict[str, float | str] = checked(figures, default=())
    telemetry: Json = checked(open_mapping(), default=())
    latencies_us: tuple[float, ...] = checked(list_of(positive, MOST_POINTS), default=())
    timeline: tuple[Json, ...] = checked(list_of(open_mapping(), MOST_POINTS), default=())
    about: Json = checked(open_mapping(), default=())
    notes: tuple[str, ...] = checked(list_of(text(2000), 100), default=())
    extra: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("latency_intervals", "figures", "telemetry", "about"):
            if getattr(self, name) == ():  # a dataclass refuses {} as a default
                object.__setattr__(self, name, {})
        validate(self)
        if self.status != "ok" and not self.reason:
            raise fail("reason", self.reason, f"why the status is {self.status}")
        if self.status in ("not_run", "wrong_output") and (self.latency_ms or self.images_per_second is not None):
            raise fail("latency_ms", "a speed", f"null where the status is {self.status}")


@dataclass(frozen=True)
class Document:
    """One run, or several merged: the machine, its limits, the options and the results."""

    ganrt: str = checked(text(50))
    machine: Json = checked(open_mapping())
    options: Json = checked(open_mapping())
    results: tuple[Result, ...] = checked(list_of(section(Result), 10_000))
    created: str = checked(utc_time)
    status: str = checked(one_of("complete", "interrupted"), default="complete")
    limits: Json | None = checked(optional(open_mapping()), default=None)
    profiles: tuple[Json, ...] = checked(list_of(open_mapping(), 1000), default=())
    schema: str = checked(one_of(SCHEMA), default=SCHEMA)
    extra: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        validate(self)


def now_utc() -> str:
    """The present for `created`: ISO 8601, whole seconds."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def to_json(document: Document) -> str:
    """JSON text, one result a line, so that a difference of two files can be read."""
    plain = encode(document)
    lines = [f"  {json.dumps(name)}: {_value(plain[name])}" for name in _order(plain)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _order(plain: Json) -> list[str]:
    head = [name for name in ("schema", "created", "ganrt", "status", "machine", "limits", "options") if name in plain]
    return [*head, *(name for name in plain if name not in (*head, "results")), "results"]


def _value(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"    {json.dumps(item)}" for item in value) + "\n  ]"
    return json.dumps(value)


def from_json(data: str | bytes, what: str = "bench document") -> Document:
    """JSON text -> Document.

    Args:
        what: names the source in errors, such as the file's path.

    Raises:
        BadInputFile: no JSON, another schema version, or a field (which is named) that is not what it should be.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInputFile(f"{what} is not JSON, or it is damaged: {error}\n{_MEND}") from error
    schema = value.get("schema") if isinstance(value, dict) else None
    if schema != SCHEMA:
        shown = "has no schema" if schema is None else f"has the schema {str(schema)[:80]!r}"
        raise BadInputFile(f"{what} {shown}; expected {SCHEMA}\n{_MEND}")
    try:
        return decode(Document, value)
    except SpecError as error:  # the shared checks speak of the spec, their first user
        raise BadInputFile(f"{what}: {str(error).removeprefix('spec ')}\n{_MEND}") from error


_MEND = "expected a file that ganrt bench -o wrote; measure again"


def read_document(path: Path) -> Document:
    """Reads and checks a file; see `from_json`.

    Raises:
        BadInputFile: it is missing, too large, or not a sound document.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInputFile(f"{path} has more than {MAX_BYTES >> 20} MiB\n{_MEND}")
        return from_json(path.read_bytes(), str(path))
    except OSError as error:
        raise BadInputFile(f"{path} cannot be read: {error.strerror or error}; expected a bench document") from error


def write_document(path: Path, document: Document, *, force: bool = False) -> None:
    """Writes the whole file or nothing.

    Raises:
        OutputFailed: it exists and `force` is not set, or it cannot be written.
    """
    write_file(path, to_json(document).encode(), force=force)
