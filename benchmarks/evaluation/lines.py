"""What `ganrt evaluate` says: one line a metric for people, the whole report as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LARGEST_TABLE = 20  # codes and labels that are printed as a table


def write_report(path: Path, report: dict[str, object], *, force: bool) -> None:
    """The report as JSON, with ganrt's version.

    Raises:
        OutputFailed: the file exists and `force` is not set, or it cannot be written.
    """
    from ganrt.files import write_file

    write_file(path, (json.dumps(report, indent=2, sort_keys=True) + "\n").encode(), force=force)


def report_lines(report: dict[str, Any]) -> Iterator[str]:
    """The figures, one line a metric; a matching also has its table."""
    writers = {
        "frechet": _frechet,
        "score": _score,
        "precision-recall": _precision_recall,
        "knn": _knn,
        "matching": _matching,
    }
    for name, figures in report["metrics"].items():
        yield from writers[name](figures, report)


def header_lines(report: dict[str, Any]) -> Iterator[str]:
    """What was compared, and how."""
    for side in ("real", "fake"):
        if report[side]:
            yield f"{side}: {report[side]['pictures']} pictures of {report[side]['source']}"
    first = report["common_size"]
    sizes = f"all at {first[0]} x {first[1]} x {first[2]} first, then " if first else ""
    for what in ("extractor", "encoder"):
        if used := report[what]:
            height, width, channels = used["input"]
            yield f"{what}: {used['name']} ({used['device']}); pictures {sizes}{height} x {width} x {channels}"
    yield from (f"warning: {warning}" for warning in report["warnings"])
    yield report["note"]


def _frechet(figures: dict[str, Any], report: dict[str, Any]) -> Iterator[str]:
    yield (
        f"Fréchet distance ({report['extractor']['name']}): {figures['value']:.6g} {_interval(figures['interval'])}; "
        f"at {figures['floor_pictures']} pictures each: real against fake {figures['at_floor']:.6g}, "
        f"real against real {figures['floor']:.6g}"
    )


def _score(figures: dict[str, Any], _: dict[str, Any]) -> Iterator[str]:
    accuracy = figures.get("classifier_accuracy")
    right = "" if accuracy is None else f", right on {accuracy:.1%} of real pictures"
    yield (
        f"Inception-style score: {figures['value']:.4f} of at most {figures['most']}; {figures['splits']} splits: "
        f"{figures['split_mean']:.4f} ± {figures['split_deviation']:.4f}; classes: {figures['classes_of']}{right}"
    )


def _precision_recall(figures: dict[str, Any], _: dict[str, Any]) -> Iterator[str]:
    for name in ("precision", "recall"):
        yield (
            f"{name}: {figures[name]:.4f} {_interval(figures[f'{name}_interval'])}; {figures['neighbours']} "
            f"neighbours, {figures['pictures_a_side']} pictures a side"
        )


def _knn(figures: dict[str, Any], _: dict[str, Any]) -> Iterator[str]:
    yield (
        f"k-NN accuracy ({figures['features_of']}): {figures['accuracy']:.4f} {_interval(figures['interval'])}; "
        f"{figures['neighbours']} neighbours, leave one out; the most frequent label: {figures['majority']:.4f}"
    )


def _matching(figures: dict[str, Any], _: dict[str, Any]) -> Iterator[str]:
    yield (
        f"matched accuracy: {figures['accuracy']:.4f} {_interval(figures['interval'])}; shuffled codes: "
        f"{figures['chance']:.4f}; the k-NN classifier itself: {figures['classifier']['accuracy']:.4f}"
    )
    codes, labels, counts = figures["codes"], figures["labels"], figures["counts"]
    if max(len(codes), len(labels)) > _LARGEST_TABLE:
        return
    pairs = zip(labels, figures["mapping"], strict=True)
    yield "mapping, label = code: " + ", ".join(f"{k} = {'none' if c is None else codes[c]}" for k, c in pairs)
    width = max(len(str(cell)) for cell in [*codes, *labels, *(count for row in counts for count in row)])
    yield " ".join(cell.rjust(width) for cell in ["", *labels]) + "  (columns: labels, rows: codes)"
    for code, row in zip(codes, counts, strict=True):
        yield " ".join(str(cell).rjust(width) for cell in [code, *row])


def _interval(ends: list[float]) -> str:
    return f"[{ends[0]:.4g}, {ends[1]:.4g}]"
