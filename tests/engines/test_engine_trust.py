"""What is refused before a byte of an engine reaches the vendor's library, and in which words."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealed_engines import NAME, engine_bytes, save_engine, sealed, sidecar_of

from ganrt.engines.tensorrt import files
from ganrt.engines.tensorrt.sidecar import (
    HEADER_BYTES,
    Gate,
    Sidecar,
    check_device,
    check_version,
    lean_runtime,
    read_header,
    read_trusted,
    sidecar_path,
)
from ganrt.errors import BackendUnavailable, BadInputFile, OutputFailed


def refused(path, *words):
    with pytest.raises(BadInputFile) as caught:
        read_trusted(path)
    for word in (*words, "ganrt compile -m MODEL"):
        assert word in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_a_sound_engine_is_read(tmp_path):
    path = save_engine(tmp_path)
    data, sidecar = read_trusted(path)
    assert data == engine_bytes()
    assert sidecar == sidecar_of(data)
    assert Sidecar.from_json(sidecar.to_json().encode()) == sidecar


def test_one_flipped_bit_anywhere(tmp_path):
    path = save_engine(tmp_path)
    sound = path.read_bytes()
    for position in range(len(sound)):
        damaged = bytearray(sound)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        refused(path)


def test_one_flipped_bit_anywhere_in_the_sidecar(tmp_path):
    path = save_engine(tmp_path, gate=Gate(psnr=1e-7, samples=256))  # its exponent may be written with an E, too
    sound = sidecar_path(path).read_bytes()
    assert b"1e-07" in sound
    for position in range(len(sound)):
        for flip in (1 << position % 8, 0x20, 0xFF):
            damaged = bytearray(sound)
            damaged[position] ^= flip
            sidecar_path(path).write_bytes(damaged)
            refused(path, sidecar_path(path).name)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace('"psi_mode":"resample"', '"psi_mode":"scale"'),
        lambda text: text.replace('"targets":["sm86"]', '"targets":["sm120"]'),
        lambda text: text + "\n",
        lambda text: json.dumps(json.loads(text)),
    ],
)
def test_an_edited_sidecar(tmp_path, edit):
    path = save_engine(tmp_path)
    text = sidecar_path(path).read_text()
    assert edit(text) != text
    sidecar_path(path).write_text(edit(text))
    refused(path, "it is damaged or was edited: 'sidecar_sha256' is not its SHA-256")


def test_a_sidecar_of_before_it_stated_its_own_hash(tmp_path):
    path = save_engine(tmp_path)
    values = json.loads(sidecar_path(path).read_text())
    del values["sidecar_sha256"]
    sidecar_path(path).write_text(json.dumps(values, sort_keys=True, separators=(",", ":")))
    refused(path, "field 'sidecar_sha256': missing", "compile it again")


def test_every_truncation(tmp_path):
    path = save_engine(tmp_path)
    sound = path.read_bytes()
    for size in range(len(sound)):
        path.write_bytes(sound[:size])
        refused(path, "is not an engine" if size < 4 else "truncated")


def test_other_files(tmp_path):
    path = save_engine(tmp_path)
    refused(tmp_path / "missing.engine", "does not exist")
    path.write_bytes(b"\x08\x0a" + bytes(100))
    refused(path, "is not an engine", "76 74 72 74 (tensorrt-rtx)")
    path.write_bytes(b"ftrt" + bytes(196))
    refused(path, "an engine of tensorrt; its sidecar says tensorrt-rtx")
    path.write_bytes(engine_bytes() + b"more")
    refused(path, "is another file: 204 bytes, its sidecar says 200")
    sidecar_path(path).unlink()
    refused(path, "has no sidecar")


def test_an_engine_with_another_ones_sidecar(tmp_path):
    path = save_engine(tmp_path)
    other = engine_bytes()[:-1] + b"\xff"
    sidecar_path(path).write_text(sidecar_of(other).to_json())
    refused(path, "the SHA-256 differs")
    path = save_engine(tmp_path, engine_bytes(version=(1, 4, 0, 76)))
    refused(path, "written by version 1.4.0.76; its sidecar says 1.7.1.116")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "its format is 2"),
        ({"format": "1"}, "'format'"),
        ({"targets": []}, "'targets'"),
        ({"targets": ["rtx3060"]}, "'targets[0]'"),
        ({"precision": "fp4"}, "'precision'"),
        ({"profiles": [{"minimum": 0, "optimum": 1, "maximum": 1}]}, "minimum"),
        ({"profiles": [{"minimum": 2, "optimum": 1, "maximum": 1}]}, "MIN <= OPT <= MAX"),
        ({"extra_field": 1}, "'extra_field': unknown"),
        ({"engine_bytes": -1}, "'engine_bytes'"),
        ({"spec": {"name": "x"}}, "spec"),
        ({"tensors": [{"name": "z", "dtype": "float32", "shape": [-2], "mode": "input"}]}, "shape"),
    ],
)
def test_a_malformed_sidecar_names_the_field(tmp_path, changes, words):
    path = save_engine(tmp_path)
    sidecar_path(path).write_text(sealed(json.loads(sidecar_path(path).read_text()) | changes))
    refused(path, words, sidecar_path(path).name)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_header_or_a_bad_file(data):
    from pathlib import Path

    for start in (data, b"vtrt" + data, b"ftrt" + data):
        try:
            assert read_header(Path("x"), start).backend in ("tensorrt", "tensorrt-rtx")
            assert len(start) >= HEADER_BYTES
        except BadInputFile:
            pass


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


def _sealed(values):
    """So that the fields are read, too; NaN cannot be sealed."""
    with suppress(ValueError):
        yield sealed(values).encode()


@given(st.sampled_from(sorted(json.loads(sidecar_of(b"x").to_json()))), _json, st.binary(max_size=60))
def test_any_sidecar_is_read_or_a_bad_file(name, value, noise):
    values = json.loads(sidecar_of(b"x").to_json())
    changed = values | {name: value}
    for document in (json.dumps(changed).encode(), noise, json.dumps(value).encode(), *_sealed(changed)):
        with suppress(BadInputFile):
            assert isinstance(Sidecar.from_json(document), Sidecar)


def test_the_version_must_be_the_installed_one(tmp_path, monkeypatch):
    path = tmp_path / NAME
    exact = sidecar_of(b"x", backend="tensorrt", backend_version="10.3.0")
    check_version(path, exact, "10.3.0")
    with pytest.raises(BackendUnavailable, match=r"compiled by tensorrt 10.3.0; installed is 10.16.1\n.*ganrt compile"):
        check_version(path, exact, "10.16.1")
    compatible = sidecar_of(b"x", backend="tensorrt", backend_version="10.3.0", version_compatible=True)
    with pytest.raises(BackendUnavailable, match=r"name the lean runtime of 10\.3\.0 in GANRT_LEAN_RUNTIME"):
        check_version(path, compatible, "10.16.1")
    monkeypatch.setenv("GANRT_LEAN_RUNTIME", str(tmp_path / "libnvinfer_lean.so.10"))
    check_version(path, compatible, "10.16.1")
    assert lean_runtime(compatible, "10.16.1") == path.with_name("libnvinfer_lean.so.10")
    assert lean_runtime(compatible, "10.3.0") is None
    for other in ("10.2.0", "11.4.1"):
        with pytest.raises(BackendUnavailable):
            check_version(path, compatible, other)


def test_the_device_must_be_a_target(tmp_path):
    path = tmp_path / NAME
    check_device(path, sidecar_of(b"x"), "sm86")
    with pytest.raises(BackendUnavailable, match=r"compiled for sm86; the device here is sm120\n.*--target sm120"):
        check_device(path, sidecar_of(b"x"), "sm120")
    check_device(path, sidecar_of(b"x", hardware="ampere_plus"), "sm120")
    with pytest.raises(BackendUnavailable):
        check_device(path, sidecar_of(b"x", hardware="ampere_plus"), "sm75")


def test_builders_at_once_leave_a_pair_that_fits(tmp_path):
    engines = [engine_bytes()[:-1] + bytes([number]) for number in range(6)]
    for _ in range(10):
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda d: files.write_engine(tmp_path / NAME, d, sidecar_of(d), force=True), engines))
        read_trusted(tmp_path / NAME)
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".engine", ".json"]


def test_nothing_is_overwritten(tmp_path):
    path = save_engine(tmp_path)
    with pytest.raises(OutputFailed, match="--force"):
        files.write_engine(path, engine_bytes(), sidecar_of(engine_bytes()), force=False)


def test_listing_and_cleaning(tmp_path, monkeypatch):
    path = save_engine(tmp_path)
    other = tmp_path / "mine.engine"
    other.write_bytes(b"not ours")
    monkeypatch.setattr(files, "package_version", lambda backend: "1.7.1.116")
    assert [(e.path, e.problem) for e in files.list_engines(tmp_path)] == [(path, None)]
    assert files.clean(tmp_path) == []
    monkeypatch.setattr(files, "package_version", lambda backend: "1.8.0.1")
    assert "installed is 1.8.0.1" in str(files.list_engines(tmp_path)[0].problem)
    monkeypatch.setattr(files, "package_version", lambda backend: None)
    assert files.list_engines(tmp_path)[0].problem is None  # it may be for another machine
    path.write_bytes(b"vtrt")
    assert [e.path for e in files.clean(tmp_path)] == [path]
    assert list(tmp_path.iterdir()) == [other]


def test_engines_by_another_name_are_listed_and_cleaned(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "package_version", lambda backend: None)
    path = save_engine(tmp_path)
    renamed = path.rename(tmp_path / "my.engine")
    sidecar_path(path).rename(sidecar_path(renamed))
    (tmp_path / "theirs.engine").write_bytes(b"vtrt")  # of another program, with its own JSON
    (tmp_path / "theirs.json").write_text('{"batch": 1}')
    assert [(e.path, e.problem) for e in files.list_engines(tmp_path)] == [(renamed, None)]
    renamed.write_bytes(b"vtrt")
    assert [e.path for e in files.clean(tmp_path)] == [renamed]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["theirs.engine", "theirs.json"]


@pytest.mark.parametrize("name", [NAME, "my.engine"])
def test_a_sidecar_without_its_engine_is_cleaned(tmp_path, name):
    path = save_engine(tmp_path)
    sidecar_path(path).rename(sidecar_path(tmp_path / name))
    path.unlink()
    (found,) = files.list_engines(tmp_path)
    assert (found.path.name, found.problem) == (name, "is missing; only its sidecar is there")
    assert files.clean(tmp_path) == [found]
    assert list(tmp_path.iterdir()) == []
