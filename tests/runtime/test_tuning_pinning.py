"""The batch sizes that a tuned model runs at: those that give the same bytes."""

import numpy as np
import pytest
from tiny_onnx import save_tiny, tiny_spec

from ganrt.engines.ladder import pieces
from ganrt.engines.onnx_file import read_onnx
from ganrt.runtime.tuning import pinning
from ganrt.runtime.tuning.candidates import Candidate
from ganrt.runtime.tuning.samples import Samples, draw_in

pytest.importorskip("openvino")


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    return read_onnx(save_tiny(tmp_path / "tiny.onnx", tiny_spec(labels=3, statistics=True)))


@pytest.fixture
def samples(tiny):
    with Samples(tiny, None) as made:
        yield made


def odd_at(*sizes):
    """A backend whose pictures depend on the size: at these it draws others."""

    def odd(engine, inputs, step):
        for pictures in draw_in(engine, inputs, step):
            yield pictures ^ 1 if step in sizes else pictures

    return odd


def test_what_is_raced_runs_as_it_will_be_run(tiny, samples, monkeypatch):
    """Sizes that give other bytes are left out before the rounds, and not after it."""
    measured = (1, 16, 64)
    plain, other = Candidate("onnxruntime", "fp32", tiny), Candidate("openvino", "fp32", tiny)
    assert pinning.pinned(plain, measured, samples, None) is plain
    assert pinning.pinned(other, (1,), samples, None).batches == (1,)
    monkeypatch.setattr(pinning, "draw_in", odd_at(64))
    assert pinning.pinned(other, measured, samples, None).batches == (1, 16)
    monkeypatch.setattr(pinning, "draw_in", odd_at(1))
    assert pinning.pinned(other, measured, samples, None).batches == (16, 64)
    monkeypatch.setattr(pinning, "draw_in", lambda engine, inputs, step: iter([np.full(3, step)]))
    assert pinning.pinned(other, measured, samples, None).batches == (64,)


def test_more_sizes_change_nothing_that_was_measured(tiny, samples, monkeypatch):
    measured, other = (1, 16, 64), Candidate("openvino", "fp32", tiny)
    monkeypatch.setattr(pinning, "draw_in", odd_at(4))
    found = pinning.widened(other.at((1, 16, 64)), measured, samples, None, lambda: False)
    assert found.batches == (1, 2, 8, 16, 32, 64)
    found = pinning.widened(other.at((1, 16)), measured, samples, None, lambda: False)
    assert found.batches == (1, 2, 8, 16)  # 32 would have run two pieces where four were measured
    assert all(pieces(batch, found.batches) == pieces(batch, (1, 16)) for batch in measured)
    assert pinning.widened(other.at((1, 16)), measured, samples, None, lambda: True).batches == (1, 16)
    assert pinning.widened(other.at((1,)), (1,), samples, None, lambda: False).batches == (1,)
