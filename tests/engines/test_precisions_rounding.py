"""The interpreter: every operator's result has the type that the graph says, so that FP16 rounding shows."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import ganrt.runtime.models
from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.onnxruntime_cpu import open_engine
from ganrt.engines.precisions.interpreter import Interpreter
from ganrt.engines.precisions.prepared import prepare
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BadInputFile, NegativeResult
from ganrt.runtime.sample_inputs import make_inputs

RANDOM = np.random.default_rng(0)
WEIGHT = RANDOM.normal(size=(8, 8, 1, 1)).astype(np.float16)
Z = RANDOM.normal(size=(64, 8, 1, 1)).astype(np.float32)


def chain(kind):
    """Operators of which some have FP16 kernels on CPUs and some do not: a layer, moves, and sums that lose bits."""
    nodes = [
        helper.make_node("Cast", ["z"], ["a"], to=kind),
        helper.make_node("Conv", ["a", "weight"], ["b"]),
        helper.make_node("Reshape", ["b", "shape"], ["c"]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("Mul", ["d", "factor"], ["e"]),
        helper.make_node("Transpose", ["e"], ["f"], perm=[1, 0]),
        helper.make_node("Add", ["f", "large"], ["g"]),
        helper.make_node("Sub", ["g", "large"], ["h"]),
        helper.make_node("Cast", ["h"], ["out"], to=TensorProto.FLOAT),
    ]
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    values = {
        "weight": WEIGHT.astype(dtype),
        "shape": np.array([-1, 8]),
        "factor": np.asarray(np.float16(1.7), dtype),
        "large": np.asarray(100, dtype),
    }
    ends = [
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 8, 1, 1])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [8, "n"])],
    ]
    tensors = [numpy_helper.from_array(value, name) for name, value in values.items()]
    graph = helper.make_graph(nodes, "chain", *ends, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def reference(rounded):
    b = rounded(np.einsum("nchw,oc->no", rounded(Z), WEIGHT[:, :, 0, 0].astype(np.float32)))
    e = rounded(np.maximum(b, 0) * np.float32(np.float16(1.7)))
    return rounded(rounded(e.T + 100) - 100)


def half(x):
    return x.astype(np.float16).astype(np.float32)


def test_an_fp16_graph_is_rounded_after_every_operator():
    drawn = Interpreter(prepare(chain(TensorProto.FLOAT16))).run({"z": Z})["out"]
    exact, rounded = reference(lambda x: x), reference(half)
    assert np.abs(exact - rounded).max() > 0.02  # 100 + x has steps of 1/16 in FP16
    # A sum of eight terms may fall to either side of a half step.
    assert np.mean(drawn != rounded) < 0.01
    assert np.abs(drawn - rounded).max() <= 1 / 16


def test_an_fp32_graph_is_not():
    drawn = Interpreter(prepare(chain(TensorProto.FLOAT))).run({"z": Z})["out"]
    assert np.abs(drawn - np.maximum(reference(lambda x: x), 0)).max() < 2e-3  # z is not rounded, 1.7 is


def test_it_draws_what_the_whole_graph_draws_and_shows_every_tensor():
    model = read_onnx(ganrt.runtime.models.resolve_model("avatars"))
    inputs = make_inputs(model.spec(), 0, 0, 3)
    prepared = prepare(model.data)
    seen = {}
    drawn = Interpreter(prepared).run(inputs, lambda node, values: seen.update(values))["image"]
    with open_engine(model, EngineOptions()) as engine:
        assert np.abs(drawn.astype(int) - engine.run(inputs)["image"]).max() <= 1
    assert set(seen) == {value.name for node in prepared.graph for value in node.outputs} | {"z"}


def test_an_operator_that_does_not_run_is_named(tmp_path):
    model = onnx.load_model_from_string(chain(TensorProto.FLOAT))
    del model.graph.initializer[0].dims[-1]  # the weight is no kernel any more
    model.graph.initializer[0].dims.append(1)
    model.graph.initializer[0].dims[0] = 4
    model.graph.initializer[0].raw_data = model.graph.initializer[0].raw_data[: 4 * 8 * 4]
    with pytest.raises(NegativeResult, match="Reshape_2.* does not run"):
        Interpreter(prepare(model.SerializeToString())).run({"z": Z[:3]})


def test_constants_become_weights_and_subgraphs_are_refused():
    model = onnx.load_model_from_string(chain(TensorProto.FLOAT))
    lifted = [t for t in model.graph.initializer if t.name == "shape"]
    model.graph.initializer.remove(lifted[0])
    model.graph.node.insert(0, helper.make_node("Constant", [], ["shape"], value_ints=[-1, 8]))
    prepared = prepare(model.SerializeToString())
    assert prepared.graph.initializers["shape"].const_value.numpy().tolist() == [-1, 8]
    assert all(node.op_type != "Constant" for node in prepared.graph)
    body = helper.make_graph([], "body", [], [helper.make_tensor_value_info("h", TensorProto.FLOAT, None)])
    model.graph.node.append(helper.make_node("If", ["c"], ["i"], then_branch=body, else_branch=body, name="choose"))
    with pytest.raises(BadInputFile, match=r"operator If \(choose\) holds a graph"):
        prepare(model.SerializeToString())
