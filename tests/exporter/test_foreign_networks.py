"""TorchScript, exported programs and foreign ONNX: each against the file itself, in every variant that is taken."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import tiny_networks
import torch
from dcgan_reference import draw
from onnx import TensorProto
from tiny_networks import CLASSES, DIM, SIDE, Conditional, net, save_onnx, save_program, save_torchscript

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.export import ExportResult, export
from ganrt.exporter.options import Settings
from ganrt.exporter.session import Session
from ganrt.spec import METADATA_KEY, GeneratorSpec, Labels, Latent, Output
from ganrt.tolerances import EXPORT_ERROR, EXPORT_HALF_ERROR

TRUST = {"trust": True}
Z = torch.zeros(2, DIM)


def exported(path: Path, settings: dict[str, str], said: list[str] | None = None) -> ExportResult:
    progress = said.append if said is not None else None
    return export(path, path.with_name("made.onnx"), sampler=draw, settings=Settings.read(settings), progress=progress)


def inputs(spec: GeneratorSpec, count: int) -> dict[str, Any]:
    assert spec.latent is not None
    values: dict[str, Any] = {"z": draw(spec.latent, 9, 0, count)}
    if spec.labels is not None:
        values["labels"] = np.eye(spec.labels.count, dtype=np.float32)[np.arange(count) % spec.labels.count]
    return values


def check_contract(result: ExportResult) -> None:
    """What docs/model-format.md promises, read from the file."""
    model = onnx.load_from_string(result.path.read_bytes())
    onnx.checker.check_model(model, full_check=True)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 18)]
    assert (model.ir_version, model.producer_name) == (10, "ganrt")
    assert {node.domain for node in model.graph.node} == {""}
    dims = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.output]
    }
    spec = result.spec
    assert spec.output is not None
    expected: dict[str, list[Any]] = {"z": ["n", DIM]} | ({"labels": ["n", CLASSES]} if spec.labels else {})
    assert dims == expected | {"image": ["n", spec.output.height, spec.output.width, spec.output.channels]}
    assert [entry.key for entry in model.metadata_props] == [METADATA_KEY]


def check_pictures(
    result: ExportResult, reference: Callable[..., Any], scale: float = 127.5, shift: float = 1, levels: float = 0.51
) -> None:
    """`reference` gives floats [n, c, h, w]; the tail is written out again from the formula."""
    session = Session(result.path.read_bytes())
    for count in (1, 7):
        values = inputs(result.spec, count)
        image = session.run(values)[0]
        expected = np.clip((reference(*values.values()).astype(np.float64) + shift) * scale, 0, 255).transpose(
            0, 2, 3, 1
        )
        assert image.shape == expected.shape
        error = np.abs(image - expected).max()
        assert error <= levels, f"max error {error} grey levels"
        assert count == 1 or np.ptp(image, axis=0).any()


def by_module(module: torch.nn.Module, *, spatial: bool = False) -> Callable[..., Any]:
    def run(z: Any, *labels: Any) -> Any:
        given = torch.from_numpy(z.reshape(*z.shape, 1, 1) if spatial else z)
        return module(given, *map(torch.from_numpy, labels)).numpy()

    return run


@pytest.mark.parametrize("way", ["traced", "scripted"])
def test_torchscript(tmp_path: Path, way: str) -> None:
    module = net()
    path = save_torchscript(tmp_path / "net.pt", module, *([Z] if way == "traced" else []))
    result = exported(path, TRUST | {"latent": str(DIM)})
    check_contract(result)
    check_pictures(result, by_module(module))
    spec = result.spec
    assert (spec.name, spec.family, spec.task) == ("made", "torchscript", "generate")
    assert spec.latent == Latent(dim=DIM, prior="normal", psi_mode="resample")
    assert spec.output == Output(height=SIDE, width=SIDE, channels=3)
    assert spec.source is not None
    assert (spec.source.format, spec.source.sha256) == ("torchscript", hashlib.sha256(path.read_bytes()).hexdigest())
    assert spec.verification is not None
    assert "the TorchScript archive itself" in spec.verification.against
    assert spec.verification.samples == 64


def test_torchscript_that_takes_z_as_a_picture(tmp_path: Path) -> None:
    module = net(spatial=True)
    path = save_torchscript(tmp_path / "net.pt", module)
    result = exported(path, dict(TRUST))
    check_contract(result)
    check_pictures(result, by_module(module, spatial=True))
    assert ("forward", "z: z [n, 5, 1, 1]") in [(fact.name, fact.value) for fact in result.facts]
    given = export(path, tmp_path / "b.onnx", sampler=draw, settings=Settings(trust=True, latent=5, z_shape=(0, 2)))
    assert given.spec.canary == result.spec.canary


@pytest.mark.parametrize("kind", ["torchscript", "exported-program"])
def test_labels_of_torch_networks(tmp_path: Path, kind: str) -> None:
    module, labels = net(Conditional), torch.zeros(2, CLASSES)
    path = tmp_path / "net.pt"
    save_torchscript(path, module) if kind == "torchscript" else save_program(path, module, Z, labels)
    result = exported(path, TRUST | {"latent": str(DIM), "labels": str(CLASSES)})
    check_contract(result)
    check_pictures(result, by_module(module))
    assert (result.spec.family, result.spec.labels) == (kind, Labels(count=CLASSES))


@pytest.mark.parametrize("dynamic", [True, False])
def test_exported_programs(tmp_path: Path, dynamic: bool) -> None:
    module, said = net(), list[str]()
    path = save_program(tmp_path / "net.pt2", module, Z[: 2 if dynamic else 1], dynamic=dynamic)
    result = exported(path, dict(TRUST), said)
    check_contract(result)
    check_pictures(result, by_module(module))
    assert ("note: its batch is fixed at 1; it was made free" in said) is not dynamic
    assert ("forward", "z: z [n, 5]") in [(fact.name, fact.value) for fact in result.facts]
    assert result.spec.verification is not None
    assert "the exported program itself" in result.spec.verification.against


def test_a_batch_of_one_inside_torchscript_is_made_free(tmp_path: Path) -> None:
    module = net()
    path = save_torchscript(tmp_path / "net.pt", net(constant_batch=True))
    result = exported(path, TRUST | {"latent": str(DIM)})
    check_contract(result)
    check_pictures(result, by_module(module))


SIGMOID = {"scale": 255.0, "shift": 0.0}
BATCH_ON_SECOND_AXIS = [
    onnx.helper.make_node("Constant", [], ["axis"], value_ints=[0]),
    onnx.helper.make_node("Unsqueeze", ["y", "axis"], ["x"]),
]
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, float]]] = {
    "plain": ({}, {}, {}),
    "grey": ({"channels": 1}, {}, {}),
    "rgba": ({"channels": 4}, {}, {}),
    "channels last": ({"layout": "nhwc"}, {}, {}),
    "sigmoid": ({"last": "Sigmoid"}, {}, SIGMOID),
    "sigmoid, said": ({"last": "Sigmoid"}, {"range": "sigmoid", "layout": "nchw"}, SIGMOID),
    "uint8": ({"uint8": True}, {}, {"scale": 1.0, "shift": 0.0}),
    "uint8, channels last": ({"uint8": True, "layout": "nhwc"}, {}, {"scale": 1.0, "shift": 0.0}),
    "z as a picture": ({"z": ("n", DIM, 1, 1)}, {}, {}),
    "z with ones before": ({"z": ("n", 1, DIM)}, {}, {}),
    "labels": ({"labels": True}, {"labels": "3"}, {}),
    "labels first": ({"labels": True, "labels_first": True}, {"labels": "3"}, {}),
    "opset 9": ({"opset": 9}, {}, {}),
    "opset 11, weights among the inputs": ({"opset": 11, "weights_as_inputs": True}, {}, {}),
    "opset 21": ({"opset": 21}, {}, {}),
    "half precision": ({"kind": TensorProto.FLOAT16}, {}, {}),
    "double precision": ({"kind": TensorProto.DOUBLE}, {}, {}),
    "a second output": ({"second_output": True}, {}, {}),
    "a chosen output": ({"second_output": True}, {"image_output": "out"}, {}),
    "a chosen output, by number": ({"second_output": True}, {"image_output": "0"}, {}),
    "nothing declared": ({"z": ("n", "k")}, {"latent": "5"}, {}),
    "batch 1": ({"z": (1, DIM), "reshape": (1, 3, SIDE, SIDE)}, {}, {}),
    "batch 1, one side open": ({"z": (1, DIM), "reshape": (1, -1, SIDE, SIDE)}, {}, {}),
    "batch 1, on the second axis": (
        {"z": (1, DIM), "reshape": (1, 3, SIDE, SIDE), "extra": BATCH_ON_SECOND_AXIS},
        {},
        {},
    ),
    "batch 1 inside": ({"reshape": (1, 3, SIDE, SIDE)}, {}, {}),
    "batch 2": ({"z": (2, DIM), "reshape": (2, 3, SIDE, SIDE)}, {}, {}),
}


@pytest.mark.parametrize(("options", "settings", "tail"), VARIANTS.values(), ids=VARIANTS)
def test_foreign_onnx(
    tmp_path: Path, options: dict[str, Any], settings: dict[str, str], tail: dict[str, float]
) -> None:
    path = save_onnx(tmp_path / "net.onnx", **options)
    result = exported(path, settings)
    check_contract(result)
    if options.get("kind") == TensorProto.FLOAT16:
        check_pictures(result, _by_file(path, options), levels=0.75)
        assert result.verification.tolerance == EXPORT_HALF_ERROR
        path, options = _in_full(path), {}  # the graph computes in float32
    else:
        assert result.verification.tolerance == EXPORT_ERROR
    check_pictures(result, _by_file(path, options), **tail)
    # What another output alone needed is gone.
    assert "Exp" not in {node.op_type for node in onnx.load(str(result.path)).graph.node}


def _in_full(path: Path) -> Path:
    """The same network with its half-precision weights, its input and its output in float32."""
    model = onnx.load(str(path))
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT16:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.FLOAT
    onnx.save(model, path.with_name("full.onnx"))
    return path.with_name("full.onnx")


def _by_file(path: Path, options: dict[str, Any]) -> Callable[..., Any]:
    """The foreign file in ONNX Runtime, one picture at a time, in its own names and shapes."""
    model = onnx.load(str(path))
    shape = [1, *([DIM] if options.get("z") == ("n", "k") else options.get("z", ("n", DIM))[1:])]
    dtype = onnx.helper.tensor_dtype_to_np_dtype(options.get("kind", TensorProto.FLOAT))
    session = Session(model.SerializeToString())

    copies = options["z"][0] if isinstance(options.get("z", ("n",))[0], int) else 1

    def one(z: Any, labels: Any) -> Any:
        z = z.reshape([DIM if size == "k" else size for size in shape]).astype(dtype)
        feeds = {"latent": np.repeat(z, copies, axis=0)}
        feeds |= {"c": labels[None].astype(dtype)} if labels is not None else {}
        picture = session.run(feeds)[0][:1]
        return picture.transpose(0, 3, 1, 2) if options.get("layout") == "nhwc" else picture

    def run(z: Any, labels: Any = None) -> Any:
        return np.concatenate([one(row, None if labels is None else labels[i]) for i, row in enumerate(z)])

    return run


@pytest.mark.parametrize(
    ("settings", "latent"),
    [
        ({"prior": "uniform"}, Latent(dim=DIM, prior="uniform", psi_mode="scale")),
        ({"prior": "truncated_normal"}, Latent(dim=DIM, prior="truncated_normal", threshold=2.0)),
        (
            {"prior": "truncated_normal", "threshold": "5"},
            Latent(dim=DIM, prior="truncated_normal", threshold=5.0, psi_mode="scale"),
        ),
    ],
)
def test_priors(tmp_path: Path, settings: dict[str, str], latent: Latent) -> None:
    assert exported(save_onnx(tmp_path / "net.onnx"), settings).spec.latent == latent


def test_what_was_read_and_what_was_assumed(tmp_path: Path) -> None:
    said: list[str] = []
    result = exported(save_onnx(tmp_path / "a.onnx"), {}, said)
    assert [line for line in said if line.startswith("note: ")] == [
        "note: the order of the colours is not in the file: rgb assumed (--channel-order)",
        "note: the distribution of z is not in the file: normal assumed (--prior)",
    ]
    assert [(fact.name, fact.value, fact.origin) for fact in result.facts] == [
        ("forward", "latent: z [n, 5]", "read"),
        ("channel_order", "rgb", "assumed"),
        ("prior", "normal", "assumed"),
        ("range", "tanh", "read"),
    ]


def test_a_likely_wrong_range_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    exported(save_onnx(tmp_path / "a.onnx", last="HardSigmoid"), {"range": "tanh"}, said)
    assert "note: no value of 8 pictures is below 0: is it --range sigmoid?" in said


def test_equal_files_give_equal_bytes(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "net.onnx", labels=True)
    made = [export(path, tmp_path / n / "a.onnx", sampler=draw, settings=Settings(labels=3)).path for n in ("1", "2")]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_inner_graphs_and_functions_are_kept(tmp_path: Path) -> None:
    """An If that reads outer names, and a local function in a domain of its own, which is inlined."""
    made = onnx.helper.make_node
    branch = [
        onnx.helper.make_graph(
            [made(kind, ["y"], ["branch"])],
            kind,
            [],
            [onnx.helper.make_tensor_value_info("branch", TensorProto.FLOAT, None)],
        )
        for kind in ("Sin", "Cos")
    ]
    extra = [
        made("ReduceMax", ["y"], ["top"], keepdims=0),
        made("Greater", ["top", "top"], ["which"]),
        made("If", ["which"], ["w"], then_branch=branch[0], else_branch=branch[1]),
        made("Twice", ["w"], ["x"], domain="someone"),
    ]
    model = tiny_networks.onnx_net(extra=extra)
    opsets = [onnx.helper.make_opsetid("", 18)]
    model.functions.append(
        onnx.helper.make_function("someone", "Twice", ["a"], ["b"], [made("Add", ["a", "a"], ["b"])], opsets)
    )
    model.opset_import.append(onnx.helper.make_opsetid("someone", 1))
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    result = exported(tmp_path / "net.onnx", {})
    check_contract(result)
    check_pictures(result, _by_file(tmp_path / "net.onnx", {}))


def test_class_numbers_become_rows(tmp_path: Path) -> None:
    """Of an embedding's Gather: one class is drawn as the file draws its number, and mixtures are mixed."""
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        net (float[n,96] z, int64[n] y) => (float[n,1,8,12] image) <float[4,96] table>
        { e = Gather(table, y)  m = Mul(z, e)  t = Tanh(m)
          s = Constant<value = int64[4] {-1, 1, 8, 12}>()  image = Reshape(t, s) }"""
    )
    table = np.random.default_rng(2).standard_normal((4, 96)).astype(np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(table, "table"))
    del model.graph.input[2:]
    onnx.save(model, tmp_path / "net.onnx")
    result = exported(tmp_path / "net.onnx", {"layout": "nchw"})
    assert result.spec.labels == Labels(count=4)
    z, rows = inputs(result.spec, 3)["z"], np.float32([[0, 1, 0, 0], [0, 0, 0, 1], [0.5, 0, 0.5, 0]])
    image = Session(result.path.read_bytes()).run({"z": z, "labels": rows})[0]
    expected = np.round((np.tanh(z * (rows @ table)) + 1) * 127.5).reshape(3, 8, 12, 1)
    assert np.abs(image.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("last", ["Tanh", "Gelu"])
def test_operators_that_onnx_has_no_way_back_for(tmp_path: Path, last: str) -> None:
    """ConstantOfShape of opset 20 is read by 18 as it is; Gelu is not in 18."""
    model = onnx.parser.parse_model(
        f"""<ir_version: 9, opset_import: ["" : 20]>
        net (float[n,96] z) => (float[n,1,8,12] image)
        {{ k = Shape(z)  o = ConstantOfShape<value = float[1] {{0.5}}>(k)  m = Mul(z, o)  t = {last}(m)
          s = Constant<value = int64[4] {{-1, 1, 8, 12}}>()  image = Reshape(t, s) }}"""
    )
    onnx.save(model, tmp_path / "net.onnx")
    if last == "Gelu":
        with pytest.raises(BadInputFile, match="cannot be brought to opset 18 .*No Adapter"):
            exported(tmp_path / "net.onnx", {"layout": "nchw"})
        return
    result = exported(tmp_path / "net.onnx", {"layout": "nchw"})
    assert [entry.version for entry in onnx.load(str(result.path)).opset_import] == [18]
    check_pictures(result, lambda z: np.tanh(z / 2).reshape(-1, 1, 8, 12))


def test_pictures_in_pictures_out(tmp_path: Path) -> None:
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        net (float16[n,3,h,w] x) => (float16[n,3,h,w] image) { image = Tanh(x) }"""
    )
    onnx.save(model, tmp_path / "net.onnx")
    result = exported(tmp_path / "net.onnx", {"size": "16x24"})
    source = np.random.default_rng(2).integers(0, 256, (2, 16, 24, 3), np.uint8)
    image = Session(result.path.read_bytes()).run({"source": source})[0]
    expected = np.round((np.tanh(source / 127.5 - 1) + 1) * 127.5)
    assert result.verification.tolerance == EXPORT_HALF_ERROR
    assert result.spec.task == "translate"
    assert np.abs(image.astype(int) - expected).max() <= 1
    assert [a.property for a in result.spec.assumptions] == ["channel-order", "source-range"]


def test_weights_in_a_file_beside_it(tmp_path: Path) -> None:
    path = save_onnx(tmp_path / "net.onnx")
    whole = exported(path, {})
    expected = Session(whole.path.read_bytes()).run(inputs(whole.spec, 2))
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="net.data", size_threshold=0)
    result = export(path, tmp_path / "again.onnx", sampler=draw)
    assert np.array_equal(Session(result.path.read_bytes()).run(inputs(result.spec, 2))[0], expected[0])


TWO_INPUTS = """<ir_version: 8, opset_import: ["" : 17]>
net (float[n,40] a, float[n,24] b) => (float[n,64] image) { c = Concat<axis = 1>(a, b)  image = Tanh(c) }"""


def test_several_inputs_are_asked_for_and_flat_pictures_are_squares(tmp_path: Path) -> None:
    onnx.save(onnx.parser.parse_model(TWO_INPUTS), tmp_path / "net.onnx")
    with pytest.raises(UsageError, match=r"several inputs: a \[\?, 40\], b \[\?, 24\]"):
        exported(tmp_path / "net.onnx", {})
    parts = exported(tmp_path / "net.onnx", {"prior": "normal:40,onehot:24"})
    assert parts.spec.latent is not None
    assert (parts.spec.latent.dim, parts.spec.labels) == (64, None)
    z = np.random.default_rng(3).standard_normal((5, 64)).astype(np.float32)
    expected = np.round((np.tanh(z) + 1) * 127.5).reshape(5, 8, 8, 1)
    assert np.abs(Session(parts.path.read_bytes()).run({"z": z})[0] - expected).max() <= 1
    assert [a.property for a in parts.spec.assumptions] == ["output-shape"]
    classes = export(tmp_path / "net.onnx", tmp_path / "b.onnx", sampler=draw, settings=Settings(labels=24))
    assert classes.spec.labels == Labels(count=24)
    image = Session(classes.path.read_bytes()).run({"z": z[:, :40], "labels": z[:, 40:]})[0]
    assert np.abs(image - expected).max() <= 1


class _Numbered(torch.nn.Module):
    """Class numbers, named so that nothing says what they are, and a batch that tracing fixes."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.fc = torch.nn.Embedding(7, 12), torch.nn.Linear(12, 100)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.fc(x * self.table(y))).view(len(x), 1, 10, 10)


@pytest.mark.parametrize("kind", ["traced", "program", "legacy"])
def test_class_numbers_and_a_batch_of_one(tmp_path: Path, kind: str) -> None:
    torch.manual_seed(5)
    module = _Numbered().eval().requires_grad_(False)
    example = torch.randn(1, 12), torch.zeros(1, dtype=torch.int64)
    path = tmp_path / "net.pt"
    if kind == "traced":
        save_torchscript(path, module, *example)
    elif kind == "program":
        save_program(path, module, *example, dynamic=False)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(module, example, path, dynamo=False)
    result = exported(path, {} if kind == "legacy" else dict(TRUST))
    assert result.spec.labels == Labels(count=7)
    z, rows = np.random.default_rng(3).standard_normal((5, 12)).astype(np.float32), np.eye(7, dtype=np.float32)[2:]
    rows[0] = [0.5, 0, 0, 0.5, 0, 0, 0]
    values = torch.from_numpy(z) * (torch.from_numpy(rows) @ module.table.weight)
    expected = torch.sigmoid(module.fc(values)).reshape(5, 10, 10, 1).numpy() * 255
    assert np.abs(Session(result.path.read_bytes()).run({"z": z, "labels": rows})[0] - expected).max() <= 0.51


def test_a_translator_with_a_second_input_and_channels_last(tmp_path: Path) -> None:
    model = onnx.parser.parse_model(
        """<ir_version: 8, opset_import: ["" : 17]>
        net (float[1,16,16,3] x, float[1,3] style) => (float[1,16,16,3] image) {
          s = Constant<value = int64[4] {1, 1, 1, 3}>()  y = Reshape(style, s)  z = Add(x, y)  image = Sigmoid(z) }"""
    )
    onnx.save(model, tmp_path / "net.onnx")
    result = exported(tmp_path / "net.onnx", {"condition": "0.5,-1,0"})
    source = np.random.default_rng(2).integers(0, 256, (3, 16, 16, 3), np.uint8)
    image = Session(result.path.read_bytes()).run({"source": source})[0]
    expected = 255 / (1 + np.exp(-(source / 255 + np.array([0.5, -1, 0]))))
    assert np.abs(image - expected).max() <= 0.51
    assert result.spec.task == "translate"
