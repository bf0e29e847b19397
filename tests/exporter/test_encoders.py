"""Encoders from checkpoint to file: head, contract, verification, canary, and the generator that they belong to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
import tiny_models
import torch
from bigbigan_models import encoder_state, generator_state, reference_encoder, whole_state
from biggan_graphs import traced
from dcgan_reference import built_from
from numpy.typing import NDArray
from slow_layers import State
from tiny_encoder import CHECKPOINT, save_encoder, save_generator
from tiny_onnx import save_tiny, save_translator
from typer.testing import CliRunner

from ganrt.errors import BadInputFile, GanrtError, NegativeResult, UsageError
from ganrt.exporter import graph
from ganrt.exporter.export import ExportResult, export
from ganrt.exporter.given import read_pair
from ganrt.exporter.graph import build_graph, to_native_input
from ganrt.exporter.options import Settings
from ganrt.exporter.session import Session
from ganrt.exporter.verify import verify
from ganrt.graphs.files import to_bytes
from ganrt.graphs.values import weights
from ganrt.pattern import pattern, pattern_size
from ganrt.runtime.sampling import sampler
from ganrt.spec import METADATA_KEY, Canary, GeneratorSpec, Latent
from ganrt.tolerances import EXPORT_ERROR

ENCODER = Settings(network="encoder")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save_checkpoint(tmp_path_factory.mktemp("gan") / "checkpoint_50.pth", whole_state())


@pytest.fixture
def generator(tmp_path: Path) -> Path:
    """A generator of the encoders' size, from another checkpoint."""
    return save_generator(tmp_path / "digits.onnx", side=32, dim=20)


@pytest.fixture(scope="module")
def encoder(checkpoint: Path) -> ExportResult:
    return export(checkpoint, checkpoint.with_name("digits-encoder.onnx"), sampler=sampler, settings=ENCODER)


def small(**options: Any) -> State:
    """An encoder of one block, which is traced faster."""
    return encoder_state(blocks=1, **options)


def noise(count: int, channels: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (count, 32, 32, channels), dtype=np.uint8)


def test_the_graph_of_an_encoder() -> None:
    model = traced("bigbigan-encoder")
    assert [value.name for value in model.graph.inputs] == ["source"]
    assert [value.name for value in model.graph.outputs] == ["z"]
    assert list(model.graph.outputs[0].shape or ()) == ["n", 20]
    kinds = [node.op_type for node in model.graph]
    assert kinds[:3] == ["Cast", "Transpose", "Div"]
    assert not {"Round", "BatchNormalization", "RandomNormalLike"} & set(kinds)
    assert not any("skip_conv" in name for name in model.graph.initializers), "unused weights stay behind"
    session = Session(to_bytes(model))
    for count in (1, 7):
        (z,) = session.run({"source": noise(count)})
        expected = reference_encoder(encoder_state(), torch.from_numpy(noise(count) / 255).permute(0, 3, 1, 2)).numpy()
        assert (z.shape, z.dtype) == ((count, 20), np.float32)
        assert np.abs(z - expected).max() <= 1e-5 * np.abs(expected).max()


def test_heads_by_range() -> None:
    levels = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(1, 1, 3, 1)
    assert to_native_input(levels, "sigmoid").flatten().tolist() == pytest.approx([0, 0.2, 1])
    assert to_native_input(levels, "tanh").flatten().tolist() == pytest.approx([-1, -0.6, 1])
    assert to_native_input(levels, "tanh").shape == (1, 1, 1, 3)


def test_a_wrong_head_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = built_from(tiny_models.save_checkpoint(tmp_path / "a.pth", small()))
    monkeypatch.setattr(graph, "to_native_input", lambda value, _: to_native_input(value, "tanh"))
    with pytest.raises(
        NegativeResult, match=r"encodes something else .* of \d+ pictures; nothing was written"
    ) as caught:
        verify(built, build_graph(built), sampler)
    assert "uint8" not in str(caught.value)


@pytest.mark.parametrize("scale", [1e-3, 1e5])
def test_the_tolerance_follows_the_scale_of_z(tmp_path: Path, scale: float) -> None:
    """One bias of the last layer is off by some tolerances of the largest |z|."""
    state = small()
    for key in ("linear_dist_params.weight", "linear_dist_params.bias"):
        state[key] = state[key] * scale
    made = built_from(tiny_models.save_checkpoint(tmp_path / "a.pth", state))
    model = build_graph(made)
    largest = np.abs(Session(to_bytes(model)).run({"source": noise(8)})[0]).max(axis=1).mean()
    bias = model.graph.initializers["linear_dist_params.bias"]
    values = weights(bias, 1)
    assert values is not None
    values[0] += 0.3 * EXPORT_ERROR * largest
    bias.const_value = ir.tensor(values.astype(np.float32), name=bias.name)
    assert 0.1 * EXPORT_ERROR < verify(made, model, sampler).max_error <= EXPORT_ERROR
    values[0] += 2.7 * EXPORT_ERROR * largest
    bias.const_value = ir.tensor(values.astype(np.float32), name=bias.name)
    with pytest.raises(NegativeResult, match="encodes something else"):
        verify(made, model, sampler)


def test_an_encoder_that_overflows_is_refused(tmp_path: Path) -> None:
    state = small()
    state["linear_dist_params.weight"] = torch.full_like(state["linear_dist_params.weight"], 3e38)
    path = tiny_models.save_checkpoint(tmp_path / "a.pth", state)
    with pytest.raises(NegativeResult, match="gives NaN or infinite values"):
        export(path, tmp_path / "a.onnx", sampler=sampler)
    assert not (tmp_path / "a.onnx").exists()


def test_an_encoder_belongs_to_the_generator_of_its_file(checkpoint: Path, encoder: ExportResult) -> None:
    assert encoder.spec.pair == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    spec = GeneratorSpec.from_json(Session(encoder.path.read_bytes()).metadata()[METADATA_KEY])
    assert spec == encoder.spec
    assert spec.verification is not None
    assert (spec.verification.max_error_uint8, spec.verification.psnr) == (0, None)
    assert 0 < spec.verification.max_error < 1e-5


def test_the_canary_is_the_z_of_the_test_picture(encoder: ExportResult) -> None:
    canary = encoder.spec.canary
    assert canary is not None
    values = sampler(Latent(dim=pattern_size(1), prior="uniform"), 0, 0, 1)[0]
    z = Session(encoder.path.read_bytes()).run({"source": pattern(values, 32, 32, 1)[None]})[0]
    assert canary.z == tuple(z[0].tolist())
    assert canary.sha256 == hashlib.sha256(z[0].astype("<f4").tobytes()).hexdigest()
    assert (canary.png, canary.labels, canary.seed, canary.index) == (None, None, 0, 0)


def test_an_encoder_alone_needs_to_be_told_its_generator(tmp_path: Path, generator: Path) -> None:
    path = tiny_models.save_checkpoint(tmp_path / "encoder.pth", small())
    said: list[str] = []
    alone = export(path, tmp_path / "a.onnx", sampler=sampler, progress=said.append)
    assert alone.spec.pair is None
    assert any("--pair GENERATOR.onnx" in note for note in said)
    assert read_pair(generator, alone.spec) == CHECKPOINT


def _missing(folder: Path) -> Path:
    return folder / "missing.onnx"


def _no_onnx(folder: Path) -> Path:
    (folder / "text.onnx").write_text("no model")
    return folder / "text.onnx"


def _foreign(folder: Path) -> Path:
    return save_tiny(folder / "foreign.onnx", metadata="")


def _translator(folder: Path) -> Path:
    return save_translator(folder / "swap.onnx")


def _encoder(folder: Path) -> Path:
    return save_encoder(folder / "other-encoder.onnx")


def _no_source(folder: Path) -> Path:
    return save_tiny(folder / "tiny.onnx")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (_missing, BadInputFile, "does not exist"),
        (_no_onnx, BadInputFile, "is not an ONNX file"),
        (_foreign, BadInputFile, "not valid JSON"),
        (_translator, UsageError, "'swap' has the task 'translate'"),
        (_encoder, UsageError, "has the task 'encode'"),
        (_no_source, BadInputFile, "does not say what it was exported from"),
    ],
)
def test_what_is_no_pair(tmp_path: Path, make: Callable[[Path], Path], error: type[GanrtError], message: str) -> None:
    path = tiny_models.save_checkpoint(tmp_path / "encoder.pth", small())
    with pytest.raises(error, match=message):
        export(path, tmp_path / "a.onnx", sampler=sampler, pair=make(tmp_path))
    assert not (tmp_path / "a.onnx").exists()


@pytest.mark.parametrize(("options", "settings"), [({"dim": 21}, {}), ({"channels": 3}, {}), ({}, {"size": "64x64"})])
def test_a_generator_of_another_size_is_no_pair(
    tmp_path: Path, generator: Path, options: dict[str, Any], settings: dict[str, str]
) -> None:
    path = tiny_models.save_checkpoint(tmp_path / "encoder.pth", small(**options))
    with pytest.raises(UsageError, match=r"'digits' draws 32 x 32 x 1 from 20 values") as caught:
        export(path, tmp_path / "a.onnx", sampler=sampler, pair=generator, settings=Settings.read(settings))
    assert "--size" in str(caught.value)


def test_a_generator_has_no_pair(tmp_path: Path, generator: Path) -> None:
    path = tiny_models.save_checkpoint(tmp_path / "g.pth", generator_state())
    with pytest.raises(UsageError, match="only encoders have a pair"):
        export(path, tmp_path / "a.onnx", sampler=sampler, pair=generator)


def test_the_command_line_for_encoders(tmp_path: Path, checkpoint: Path, generator: Path) -> None:
    from ganrt.cli.main import app

    path = tiny_models.save_checkpoint(tmp_path / "encoder.pth", small())
    output = tmp_path / "e.onnx"
    arguments = ["export", str(path), "-o", str(output), "--pair", str(generator)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    assert re.search(r"e\.onnx: verified on 64 pictures; worst error \S+ as float\n", result.stderr)
    report = json.loads(CliRunner().invoke(app, ["inspect", str(output), "--json"]).stdout)
    assert report["spec"]["pair"] == CHECKPOINT
    assert report["spec"]["canary"]["z"] == "(20 values)"
    assert report["macs"] > 0
    result = CliRunner().invoke(app, ["verify", "-m", str(output), "--samples", "3"])
    assert result.exit_code == 0, result.stderr
    assert "PSNR identical (index 0); canary error 0" in result.stderr
    result = CliRunner().invoke(app, ["inspect", str(checkpoint), "--network", "encoder", "--json"])
    assert json.loads(result.stdout)["task"] == "encode"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "canary.png"),
        ({"png": "aGk=", "z": (1.0,)}, "canary.png"),
        ({"z": (float("nan"),)}, r"z\[0\]"),
        ({"z": "1"}, "'z'"),
    ],
)
def test_a_canary_has_a_picture_or_a_latent(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputFile, match=message):
        Canary(seed=0, index=0, sha256="ab" * 32, **fields)
