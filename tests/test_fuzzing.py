"""The fuzzers at a length that every run of the tests can pay: `make fuzz` and `make fuzz-nightly` take longer."""

from __future__ import annotations

import random
import signal
import subprocess
from pathlib import Path

import fuzzing
import pytest

from ganrt.errors import OutputFailed

_TRIES = {
    "specs": 300,
    "sidecars": 200,
    "look codes": 500,
    "pictures": 150,
    "identities": 200,
    "caches": 60,
    "stats": 8,
}


@pytest.mark.parametrize("name", _TRIES)
def test_changed_files_are_read_or_refused_in_words(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    if name in ("identities",):
        pytest.importorskip("pyarrow")
    target, chance = fuzzing.TARGETS[name](), random.Random(7)
    corpus = [path.read_bytes() for path in fuzzing.HOSTILE.iterdir() if path.suffix in target.corpus]
    changed = [target.change(chance.choice(target.seeds), chance) for _ in range(_TRIES[name])]
    outcomes = [fuzzing.outcome_of(target, data) for data in [*target.seeds, *corpus, *changed]]
    assert not [outcome for outcome in outcomes if outcome.startswith("FAULT")]
    assert "refused" in outcomes or name == "caches"  # which are made again


def test_a_fault_is_seen() -> None:
    def fails(data: bytes) -> None:
        raise KeyError(data)

    assert fuzzing.outcome_of(fuzzing.Target([b""], fails, fuzzing.bits), b"x").startswith("FAULT")


def _reader(error: BaseException) -> fuzzing.Target:
    """As readers are: what the system refuses is an error of ganrt's."""

    def read(data: bytes) -> None:
        try:
            raise error
        except OSError as refusal:
            raise OutputFailed("could not be read") from refusal

    return fuzzing.Target([b""], read, fuzzing.bits)


def test_a_hang_is_no_refusal() -> None:
    with pytest.raises(fuzzing.Hung) as hung:
        fuzzing._hung()
    assert fuzzing.outcome_of(_reader(hung.value), b"x").startswith("FAULT")


def test_an_interrupt_ends_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        fuzzing.outcome_of(_reader(KeyboardInterrupt()), b"x")
    ended = subprocess.CompletedProcess([], -signal.SIGINT, stdout="", stderr="")
    monkeypatch.setattr(fuzzing.subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(KeyboardInterrupt):
        fuzzing.run_apart("specs", 1, 0, tmp_path)
