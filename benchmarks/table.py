"""The results as a plain table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ganrt.benchmarks.document import Result

_HEAD = ("scenario", "subject", "precision", "batch", "p50 ms", "p99 ms", "images/s", "95 % interval", "PSNR", "status")


def text_table(results: Sequence[Result]) -> list[str]:
    """Lines; first what ran, then each subject that did not, once, with the reason."""
    ran = [result for result in results if result.status != "not_run"]
    rows = [_HEAD, *(_row(result) for result in ran)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines += [
        f"{result.entry or result.scenario}, {result.subject}: "
        + ", ".join(f"{name} {value}" for name, value in result.figures.items())
        for result in ran
        if result.figures
    ]
    told = dict.fromkeys(
        f"{result.status.replace('_', ' ')}: {result.subject} {result.precision or ''} ({result.scenario}): "
        f"{result.reason}"
        for result in results
        if result.status != "ok"
    )
    return [*(lines if ran else []), *told]


def _row(result: Result) -> tuple[str, ...]:
    latency, interval = result.latency_ms, result.images_per_second_interval
    checked = "-" if not result.outputs_checked else "identical" if result.psnr_db is None else f"{result.psnr_db:.1f}"
    return (
        result.scenario,
        result.subject,
        result.precision or "-",
        str(result.batch_size or "-"),
        _number(latency.p50 if latency else None),
        _number(latency.p99 if latency else None),
        _number(result.images_per_second),
        f"{_number(interval[0])} to {_number(interval[1])}" if interval else "-",
        checked,
        result.status,
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if value < 1000 else f"{value:.0f}"
