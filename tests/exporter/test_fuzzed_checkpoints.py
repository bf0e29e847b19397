"""Changed pickles and odd state dicts are read or refused in words; nothing of them is run, and nothing hangs."""

from __future__ import annotations

import itertools
import random
import time
from pathlib import Path

import checkpoint_fuzz
import pytest
import torch

_SLOWEST_S = 20.0  # of processor time; most take some milliseconds


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("a.pth")


def test_pickles(path: Path) -> None:
    for data in itertools.islice(checkpoint_fuzz.pickles(random.Random(1)), 200):
        path.write_bytes(data)
        began = time.process_time()
        checkpoint_fuzz.tried(path)
        assert time.process_time() - began < _SLOWEST_S
    assert not Path(checkpoint_fuzz.MARK).exists()


@pytest.mark.parametrize("state", [{"label_emb.0.weight": (0, 4), "main.0.weight": (4, 64, 4, 4)}])
def test_layers_without_inputs(path: Path, state: dict[str, tuple[int, ...]]) -> None:
    torch.save({key: torch.ones(shape) for key, shape in state.items()}, path)
    assert checkpoint_fuzz.tried(path) == "refused"


def test_state_dicts(path: Path) -> None:
    found = set()
    for state in itertools.islice(checkpoint_fuzz.states(random.Random(2)), 80):
        torch.save(state, path)
        began = time.process_time()
        found.add(checkpoint_fuzz.tried(path))
        assert time.process_time() - began < _SLOWEST_S
    assert found == {"read", "refused"}, "a fuzzer that makes nothing readable tests one half"
