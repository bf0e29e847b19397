"""What was lowered once is kept: the same again, for the same request only, and never from a damaged entry."""

import pytest

from ganrt.engines.cache import cache_folder
from ganrt.engines.precisions import kept
from ganrt.engines.precisions.table import FallbackLayer, Lowered

ASKED = {"precision": "fp16", "form": None, "gate": None, "budget_s": 20.0}
MADE = Lowered(b"onnx \x00\xff", "fp16", "clean-norm", 51.25, 9, (FallbackLayer("a", "out of range"),), ("a note",))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))


def refuse():
    raise AssertionError("it was made again")


def test_the_same_request_is_answered_from_the_cache():
    assert kept.kept_or_made("0" * 64, ASKED, lambda: MADE) == (MADE, False)
    assert kept.kept_or_made("0" * 64, dict(reversed(ASKED.items())), refuse) == (MADE, True)


@pytest.mark.parametrize(
    "change", [{"precision": "int8"}, {"form": "plain"}, {"gate": 45.0}, {"gate": 0.0}, {"budget_s": 5.0}]
)
def test_another_request_is_made(change):
    kept.kept_or_made("0" * 64, ASKED, lambda: MADE)
    with pytest.raises(AssertionError, match="made again"):
        kept.kept_or_made("0" * 64, ASKED | change, refuse)


def test_another_model_or_version_is_made(monkeypatch):
    kept.kept_or_made("0" * 64, ASKED, lambda: MADE)
    with pytest.raises(AssertionError, match="made again"):
        kept.kept_or_made("1" * 64, ASKED, refuse)
    monkeypatch.setattr(kept, "package_version", lambda package: "another")
    with pytest.raises(AssertionError, match="made again"):
        kept.kept_or_made("0" * 64, ASKED, refuse)


def test_a_damaged_entry_is_made_again():
    kept.kept_or_made("0" * 64, ASKED, lambda: MADE)
    (entry,) = (cache_folder() / "lowered").iterdir()
    sound = entry.read_bytes()
    for damaged in (b"", sound[:-1], sound[:20], bytes([sound[0] ^ 1]) + sound[1:]):
        entry.write_bytes(damaged)
        assert kept.kept_or_made("0" * 64, ASKED, lambda: MADE) == (MADE, False)
        assert entry.read_bytes() == sound
