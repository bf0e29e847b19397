"""Measurements of many machines in one order, by model and scenario. Measurements alone: what published rates would
allow (`ganrt bench predict`) is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from ganrt.benchmarks.document import Document, Model, Result
from ganrt.benchmarks.fields import Json
from ganrt.benchmarks.report.machines import machine_name
from ganrt.benchmarks.report.ratios import costs
from ganrt.errors import BadInputFile


@dataclass(frozen=True)
class Place:
    """Whose measurement a row is."""

    machine: str
    subject: str
    precision: str | None
    device: str | None
    threads: int | None
    ganrt: str


@dataclass(frozen=True)
class Standing:
    """One machine, subject and precision: its quickest answer, and the batch at which it makes the most images."""

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
