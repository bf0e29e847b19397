"""Draws the README's chart of speed, and writes its table, from one run of `ganrt bench suite`.

python tools/make_speed_chart.py benchmarks/results/NAME.json
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ganrt.benchmarks.document import Document, Result, read_document
from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.groups import Group, Row, group_results, is_ours
from ganrt.benchmarks.report.machines import machine_name
from ganrt.benchmarks.report.markdown import escape, insert, markdown_table
from ganrt.benchmarks.report.ratios import costs
from ganrt.benchmarks.report.words import date, number, times

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
CHART = ROOT / "docs" / "images" / "speed.svg"
BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
HEAD = ("Model", "Pictures a call", "ganrt, ms", "Speed, 95 %")
NUMERIC = (False, True, True, True)


@dataclass(frozen=True)
class Pair:
    """The fastest of ganrt's rows in FP32 and the fastest peer's, measured in turn with each other."""

    group: Group
    ours: Row
    peer: Result

    @property
    def label(self) -> str:
        """ "avatars-1, 16 at a time"."""
        return f"{self.group.model.name}, {self.group.batch_size} at a time"


def pairs(document: Document) -> list[Pair]:
    """Every case of `single_stream` in FP32 that has both, and both stable."""
    found = []
    for group in group_results(document.results):
        ours = [row for row in group.rows if is_ours(row.result.subject) and _is_exact(row) and row.against]
        if group.scenario == "single_stream" and ours:
            best = min(ours, key=lambda row: costs(row.result)[0].value)
            assert best.peer is not None
            if best.result.status == best.peer.status == "ok":
                found.append(Pair(group, best, best.peer))
    return found


def _is_exact(row: Row) -> bool:
    asked = row.result.asked_precision or row.result.precision
    return asked == row.result.precision == "fp32" and bool(costs(row.result))


def block(name: str, document: Document) -> str:
    """What stands between the README's markers."""
    found = pairs(document)
    table = markdown_table(Table(HEAD, tuple(_cells(pair) for pair in found), NUMERIC))
    peers = ", ".join(dict.fromkeys(_product(pair.peer.subject) for pair in found))
    about = (
        f"{escape(machine_name(document.machine))}, ganrt {document.ganrt}, {date(document.created)}; fastest peers: "
        f"{peers}. [All results](benchmarks/results/{name})."
    )
    return "\n\n".join(["![Speed against the fastest peer](docs/images/speed.svg)", "\n".join(table), about])


def _cells(pair: Pair) -> tuple[str, ...]:
    ratio = pair.ours.against
    assert ratio is not None
    interval = "" if ratio.interval is None else f" ({ratio.interval[0]:.2f}-{ratio.interval[1]:.2f})"
    ours = number(costs(pair.ours.result)[0].value)
    return pair.group.model.name, str(pair.group.batch_size), ours, times(ratio.value) + interval


def _product(runner: str) -> str:
    """Whose it is, without the variant: `onnxruntime-tuned` is ONNX Runtime with the fastest of its options."""
    names = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "torch": "PyTorch"}
    return next(name for key, name in names.items() if key in runner)


def draw(found: Sequence[Pair], path: Path) -> None:
    """Bars of how many times as fast as the fastest peer, with their intervals, as SVG; equal input, equal bytes."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with pyplot.rc_context({"svg.hashsalt": "ganrt", "font.size": 11}):
        figure, axes = pyplot.subplots(figsize=(7.2, 0.6 + 0.42 * len(found)), layout="constrained")
        for place, pair in enumerate(reversed(found)):
            ratio = pair.ours.against
            assert ratio is not None
            low, high = ratio.interval or (ratio.value, ratio.value)
            axes.barh(place, ratio.value, color="#2f6f8f" if low > 1 else "#9aa7ad", height=0.62)
            axes.errorbar(ratio.value, place, xerr=[[ratio.value - low], [high - ratio.value]], color="#333", capsize=3)
            axes.text(0.02, place, f"{ratio.value:.2f}", va="center", color="white", fontsize=10)
        axes.axvline(1.0, color="#333", linewidth=1)
        axes.set_yticks(range(len(found)), [pair.label for pair in reversed(found)])
        axes.set_xlabel("times as fast as the fastest peer, FP32 (line: equal)")
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", facecolor="white", metadata={"Date": None})
        pyplot.close(figure)


if __name__ == "__main__":
    source = Path(sys.argv[1])
    run = read_document(source)
    draw(pairs(run), CHART)
    README.write_text(insert(README.read_text("utf-8"), block(source.name, run), BEGIN, END, "README.md"), "utf-8")
    print(README, CHART)
