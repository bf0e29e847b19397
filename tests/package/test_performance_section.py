"""The figures of docs/performance.md are what the recorded results say."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from bench_documents import document, full_document, result, save

from ganrt.errors import BadInputFile

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_performance_section", ROOT / "tools" / "make_performance_section.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_agrees_with_the_results(tool):
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    made = tool.insert(page, tool.section(tool.read_all(ROOT / "benchmarks" / "results")), tool.BEGIN, tool.END)
    assert page == made, "run: python tools/make_performance_section.py"


def test_no_results_are_said(tool, tmp_path):
    assert tool.section(tool.read_all(tmp_path)).startswith("No run is recorded yet")


def test_a_section_of_made_up_results(tool, tmp_path):
    save(tmp_path / "here.json", full_document())
    text = tool.section(tool.read_all(tmp_path))
    assert "[all results](../benchmarks/results/here.json)" in text
    assert "**Test CPU, 4 cores**, Linux 6.1, ganrt 0.1.0, 2026-11-22 03:12 UTC" in text
    row = "| toy | single stream | 16 | fp32 | ganrt/onnxruntime | 65 | 246.1 | 1.11× "
    assert row in text
    assert "| torch-eager (unstable) | identical |" in text
    assert "- memory, ganrt/onnxruntime, toy: base_mb 30, peak_mb 210.5" in text
    assert "- latents, toy: normal_64_ns 25" in text
    assert "| torch-eager | 2" not in text  # peers have no rows of their own


def test_the_fastest_of_ours_stands_for_a_precision(tool):
    results = [
        result("ganrt/onnxruntime", 10),
        result("ganrt/openvino", 7),
        replace(result("ganrt/openvino", 5), precision="bf16"),
    ]
    text = tool.section([("x.json", document(results))])
    assert "fp32 | ganrt/openvino |" in text
    assert "bf16 | ganrt/openvino |" in text
    assert "ganrt/onnxruntime |" not in text


def test_a_peer_as_it_comes_is_told_by_its_own_precision(tool):
    ours = replace(result("ganrt/tuned", 5), precision="bf16", asked_precision="fastest")
    asked = replace(result("ganrt/openvino", 6), precision="bf16", asked_precision="bf16")
    peer = replace(result("onnxruntime-plain", 10), precision="fp32", asked_precision="fastest")
    text = tool.section([("x.json", document([ours, asked, peer]))])
    assert "| fastest: bf16 | ganrt/tuned |" in text
    assert "| onnxruntime-plain fp32 |" in text
    assert "| bf16 | ganrt/openvino |" in text  # another question, another row


def test_a_foreign_file_among_the_results_is_refused(tool, tmp_path):
    (tmp_path / "main.json").write_text("{}")
    with pytest.raises(BadInputFile, match=r"main\.json"):
        tool.read_all(tmp_path)
