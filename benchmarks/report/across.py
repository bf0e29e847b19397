"""What several files measured alike, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ganrt.benchmarks.document import Document, Result
from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.machines import differences
from ganrt.benchmarks.report.page import Markup, html_table, plots, section, tag
from ganrt.benchmarks.report.plots import Dot, dots_plot
from ganrt.benchmarks.report.ratios import Cost, costs, key_of, place_of
from ganrt.benchmarks.report.words import NONE, with_interval

_Found = dict[int, Result]


def across_section(documents: Sequence[Document], names: Sequence[str]) -> Markup | None:
    """A plot for each model, scenario and batch, and one table; what one file alone holds is left to its own part."""
    shared = [found for found in _by_key(documents) if len(found) > 1]
    alike: dict[tuple[object, ...], list[_Found]] = {}
    for found in shared:
        first = next(iter(found.values()))
        alike.setdefault((first.model.name, first.scenario, first.batch_size), []).append(found)
    drawn = [_plot(members, names) for members in alike.values()]
    table = across_table(shared, names)
    differ = any(differences(documents[0].machine, other.machine) for other in documents[1:])
    told = (
        tag("p", "The files come from different machines, or from other versions.", class_="warning")
        if differ
        else None
    )
    return section("Across files", told, plots(drawn), html_table(table, "Across files")) if shared else None


def across_table(shared: Sequence[_Found], names: Sequence[str]) -> Table:
    """A row for each measurement, a column for each file: the median, of offline the time an image, in ms."""
    rows = []
    for found in shared:
        first = next(iter(found.values()))
        cells = (_cell(found.get(index)) for index in range(len(names)))
        rows.append((f"{place_of(first)}, {costs(first)[0].name}", *cells))
    return Table(("ms", *names), tuple(rows), (False, *[True] * len(names)))


def _by_key(documents: Sequence[Document]) -> list[_Found]:
    found: dict[tuple[object, ...], _Found] = {}
    for index, document in enumerate(documents):
        for result in document.results:
            if costs(result):
                found.setdefault(key_of(result), {}).setdefault(index, result)
    return list(found.values())


def _cell(result: Result | None) -> str:
    if result is None:
        return NONE
    cost = costs(result)[0]
    return with_interval(cost.value, cost.interval) + ("" if result.status == "ok" else f" {result.status}")


def _plot(members: Sequence[_Found], names: Sequence[str]) -> Markup | None:
    first = next(iter(members[0].values()))
    dots = [_dot(result, names[index], index) for found in members for index, result in found.items()]
    batch = f", batch {first.batch_size}" if first.batch_size else ""
    title = f"{costs(first)[0].name}, {first.model.name}, {first.scenario.replace('_', ' ')}{batch}"
    return dots_plot(title, "ms", dots)


def _dot(result: Result, name: str, index: int) -> Dot:
    cost: Cost = costs(result)[0]
    return Dot(f"{result.subject} {result.precision or ''}, {name}", cost.value, cost.interval, index)
