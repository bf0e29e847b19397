"""Reading ONNX files without the onnx package: right on good files, exact about bad ones."""

import hashlib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_onnx import save_tiny, tiny_model, tiny_spec

from ganrt.engines import onnx_file as module
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BadInputFile, SpecError


def test_what_it_reads_is_what_the_onnx_package_reads(tiny):
    ours, theirs = read_onnx(tiny), onnx.load(tiny)
    assert (ours.ir_version, ours.opset, ours.producer) == (theirs.ir_version, 18, "tests")
    assert ours.operators == tuple(node.op_type for node in theirs.graph.node)
    assert ours.sha256 == hashlib.sha256(tiny.read_bytes()).hexdigest()
    assert ours.spec() == tiny_spec()
    for weight, tensor in zip(ours.weights, theirs.graph.initializer, strict=True):
        assert (weight.name, weight.shape) == (tensor.name, tuple(tensor.dims))
        if tensor.data_type == TensorProto.FLOAT:
            np.testing.assert_array_equal(weight.values, numpy_helper.to_array(tensor).ravel())
    assert ours.parameters == sum(int(np.prod(t.dims)) for t in theirs.graph.initializer)


def damaged(tmp_path, change):
    model = tiny_model(tiny_spec())
    change(model)
    path = tmp_path / "damaged.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_nan_weights_are_named_however_they_are_stored(tmp_path):
    with pytest.raises(BadInputFile, match="'weight' holds NaN"):
        read_onnx(save_tiny(tmp_path / "nan.onnx", nan=True))

    def as_float_data(model):
        model.graph.initializer.append(helper.make_tensor("floats", TensorProto.FLOAT, [2], [1.0, float("inf")]))

    with pytest.raises(BadInputFile, match="'floats' holds NaN"):
        read_onnx(damaged(tmp_path, as_float_data))

    def inside_a_node(model):
        value = numpy_helper.from_array(np.array([np.nan], np.float64), "hidden")
        model.graph.node.append(helper.make_node("Constant", [], ["c"], value=value))

    with pytest.raises(BadInputFile, match="'hidden' holds NaN"):
        read_onnx(damaged(tmp_path, inside_a_node))


def test_external_data_is_refused(tmp_path):
    def point_elsewhere(model):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")

    with pytest.raises(BadInputFile, match="external data"):
        read_onnx(damaged(tmp_path, point_elsewhere))


def test_no_spec_a_foreign_and_a_newer_one(tmp_path):
    path = tmp_path / "foreign.onnx"
    onnx.save(tiny_model(None), path)
    with pytest.raises(BadInputFile, match=r"not written by ganrt\n.*ganrt export"):
        read_onnx(path).spec()
    with pytest.raises(SpecError, match="not valid JSON"):
        read_onnx(save_tiny(path, metadata="{'a': 1}")).spec()
    newer = tiny_spec().to_json().replace('"spec_version":"1.0"', '"spec_version":"3.1"')
    with pytest.raises(SpecError, match="newer ganrt"):
        read_onnx(save_tiny(path, metadata=newer)).spec()


def test_missing_folder_empty_oversized_and_other_files(tmp_path, tiny, monkeypatch):
    empty, text, picture = tmp_path / "empty.onnx", tmp_path / "text.onnx", tmp_path / "picture.onnx"
    empty.touch()
    text.write_text("hello, this is no protocol buffer\n" * 50)
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    for path, words in (
        (tmp_path / "missing.onnx", "does not exist"),
        (tmp_path, "is a folder"),
        (empty, "is empty"),
        (text, "not an ONNX file"),
        (picture, "not an ONNX file"),
    ):
        with pytest.raises(BadInputFile, match=words):
            read_onnx(path)
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    with pytest.raises(BadInputFile, match="at most 100"):
        read_onnx(tiny)


def test_truncated_and_flipped_bytes_never_escape_as_another_error(tiny, tmp_path):
    data = tiny.read_bytes()
    random = np.random.default_rng(0)
    path = tmp_path / "fuzzed.onnx"
    refused = 0
    for trial in range(400):
        broken = bytearray(data[: random.integers(1, len(data))] if trial % 2 else data)
        if trial % 2 == 0:
            for position in random.integers(0, len(broken), 8):
                broken[position] = random.integers(0, 256)
        path.write_bytes(broken)
        try:
            read_onnx(path).spec()
        except BadInputFile:
            refused += 1
    assert refused > 200  # every truncation at the least
