"""Measurements of many machines in one order, by model and scenario. Measurements alone: what published rates would
allow (`ganrt bench predict`) is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from ganrt.benchmarks.document import Document, Json, Model, Result
from ganrt.benchmarks.report.machines import machine_name
from ganrt.benchmarks.report.page import Markup, bullets, figure_cell, page, plots, scrolling, section, side, tag
from ganrt.benchmarks.report.plots import Dot, dots_plot
from ganrt.benchmarks.report.ratios import costs
from ganrt.benchmarks.report.words import NONE, date, model_name, number, pictures, with_interval
from ganrt.errors import BadInputFile


@dataclass(frozen=True)
class Place:
    """Whose measurement a row is."""

    machine: str
    runner: str
    precision: str | None
    device: str | None
    threads: int | None
    ganrt: str


@dataclass(frozen=True)
class Standing:
    """One machine, runner and precision: its quickest answer, and the batch at which it makes the most images."""

    place: Place
    created: str
    quickest: Result
    busiest: Result | None

    @property
    def doubtful(self) -> bool:
        """Whether one of the two is not `ok`."""
        return any(result is not None and result.status != "ok" for result in (self.quickest, self.busiest))

    def as_json(self) -> Json:
        """For --json."""
        quick, busy = self.quickest, self.busiest
        return {
            **asdict(self.place),
            "created": self.created,
            "p50_ms": quick.latency_ms.p50 if quick.latency_ms else None,
            "p50_batch_size": quick.batch_size,
            "images_per_second": busy.images_per_second if busy else None,
            "images_per_second_batch_size": busy.batch_size if busy else None,
            "statuses": sorted({result.status for result in (quick, busy) if result}),
        }


@dataclass(frozen=True)
class Board:
    """The standings of one model and scenario, the best first."""

    model: Model
    scenario: str
    standings: tuple[Standing, ...]

    def as_json(self) -> Json:
        """For --json."""
        model = {"name": self.model.name, "sha256": self.model.sha256}
        return {"model": model, "scenario": self.scenario, "rows": [one.as_json() for one in self.standings]}


@dataclass
class _Entry:
    """Results of one row, by batch size; later documents take the place of earlier ones."""

    document: Document
    by_batch: dict[int | None, Result] = field(default_factory=dict)


def leaderboard(documents: Sequence[Document], names: Sequence[str]) -> list[Board]:
    """Boards in the order in which models and scenarios first appear. Of what one machine measured several times with
    one version of ganrt, the newest counts.

    Args:
        names: the files' names, for errors.

    Raises:
        BadInputFile: a document holds ceilings in place of measurements, or none of them holds a latency.
    """
    boards: dict[tuple[object, ...], dict[Place, _Entry]] = {}
    models: dict[tuple[object, ...], tuple[Model, str]] = {}
    for name, document in zip(names, documents, strict=True):
        _refuse_ceilings(document, name)
    for document in sorted(documents, key=lambda document: document.created):
        machine = machine_name(document.machine)
        for result in document.results:
            if not costs(result):
                continue
            board = (result.model.sha256 or result.model.name, result.scenario, result.deadline_ms)
            models.setdefault(board, (result.model, result.scenario))
            whose = (result.subject, result.precision, result.device, result.threads)
            row = Place(machine, *whose, document.ganrt)
            entry = boards.setdefault(board, {}).setdefault(row, _Entry(document))
            entry.document = document
            entry.by_batch[result.batch_size] = result
    if not boards:
        raise BadInputFile("none of the files holds a latency or a rate; expected documents that ganrt bench -o wrote")
    return [_board(*models[key], rows) for key, rows in boards.items()]


def _refuse_ceilings(document: Document, name: str) -> None:
    for where, extra in (("", document.extra), *((f"results[{i}].", r.extra) for i, r in enumerate(document.results))):
        if extra.get("kind") == "ceiling":
            raise BadInputFile(
                f"{name}: {where}kind is ceiling: what published rates would allow, and no measurement\n"
                "a leaderboard holds measurements alone; leave that file out"
            )


def _board(model: Model, scenario: str, rows: dict[Place, _Entry]) -> Board:
    standings = [_standing(place, entry) for place, entry in rows.items()]
    return Board(model, scenario, tuple(sorted(standings, key=_order)))


def _standing(place: Place, entry: _Entry) -> Standing:
    results = list(entry.by_batch.values())
    quickest = min(results, key=lambda result: (result.batch_size or 1, costs(result)[0].value))
    rated = [result for result in results if result.images_per_second]
    busiest = max(rated, key=lambda result: result.images_per_second or 0.0, default=None)
    return Standing(place, entry.document.created, quickest, busiest)


def _order(standing: Standing) -> tuple[float, float]:
    rate = standing.busiest.images_per_second if standing.busiest else None
    return -(rate or 0.0), costs(standing.quickest)[0].value


_HEADS = (
    ("machine", False), ("runner", False), ("precision", False), ("device", False), ("threads", True),
    ("p50 ms", True), ("p99 ms", True), ("of batch", True), ("images/s", True), ("at batch", True),
    ("status", False), ("pictures", False), ("ganrt", False), ("measured", False),
)  # fmt: skip
_ABOUT = (
    "Measurements alone: what published peak rates would allow is not among them.",
    "p50 and p99 are those of the smallest batch that was measured, images/s the most of all batches; in brackets the "
    "95 % confidence interval within one run.",
    "Threads: auto is the runner's own choice. Of what one machine measured several times with one version of ganrt, "
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
        *(_board_section(board) for board in boards),
        section("How to read it", bullets(_ABOUT)),
    ]
    return page("Leaderboard", parts, script="leaderboard.js")


def _board_section(board: Board) -> Markup | None:
    title = f"{model_name(board.model)}, {board.scenario.replace('_', ' ')}"
    heads = (tag("th", tag("button", name, type="button"), scope="col", class_=side(right)) for name, right in _HEADS)
    rows = (_standing_row(standing) for standing in board.standings)
    table = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    return section(title, plots([_plot(board, title)]), scrolling(table, title))


def _standing_row(standing: Standing) -> Markup:
    place, quick, busy = standing.place, standing.quickest, standing.busiest
    latency = quick.latency_ms
    return tag(
        "tr",
        tag("th", place.machine, scope="row", class_="long"),
        tag("td", place.runner),
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
        label = f"{place.runner} {place.precision or ''}, {place.machine}" + (
            " (unstable)" if standing.doubtful else ""
        )
        colour = machines.index(place.machine)
        if standing.busiest and standing.busiest.images_per_second:
            busy = standing.busiest
            dots.append(Dot(label, busy.images_per_second or 0.0, busy.images_per_second_interval, colour))
        elif latency and latency.p50:
            dots.append(Dot(label, latency.p50, standing.quickest.latency_intervals.get("p50"), colour))
    return dots_plot(f"{'Most images a second' if rated else 'Median'}, {title}", "images/s" if rated else "ms", dots)
