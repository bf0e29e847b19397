"""What TensorRT-RTX compiled while it ran: kept beside the engine, checked before the vendor sees it, never needed."""

import gc
from types import SimpleNamespace

import numpy as np
import pytest
from cuda_double import CudaDouble, Faults
from runnable_engines import save_engine, use_doubles
from tiny_onnx import DIM

from ganrt.engines.backends import open_model
from ganrt.engines.tensorrt import files
from ganrt.engines.tensorrt.kernel_cache import SUFFIX, KernelCache, caches_of
from ganrt.errors import BackendUnavailable

RTX = {"backend": "tensorrt-rtx", "backend_version": "1.7.1.116"}


@pytest.fixture
def path(tmp_path, monkeypatch):
    return save_engine(tmp_path, **RTX)


def run(path, monkeypatch, count=4, *, name="NVIDIA Double", faults=None):
    """Draws once with doubles of a device; gives the batches that kernels were compiled for."""
    cuda = CudaDouble(faults=faults)
    cuda.name = name
    vendor = use_doubles(monkeypatch, rtx=True, cuda=cuda)
    with open_model(path) as engine:
        engine.run({"z": np.zeros((count, DIM), np.float32)})
    gc.collect()
    assert not cuda.leaks()
    assert not list(vendor.alive)
    return vendor.compiled


def test_kernels_are_compiled_once_a_device_and_shape(path, monkeypatch):
    assert run(path, monkeypatch) == [4]
    (kept,) = caches_of(path)
    assert kept.parent == path.parent
    before = kept.stat().st_mtime_ns
    assert run(path, monkeypatch) == []
    assert kept.stat().st_mtime_ns == before  # nothing new, nothing written
    assert run(path, monkeypatch, 16) == [16]
    assert run(path, monkeypatch) == run(path, monkeypatch, 16) == []
    assert run(path, monkeypatch, name="NVIDIA Other") == [4]
    assert len(caches_of(path)) == 2


def test_a_damaged_cache_does_not_reach_the_vendor_and_is_made_again(path, monkeypatch):
    run(path, monkeypatch)
    (kept,) = caches_of(path)
    sound = kept.read_bytes()
    seen = []
    monkeypatch.setattr("vendor_double._Cache.deserialize", lambda self, data: bool(seen.append(data)))
    for position in range(len(sound)):
        kept.write_bytes(sound[:position] + bytes([sound[position] ^ 1]) + sound[position + 1 :])
        assert KernelCache(path, {})._read() == b""
    for damaged in (b"", sound[:10], sound[:-1], sound + b"x", b"kernels 4"):
        kept.write_bytes(damaged)
        assert run(path, monkeypatch) == [4]
        assert kept.read_bytes() == sound
    assert seen == []
    run(path, monkeypatch)
    assert seen == [b"kernels 4"]


def test_another_devices_file_under_this_ones_name(path, monkeypatch):
    run(path, monkeypatch)
    (kept,) = caches_of(path)
    sound = kept.read_bytes()
    run(path, monkeypatch, name="NVIDIA Other")
    (other,) = set(caches_of(path)) - {kept}
    assert other.read_bytes() != sound  # the digest holds the key
    other.write_bytes(sound)
    assert run(path, monkeypatch, name="NVIDIA Other") == [4]


def test_a_cache_that_the_vendor_refuses_is_replaced(path, monkeypatch):
    cache = KernelCache(path, {"a": "b"})
    cache._cache = type("Old", (), {"serialize": lambda self: b"of another system"})()
    cache.close()
    again = KernelCache(path, {"a": "b"})
    assert again._read() == b"of another system"
    vendor = use_doubles(monkeypatch, rtx=True)
    from vendor_double import _Config

    again.attach(_Config(vendor))
    again._cache.shapes.add(3)
    again.close()
    assert KernelCache(path, {"a": "b"})._read() == b"kernels 3"


def test_where_nothing_can_be_written_it_runs_all_the_same(path, monkeypatch):
    run(path, monkeypatch)
    (kept,) = caches_of(path)
    kept.unlink()
    kept.mkdir()
    assert run(path, monkeypatch) == run(path, monkeypatch) == [4]


def test_after_an_error_on_the_device_nothing_is_kept(path, monkeypatch):
    vendor = use_doubles(monkeypatch, rtx=True)
    engine = open_model(path)
    engine.run({"z": np.zeros((4, DIM), np.float32)})
    vendor.cuda.faults.at, vendor.cuda.faults.lost = vendor.cuda.faults.count, True
    with pytest.raises(BackendUnavailable):
        engine.run({"z": np.zeros((4, DIM), np.float32)})
    assert caches_of(path) == []


@pytest.mark.parametrize("call", ["create_runtime_cache", "deserialize", "set_runtime_cache", "serialize"])
def test_without_the_vendors_cache_it_runs_all_the_same(path, monkeypatch, call):
    run(path, monkeypatch)

    class One(Faults):
        def fails(self, name):
            return name == call

    assert run(path, monkeypatch, faults=One()) == ([] if call == "serialize" else [4])


def test_full_tensorrt_has_none(tmp_path, monkeypatch):
    path = save_engine(tmp_path)
    use_doubles(monkeypatch)
    with open_model(path) as engine:
        engine.run({"z": np.zeros((4, DIM), np.float32)})
    assert caches_of(path) == []


def test_cleaning_takes_the_kernels_of_an_engine_with_it(tmp_path):
    name = "a.tensorrt-rtx.sm86.fp16.b1-4-16"
    (tmp_path / f"{name}.engine").write_bytes(b"vtrt")
    for stem in (name, f"{name}.old", "b"):
        (tmp_path / f"{stem}.0123456789abcdef{SUFFIX}").write_bytes(b"")
    files.clean(tmp_path)
    assert {left.name.removesuffix(f".0123456789abcdef{SUFFIX}") for left in tmp_path.iterdir()} == {f"{name}.old", "b"}


@pytest.mark.parametrize("error", [False, True])
def test_a_cache_is_written_unless_it_is_forgotten(tmp_path, error):
    made = SimpleNamespace(serialize=lambda: b"kernels")
    config = SimpleNamespace(create_runtime_cache=lambda: made, set_runtime_cache=lambda cache: cache is made)
    kernels = KernelCache(tmp_path / "a.engine", {"device": "one"})
    kernels.attach(config)
    if error:
        kernels.forget()
    kernels.close()
    assert kernels.path.exists() is not error
