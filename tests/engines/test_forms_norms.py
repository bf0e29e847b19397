"""Norms folded, instance norms joined: exact where they are done, left alone where they would not be."""

import pytest
from form_checks import check_exact, operators
from hypothesis import given, settings
from hypothesis import strategies as st

from ganrt.engines.forms.instance_norm import JoinInstanceNorm
from ganrt.engines.forms.join_affine import JoinAffine
from ganrt.engines.forms.one_gemm import JoinGemms
from ganrt.graphs.fold_batch_norm import FoldBatchNorm
from ganrt.graphs.fold_constants import FoldConstants


@settings(max_examples=40)
@given(st.booleans(), st.booleans(), st.sampled_from([1, 2]), st.integers(0, 2), st.integers(0, 99))
def test_a_norm_behind_a_convolution_folds_into_it(transposed, bias, stride, pad, seed):
    def build(graph):
        x = graph.input("x", "n", 2, 5, 4)
        kind, shape = ("ConvTranspose", (2, 3, 4, 3)) if transposed else ("Conv", (3, 2, 4, 3))
        weights = [graph.weight(*shape), *([graph.weight(3)] * bias)]
        y = graph.add(kind, x, *weights, strides=[stride, stride], pads=[pad, 1, 1, pad])
        return [graph.norm(y, 3)]

    made = check_exact(build, FoldBatchNorm(), seed=seed)
    assert operators(made) == ["ConvTranspose" if transposed else "Conv"]


def test_a_norm_behind_a_grouped_convolution():
    def build(graph):
        x = graph.input("x", "n", 4, 5, 4)
        return [graph.norm(graph.add("Conv", x, graph.weight(6, 2, 3, 3), group=2), 6)]

    assert operators(check_exact(build, FoldBatchNorm())) == ["Conv"]


@pytest.mark.parametrize("kind", ["Gemm", "Gemm transposed", "Gemm with bias", "MatMul"])
@pytest.mark.parametrize("shape", ["rows", "nchw", "nhwc"])
def test_a_norm_behind_a_matrix_product(kind, shape):
    """Directly, or reshaped to pictures of either layout; in NHWC, channels lie next to one another."""

    def build(graph):
        x = graph.input("x", "n", 5)
        weight = graph.weight(12, 5) if kind == "Gemm transposed" else graph.weight(5, 12)
        bias = [graph.weight(12)] if kind == "Gemm with bias" else []
        settings = {"transB": 1} if kind == "Gemm transposed" else {}
        y = graph.add(kind.split()[0], x, weight, *bias, **settings)
        if shape == "rows":
            return [graph.norm(y, 12)]
        if shape == "nchw":
            return [graph.norm(graph.add("Reshape", y, graph.constant([-1, 3, 2, 2])), 3)]
        y = graph.add("Reshape", y, graph.constant([-1, 2, 2, 3]))
        return [graph.norm(graph.add("Transpose", y, perm=[0, 3, 1, 2]), 3)]

    made = check_exact(build, FoldBatchNorm())
    assert "BatchNormalization" not in operators(made)
    assert operators(made)[0] == "Gemm"


@pytest.mark.parametrize("wrong", ["two pictures a row", "another permutation", "one bias for all", "alpha"])
def test_matrix_products_that_are_not_channels(wrong):
    def build(graph):
        x = graph.input("x", "n", 5)
        bias = [graph.weight(1)] if wrong == "one bias for all" else []
        y = graph.add("Gemm", x, graph.weight(5, 24), *bias, alpha=2.0 if wrong == "alpha" else 1.0)
        sides = [-1, 3, 2, 2] if wrong == "two pictures a row" else [-1, 2, 4, 3]
        y = graph.add("Reshape", y, graph.constant(sides))
        if wrong != "two pictures a row":
            y = graph.add("Transpose", y, perm=[0, 3, 2, 1] if wrong == "another permutation" else [0, 3, 1, 2])
        return [graph.norm(y, 3)]

    step = FoldBatchNorm()
    assert "BatchNormalization" in operators(check_exact(build, step))
    assert "left as it is" in step.notes[0]


@pytest.mark.parametrize("case", ["unpadded", "no shift", "no shift, transposed", "padded", "transposed"])
@pytest.mark.parametrize("bias", [True, False])
def test_a_norm_before_a_convolution(case, bias):
    """A padded convolution meets zeros where the norm's shift should be: folding would change the border."""
    folds = case not in ("padded", "transposed")

    def build(graph):
        x = graph.norm(graph.input("x", "n", 2, 5, 4), 2, shift="no shift" not in case)
        kind = "ConvTranspose" if "transposed" in case else "Conv"
        shape = (2, 3, 3, 3) if "transposed" in case else (3, 2, 3, 3)
        pads = [0] * 4 if case == "unpadded" else [1] * 4
        return [graph.add(kind, x, graph.weight(*shape), *([graph.weight(3)] * bias), pads=pads)]

    step = FoldBatchNorm()
    made = check_exact(build, step)
    assert ("BatchNormalization" not in operators(made)) == folds
    assert folds == (step.notes == [])


def test_a_graph_input_keeps_its_name_when_its_norm_goes():
    def build(graph):
        x = graph.norm(graph.input("x", "n", 2, 3, 3), 2)
        return [graph.add("Conv", x, graph.weight(3, 2, 2, 2))]

    assert operators(check_exact(build, FoldBatchNorm())) == ["Conv"]


@pytest.mark.parametrize("at_once", [True, False])
def test_an_instance_norm_becomes_one_operator(at_once):
    def build(graph):
        x = graph.input("x", "n", 3, 5, 4)
        graph.constant([2, 3], "both"), graph.constant([3], "columns"), graph.constant([2], "rows")

        def mean(value):
            if at_once:
                return graph.add("ReduceMean", value, "both")
            return graph.add("ReduceMean", graph.add("ReduceMean", value, "columns"), "rows")

        centred = graph.add("Sub", x, mean(x))
        variance = graph.add("Add", mean(graph.add("Mul", centred, centred)), graph.constant(1e-5))
        return [graph.add("Div", centred, graph.add("Sqrt", variance))]

    assert operators(check_exact(build, JoinInstanceNorm())) == ["InstanceNormalization"]


@pytest.mark.parametrize("wrong", ["layer norm", "mean of another", "root alone", "third power"])
def test_what_only_looks_like_an_instance_norm(wrong):
    def build(graph):
        x = graph.input("x", "n", 3, 5, 4)
        axes = graph.constant([1, 2] if wrong == "layer norm" else [2, 3])
        mean = graph.add("ReduceMean", graph.add("Relu", x) if wrong == "mean of another" else x, axes)
        centred = graph.add("Sub", x, mean)
        square = graph.add("Mul", centred, x if wrong == "third power" else centred)
        variance = graph.add("Add", graph.add("ReduceMean", square, axes), graph.constant(2.0))
        root = graph.add("Sqrt", variance)
        return [graph.add("Div", x if wrong == "root alone" else centred, root)]

    assert "InstanceNormalization" not in operators(check_exact(build, JoinInstanceNorm()))


def conditional_norm(graph, x, condition, channels, norm_operator):
    """As a literal export of BigGAN has it: frozen statistics, gain and offset by products with the condition."""
    unit = graph.constant(1.0)

    def of_condition():
        return graph.add("MatMul", condition, graph.weight(4, channels))

    gain, offset = graph.add("Add", of_condition(), unit), of_condition()
    gain, offset = (graph.add("Unsqueeze", value, graph.constant([2, 3])) for value in (gain, offset))
    if norm_operator:
        x = graph.norm(x, channels)
    else:
        variance = graph.constant(graph.random.uniform(0.5, 1.5, (1, channels, 1, 1)))
        deviation = graph.add("Sqrt", graph.add("Add", variance, graph.constant(1e-4)))
        x = graph.add("Div", graph.add("Sub", x, graph.weight(1, channels, 1, 1)), deviation)
    return graph.add("Relu", graph.add("Add", graph.add("Mul", x, gain), offset))


@pytest.mark.parametrize("norm_operator", [True, False])
def test_conditional_norms_become_one_product_and_two_operators_each(norm_operator):
    def build(graph):
        x, condition = graph.input("x", "n", 2, 5, 4), graph.input("c", "n", 4)
        x = conditional_norm(graph, x, condition, 2, norm_operator)
        x = graph.add("Conv", x, graph.weight(3, 2, 3, 3))
        return [conditional_norm(graph, x, condition, 3, norm_operator)]

    made = operators(check_exact(build, JoinAffine(), FoldConstants(), JoinGemms()))
    assert made.count("Gemm") == 1
    assert "MatMul" not in made
    on_maps = made[made.index("Conv") - 3 : made.index("Conv")]
    assert on_maps == ["Mul", "Add", "Relu"]


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(["Add", "Sub", "Sub from", "Mul", "Div", "norm"]), min_size=1, max_size=6),
    st.lists(st.sampled_from([(), (1,), (3, 1, 1), (1, 3, 1, 1), (1, 1, 1)]), min_size=6, max_size=6),
    st.integers(0, 99),
)
def test_any_chain_of_shifts_and_scales_becomes_two_operators(kinds, shapes, seed):
    def build(graph):
        x = graph.input("x", "n", 3, 2, 4)
        for kind, shape in zip(kinds, shapes, strict=False):
            other = graph.constant(graph.random.uniform(0.5, 2.0, shape))
            if kind == "norm":
                x = graph.norm(x, 3)
            else:
                x = graph.add(kind.split()[0], *((other, x) if kind == "Sub from" else (x, other)))
        return [x]

    made = operators(check_exact(build, JoinAffine(), FoldConstants(), seed=seed))
    assert len(made) <= 2


@pytest.mark.parametrize("kind", ["divides", "a picture", "read in between"])
def test_chains_that_are_none(kind):
    def build(graph):
        x, other = graph.input("x", "n", 3, 2, 4), graph.constant(2.5)
        first = graph.add("Exp" if kind == "divides" else "Mul", x, *([] if kind == "divides" else [other]))
        if kind == "divides":
            second = graph.add("Div", other, first)
        else:
            second = graph.add("Add", first, graph.weight(1, 1, 2, 4) if kind == "a picture" else other)
        third = graph.add("Mul", second, other)
        if kind == "divides":
            return [graph.add("Sub", third, other)]
        return [third, second] if kind == "read in between" else [third]

    before = {"divides": ["Exp", "Div", "Mul", "Sub"]}.get(kind, ["Mul", "Add", "Mul"])
    assert operators(check_exact(build, JoinAffine())) == before
