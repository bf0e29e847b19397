"""The README's chart and table of speed are what one recorded run says."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from bench_documents import document, result

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_speed_chart", ROOT / "tools" / "make_speed_chart.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def test_the_readme_agrees_with_the_run_that_it_names(tool, tmp_path):
    page = (ROOT / "README.md").read_text("utf-8")
    if tool.BEGIN not in page:
        pytest.fail(f"README.md: expected {tool.BEGIN}")
    (name,) = set(re.findall(r"benchmarks/results/([\w-]+\.json)", page))
    run = tool.read_document(ROOT / "benchmarks" / "results" / name)
    assert page == tool.insert(page, tool.block(name, run), tool.BEGIN, tool.END), (
        f"run: python tools/make_speed_chart.py {name}"
    )
    tool.draw(tool.pairs(run), tmp_path / "speed.svg")
    assert (tmp_path / "speed.svg").read_bytes() == tool.CHART.read_bytes()


def test_exact_is_compared_with_exact_and_the_best_with_the_best(tool):
    results = [
        result("ganrt/onnxruntime", 10),
        result("ganrt/openvino", 8),
        result("torch-eager", 16),
        result("onnxruntime-plain", 12),
    ]
    (pair,) = tool.pairs(document(results))
    assert (pair.ours.result.subject, pair.peer.subject) == ("ganrt/openvino", "onnxruntime-plain")
    assert "| toy | 1 | 7.995 | 1.5× (1.50-1.50) |" in tool.block("x.json", document(results))
