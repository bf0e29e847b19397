"""One table for all profiles: the time of each layer that the engine really ran, beside the graph's multiplications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganrt.benchmarks.roofline import Roofline
from ganrt.engines.cost import LayerCost

_MULTIPLYING = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})


@dataclass(frozen=True)
class LayerTime:
    """What a profile says of one layer: milliseconds a run, and the graph's nodes that went into it, as far as told."""

    name: str
    operator: str
    milliseconds: float
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class ProfileRow:
    """One layer. `macs` of the batch is None where none of its nodes is in the graph; `roof_ms` where there is no
    roofline, or nothing is multiplied."""

    name: str
    operator: str
    milliseconds: float
    share: float
    macs: int | None
    roof_ms: float | None

    @property
    def gmacs_per_second(self) -> float | None:
        """Billions of multiply-accumulates a second; None where it multiplies nothing."""
        return self.macs / self.milliseconds / 1e6 if self.macs and self.milliseconds else None


@dataclass(frozen=True)
class ProfileTable:
    """Layers in the order that they ran; milliseconds are the median of `runs`, `matched` the share of the graph's MACs
    that rows account for (None without a graph)."""

    engine: str
    runs: int
    batch_size: int | None
    rows: tuple[ProfileRow, ...]
    matched: float | None
    precision: str | None = None

    @property
    def milliseconds(self) -> float:
        """Of all layers together; what happens between them is not in it."""
        return sum(row.milliseconds for row in self.rows)

    def as_json(self) -> dict[str, object]:
        """For the bench document's `profiles`."""
        rows = [
            {
                "layer": row.name,
                "operator": row.operator,
                "ms": row.milliseconds,
                "share": row.share,
                "macs": row.macs,
                "gmacs_per_second": row.gmacs_per_second,
                "roof_ms": row.roof_ms,
            }
            for row in self.rows
        ]
        return {
            "engine": self.engine,
            "runs": self.runs,
            "batch_size": self.batch_size,
            "precision": self.precision,
            "ms": self.milliseconds,
            "matched_macs": self.matched,
            "layers": rows,
        }


def make_table(
    engine: str,
    times: Sequence[LayerTime],
    *,
    runs: int,
    batch_size: int | None,
    costs: Sequence[LayerCost] | None = None,
    roof: Roofline | None = None,
    precision: str | None = None,
) -> ProfileTable:
    """Joins times and costs by the names of the nodes; a node counts once, in the first row that names it.

    Args:
        batch_size: of the profiled runs; None where that is not known: then no MACs are told.
        roof: at the same batch size; gives each row its least time.
    """
    macs = {cost.name: cost.macs for cost in costs} if costs and batch_size else {}
    total_macs = sum(macs.values())
    roofs = {layer.name: 1e3 * layer.seconds for layer in roof.layers} if roof else {}
    total = sum(time.milliseconds for time in times)
    left, rows = dict(macs), []
    by_name = {cost.name: cost for cost in costs or ()}
    for time in times:
        names = [_multiplies(name, time.operator, by_name) for name in time.nodes]
        mine = [name for name in dict.fromkeys(names) if name in left]
        found = sum(left.pop(name) for name in mine) * (batch_size or 1) if mine else None
        least = sum(roofs.get(name, 0.0) for name in mine) or None
        share = time.milliseconds / total if total else 0.0
        rows.append(ProfileRow(_label(time.name, mine), time.operator, time.milliseconds, share, found, least))
    matched = 1 - sum(left.values()) / total_macs if total_macs else None
    return ProfileTable(engine, runs, batch_size, tuple(rows), matched, precision)


def _multiplies(name: str, operator: str, costs: Mapping[str, LayerCost]) -> str:
    """The node that multiplies in a layer that an engine calls by the activation that it fused with it."""
    seen = name
    while operator.removeprefix("Fused") in _MULTIPLYING and seen in costs and not costs[seen].macs:
        seen = costs[seen].follows
    return seen if seen in costs else name


def _label(name: str, nodes: list[str]) -> str:
    """The graph's name comes first where the engine invented another."""
    return name if not nodes or any(node in name for node in nodes) else f"{' + '.join(nodes)} [{name}]"


def as_lines(table: ProfileTable, most: int | None = None) -> list[str]:
    """The table for a terminal: the slowest layers first, at most `most` of them."""
    rows = sorted(table.rows, key=lambda row: -row.milliseconds)[:most]
    width = max([len(_short(row.name)) for row in rows] + [5])
    lines = [f"{'layer':{width}}  {'operator':16}  {'ms':>9}  {'share':>6}  {'MMAC':>9}  {'GMAC/s':>8}  {'roof':>5}"]
    for row in rows:
        rate, roof = row.gmacs_per_second, row.roof_ms
        lines.append(
            f"{_short(row.name):{width}}  {row.operator[:16]:16}  {row.milliseconds:9.4f}  {row.share:6.1%}  "
            f"{_or_dash(row.macs and row.macs / 1e6, '9.2f')}  {_or_dash(rate, '8.1f')}  "
            f"{_or_dash(roof and row.milliseconds and roof / row.milliseconds, '5.0%')}"
        )
    if len(rows) < len(table.rows):
        lines.append(f"and {len(table.rows) - len(rows)} faster layers")
    return lines


def _short(name: str) -> str:
    return name if len(name) <= 48 else name[:45] + "..."


def _or_dash(value: float | None, form: str) -> str:
    return format(value, form) if value else "-".rjust(int(form.split(".")[0]))


def median_times(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Milliseconds by layer, run by run -> the median by layer; a layer that a run lacks took no time there."""
    from statistics import median

    names = dict.fromkeys(name for run in runs for name in run)
    return {name: median(run.get(name, 0.0) for run in runs) for name in names}
