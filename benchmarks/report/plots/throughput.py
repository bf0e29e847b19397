"""Images a second by batch size, under the machine's limit where that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganrt.benchmarks.document import Document, Result
from ganrt.benchmarks.report.markup import Markup, join, tag
from ganrt.benchmarks.report.svg import WIDTH, Scale, axis_left, colour, dots, figure, legend, line, path, text
from ganrt.benchmarks.report.words import model_name, number

_TOP, _BOTTOM, _LEFT = 26.0, 206.0, 52.0
_FAR = 3  # a limit so many times the fastest is drawn by logarithms, or it would press all else to the ground
Curves = dict[str, list[Result]]


def throughput_plots(document: Document) -> list[Markup]:
    """One a model, scenario and precision that was measured at two batch sizes or more."""
    found: dict[tuple[object, ...], list[Result]] = {}
    for result in document.results:
        if result.images_per_second and result.batch_size:
            key = (result.model.name, result.model.sha256, result.scenario, result.precision)
            found.setdefault(key, []).append(result)
    return [
        _plot(document, results) for results in found.values() if len({result.batch_size for result in results}) > 1
    ]


def _plot(document: Document, results: Sequence[Result]) -> Markup:
    curves: Curves = {}
    for result in results:
        curves.setdefault(result.subject, []).append(result)
    batches = sorted({result.batch_size for result in results if result.batch_size})
    step = (WIDTH - 30 - _LEFT) / (len(batches) - 1)
    across = {batch: round(_LEFT + 10 + step * index, 2) for index, batch in enumerate(batches)}
    roof, meaning = roofline(document, results)
    up = _scale([result.images_per_second or 0.0 for result in results], list(roof.values()))
    class_of = colour(list(curves))
    named = [(subject, class_of(subject)) for subject in curves] + ([(meaning, "roof")] if roof else [])
    keys, height = legend(named, _BOTTOM + 50)
    marks = [
        axis_left(up, _LEFT, WIDTH - 8, "images/s (by logarithms)" if up.log else "images/s"),
        *(text(x, _BOTTOM + 15, str(batch), "middle") for batch, x in across.items()),
        text(WIDTH - 8, _BOTTOM + 31, "batch", "end", "label"),
        path([(across[batch], up(value)) for batch, value in roof.items()], "roof") if roof else None,
        *(_curve(members, across, up, class_of(subject)) for subject, members in curves.items()),
        keys,
    ]
    first = results[0]
    title = f"Throughput, {model_name(first.model)}, {first.scenario.replace('_', ' ')}, {first.precision}"
    about = f"Images a second of {len(curves)} subjects at batch sizes {', '.join(map(str, batches))}"
    return figure(_BOTTOM + 40 + height, title, about, marks)


def _curve(members: Sequence[Result], across: Mapping[int, float], up: Scale, class_: str) -> Markup:
    ordered = sorted((result for result in members if result.batch_size), key=lambda result: result.batch_size or 0)
    points = [(across[result.batch_size or 0], up(result.images_per_second or 0.0)) for result in ordered]
    marks = [path(points, class_)] if len(points) > 1 else []
    for (x, y), result in zip(points, ordered, strict=True):
        pair = result.images_per_second_interval
        told = f"{result.subject}, batch {result.batch_size}: {number(result.images_per_second)} images/s"
        whisker = line(x, up(pair[0]), x, up(pair[1]), class_) if pair else None
        marks.append(join([whisker, tag("g", tag("title", told), dots([(x, y)], class_))]))
    return join(marks)


def _scale(values: Sequence[float], roof: Sequence[float]) -> Scale:
    most = max([*values, *roof])
    if roof and max(roof) > _FAR * max(values):
        return Scale(min(values) / 1.5, most * 1.3, _BOTTOM, _TOP, log=True)
    return Scale(0, most * 1.06, _BOTTOM, _TOP)


def roofline(document: Document, results: Sequence[Result]) -> tuple[dict[int, float], str]:
    """(batch -> images a second that the machine allows, what that is), from the shares that results have reached;
    without them from the rate of matrix products alone; empty where limits were not measured. Limits are the CPU's."""
    shares = {
        result.batch_size: result.images_per_second / result.roofline_share
        for result in results
        if result.roofline_share and result.images_per_second and result.batch_size
    }
    if shares:
        return dict(sorted(shares.items())), "roofline of the CPU"
    rate, macs = _product_rate(document, results[0].precision), results[0].model.macs
    if not rate or not macs or any(result.device != "cpu" for result in results):
        return {}, ""
    batches = sorted({result.batch_size for result in results if result.batch_size})
    return dict.fromkeys(batches, rate / macs), "limit by the CPU's products"


def _product_rate(document: Document, precision: str | None) -> float | None:
    rates = (document.limits or {}).get("rates")
    medians = [
        rate["median"]
        for rate in (rates if isinstance(rates, list) else [])
        if isinstance(rate, Mapping)
        and (rate.get("quantity"), rate.get("precision")) == ("macs", precision)
        and isinstance(rate.get("median"), (int, float))
    ]
    return max(medians, default=None)
