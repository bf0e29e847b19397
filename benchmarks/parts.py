"""What one process saw of one subject in one cell: plain data, that a child hands to the process that started it."""

from __future__ import annotations

from array import array
from dataclasses import asdict, dataclass, field, replace

from ganrt.benchmarks.contestants import Contestant
from ganrt.benchmarks.fields import Json
from ganrt.benchmarks.inputs import Agreement
from ganrt.benchmarks.observe import Observer
from ganrt.benchmarks.scenarios import Slice
from ganrt.benchmarks.warmup import WarmUp


@dataclass(frozen=True)
class Part:
    """`opened`: device, precision and about of the subject, empty where it was never opened; `stopped`: (status,
    reason) where it fell out of the race; `telemetry` and its `points` are the observer's."""

    subject: str
    opened: Json = field(default_factory=dict)
    stopped: tuple[str, str] | None = None
    warm: WarmUp | None = None
    slices: tuple[Slice, ...] = ()
    agreement: Agreement = field(default_factory=Agreement)
    faults: tuple[str, ...] = ()
    telemetry: Json = field(default_factory=dict)
    points: tuple[Json, ...] = ()

    @property
    def samples(self) -> int:
        """Timed calls."""
        return sum(len(each.latencies) for each in self.slices)

    def as_json(self) -> Json:
        """For `part_from_json`."""
        slices = [
            {"started": each.started.tolist(), "latencies": each.latencies.tolist(), "missed": each.missed}
            for each in self.slices
        ]
        return {**asdict(replace(self, slices=())), "slices": slices}


def part_from_json(plain: Json) -> Part:
    """The part that `as_json` gave."""
    slices = (
        Slice(array("q", each["started"]), array("q", each["latencies"]), each["missed"]) for each in plain["slices"]
    )
    known = {
        "slices": tuple(slices),
        "stopped": tuple(plain["stopped"]) if plain["stopped"] else None,
        "warm": WarmUp(**plain["warm"]) if plain["warm"] else None,
        "agreement": Agreement(**plain["agreement"]),
        "faults": tuple(plain["faults"]),
        "points": tuple(plain["points"]),
    }
    return Part(**{**plain, **known})


def part_of(contestant: Contestant, observer: Observer) -> Part:
    """What there is of a contestant, which may have been stopped anywhere."""
    subject, images = contestant.subject, contestant.cell.batch_size * contestant.load.batches
    samples = sum(len(each.latencies) for each in contestant.slices)
    telemetry, points = observer.report(contestant.name, images * samples) if contestant.slices else ({}, [])
    opened = {name: getattr(subject, name) for name in ("device", "precision", "about")} if subject else {}
    return Part(
        contestant.name,
        opened,
        contestant.stopped,
        contestant.warm,
        tuple(contestant.slices),
        contestant.agreement,
        tuple(contestant.faults),
        telemetry,
        tuple(points),
    )
