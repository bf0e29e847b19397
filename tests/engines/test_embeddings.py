"""Class embeddings out of ONNX files: exactly the weights, however the product is written; refusals."""

import contextlib

import numpy as np
import onnx
import pytest
from onnx import helper
from tiny_onnx import KINDS, save_embedded, save_tiny, tiny_spec

import ganrt
from ganrt.engines.embeddings import class_embeddings
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BadInputFile, UsageError

TABLE = np.random.default_rng(8).normal(size=(6, 4)).astype(np.float32)


@pytest.mark.parametrize(
    "how", ["matmul", "gemm", "gemm_transposed", "identity", "transpose", "constant", "two", "shape"]
)
def test_the_table_is_found_exactly(tmp_path, how):
    path = save_embedded(tmp_path / "m.onnx", TABLE, how=how)
    found = class_embeddings(read_onnx(path))
    expected = TABLE.astype(np.float16) if how == "identity" else TABLE
    np.testing.assert_array_equal(found, expected.astype(np.float64))


@pytest.mark.parametrize("how", ["gemm_transposed", "transpose"])
def test_a_square_table_is_not_turned_round(tmp_path, how):
    square = np.random.default_rng(0).normal(size=(6, 6)).astype(np.float32)
    found = class_embeddings(read_onnx(save_embedded(tmp_path / "m.onnx", square, how=how)))
    np.testing.assert_array_equal(found, square)


def test_the_embedding_is_what_the_generator_interpolates(tmp_path):
    """Two classes with one embedding draw the same picture; others do not."""
    table = TABLE.copy()
    table[4] = table[1]
    path = save_embedded(tmp_path / "m.onnx", table)
    found = class_embeddings(read_onnx(path))
    np.testing.assert_array_equal(found[1], found[4])
    with ganrt.load(path) as generator:
        pictures = [generator.sample(1, labels=kind) for kind in ("rose", "sunflower", "daisy")]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


@pytest.mark.parametrize("how", ["tanh", "both"])
def test_labels_that_are_not_used_linearly_are_refused(tmp_path, how):
    path = save_embedded(tmp_path / "m.onnx", TABLE, how=how)
    with pytest.raises(UsageError, match=r"its labels go into Tanh.*\[6, dim\]\nsuch a generator has no class embed"):
        class_embeddings(read_onnx(path))


def test_labels_beside_the_latent_are_refused(tmp_path):
    with pytest.raises(UsageError, match="go into Concat"):
        class_embeddings(read_onnx(save_tiny(tmp_path / "m.onnx", tiny_spec(labels=4))))


def test_no_classes(tmp_path):
    with pytest.raises(UsageError, match="'tiny' has no classes"):
        class_embeddings(read_onnx(save_tiny(tmp_path / "m.onnx")))


def changed(tmp_path, change):
    path = save_embedded(tmp_path / "m.onnx", TABLE)
    model = onnx.load(path)
    change(model.graph)
    path.write_bytes(model.SerializeToString())
    return read_onnx(path)


def test_graphs_that_no_exporter_writes(tmp_path):
    def product(graph):
        return next(node for node in graph.node if "labels" in node.input)

    def unused(graph):
        product(graph).input[0] = "z"

    with pytest.raises(UsageError, match="does not use its labels"):
        class_embeddings(changed(tmp_path, unused))

    def on_the_right(graph):
        product(graph).input[:] = ["table", "labels"]

    def without_a_table(graph):
        del product(graph).input[1]

    def of_another_size(graph):
        next(t for t in graph.initializer if t.name == "table").dims[:] = [4, 6]

    def too_short(graph):
        next(t for t in graph.initializer if t.name == "table").dims[:] = [6, 5]

    for change in (on_the_right, without_a_table, of_another_size, too_short):
        with pytest.raises(UsageError, match="not into a product with a table"):
            class_embeddings(changed(tmp_path, change))

    def in_circles(graph):
        product(graph).input[1] = "round"
        graph.node.append(helper.make_node("Identity", ["round"], ["round"]))

    with pytest.raises(BadInputFile, match="in circles"):
        class_embeddings(changed(tmp_path, in_circles))


def test_the_graph_says_what_the_onnx_package_says(tmp_path):
    path = save_embedded(tmp_path / "m.onnx", how="gemm")
    ours, theirs = read_onnx(path).graph, onnx.load(path).graph
    assert [(n.operator, n.inputs, n.outputs) for n in ours.nodes] == [
        (n.op_type, tuple(n.input), tuple(n.output)) for n in theirs.node
    ]
    assert {weight.name for weight in ours.weights} == {tensor.name for tensor in theirs.initializer}
    gemm = next(node for node in ours.nodes if node.operator == "Gemm")
    assert gemm.attributes == {"alpha": 0.5}
    transpose = next(node for node in ours.nodes if node.operator == "Transpose")
    assert transpose.attributes == {"perm": (0, 2, 3, 1)}
    concat = next(node for node in ours.nodes if node.operator == "Concat")
    assert concat.attributes == {"axis": 1}
    assert len(KINDS) == 6


def test_damage_never_escapes_as_another_error(tmp_path):
    data = save_embedded(tmp_path / "m.onnx", TABLE, how="gemm_transposed").read_bytes()
    random = np.random.default_rng(0)
    path = tmp_path / "fuzzed.onnx"
    for _ in range(300):
        broken = bytearray(data)
        for position in random.integers(0, len(data) // 2, 4):
            broken[position] = random.integers(0, 256)
        path.write_bytes(broken)
        with contextlib.suppress(BadInputFile, UsageError):
            class_embeddings(read_onnx(path))
