"""The leaderboard as a page: readable as it is, sortable by its heads where scripts may run."""

from __future__ import annotations

from collections.abc import Sequence

from ganrt.benchmarks.document import Result
from ganrt.benchmarks.report.leaderboard import Board, Standing
from ganrt.benchmarks.report.markup import Markup, tag
from ganrt.benchmarks.report.plots.dots import Dot, dots_plot
from ganrt.benchmarks.report.style import bullets, page, section
from ganrt.benchmarks.report.tables import figure_cell, plots, scrolling, side
from ganrt.benchmarks.report.words import NONE, date, model_name, number, pictures, with_interval

_HEADS = (
    ("machine", False), ("subject", False), ("precision", False), ("device", False), ("threads", True),
    ("p50 ms", True), ("p99 ms", True), ("of batch", True), ("images/s", True), ("at batch", True),
    ("status", False), ("pictures", False), ("ganrt", False), ("measured", False),
)  # fmt: skip
_ABOUT = (
    "Measurements alone: what published peak rates would allow is not among them.",
    "p50 and p99 are those of the smallest batch that was measured, images/s the most of all batches; in brackets the "
    "95 % confidence interval within one run.",
    "Threads: auto is the subject's own choice. Of what one machine measured several times with one version of ganrt, "
    "the newest counts.",
    "Files come from whoever measured. Rows of different machines were not measured in turn with each other: a small "
    "difference between them means nothing. Unstable rows are marked, and stay in their order.",
)


def leaderboard_page(boards: Sequence[Board], files: int) -> str:
    """The page.

    Args:
        files: how many documents it was made of.
    """
    parts = [
        tag("p", f"From {files} files. Press the head of a column to sort by it.", class_="soft"),
        *(_board(board) for board in boards),
        section("How to read it", bullets(_ABOUT)),
    ]
    return page("Leaderboard", parts, script="leaderboard.js")


def _board(board: Board) -> Markup | None:
    title = f"{model_name(board.model)}, {board.scenario.replace('_', ' ')}"
    heads = (tag("th", tag("button", name, type="button"), scope="col", class_=side(right)) for name, right in _HEADS)
    rows = (_row(standing) for standing in board.standings)
    table = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    return section(title, plots([_plot(board, title)]), scrolling(table, title))


def _row(standing: Standing) -> Markup:
    place, quick, busy = standing.place, standing.quickest, standing.busiest
    latency = quick.latency_ms
    return tag(
        "tr",
        tag("th", place.machine, scope="row", class_="long"),
        tag("td", place.subject),
        tag("td", place.precision or NONE),
        tag("td", place.device or NONE),
        _figure("auto" if place.threads is None else str(place.threads), place.threads),
        _latency(quick, "p50"),
        _figure(number(latency.p99 if latency else None), latency.p99 if latency else None),
        _figure(str(quick.batch_size or NONE), quick.batch_size),
        _rate(busy),
        _figure(str(busy.batch_size) if busy else NONE, busy.batch_size if busy else None),
        tag("td", _status(standing), class_="unstable long" if standing.doubtful else None),
        tag("td", pictures(quick)),
        tag("td", place.ganrt),
        tag("td", date(standing.created).split()[0], class_="date"),
    )


def _figure(shown: str, value: float | None) -> Markup:
    """`data-value` is what the script sorts by; empty: at the end."""
    return figure_cell(shown, data_value="" if value is None else repr(value))


def _latency(result: Result, name: str) -> Markup:
    value = getattr(result.latency_ms, name, None)
    return _figure(with_interval(value, result.latency_intervals.get(name)), value)


def _rate(result: Result | None) -> Markup:
    if result is None:
        return _figure(NONE, None)
    return _figure(with_interval(result.images_per_second, result.images_per_second_interval), result.images_per_second)


def _status(standing: Standing) -> str:
    told = {
        f"{result.status}: {result.reason}" if result.reason else result.status: None
        for result in (standing.quickest, standing.busiest)
        if result is not None and result.status != "ok"
    }
    return "; ".join(told) or "ok"


def _plot(board: Board, title: str) -> Markup | None:
    """The rates, or the medians where the scenario has no rate."""
    machines = list(dict.fromkeys(standing.place.machine for standing in board.standings))
    rated = [standing for standing in board.standings if standing.busiest]
    dots = []
    for standing in rated or board.standings:
        place, latency = standing.place, standing.quickest.latency_ms
        label = f"{place.subject} {place.precision or ''}, {place.machine}" + (
            " (unstable)" if standing.doubtful else ""
        )
        colour = machines.index(place.machine)
        if standing.busiest and standing.busiest.images_per_second:
            busy = standing.busiest
            dots.append(Dot(label, busy.images_per_second or 0.0, busy.images_per_second_interval, colour))
        elif latency and latency.p50:
            dots.append(Dot(label, latency.p50, standing.quickest.latency_intervals.get("p50"), colour))
    return dots_plot(f"{'Most images a second' if rated else 'Median'}, {title}", "images/s" if rated else "ms", dots)
