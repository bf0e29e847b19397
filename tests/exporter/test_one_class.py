"""A generator with its class fixed draws what it draws of that class, from a smaller graph without labels."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import precision_models as families
import pytest
import torch
from ajbrock_models import WIDTHS, Plan, biggan_state, deep_state
from biggan_graphs import build, traced
from biggan_models import SMALL, library_config, library_model, save_folder
from onnx import TensorProto, helper, numpy_helper
from sources import source
from toy_family import ToyFamily, TruncatedFamily, toy_state

import ganrt
from ganrt.cli.main import main
from ganrt.errors import NegativeResult
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.graph import build_graph, with_native_output
from ganrt.exporter.inputs import sample_inputs
from ganrt.exporter.one_class import fix_class, fix_labels
from ganrt.exporter.options import Settings
from ganrt.exporter.session import Session
from ganrt.exporter.verify import verify
from ganrt.graphs.files import to_bytes
from ganrt.runtime.canary import canary_error
from ganrt.runtime.sampling import sampler

CHUNKS = "chunks of the latent, and an embedding"
# The graphs that tests of engines need too have their names there.
TRACED = {
    CHUNKS: "biggan",
    "gains of each class, and no embedding": "biggan-embedded",
    "BigGAN-deep, its latent as it is": "biggan-deep-ajbrock",
}
BUILT = {
    CHUNKS: lambda: build(biggan_state()),
    "an embedding for all norms alike": lambda: build(biggan_state(Plan(chunk=0, dim=9))),
    "gains of each class, and no embedding": lambda: build(biggan_state(Plan(chunk=0, embedding=None))),
    "BigGAN-deep, its latent as it is": lambda: build(deep_state(WIDTHS)),
    "labels added to the latent's product": lambda: ToyFamily().build(source(toy_state()), Settings()),
    "a truncation besides": lambda: TruncatedFamily().build(source(toy_state()), Settings()),
}


@functools.cache
def exported(name: str) -> tuple[Candidate, ir.Model]:
    built = BUILT[name]()
    return built, traced(TRACED[name]) if name in TRACED else build_graph(built)


def drawn(model: ir.Model, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """The float pictures."""
    return Session(with_native_output(model)).run(inputs)[1]


def weights_of(built: Candidate, kind: str) -> np.ndarray:
    assert built.spec.labels is not None
    weights = np.eye(built.spec.labels.count, dtype=np.float32)[-1]
    if kind == "mixture":
        weights[:2] = 0.7, -0.2
    return weights


@pytest.mark.parametrize("kind", ["class", "mixture"])
@pytest.mark.parametrize("name", BUILT)
def test_it_draws_that_class_of_the_whole_generator(name: str, kind: str) -> None:
    built, model = exported(name)
    weights = weights_of(built, kind)
    fixed, smaller = fix_class(built, model, weights)
    inputs = {**sample_inputs(built.spec, sampler, 7, 0, 5), "labels": np.tile(weights, (5, 1))}
    others = {name: value for name, value in inputs.items() if name != "labels"}
    expected = drawn(model, inputs)
    assert np.abs(drawn(smaller, others) - expected).max() <= 5e-5 * np.abs(expected).max()  # of float32
    assert "labels" not in [value.name for value in smaller.graph.inputs]
    assert fixed.spec.labels is None
    assert verify(fixed, smaller, sampler, budget_s=0.5).passed
    assert len(to_bytes(smaller)) < len(to_bytes(model))
    assert to_bytes(fix_labels(model, weights)) == to_bytes(smaller)


def test_the_embedding_and_the_classs_columns_are_gone() -> None:
    built, model = exported(CHUNKS)
    _, smaller = fix_class(built, model, weights_of(built, "class"))
    before, after = (
        sum(value.const_value.size for value in graph.graph.initializers.values()) for graph in (model, smaller)
    )
    channels = 12 + 10 + 10 + 8 + 8 + 8  # of the two norms in each of three blocks
    gone = 5 * 4 + 2 * channels * 4  # embeddings; four columns of each gain and shift
    assert before - after == gone - 2 * channels  # which become a bias each


def test_verification_notices_another_class() -> None:
    built, model = exported(CHUNKS)
    one, other = np.eye(5, dtype=np.float32)[:2]
    fixed, _ = fix_class(built, model, one)
    with pytest.raises(NegativeResult, match="draws something else"):
        verify(fixed, fix_labels(model, other), sampler, budget_s=0.5)


def joined_graph(*nodes: onnx.NodeProto) -> ir.Model:
    """z [n, 2] and labels [n, 3] to one output."""
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", d]) for name, d in (("z", 2), ("labels", 3))]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "values"])
    matrix = numpy_helper.from_array(np.arange(20, dtype=np.float32).reshape(5, 4) - 7, "matrix")
    graph = helper.make_graph(list(nodes), "joined", inputs, [output], [matrix])
    return ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10))


@pytest.mark.parametrize("order", [("z", "labels"), ("labels", "z")])
@pytest.mark.parametrize(
    ("reader", "kinds"),
    [
        (helper.make_node("MatMul", ["x", "matrix"], ["y"], "product"), ["Gemm"]),
        (helper.make_node("Gemm", ["x", "matrix"], ["y"], "product"), ["Gemm"]),
        (helper.make_node("Relu", ["x"], ["y"], "relu"), ["Shape", "Concat", "Expand", "Concat", "Relu"]),
        (
            helper.make_node("Gemm", ["x", "matrix"], ["y"], "product", alpha=0.5),
            ["Shape", "Concat", "Expand", "Concat", "Gemm"],
        ),
    ],
)
def test_what_reads_latent_and_class_together(order: tuple[str, str], reader: onnx.NodeProto, kinds: list[str]) -> None:
    model = joined_graph(helper.make_node("Concat", order, ["x"], "join", axis=1), reader)
    weights = np.array([0.5, -2.0, 3.0], np.float32)
    z = np.random.default_rng(0).standard_normal((4, 2)).astype(np.float32)
    expected = Session(to_bytes(model)).run({"z": z, "labels": np.tile(weights, (4, 1))})[0]
    smaller = fix_labels(model, weights)
    assert [node.op_type for node in smaller.graph] == kinds
    np.testing.assert_allclose(Session(to_bytes(smaller)).run({"z": z})[0], expected, rtol=1e-6)


def test_what_cannot_be_computed_is_named() -> None:
    unknown = helper.make_node("Foo", ["labels"], ["f"], "strange", domain="bar")
    model = joined_graph(unknown, helper.make_node("Add", ["z", "f"], ["y"], "add"))
    with pytest.raises(NegativeResult, match="Foo 'strange' cannot be computed"):
        fix_labels(model, np.ones(3, np.float32))


def test_from_checkpoint_to_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = save_folder(tmp_path / "model", library_model(library_config(SMALL)))

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        return int(caught.value.code or 0), capsys.readouterr().err

    many, one = tmp_path / "biggan-deep.onnx", tmp_path / "one.onnx"
    families.exported(tmp_path, many.stem)  # of the same weights
    code, err = run("export", folder, "-o", one, "--class", "3", "--freeze", "truncation=0.58")
    assert (code, "verified on 64 pictures" in err) == (0, True), err
    with ganrt.load(many) as generator, ganrt.load(one) as fixed:
        assert fixed.spec.labels is None
        assert canary_error(fixed) == 0
        expected = generator.sample(3, seed=5, truncation=0.58, labels=3).astype(int)
        assert np.abs(fixed.sample(3, seed=5, truncation=0.58) - expected).max() <= 1
        other = generator.sample(3, seed=5, truncation=0.58, labels=4).astype(int)
        assert np.abs(other - expected).max() > 20
    for given, message in (("7", "class 7: expected 0 to 6"), ("cat", "classes have no names"), ("1:a", "mixture")):
        code, err = run("export", folder, "-o", tmp_path / "no.onnx", "--class", given)
        assert (code, message in err) == (2, True), err
    state = {key: value.clone() for key, value in biggan_state(Plan(classes=1)).items()}
    torch.save(state, tmp_path / "single.pth")
    code, err = run("export", tmp_path / "single.pth", "-o", tmp_path / "no.onnx", "--class", "0")
    assert (code, "has no classes" in err) == (2, True), err
    assert not (tmp_path / "no.onnx").exists()
