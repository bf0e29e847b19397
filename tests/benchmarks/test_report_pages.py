"""The report pages: what they hold, that they need nothing else, and that no document can inject anything."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from bench_documents import LIMITS, MODEL, document, full_document, result

from ganrt.benchmarks.document import Result, from_json, to_json
from ganrt.benchmarks.report.compare import compare, comparison_lines, comparison_markdown, comparison_page
from ganrt.benchmarks.report.groups import group_results
from ganrt.benchmarks.report.html import html_page
from ganrt.benchmarks.report.leaderboard import leaderboard, leaderboard_page
from ganrt.benchmarks.report.markdown import escape, markdown_page
from ganrt.benchmarks.report.page import Markup, join, tag
from ganrt.benchmarks.report.plots import roofline
from ganrt.benchmarks.report.svg import Scale
from ganrt.benchmarks.report.terminal import text_table

PAYLOAD = (
    "</style></title>--><script>alert(1)</script><img src=x onerror=alert(2)>\"'`|\n# [a](javascript:b)\x1b[2J\u202e"
)
_VOID = {"meta", "br", "hr"}


class Reader(HTMLParser):
    """Checks that elements are nested as they are opened, and collects them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        if name not in _VOID:
            self._open.append(name)

    def handle_endtag(self, name):
        assert self._open.pop() == name

    def handle_data(self, data):
        self.words.append(data)

    def named(self, name):
        return [attributes for found, attributes in self.elements if found == name]

    @property
    def text(self):
        return " ".join(self.words)


def hostile(document):
    """The document with the payload at the end of every text that is open, and as a key of every open mapping."""
    plain = json.loads(to_json(document))
    kept = {"schema", "created", "status", "scenario", "sha256"}

    def spoil(value, name=""):
        if isinstance(value, dict):
            found = {key: spoil(item, key) for key, item in value.items()}
            if name in ("machine", "options", "telemetry", "statistics", "throttled", "energy", "about", "figures"):
                found[PAYLOAD] = PAYLOAD if name != "throttled" else 0.5
            if "t_s" in found:
                found[PAYLOAD + "_c"] = found["t_s"]
            return found
        if isinstance(value, list):
            return [spoil(item) for item in value]
        return value + PAYLOAD if isinstance(value, str) and name not in kept and value != "macs" else value

    return from_json(json.dumps(spoil(plain) | {"ganrt": "<b>"}))


def pages(first, second):
    compared, names = compare(first, second), (f"{PAYLOAD}.json", "b.json")
    return {
        "one": html_page([first]),
        "two": html_page([first, second], names),
        "compare": comparison_page(compared, names, (first, second)),
        "leaderboard": leaderboard_page(leaderboard([first, second], names), 2),
    }


def test_a_page_holds_everything():
    page = Reader(html_page([full_document()]))
    text = page.text
    for words in (
        "Test CPU, 4 cores", "100 GMAC/s", "toy (abababab), single stream, batch 16", "onnxruntime-plain", "1.11×",
        "fastest peer", "unstable: spread", "wrong output: the worst picture is 12 dB", "torch-tensorrt: torch_te",
        "peak_mb", "210.5", "ConvTranspose", "50 %", "3 of 2000 at 16.67 ms", "throttled: nvidia.thermal 25 % of the",
        "95 % confidence intervals", "jetson: not read", "limit by the CPU's products", "nvidia.temperature_c",
    ):  # fmt: skip
        assert words in text, words
    drawn = [svg["aria-label"] for svg in page.named("svg")]
    for kind in ("Latency, toy", "Throughput, toy", "Energy an image, toy", "in the course of time"):
        assert any(kind in label for label in drawn), kind
    assert "batch 1, in the course of time" in " ".join(drawn)
    assert all(svg["role"] == "img" for svg in page.named("svg"))
    assert page.named("html") == [{"lang": "en"}]


def test_pages_need_nothing_else():
    for name, text in pages(full_document(), full_document(1.1)).items():
        page = Reader(text)
        assert not [a for _, a in page.elements if a.keys() & {"src", "href", "srcset", "data", "action", "style"}]
        assert "url(" not in text
        assert "@import" not in text
        assert len(page.named("script")) == (1 if name == "leaderboard" else 0)
        policy = next(meta["content"] for meta in page.named("meta") if "http-equiv" in meta)
        assert policy.startswith("default-src 'none'")
        assert ("script-src 'none'" in policy) == (name != "leaderboard")
        assert "prefers-color-scheme: dark" in text
        assert any(meta.get("name") == "viewport" for meta in page.named("meta"))


def test_a_hostile_document_injects_nothing():
    clean, spoiled = full_document(), hostile(full_document())
    expected = pages(clean, clean)
    for name, text in pages(spoiled, spoiled).items():
        page, usual = Reader(text), Reader(expected[name])
        assert {element for element, _ in page.elements} <= {element for element, _ in usual.elements} | {"details"}
        assert len(page.named("script")) == len(usual.named("script"))
        assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on")]
        assert "alert(1)" in page.text  # it is shown, as text
        assert "\u202e" not in text
        assert "\x1b" not in text
    compared = compare(spoiled, spoiled)
    for text in (markdown_page(spoiled), comparison_markdown(compared, (PAYLOAD, "b"), (spoiled, spoiled))):
        assert "<" not in text
        assert "](javascript" not in text.replace("\\]", "")
        assert not [
            line for line in text.splitlines() if line.startswith("# ") and "Bench" not in line and ".*" in line
        ]
    for line in (*text_table(spoiled.results), *comparison_lines(compared)):
        assert line.isprintable()


def test_odd_shapes_of_the_open_parts_do_no_harm():
    odd = {"seconds": [], "energy": 5, "throttled": ["x"], "notes": 3}
    huge = [{"t_s": float(n), "latency_ms": None, "x_c": sign * 1e308} for n, sign in enumerate((1, -1, 1))]
    times = [{"t_s": 0.0, "latency_ms": 1.0}, {"t_s": 1.0, "latency_ms": 1e308}, {"t_s": 2.0, "latency_ms": 2.0}]
    points = ({"t_s": "soon", "latency_ms": 1.0}, {"t_s": True}, *huge, *times)
    tiny = result(telemetry=odd, timeline=points, latencies_us=[1e-300, 1e18], median_ms=5.0)
    machine = {"gpus": ["a", 3], "jetson": 7, "memory_bytes": "lots", "notes": 1, "packages": []}
    for limits in ({"rates": [5, {"median": "x"}, {}]}, {"rates": 3}, {}):
        made = document(
            [tiny], machine=machine, limits=limits, profiles=({"layers": 7}, {"layers": [3, {"ms": "x"}]}, {})
        )
        for text in pages(made, made).values():
            Reader(text)
        assert "unknown processor" in markdown_page(made)


@pytest.mark.parametrize(("p50", "mean"), [(0.0, 0.0), (1e-300, 1e-300), (1e18, 1e18)])
def test_times_that_no_machine_has_are_shown_and_not_judged(p50, mean):
    latency = replace(result().latency_ms, min=None, p50=p50, p90=None, p95=None, p99=None, p99_9=None, max=None)
    made = document([replace(result(), latency_ms=replace(latency, mean=mean), latencies_us=())])
    assert compare(made, made).changes == ()
    Reader(html_page([made]))


def test_an_empty_and_an_interrupted_document():
    made = document([], status="interrupted")
    assert "Interrupted: what was measured until then." in Reader(html_page([made])).text
    assert "**Interrupted" in markdown_page(made)
    assert text_table(()) == []


def test_markdown_holds_the_tables_and_the_reasons():
    text = markdown_page(full_document())
    header = (
        "| runner | p50 ms | p90 ms | p99 ms | p99.9 ms | images/s | against | J/image | pictures | samples | status |"
    )
    assert text.count(header) == 4
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.count(" | ") for line in rows if line.startswith("| ganrt/onnxruntime (fp32")} >= {10}
    for words in ("unstable: spread", "## Not run", "## How it was measured", "| peak_mb | 210.5 |", "## Layers: onnx"):
        assert words in text
    assert "wrong output: the worst picture is 12 dB" in text


def test_escaping_markdown_leaves_names_readable():
    assert escape("single_stream ganrt/onnxruntime 1.5") == "single_stream ganrt/onnxruntime 1.5"
    assert escape("a|b\n_c_ <d> [e](f) `g` *h*") == "a\\|b \\_c\\_ &lt;d&gt; \\[e\\](f) \\`g\\` \\*h\\*"


def test_markup_escapes_all_but_markup():
    assert tag("p", "a<b", tag("b", "c"), None, class_='"x"') == '<p class="&quot;x&quot;">a&lt;b<b>c</b></p>'
    assert isinstance(join(["<", Markup("<b></b>")]), Markup)
    assert tag("td", "x", data_value=None) == "<td>x</td>"
    with pytest.raises(ValueError, match="no name"):
        tag("p", "x", **{"on click": "y"})


def test_a_peer_must_have_the_same_precision_threads_and_device():
    ours = result(median_ms=10)
    peers = [
        result("torch-eager", 20),
        result("onnxruntime-plain", 12),
        result("openvino-plain", 1, precision="bf16"),
        result("openvino-plain", 2, threads=1),
        result("torch-eager", 0.1, device="cuda"),
    ]
    group = group_results([ours, *peers])[0]
    assert group.rows[0].peer is peers[1]
    assert group.rows[0].against.value == pytest.approx(1.2, rel=0.01)
    low, high = group.rows[0].against.interval
    assert low < 1.2 < high
    assert [row.peer is row.result for row in group.rows] == [False, False, True, True, True, True]
    assert group_results([ours])[0].rows[0].peer is None


def test_other_batches_scenarios_and_models_are_other_groups():
    other = replace(result(), model=replace(MODEL, sha256="cd" * 32))
    groups = group_results([result(), result(batch_size=2), result(scenario="offline"), other, result("torch-eager")])
    assert [len(group.rows) for group in groups] == [2, 1, 1, 1]


def test_what_was_not_run_is_told_once():
    missing = [Result("single_stream", "trtexec", MODEL, "not_run", "absent", batch_size=n) for n in (1, 2, 3)]
    lines = [line for line in text_table([result(), *missing]) if line.startswith("not run")]
    assert lines == ["not run: trtexec: absent (toy single_stream)"]


def test_the_roofline_is_from_shares_else_from_products():
    made = full_document()
    results = [r for r in made.results if r.scenario == "single_stream" and r.images_per_second]
    line, what = roofline(made, results)
    assert (line, what) == ({1: 1000.0, 4: 1000.0, 16: 1000.0}, "limit by the CPU's products")
    shared = [replace(r, roofline_share=0.25) for r in results]
    line, what = roofline(made, shared[:1])
    assert what == "roofline of the CPU"
    assert line == {1: pytest.approx(4 * results[0].images_per_second)}
    assert roofline(replace(made, limits=None), results) == ({}, "")
    assert roofline(made, [replace(results[0], precision="int8")]) == ({}, "")
    assert roofline(made, [*results, replace(results[0], device="cuda")]) == ({}, "")
    assert LIMITS["rates"][0]["median"] / MODEL.macs == 1000


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (3.0, 3.0), (0.1, 0.12), (1.0, 1e9), (1e-12, 1e12)])
def test_ticks_are_few_and_within(low, high):
    for log in (False, True):
        scale = Scale(low, high, 0, 100, log)
        ticks = scale.ticks()
        assert 1 <= len(ticks) <= 11
        room = 0.01 * high
        assert all(low - room <= tick <= high + room for tick in ticks)
        assert all(-3 <= scale(tick) <= 103 for tick in ticks)
