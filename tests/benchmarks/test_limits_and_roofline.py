"""Measured limits have sane structure; costs and roofs are those by hand."""

import json
import math
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_onnx import save_tiny, save_translator, translator_spec

from ganrt.benchmarks import gemm, limits
from ganrt.benchmarks.gemm import OpenBlas, find_openblas
from ganrt.benchmarks.limits import buffer_bytes, measure_limits
from ganrt.benchmarks.roofline import Limit, roofline
from ganrt.engines.cost import LayerCost, layer_costs, macs_of_one_image
from ganrt.errors import BackendUnavailable, UsageError


@pytest.mark.slow
def test_every_precision_is_measured_or_told_why_not():
    measured = measure_limits(size=32, repeats=2, copy_bytes=4096, threads=1)
    json.dumps(measured.as_json(), allow_nan=False)
    for rate in measured.rates:
        assert 0 < rate.median <= rate.best < math.inf
        assert rate.measured_by
        assert rate.threads in (1, None)
    found = {(rate.precision, rate.measured_by.split()[0]) for rate in measured.rates if rate.quantity == "macs"}
    assert ("fp32", "numpy") in found
    for precision in limits.PRECISIONS:
        for name in gemm.METERS:
            assert (precision, name) in found or any(
                note.startswith(f"{precision} with {name}: ") for note in measured.notes
            )
    limit = measured.limit("fp32")
    assert limit.macs_per_second == measured.best("fp32").median
    assert "read and write counted" in limit.source


def test_libraries_that_are_missing_are_told(monkeypatch):
    for name in ("torch", "openvino"):
        monkeypatch.setitem(sys.modules, name, None)
    measured = measure_limits(("fp32", "int8"), size=16, repeats=1, copy_bytes=64)
    assert [rate.precision for rate in measured.rates] == ["fp32", None]
    assert "fp32 with torch: torch is not installed" in measured.notes
    with pytest.raises(BackendUnavailable, match="no matrix product in int8"):
        measured.best("int8")


def test_a_copy_counts_what_is_read_and_what_is_written(monkeypatch):
    monkeypatch.setattr(limits, "_time", lambda call, repeats, budget: (call(), [0.5, 0.25])[1])
    rate = limits._measure_copy(1000, 3, 2, 1.0)
    assert (rate.size, rate.best, rate.median) == (1000, 8000, 2000 / 0.375)
    assert rate.threads == 3


def test_repeats_end_with_the_budget():
    assert len(limits._time(lambda: None, 7, 5.0)) == 7
    assert len(limits._time(lambda: None, 7, -1.0)) == 2


@pytest.mark.parametrize("arguments", [{"precisions": ("fp8",)}, {"size": 0}, {"threads": 0}, {"repeats": 0}], ids=str)
def test_senseless_limits_are_refused(arguments):
    with pytest.raises(UsageError, match="limits: expected precisions of fp32, bf16, fp16, int8"):
        measure_limits(**arguments)


def test_the_buffer_is_larger_than_the_caches(tmp_path):
    assert buffer_bytes(tmp_path) == 256 * 2**20
    for index, size in enumerate(("48K", "2048K", "480M", "odd")):
        (tmp_path / f"index{index}").mkdir()
        (tmp_path / f"index{index}" / "size").write_text(f"{size}\n")
    assert buffer_bytes(tmp_path) == 960 * 2**20


def test_numpys_library_is_named_and_its_threads_restored():
    library = find_openblas()
    if library is None:
        pytest.skip("this NumPy has no OpenBLAS of its own")
    assert "OpenBLAS" in library.config
    before = library.threads
    library.threads = 2
    with gemm.numpy_product("fp32", 8, 1) as product:
        assert (product.threads, library.threads) == (1, 1)
        assert product.measured_by == f"numpy {np.__version__}, {library.config}"
    assert library.threads == 2
    library.threads = before
    with pytest.raises(AttributeError):
        _ = OpenBlas(object()).config


def save(path, nodes, inputs, outputs, weights):
    values = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in each.items()]
        for each in (inputs, outputs)
    ]
    tensors = [numpy_helper.from_array(np.zeros(shape, np.float32), name) for name, shape in weights.items()]
    graph = helper.make_graph(nodes, "g", *values, tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(path))
    return path


def test_costs_by_hand(tmp_path):
    nodes = [
        helper.make_node("Neg", ["w"], ["v"], name="fold"),  # of a weight: computed once
        helper.make_node("Conv", ["x", "v", "b"], ["y"], name="conv", pads=[1, 1, 1, 1], group=2),
        helper.make_node("Relu", ["y"], ["z"]),
        helper.make_node("ConvTranspose", ["z", "t"], ["u"], name="up", strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Flatten", ["u"], ["f"], name="flat"),
        helper.make_node("Gemm", ["f", "m"], ["out"], name="end"),
    ]
    weights = {"w": (6, 2, 3, 3), "b": (6,), "t": (6, 3, 4, 4), "m": (3 * 10 * 8, 7)}
    path = save(tmp_path / "g.onnx", nodes, {"x": ["n", 4, 5, 4]}, {"out": ["n", 7]}, weights)
    conv, up, end = 6 * 2 * 9 * 20, 6 * 3 * 16 * 20, 240 * 7
    assert layer_costs(path) == (
        LayerCost("fold", "Neg", 0, 0, 0, 0),
        LayerCost("conv", "Conv", conv, 6 * 2 * 9 + 6, 80, 120),
        LayerCost("z", "Relu", 0, 0, 120, 120, "conv"),
        LayerCost("up", "ConvTranspose", up, 6 * 3 * 16, 120, 240, "z"),
        LayerCost("flat", "Flatten", 0, 0, 0, 0),
        LayerCost("end", "Gemm", end, 240 * 7, 240, 7, "flat"),
    )
    assert macs_of_one_image(path) == conv + up + end


def test_open_sides_are_those_of_the_spec(tmp_path):
    fixed = save_translator(tmp_path / "fixed.onnx", translator_spec())
    opened = save_translator(tmp_path / "open.onnx", translator_spec(dynamic=True))
    assert macs_of_one_image(opened) == macs_of_one_image(fixed) == 8 * 12 * 3 * 3 * 9


def test_unknown_operators_give_no_costs(tmp_path):
    nodes = [helper.make_node("Mystery", ["x"], ["y"], domain="nowhere"), helper.make_node("Relu", ["y"], ["z"])]
    path = save(tmp_path / "g.onnx", nodes, {"x": ["n", 4]}, {"z": ["n", 4]}, {})
    assert layer_costs(path) is None
    assert macs_of_one_image(path) is None


COSTS = (
    LayerCost("wide", "Conv", macs=1000, weights=10, inputs=20, outputs=30),
    LayerCost("relu", "Relu", macs=0, weights=0, inputs=30, outputs=30),
    LayerCost("thin", "Conv", macs=10, weights=100, inputs=30, outputs=70),
)


def test_roofs_by_hand():
    roof = roofline(COSTS, Limit(1000, 100, "test"), "fp16", batch_size=2)
    wide, thin = roof.layers
    assert (wide.macs, wide.bytes, wide.compute_s, wide.memory_s, wide.bound) == (2000, 220, 2.0, 2.2, "memory")
    assert (thin.macs, thin.bytes, thin.seconds, thin.bound) == (20, 600, 6.0, "memory")
    assert (roof.macs, roof.bytes) == (2020, 820)
    assert roof.images_per_second == 2 / 8.2
    assert roof.compute_images_per_second == 2 / 2.02
    assert roof.share(2 / 16.4) == 0.5
    assert roofline(COSTS, Limit(1000, 1000, "test"), "fp16").layers[0].bound == "compute"
    assert roofline(COSTS, Limit(1, 1, ""), "fp32").bytes == 4 * roofline(COSTS, Limit(1, 1, ""), "int8").bytes
    json.dumps(roof.as_json(), allow_nan=False)


def test_senseless_roofs_are_refused(tmp_path):
    for arguments in (("fp8", 1), ("fp16", 0)):
        with pytest.raises(UsageError, match="expected one of fp32, fp16, bf16, int8"):
            roofline(COSTS, Limit(1, 1, ""), *arguments)
    with pytest.raises(UsageError, match="no convolution and no matrix product"):
        roofline(COSTS[1:2], Limit(1, 1, ""))
    assert layer_costs(save_tiny(tmp_path / "tiny.onnx"))
