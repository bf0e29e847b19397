"""`export` and `describe` from file to file, and everything that must leave no file behind."""

from __future__ import annotations

import base64
import errno
import hashlib
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tiny_models
import torch
from dcgan_reference import draw
from toy_family import toy_state

import ganrt
from ganrt.errors import BackendUnavailable, BadInputFile, NegativeResult, OutputFailed, UsageError
from ganrt.exporter import graph
from ganrt.exporter.describe import describe
from ganrt.exporter.export import ExportResult, _write, export
from ganrt.exporter.families import FAMILIES
from ganrt.exporter.options import Settings
from ganrt.exporter.session import Session, encode_png
from ganrt.home import cache_folder
from ganrt.spec import METADATA_KEY, GeneratorSpec, Labels

SOURCE = Path(ganrt.__file__).parent.parent


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save_dcgan(tmp_path_factory.mktemp("checkpoint") / "net.pth", width=2)


@pytest.fixture(scope="module")
def result(checkpoint: Path) -> ExportResult:
    output = checkpoint.with_name("my faces (v2).onnx")
    return export(checkpoint, output, sampler=draw, licence="CC0-1.0", attribution="nobody")


def test_the_file_explains_itself(checkpoint: Path, result: ExportResult) -> None:
    data = result.path.read_bytes()
    spec = GeneratorSpec.from_json(Session(data).metadata()[METADATA_KEY])
    assert spec == result.spec
    assert (spec.name, spec.family, spec.task, len(data)) == ("my-faces-v2-", "dcgan", "generate", result.bytes)
    assert spec.source is not None
    assert spec.source.sha256 == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert (spec.source.format, spec.source.licence, spec.source.attribution) == ("torch", "CC0-1.0", "nobody")
    assert spec.verification == result.verification.to_spec()
    mark = cache_folder() / "trusted" / f"{hashlib.sha256(data).hexdigest()}-made"
    assert mark.is_file(), "what was exported here need not be tried in a process of its own"
    assert result.verification.samples == 64


def test_the_canary_is_seed_0_index_0(result: ExportResult) -> None:
    spec = result.spec
    assert spec.canary is not None
    assert spec.latent is not None
    picture = Session(result.path.read_bytes()).run({"z": draw(spec.latent, 0, 0, 1)})[0][0]
    assert (spec.canary.seed, spec.canary.index, spec.canary.labels) == (0, 0, None)
    assert spec.canary.sha256 == hashlib.sha256(picture.tobytes()).hexdigest()
    decoded = cv2.imdecode(np.frombuffer(spec.canary.png_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    assert np.array_equal(decoded[:, :, ::-1], picture)
    assert base64.b64encode(spec.canary.png_bytes()).decode() == spec.canary.png


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pngs_keep_their_colours(channels: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 6, channels), dtype=np.uint8)
    decoded = cv2.imdecode(np.frombuffer(encode_png(picture), np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    back = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    assert np.array_equal(decoded.reshape(5, 6, channels)[:, :, back], picture)


def test_nothing_but_the_output_is_in_the_folder(checkpoint: Path, result: ExportResult) -> None:
    assert {path.name for path in checkpoint.parent.iterdir()} == {checkpoint.name, result.path.name}


def test_a_conditional_family_needs_no_change_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "toy", "toy_family:ToyFamily")
    path = tiny_models.save_checkpoint(tmp_path / "toy.pth", toy_state())
    made = export(path, tmp_path / "toy.onnx", sampler=draw)
    assert made.spec.labels == Labels(count=3)
    assert made.spec.canary is not None
    assert made.spec.canary.labels == (1.0, 0.0, 0.0)
    z, labels = np.zeros((2, 5), np.float32), np.eye(3, dtype=np.float32)[:2]
    image = Session(made.path.read_bytes()).run({"z": z, "labels": labels})[0]
    assert image.shape == (2, 6, 6, 1)
    assert not np.array_equal(image[0], image[1])
    report = describe(path)
    assert (report.family, report.labels, report.latent_dim) == ("toy", 3, 5)
    assert report.macs == (5 + 3) * 72 + 2 * 4 * 9 * 36 + 4 * 36


class _Refused:
    """Runs exports that must fail, in a folder that must stay empty."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "out.onnx"

    def __call__(self, error: type[BaseException], checkpoint: Path, match: str, **options: Any) -> None:
        with pytest.raises(error, match=match) as caught:
            export(checkpoint, self.output, **{"sampler": draw, **options})
        assert len(str(caught.value).splitlines()) <= 3
        assert list(self.output.parent.iterdir()) == []


@pytest.fixture
def refused(tmp_path: Path) -> _Refused:
    (tmp_path / "folder").mkdir()
    return _Refused(tmp_path / "folder")


def test_a_sabotaged_graph_writes_nothing(refused: _Refused, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fold = graph.fold_batch_norm

    def wrong(module: torch.nn.Module) -> torch.nn.Module:
        folded = fold(module)
        next(value for name, value in folded.named_parameters() if name.endswith(".bias")).add_(0.01)
        return folded

    monkeypatch.setattr(graph, "fold_batch_norm", wrong)
    refused(NegativeResult, checkpoint, "draws something else than the checkpoint")


def test_a_file_that_arrives_damaged_is_not_kept(
    refused: _Refused, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = graph.embed_spec
    monkeypatch.setattr(graph, "embed_spec", lambda model, spec: embed(model, ganrt_replace(spec)))
    refused(NegativeResult, checkpoint, "does not give back its spec")


def ganrt_replace(spec: GeneratorSpec) -> GeneratorSpec:
    return GeneratorSpec.from_json(spec.to_json().replace('"family":"dcgan"', '"family":"other"'))


def test_bad_options_cost_no_work(refused: _Refused, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "build_graph", None)
    refused(UsageError, checkpoint, "'name'", name="no spaces please")
    refused(UsageError, checkpoint, "'licence'", licence="x" * 201)
    refused(UsageError, checkpoint, "no option --gain", settings=Settings(gain="added"))
    refused(UsageError, checkpoint, "unknown family", family="x")
    refused(BadInputFile, checkpoint.with_name("none.pth"), "does not exist")


def test_the_suffix_is_checked(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"-o faces\.onnx"):
        export(checkpoint, tmp_path / "faces.engine", sampler=draw)


@pytest.mark.parametrize(("stem", "name"), [("a b", "a-b"), ("...", "generator"), ("ä", "-"), ("x" * 200, "x" * 100)])
def test_names_from_stems_are_valid(stem: str, name: str) -> None:
    from ganrt.exporter.export import _safe_name

    made = _safe_name(stem)
    assert made == (name if name != "-" else "generator")
    assert made[0].isalnum()


def test_existing_outputs_need_force(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "a.onnx"
    output.write_text("precious")
    with pytest.raises(OutputFailed, match="--force"):
        export(checkpoint, output, sampler=draw)
    assert output.read_text() == "precious"
    assert export(checkpoint, output, sampler=draw, force=True).bytes == output.stat().st_size
    assert list(tmp_path.iterdir()) == [output]


def test_folders_that_do_not_do(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputFailed, match="is a folder"):
        export(checkpoint, tmp_path / "folder.onnx", sampler=draw, force=True)
    with pytest.raises(OutputFailed, match="is a file"):
        export(checkpoint, tmp_path / "file" / "a.onnx", sampler=draw)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OutputFailed),
        (PermissionError(errno.EACCES, "Permission denied"), OutputFailed),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_no_temporary_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, raised: type[BaseException]
) -> None:
    def fail(_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(raised):
            _write(tmp_path / "a.onnx", b"x", False, lambda _: None)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(raised):
        _write(tmp_path / "a.onnx", b"x", False, fail)
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    output = tmp_path / "a.onnx"
    with pytest.raises(OutputFailed, match="exists already"):
        _write(output, b"x", False, lambda _: output.write_bytes(b"theirs") and None)
    assert output.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize("package", ["torch", "safetensors", "onnx", "onnxscript", "onnxruntime"])
def test_missing_packages(refused: _Refused, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    refused(BackendUnavailable, checkpoint, rf"'{package}'[\s\S]*pip install \"ganrt\[export,cpu\]\"")


def test_describe_needs_torch(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BackendUnavailable, match="pip install"):
        describe(checkpoint)


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, ganrt.exporter, ganrt.exporter.export, ganrt.exporter.describe, ganrt.exporter.families\n"
        "heavy = {'torch', 'onnx', 'onnxruntime', 'onnxscript', 'safetensors', 'cv2'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(SOURCE)}, check=True)


def test_describe_the_textbook_dcgan(tmp_path: Path) -> None:
    path = tiny_models.save_dcgan(tmp_path / "netG.pth", side=64, width=64, latent=100)
    report = describe(path)
    assert report.parameters == 3_576_704
    assert report.macs == 104_628_224
    assert (report.family, report.latent_dim, report.labels) == ("dcgan", 100, None)
    assert (report.height, report.width, report.channels) == (64, 64, 3)
    assert report.certainty.startswith("all 25 keys fit")
    assert "the norms' epsilon is not in the file: 1e-05 assumed (--norm-eps)" in report.assumptions
    assert (report.format, report.dtype, report.size) == ("torch", "float32", path.stat().st_size)
    assert report.sha256 is None
    assert describe(path, whole=True).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_describe_names_the_container(tmp_path: Path) -> None:
    torch.save({"netG": tiny_models.dcgan_state(), "epoch": 9}, tmp_path / "a.pth")
    assert describe(tmp_path / "a.pth", family="dcgan").container == "netG"


def test_the_signature_is_the_agreed_one() -> None:
    names = list(inspect.signature(export).parameters)
    assert names[:3] == ["checkpoint", "output", "sampler"]
    options = {"family", "settings", "choose_class", "pair", "name", "licence", "attribution", "code", "time_limit_s"}
    assert set(names[3:]) == options | {"force", "progress", "split"}
