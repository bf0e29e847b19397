"""Each step against the step before: torch by hand -> our module -> folded -> ONNX, in float and in uint8."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import tiny_models
import torch
from dcgan_reference import built_from, draw, reference_dcgan
from onnx import numpy_helper
from torch import nn

from ganrt.errors import NegativeResult
from ganrt.exporter import verify as verification
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.graph import _rename as rename_graph
from ganrt.exporter.graph import build_graph, embed_spec, fold_batch_norm, with_native_output
from ganrt.exporter.session import Session
from ganrt.exporter.verify import verify
from ganrt.graphs.files import check, infer_shapes, to_bytes
from ganrt.spec import METADATA_KEY, GeneratorSpec

CASES = [
    (32, 1, 3, False, "", "a.pth"),
    (32, 3, 4, True, "", "a.safetensors"),
    (64, 1, 2, False, "module.", "a.pth"),
    (64, 3, 5, False, "", "a.pth"),
    (128, 1, 1, False, "", "a.safetensors"),
    (128, 3, 3, False, "module.", "a.pth"),
]


@pytest.mark.parametrize(("side", "channels", "width", "bias", "prefix", "name"), CASES)
def test_hand_built_torch_against_onnx(
    tmp_path: Path, side: int, channels: int, width: int, bias: bool, prefix: str, name: str
) -> None:
    state = tiny_models.dcgan_state(side=side, channels=channels, width=width, bias=bias, prefix=prefix)
    built = built_from(tiny_models.save_checkpoint(tmp_path / name, state))
    model = build_graph(built)
    session = Session(with_native_output(model))
    worst, differing = 0.0, 0
    for batch in (1, 2, 7):
        assert built.spec.latent is not None
        z = draw(built.spec.latent, 5, 0, batch)
        reference = reference_dcgan(state)(torch.from_numpy(z)[:, :, None, None]).numpy()
        image, native = session.run({"z": z})
        # The tail written out again, in float64 and from the formula.
        expected = np.rint(np.clip((reference.astype(np.float64) + 1) * 127.5, 0, 255)).transpose(0, 2, 3, 1)
        assert image.shape == (batch, side, side, channels)
        assert image.dtype == np.uint8
        worst = max(worst, float(np.abs(native - reference).max()))
        differing += int(np.count_nonzero(image != expected))
        assert np.abs(image - expected).max() <= 1
    assert worst <= 2e-5, f"max float error {worst:.2e}, {differing} uint8 values differ"
    assert differing <= 1e-3 * 10 * side * side * channels
    assert verify(built, model, draw, budget_s=0.5).passed


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    return built_from(tiny_models.save_dcgan(tmp_path_factory.mktemp("built") / "a.pth", width=2))


@pytest.fixture(scope="module")
def model(built: Candidate) -> ir.Model:
    return build_graph(built)


def test_the_graph_contract(model: ir.Model) -> None:
    _check_contract(onnx.load_model_from_string(to_bytes(model)))


def _check_contract(model: onnx.ModelProto) -> None:
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 18)]
    assert (model.ir_version, model.producer_name, model.graph.name) == (10, "ganrt", "dcgan")
    assert model.HasField("producer_version"), "bytes, and with them hashes, of earlier versions have it, though empty"
    assert [value.name for value in model.graph.input] == ["z"]
    assert [value.name for value in model.graph.output] == ["image"]
    dims = [d.dim_param or d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim]
    assert dims == ["n", 32, 32, 3]
    kinds = [node.op_type for node in model.graph.node]
    assert kinds[-6:] == ["Add", "Mul", "Clip", "Round", "Transpose", "Cast"]
    assert "BatchNormalization" not in kinds
    assert kinds.count("ConvTranspose") == 4
    names = {tensor.name for tensor in model.graph.initializer}
    assert {"main.0.weight", "main.0.bias", "main.9.weight"} <= names
    assert not any("Random" in kind for kind in kinds)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    assert {d.dim_value or d.dim_param for v in inferred.graph.value_info for d in v.type.tensor_type.shape.dim[:1]}


def test_no_trace_of_this_machine(built: Candidate, model: ir.Model) -> None:
    data = embed_spec(model, built.spec)
    for trace in (b"site-packages", b".py", b"torch", b"pkg.", b"forward", str(Path.home()).encode() + b"/"):
        assert trace not in _without_weights(data), trace


def _without_weights(data: bytes) -> bytes:
    model = onnx.load_from_string(data)
    for tensor in model.graph.initializer:
        tensor.ClearField("raw_data")
    return bytes(model.SerializeToString())


def test_the_spec_is_embedded(built: Candidate, model: ir.Model) -> None:
    session = Session(embed_spec(model, built.spec))
    assert GeneratorSpec.from_json(session.metadata()[METADATA_KEY]) == built.spec
    assert not model.metadata_props


def test_equal_weights_give_equal_bytes(built: Candidate, model: ir.Model, tmp_path: Path) -> None:
    again = built_from(tiny_models.save_dcgan(tmp_path / "b.safetensors", width=2))
    assert embed_spec(build_graph(again), again.spec) == embed_spec(model, built.spec)


WEIGHTS = {"generator.generator.w": 400, "generator.w": 400, "axes": 1}


def _graph_of_weights() -> ir.Model:
    """Large weights before a small one, as libraries would not put them."""
    made = [ir.val(name, const_value=ir.tensor(np.full(n, n, np.float32), name=name)) for name, n in WEIGHTS.items()]
    z = ir.val("z", ir.DataType.FLOAT, ["n", 400])
    sums = [ir.node("Add", [z, made[0]], name="a"), ir.node("Mul", [z, made[1]], name="b")]
    sums.append(ir.node("Sum", [*(node.outputs[0] for node in sums), made[2]], name="c"))
    sums[-1].outputs[0].type, sums[-1].outputs[0].shape = z.type, z.shape
    graph = ir.Graph([z], sums[-1].outputs, nodes=sums, initializers=made, opset_imports={"": 18}, name="weights")
    return ir.Model(graph, ir_version=10)


def test_weights_keep_their_order() -> None:
    """Which is part of the file's bytes: onnx-ir's passes put those that they took away behind the others."""
    model = _graph_of_weights()
    check(model)
    infer_shapes(model)
    assert list(model.graph.initializers) == list(WEIGHTS)
    assert [str(node.outputs[0].shape) for node in model.graph] == ["[n,400]"] * 3


def test_a_weight_may_take_anothers_old_name() -> None:
    model = _graph_of_weights()
    rename_graph(model.graph, {})
    read = {node.inputs[1].name: node.op_type for node in model.graph if node.inputs[1] is not None}
    assert list(model.graph.initializers) == ["generator.w", "w", "constant_0"]
    assert read == {"generator.w": "Add", "w": "Mul", "Mul_1": "Sum"}


def test_exporting_leaves_the_module_alone(built: Candidate, model: ir.Model) -> None:
    assert any(isinstance(child, nn.BatchNorm2d) for child in built.module.modules())
    assert model is not None


def _randomise(module: nn.Module) -> nn.Module:
    torch.manual_seed(3)
    for norm in [child for child in module.modules() if isinstance(child, nn.BatchNorm2d)]:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.01, 3)
        if norm.affine:
            nn.init.normal_(norm.weight)
            nn.init.normal_(norm.bias)
    return module.eval().requires_grad_(False)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
def test_folding_is_exact(bias: bool, affine: bool, groups: int) -> None:
    module = _randomise(
        nn.Sequential(
            nn.Conv2d(4, 6, 3, bias=bias, groups=groups),
            nn.BatchNorm2d(6, affine=affine),
            nn.ReLU(),
            nn.Sequential(
                nn.ConvTranspose2d(6, 4, 3, 2, bias=bias, groups=groups), nn.BatchNorm2d(4, eps=0.8, affine=affine)
            ),
        )
    )
    folded = fold_batch_norm(module)
    assert not any(isinstance(child, nn.BatchNorm2d) for child in folded.modules())
    x = torch.randn(2, 4, 9, 9)
    error = (folded(x) - module(x)).abs().max() / module(x).abs().max()
    assert error <= 2e-6, f"relative error {error}"


def test_what_cannot_be_folded_stays() -> None:
    shared = nn.Conv2d(3, 3, 1)
    module = _randomise(
        nn.Sequential(nn.BatchNorm2d(3), shared, nn.BatchNorm2d(3), shared, nn.ReLU(), nn.BatchNorm2d(3))
    )
    folded = fold_batch_norm(module)
    assert sum(isinstance(child, nn.BatchNorm2d) for child in folded.modules()) == 3
    x = torch.randn(2, 3, 4, 4)
    assert torch.equal(folded(x), module(x))


def test_the_comparison(built: Candidate, model: ir.Model) -> None:
    said: list[str] = []
    result = verify(built, model, draw, progress=said.append)
    assert result.samples == 64
    assert result.values == 64 * 32 * 32 * 3
    assert result.max_error <= 1e-5
    assert 0.499 < result.rounding_error <= 0.501
    assert said[-1] == "verified 64 of 64 latents"
    kept = result.to_spec()
    assert (kept.max_error, kept.samples, kept.psnr) == (result.max_error, 64, result.psnr)


@pytest.mark.parametrize(
    "change",
    [{"max_error": 1.1e-4}, {"max_error": float("nan")}, {"max_error_uint8": 2}, {"rounding_error": 0.53}],
)
def test_each_criterion_counts_alone(built: Candidate, model: ir.Model, change: dict[str, Any]) -> None:
    result = verify(built, model, draw, budget_s=0.0)
    assert result.passed
    assert not replace(result, **change).passed


def test_a_slow_model_is_compared_on_at_least_four_latents(built: Candidate, model: ir.Model) -> None:
    assert verify(built, model, draw, budget_s=0.0).samples == 4


def test_the_latents_are_those_of_seed_1_in_order(built: Candidate, model: ir.Model) -> None:
    asked: list[tuple[int, int, int]] = []

    def spy(latent: Any, seed: int, start: int, count: int) -> Any:
        asked.append((seed, start, count))
        return draw(latent, seed, start, count)

    verify(built, model, spy)
    assert {seed for seed, _, _ in asked} == {1}
    assert [start for _, start, _ in asked] == [0, 1, 4, 8, 16, 32]
    assert asked[0][2] == 1


def failing(built: Candidate, model: ir.Model, *words: str) -> None:
    with pytest.raises(NegativeResult) as caught:
        verify(built, model, draw)
    message = str(caught.value)
    assert len(message.splitlines()) <= 3
    for word in (*words, "nothing was written"):
        assert word in message, message


def test_another_epsilon_fails(model: ir.Model, tmp_path: Path) -> None:
    other = built_from(tiny_models.save_dcgan(tmp_path / "a.pth", width=2), {"norm_eps": "0.8"})
    failing(other, model, "seed 1, index", "float error", "at most 0.0001", "PSNR")


def _sabotage(model: ir.Model, change: Callable[[onnx.ModelProto], None]) -> ir.Model:
    damaged = ir.to_proto(model)
    change(damaged)
    return ir.from_proto(damaged)


def _shift_weight(model: onnx.ModelProto) -> None:
    for tensor in model.graph.initializer:
        if tensor.name == "main.9.weight":
            values = numpy_helper.to_array(tensor).copy()
            values[0, 0, 0, 0] += 0.01
            tensor.raw_data = values.tobytes()


def _drop_rounding(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        if node.op_type == "Round":
            node.op_type = "Floor"


def _other_scale(model: onnx.ModelProto) -> None:
    for tensor in model.graph.initializer:
        if numpy_helper.to_array(tensor).size == 1 and numpy_helper.to_array(tensor) == 127.5:
            tensor.raw_data = np.float32(126).tobytes()


def test_one_weight_off_fails(built: Candidate, model: ir.Model) -> None:
    failing(built, _sabotage(model, _shift_weight), "float error 0.0")


def test_a_wrong_tail_fails_although_the_floats_agree(built: Candidate, model: ir.Model) -> None:
    failing(built, _sabotage(model, _other_scale), "uint8 error 3")
    # Truncating instead of rounding is off by one level at most, but by nearly a whole one from the float picture.
    failing(built, _sabotage(model, _drop_rounding), "uint8 error 1", "rounding error 1 ")


def test_non_finite_pictures_fail(built: Candidate, model: ir.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            made: torch.Tensor = built.module(z)
            return torch.where(torch.arange(len(z))[:, None, None, None] == 2, made * float("nan"), made)

    failing(replace(built, module=Broken()), model, "torch module gives NaN", "seed 1, index 3")

    class BrokenSession(Session):
        def run(self, inputs: Any) -> list[Any]:
            image, native = super().run(inputs)
            return [image, np.full_like(native, np.inf)]

    monkeypatch.setattr(verification, "Session", BrokenSession)
    failing(built, model, "exported graph gives NaN or infinite")
