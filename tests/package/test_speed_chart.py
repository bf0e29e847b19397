"""The README's chart and table of speed are what one recorded run says."""

from __future__ import annotations

import importlib.util
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


def test_exact_is_compared_with_exact_and_the_best_with_the_best(tool):
    results = [
        result("ganrt/onnxruntime", 10),
        result("ganrt/openvino", 8),
        result("torch-eager", 16),
        result("onnxruntime-plain", 12),
    ]
    (pair,) = tool.pairs(document(results))
    assert (pair.ours.result.subject, pair.peer.subject) == ("ganrt/openvino", "onnxruntime-plain")
    assert "| toy | 1 | 7.995 | 11.99 | 1.5× |" in tool.block("x.json", document(results))
