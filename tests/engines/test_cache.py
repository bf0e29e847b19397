"""The cache: what comes out is what went in, or nothing."""

import pytest

from ganrt.engines import cache
from ganrt.errors import OutputFailed

KEY = {"model": "abc", "sizes": [1, 2]}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path))
    return tmp_path


def test_what_was_stored_is_found_under_its_key_alone():
    cache.store("graphs", KEY, ".onnx", b"one")
    assert cache.find("graphs", KEY, ".onnx") == b"one"
    assert cache.find("graphs", {**KEY, "sizes": [2]}, ".onnx") is None
    assert cache.find("graphs", KEY, ".json") is None
    assert cache.find("other", KEY, ".onnx") is None


def test_the_order_of_keys_does_not_matter():
    cache.store("graphs", KEY, ".onnx", b"one")
    assert cache.find("graphs", dict(reversed(list(KEY.items()))), ".onnx") == b"one"


def test_a_newer_value_takes_the_place_of_the_older(home):
    cache.store("graphs", KEY, ".onnx", b"one")
    cache.store("graphs", KEY, ".onnx", b"two")
    assert cache.find("graphs", KEY, ".onnx") == b"two"
    assert len(list((home / "graphs").iterdir())) == 1


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"X" + b[1:], lambda b: b""])
def test_a_damaged_entry_is_made_again(home, damage):
    cache.store("graphs", KEY, ".onnx", b"content")
    (entry,) = (home / "graphs").iterdir()
    entry.write_bytes(damage(entry.read_bytes()))
    assert cache.find("graphs", KEY, ".onnx") is None
    assert cache.find_or_make("graphs", KEY, ".onnx", lambda: b"content") == b"content"
    assert cache.find("graphs", KEY, ".onnx") == b"content"


def test_what_is_there_is_not_made_again():
    cache.store("graphs", KEY, ".onnx", b"one")
    assert cache.find_or_make("graphs", KEY, ".onnx", lambda: pytest.fail("made again")) == b"one"


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "file"))
    assert cache.find_or_make("graphs", KEY, ".onnx", lambda: b"one") == b"one"
    with pytest.raises(OutputFailed):
        cache.store("graphs", KEY, ".onnx", b"one")


def test_dropping():
    assert not cache.drop("graphs", KEY, ".onnx")
    cache.store("graphs", KEY, ".onnx", b"one")
    assert cache.drop("graphs", KEY, ".onnx")
    assert cache.find("graphs", KEY, ".onnx") is None
