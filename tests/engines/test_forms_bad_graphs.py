"""Graphs that passes do not understand are left alone, with a note; a form that fails its check is dropped."""

from dataclasses import replace

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from form_checks import operators, random_inputs, relative, rewritten
from onnx import TensorProto, helper
from onnx_layers import Graph, run_ort

from ganrt.engines.forms import FORMS, checked_form, distinct_forms, make_form
from ganrt.engines.forms import check as check_module
from ganrt.engines.forms.exchange import ActivateEarly
from ganrt.engines.forms.make import load_pass
from ganrt.engines.forms.transposed import TransposedToPhases
from ganrt.engines.forms.upsampled import UpsampledToPhases
from ganrt.errors import BackendUnavailable, NegativeResult, UsageError


def transposed(graph, value="x", **settings):
    settings = {"strides": [2, 2], "pads": [1, 1, 1, 1], "name": "layer"} | settings
    return graph.add(
        "ConvTranspose", value, graph.constant(graph.random.standard_normal((2, 2, 4, 4)), "w"), **settings
    )


def one_layer(**settings):
    graph = Graph(np.float32)
    graph.input("x", "n", 2, 3, 3)
    layer = transposed(graph, **settings)
    return graph.model(layer, shapes={layer: ["n", 2, "h", "w"]})


def as_graph_input(model):
    model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [2, 2, 4, 4]))


def computed(model):
    model.graph.initializer[0].name = "stored"
    model.graph.input.append(helper.make_tensor_value_info("factor", TensorProto.FLOAT, [1]))
    model.graph.node.insert(0, helper.make_node("Mul", ["stored", "factor"], ["w"]))


def external(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="elsewhere.bin")


def half(model):
    tensor = model.graph.initializer[0]
    tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype(np.float16), "w"))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.FLOAT16


@pytest.mark.parametrize("change", [as_graph_input, computed, external, half])
def test_weights_that_are_not_known_stay(change):
    model, step = one_layer(), TransposedToPhases()
    change(model)
    after = rewritten(model, step)
    assert operators(after) == operators(model)
    assert "layer left as it is: its weights are not a constant float tensor" in step.notes[0]
    made = make_form(model.SerializeToString(), "phase")
    assert operators(onnx.load_model_from_string(made.data)) == operators(model)
    assert step.notes[0] in made.notes


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"dilations": [2, 2]}, "dilated"),
        ({"auto_pad": "SAME_UPPER", "pads": None}, "padding is automatic"),
        ({"output_shape": [6, 6], "pads": None}, "padding is automatic"),
        ({"group": 2}, "2 groups"),
        ({"strides": [2, 1]}, "strides 2 and 1 differ"),
    ],
)
def test_settings_that_are_not_understood_stay(settings, reason):
    kept = {key: value for key, value in settings.items() if value is not None}
    model = one_layer(**kept)
    if "pads" in settings:
        model.graph.node[0].attribute.remove(next(a for a in model.graph.node[0].attribute if a.name == "pads"))
    for axis in (2, 3):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = f"side{axis}"
    before, step = model.SerializeToString(), TransposedToPhases()
    assert operators(rewritten(model, step)) == ["ConvTranspose"]
    assert reason in step.notes[0]
    assert model.SerializeToString() == before


def test_shared_weights_are_kept_for_the_others():
    graph = Graph(np.float32)
    graph.input("x", "n", 2, 3, 3)
    first = transposed(graph)
    graph.add("ConvTranspose", first, "w", group=2, name="grouped")  # takes [2, 1, ...]; here only a reader
    model = graph.model(first)
    model.graph.node.pop()
    model.graph.node.append(helper.make_node("ReduceMean", ["w"], ["mean"], name="mean"))
    model.graph.output.append(helper.make_tensor_value_info("mean", TensorProto.FLOAT, None))
    same(model, rewritten(model, TransposedToPhases()))


def same(before, after):
    inputs = {name: value.astype(np.float32) for name, value in random_inputs(before, 1).items()}
    found, wanted = (run_ort(model.SerializeToString(), inputs) for model in (after, before))
    assert relative(found, wanted) <= 1e-6


def test_outputs_in_the_middle_and_several_readers_keep_their_names():
    """Every form of a graph whose inner values are outputs and are read twice."""
    graph = Graph(np.float32)
    x = graph.input("x", "n", 2, 3, 3)
    up = transposed(graph, x)
    norm = graph.norm(up, 2)
    relu = graph.add("Relu", norm)
    last = graph.add("Conv", graph.add("Add", relu, up), graph.weight(3, 2, 3, 3), pads=[1] * 4)
    model = graph.model(last, up, relu, shapes={name: ["n", "c", "h", "w"] for name in (last, up, relu)})
    for name in FORMS:
        made = onnx.load_model_from_string(make_form(model.SerializeToString(), name).data)
        onnx.checker.check_model(made, full_check=True)
        assert made.graph.output == model.graph.output
        same(model, made)


def test_unknown_operators_around_do_no_harm():
    graph = Graph(np.float32)
    graph.input("x", "n", 2, 3, 3)
    value = graph.add("Strange", transposed(graph, "x"), domain="com.example")
    model = graph.model(graph.add("Relu", value))
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    made = onnx.load_model_from_string(make_form(model.SerializeToString(), "phase").data)
    assert operators(made) == [*["Conv"] * 4, "Concat", "DepthToSpace", "Strange", "Relu"]
    assert made.opset_import == model.opset_import


def test_a_strided_convolution_of_an_upsampled_picture_is_named():
    graph = Graph(np.float32)
    x = graph.input("x", "n", 2, 3, 3)
    scales = helper.make_tensor("s", TensorProto.FLOAT, [4], [1, 1, 2, 2])
    graph.tensors.append(scales)
    mode = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    up = graph.add("Resize", x, "", "s", **mode)
    step = UpsampledToPhases()
    rewritten(graph.model(graph.add("Conv", up, graph.weight(2, 2, 3, 3), strides=[2, 2], name="layer")), step)
    assert step.notes == ["layer left as it is: it strides over the upsampled picture"]


def test_readers_inside_a_subgraph_count():
    """A value that a branch of an If reads has another reader; nothing is folded away under it."""
    graph = Graph(np.float32)
    x, flag = graph.input("x", "n", 2, 3, 3), "flag"
    graph.inputs.append(helper.make_tensor_value_info(flag, TensorProto.BOOL, []))
    up = transposed(graph, x)
    norm = graph.norm(up, 2)
    branch = [
        helper.make_graph([helper.make_node(kind, [up], [kind])], kind, [], [helper.make_empty_tensor_value_info(kind)])
        for kind in ("Relu", "Tanh")
    ]
    chosen = graph.add("If", flag, then_branch=branch[0], else_branch=branch[1])
    model = graph.model(graph.add("Add", norm, chosen))
    inputs = {"x": random_inputs(one_layer(), 1)["x"].astype(np.float32), "flag": np.array(True)}
    for name in FORMS:
        made = make_form(model.SerializeToString(), name).data
        assert relative(run_ort(made, inputs), run_ort(model.SerializeToString(), inputs)) <= 1e-6


def test_nothing_moves_into_a_subgraph():
    graph = Graph(np.float32)
    x = graph.input("x", "n", 2, 3, 3)
    graph.inputs.append(helper.make_tensor_value_info("flag", TensorProto.BOOL, []))
    up = graph.add("DepthToSpace", graph.add("Conv", x, graph.weight(4, 2, 1, 1)), blocksize=2, mode="DCR")
    branches = [
        helper.make_graph(
            [helper.make_node(kind, given, [kind])], kind, [], [helper.make_empty_tensor_value_info(kind)]
        )
        for kind, given in (("Relu", [up]), ("Constant", []))
    ]
    branches[1].node[0].attribute.append(helper.make_attribute("value_float", 0.0))
    model = graph.model(graph.add("If", "flag", then_branch=branches[0], else_branch=branches[1]))
    assert operators(rewritten(model, ActivateEarly())) == ["Conv", "DepthToSpace", "If"]


def test_another_opset_is_refused_and_the_plain_graph_used():
    model = one_layer()
    model.opset_import[0].version = 12
    with pytest.raises(NegativeResult, match=r"form 'phase': \w+ failed on this graph \(PreconditionError: opset 12"):
        make_form(model.SerializeToString(), "phase")
    made = checked_form(model.SerializeToString(), "phase")
    assert (made.name, made.data) == ("plain", model.SerializeToString())
    assert made.notes[0].endswith("the plain graph is used")


def test_an_unknown_form_names_those_there_are():
    with pytest.raises(UsageError, match=r"form 'phases': expected one of plain, clean, .*phase3"):
        make_form(one_layer().SerializeToString(), "phases")


def test_a_pass_that_changes_the_interface_is_stopped():
    class Renames(TransposedToPhases):
        def rewrite(self, node):
            node.outputs[0].name = "renamed"
            return True

    with pytest.raises(ir.passes.PostconditionError, match="Renames changed the graph's inputs or outputs"):
        rewritten(one_layer(), Renames())


@pytest.fixture
def wrong_form(monkeypatch):
    """Forms whose weights are a little off."""

    def make(data, name):
        made = make_form(data, name)
        model = onnx.load_model_from_string(made.data)
        tensor = model.graph.initializer[0]
        tensor.raw_data = (np.frombuffer(tensor.raw_data, np.float32) * np.float32(1.001)).tobytes()
        return replace(made, data=model.SerializeToString())

    monkeypatch.setattr(check_module, "make_form", make)


def test_a_form_that_differs_is_dropped_with_a_message(wrong_form):
    data = one_layer().SerializeToString()
    made = checked_form(data, "phase")
    assert (made.name, made.data) == ("plain", data)
    assert "form 'phase' differs from the plain graph (relative" in made.notes[0]
    forms = distinct_forms(data)
    assert [form.name for form in forms] == ["plain"]
    assert any("form 'phase3' differs" in note and note.endswith("dropped") for note in forms[0].notes)


def test_a_form_that_does_not_run_is_dropped_with_a_message(monkeypatch):
    def make(data, name):
        made = make_form(data, name)
        return replace(made, data=made.data[:-20])

    monkeypatch.setattr(check_module, "make_form", make)
    made = checked_form(one_layer().SerializeToString(), "phase")
    assert made.name == "plain"
    assert "form 'phase' does not run (" in made.notes[0]


def test_good_forms_pass_their_check_and_equal_ones_come_once():
    forms = {form.name: form for form in distinct_forms(one_layer().SerializeToString())}
    assert list(forms) == ["plain", "clean", "phase", "phase3"]
    assert all(form.worst <= 1e-6 for form in forms.values())


def test_a_missing_package_is_named(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'onnx_ir'", name="onnx_ir")

    monkeypatch.setattr("ganrt.graphs.import_module", missing)
    with pytest.raises(BackendUnavailable, match=r'onnx_ir is not installed.*\n.*pip install "ganrt\[compile\]"'):
        make_form(b"", "phase")


def test_every_pass_in_the_table_loads():
    for form in FORMS.values():
        for step in form.steps:
            assert load_pass(step).notes == []
