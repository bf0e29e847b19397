"""Work moved, joined or dropped: exchanges, joined products, dead channels, constants, the picture's layout."""

import numpy as np
import pytest
from form_checks import both, check_exact, operators, random_inputs, rewritten
from onnx import TensorProto, helper
from onnx_layers import Graph, run_ort

from ganrt.engines.forms.dead_channels import DropDeadChannels
from ganrt.engines.forms.exchange import ActivateEarly, ShuffleLate, UpsampleLate
from ganrt.engines.forms.one_gemm import JoinGemms
from ganrt.engines.forms.picture_layout import ShuffleToPicture
from ganrt.graphs.fold_constants import FoldConstants


def bitwise(build, *passes):
    """Asserts that ONNX Runtime's float32 results are the same bits; returns the operators."""
    check_exact(build, *passes)
    before, after = both(build, np.float32, 0, *passes)
    inputs = {name: value.astype(np.float32) for name, value in random_inputs(before, 1).items()}
    for one, other in zip(*(run_ort(m.SerializeToString(), inputs) for m in (before, after)), strict=True):
        np.testing.assert_array_equal(one, other)
    return operators(after)


def resized(graph, x):
    scales = helper.make_tensor(f"s{len(graph.nodes)}", TensorProto.FLOAT, [4], [1, 1, 2, 3])
    graph.tensors.append(scales)
    mode = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return graph.add("Resize", x, "", scales.name, **mode)


def test_upsampling_sinks_below_what_treats_pixels_alike():
    def build(graph):
        c = graph.input("c", "n", 3, 1, 1)
        x = resized(graph, graph.input("x", "n", 3, 2, 4))
        x = graph.add("Relu", graph.norm(x, 3))
        x = graph.add("Add", graph.add("Mul", x, c), graph.constant(0.5))
        x = graph.add("Mul", graph.weight(1, 3, 1, 1), x)
        return [graph.add("Conv", graph.add("Conv", x, graph.weight(3, 3, 1, 1)), graph.weight(2, 3, 3, 3))]

    found = bitwise(build, UpsampleLate())
    assert found == ["BatchNormalization", "Relu", "Mul", "Add", "Mul", "Conv", "Resize", "Conv"]


@pytest.mark.parametrize("below", ["a picture", "two readers", "an output", "linear", "padded 1x1"])
def test_upsampling_that_stays(below):
    def build(graph):
        x = graph.input("x", "n", 3, 2, 4)
        if below == "linear":
            scales = helper.make_tensor("s", TensorProto.FLOAT, [4], [1, 1, 2, 3])
            graph.tensors.append(scales)
            up = graph.add("Resize", x, "", "s", mode="linear", coordinate_transformation_mode="asymmetric")
            return [graph.add("Relu", up)]
        up = resized(graph, x)
        if below == "a picture":
            return [graph.add("Add", up, graph.weight(1, 1, 4, 12))]
        if below == "padded 1x1":
            return [graph.add("Conv", up, graph.weight(2, 3, 1, 1), pads=[1, 1, 1, 1])]
        relu = graph.add("Relu", up)
        return [relu, up] if below == "an output" else [relu, graph.add("Tanh", up)]

    graph = Graph(np.float32)
    model = graph.model(*build(graph))
    assert operators(rewritten(model, UpsampleLate())) == operators(model)


def shuffled(graph, last, phases=4):
    x = graph.input("x", "n", 2, 3, 4)
    parts = [graph.add("Conv", x, graph.weight(2, 2, 2, 2), pads=[1, 1, 0, 0]) for _ in range(phases)]
    x = graph.add("DepthToSpace", graph.add("Concat", *parts, axis=1), blocksize=2, mode="DCR")
    return graph.add(last, x)


def test_a_relu_rises_to_each_convolution_and_others_to_the_phases():
    assert bitwise(lambda g: [shuffled(g, "LeakyRelu")], ActivateEarly()) == [
        *["Conv"] * 4,
        *["LeakyRelu"] * 4,
        "Concat",
        "DepthToSpace",
    ]
    found = bitwise(lambda g: [shuffled(g, "Tanh")], ActivateEarly())
    assert found == [*["Conv"] * 4, "Concat", "Tanh", "DepthToSpace"]


def tail(graph, last="Tanh"):
    x = graph.add("Add", shuffled(graph, last), graph.constant(1.0))
    x = graph.add("Mul", x, graph.constant(127.5))
    x = graph.add("Round", graph.add("Clip", x, graph.constant(0.0), graph.constant(255.0)))
    return [graph.add("Transpose", x, perm=[0, 2, 3, 1])]


def test_pixels_are_interleaved_together_with_the_layout():
    found = bitwise(tail, ShuffleLate(), ShuffleToPicture())
    assert found == [
        *["Conv"] * 4,
        *["Concat", "Tanh", "Add", "Mul", "Clip", "Round", "Reshape", "Transpose", "Reshape"],
    ]


def test_an_activation_rises_no_further_than_to_leave_the_picture_its_name():
    before, after = both(tail, np.float32, 0, ActivateEarly())
    picture = next(node for node in before.graph.node if node.op_type == "Tanh").output[0]
    assert next(node for node in after.graph.node if node.op_type == "DepthToSpace").output[0] == picture


@pytest.mark.parametrize("kind", ["Slice", "Slice with steps", "Gather"])
@pytest.mark.parametrize("transposed", [True, False])
def test_dead_channels_are_not_computed(kind, transposed):
    def build(graph):
        x = graph.input("x", "n", 2, 4, 4)
        shape = (2, 7, 3, 3) if transposed else (7, 2, 3, 3)
        x = graph.add("ConvTranspose" if transposed else "Conv", x, graph.weight(*shape), graph.weight(7))
        x = graph.add("Tanh", graph.add("Relu", x))
        if kind == "Gather":
            return [graph.add("Gather", x, graph.constant([4, 0, -1]), axis=1)]
        last = [graph.constant([2])] if "steps" in kind else []
        return [graph.add("Slice", x, *map(graph.constant, ([0], [3], [1])), *last)]

    made = check_exact(build, DropDeadChannels())
    assert len(made.graph.node) == 3
    weight = next(tensor for tensor in made.graph.initializer if len(tensor.dims) == 4)
    assert weight.dims[1 if transposed else 0] == (2 if "steps" in kind else 3)


@pytest.mark.parametrize("case", ["rows", "also read whole", "groups"])
def test_slices_that_are_not_of_dead_channels(case):
    def build(graph):
        x = graph.input("x", "n", 2, 4, 4)
        weight = graph.weight(4, 1 if case == "groups" else 2, 3, 3)
        x = graph.add("Conv", x, weight, group=2 if case == "groups" else 1)
        part = graph.add("Slice", x, *map(graph.constant, ([0], [2], [2 if case == "rows" else 1])))
        return [part, graph.add("Relu", x)] if case == "also read whole" else [part]

    assert "Slice" in operators(check_exact(build, DropDeadChannels()))


def test_products_of_one_input_become_one():
    def build(graph):
        x, other = graph.input("x", "n", 5), graph.input("y", "n", 5)
        w = graph.weight(3, 5)
        first = graph.add("Gemm", x, w, graph.weight(3), transB=1)
        second = graph.add("MatMul", x, graph.weight(5, 2))
        third = graph.add("Gemm", x, w, transB=1)  # shares its weights with the first
        return [
            first,
            second,
            third,
            graph.add("Gemm", other, graph.weight(5, 3)),
            graph.add("Gemm", x, w, transB=1, alpha=2.0),
        ]

    found = operators(check_exact(build, JoinGemms()))
    assert found.count("Split") == 1
    assert found.count("Gemm") == 3
    assert "MatMul" not in found


def test_constants_are_computed():
    def build(graph):
        x = graph.input("x", "n", 3)
        a = graph.add("Mul", graph.weight(3), graph.constant(2.0))
        return [graph.add("Add", x, graph.add("Sqrt", graph.add("Mul", a, a)))]

    assert operators(check_exact(build, FoldConstants())) == ["Add"]


@pytest.mark.parametrize("kind", ["random", "huge", "other domain", "output"])
def test_constants_that_stay(kind):
    graph = Graph(np.float32)
    x = graph.input("x", "n", 3)
    if kind == "random":
        made = graph.add("RandomNormalLike", graph.weight(3))
    elif kind == "huge":
        ones = graph.add("ConstantOfShape", graph.constant([3000, 3000, 3]))
        made = graph.add("ReduceSum", ones, graph.constant([0, 1]), keepdims=0)
    else:
        made = graph.add(
            "Mul", graph.weight(3), graph.constant(2.0), domain="elsewhere" if kind == "other domain" else ""
        )
    outputs = [graph.add("Add", x, made), *([made] if kind == "output" else [])]
    model, step = graph.model(*outputs), FoldConstants()
    assert operators(rewritten(model, step)) == operators(model)
    assert bool(step.notes) == (kind == "huge")


@pytest.mark.parametrize("channelwise", [True, False])
def test_pixels_are_not_interleaved_below_what_tells_channels_apart(channelwise):
    def build(graph):
        x = graph.add("DepthToSpace", graph.input("x", "n", 8, 3, 4), blocksize=2, mode="DCR")
        return [graph.add("Add", x, graph.weight(1, 2, 1, 1) if channelwise else graph.constant([[[[0.5]]]]))]

    found = operators(check_exact(build, ShuffleLate()))
    assert found == (["DepthToSpace", "Add"] if channelwise else ["Add", "DepthToSpace"])
