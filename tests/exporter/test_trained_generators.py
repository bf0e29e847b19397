"""Trained generators that packages on the index carry: exported from the file alone, or with one option, they draw what
the packages' own code draws."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from dcgan_reference import draw
from torch import Tensor
from vendor_bindings import download

import ganrt
from ganrt.exporter.export import export
from ganrt.exporter.options import Settings

pytestmark = [pytest.mark.network, pytest.mark.slow]


@pytest.fixture(autouse=True)
def quickly_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """On few pictures: what is drawn is compared here with what the packages' own code draws."""
    monkeypatch.setattr("ganrt.exporter.export._BUDGET_S", 0.5)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """(package, version) -> the folder with its files; nothing of it is installed."""

    def fetch(name: str, version: str) -> Path:
        return download(name, version, tmp_path_factory.mktemp("package"))

    return fetch


def their(path: Path) -> ModuleType:
    """One of their files, which imports nothing but torch."""
    spec = importlib.util.spec_from_file_location(f"theirs_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def levels(pictures: Tensor) -> Any:
    return ((pictures + 1) * 127.5).clamp(0, 255).round().permute(0, 2, 3, 1).numpy().astype(int)


def exported(folder: Path, weights: Path, **given: str) -> Path:
    result = export(weights, folder / "g.onnx", sampler=draw, settings=Settings.read(given), force=True)
    return result.path


def worst(found: Any, wanted: Any) -> int:
    assert wanted.std() > 20, "a flat picture proves nothing"
    return int(np.abs(found.astype(int) - wanted).max())


def test_gan_face_generate(unpacked: Callable[[str, str], Path]) -> None:
    folder = unpacked("gan-face-generate", "1.1.1")
    weights = folder / "gan_face_generate" / "weights.tar"
    network = their(folder / "gan_face_generate" / "models.py").Generator(0, 3, 100, 64).eval()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True)["netG_state_dict"])
    z = torch.randn(6, 100, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = levels(network(z[:, :, None, None]))
    with ganrt.load(str(exported(folder, weights)), backend="onnxruntime") as generator:
        assert worst(generator.synthesize(z.numpy()), wanted) <= 1


def test_omniart_eye_generator(unpacked: Callable[[str, str], Path]) -> None:
    folder = unpacked("omniart-eye-generator", "0.1")
    weights = folder / "omniart_eye_generator" / "generator_model_state.pth"
    network = their(folder / "omniart_eye_generator" / "generator.py").Generator().eval()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    z = torch.randn(8, 100, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = levels(network(z[:, :, None, None], torch.eye(8)))
    with ganrt.load(str(exported(folder, weights, labels="8")), backend="onnxruntime") as generator:
        assert worst(generator.synthesize(z.numpy(), labels=np.eye(8, dtype=np.float32)), wanted) <= 1


def test_vintagify(unpacked: Callable[[str, str], Path]) -> None:
    folder = unpacked("vintagify", "0.1.2")
    weights = folder / "vintagify" / "resources" / "G_A2B_epoch33.pth"
    network = their(folder / "vintagify" / "generator.py").ResnetGenerator().eval()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    random = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 3))
    pictures = np.repeat(np.repeat(random, 8, 1), 8, 2).astype(np.uint8)
    with torch.no_grad():
        wanted = levels(network(torch.from_numpy(pictures).float().permute(0, 3, 1, 2) / 127.5 - 1))
    with ganrt.load(str(exported(folder, weights, size="64x64")), backend="onnxruntime") as generator:
        assert worst(generator.translate(pictures), wanted) <= 1
