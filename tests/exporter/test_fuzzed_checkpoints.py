"""Changed pickles and odd state dicts are read or refused in words; nothing of them is run, and nothing hangs."""

from __future__ import annotations

import itertools
import random
import time
from pathlib import Path

import checkpoint_fuzz
import pytest
import torch
import translator_references as references
from sources import PATH, in_memory, source

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter import evidence
from ganrt.exporter.families import FAMILIES, load_family
from ganrt.exporter.options import Settings
from ganrt.exporter.recognise import recognise
from ganrt.exporter.source import File

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


def test_state_dicts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MOST", 4)
    found = set()
    for state in itertools.islice(checkpoint_fuzz.states(random.Random(2)), 80):
        torch.save(state, path)
        began = time.process_time()
        found.add(checkpoint_fuzz.tried(path))
        assert time.process_time() - began < _SLOWEST_S
    assert found == {"read", "refused"}, "a fuzzer that makes nothing readable tests one half"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_that_is_asked_for_refuses_what_is_not_its_own(family: str) -> None:
    """Another family's network, keys that begin alike, hardly any keys, and its own keys with empty tensors."""
    other = (references.Anime if family == "unet" else references.ListedUNet)().state_dict()
    odd = dict.fromkeys(("down.weight", "down.blocks.0.weight", "statistics/x"), torch.ones(1))
    conditions = getattr(load_family(family), "keys", ())
    keys = [key for each in (conditions if isinstance(conditions, tuple) else (conditions,)) for key in each.all_of]
    for state in (other, odd, {"a.weight": torch.ones(2, 2)}, dict.fromkeys(keys, torch.ones(0, 0, 0, 0))):
        with pytest.raises((BadInputFile, UsageError)):
            recognise(File(PATH, (source(state),)), family, Settings())
    with pytest.raises(BadInputFile):
        recognise(in_memory({}), family, Settings())
