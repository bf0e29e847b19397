"""`ganrt export --preview` and `--samples`: what is drawn, what is compared, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from typer.testing import CliRunner

import ganrt
from ganrt.cli.main import app
from ganrt.runtime.export_pictures import READINGS, likeness, tiles

Pictures = NDArray[np.uint8]


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DCGAN of 16 px that makes reddish pictures, bright at the top."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(4)
    layers = [nn.ConvTranspose2d(6, 8, 4, bias=False), nn.BatchNorm2d(8), nn.ReLU()]
    layers += [nn.ConvTranspose2d(8, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU()]
    network = nn.Sequential(*layers, nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh())
    network[-2].bias.data = torch.tensor([0.8, 0.0, -0.8])
    network[0].weight.data[:, :, 2:] *= 0.2
    torch.save({f"main.{key}": tensor for key, tensor in network.eval().state_dict().items()}, "g.pth")
    return Path("g.pth")


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.stdout, result.stderr


def exported(*words: object) -> tuple[int, dict[str, object], str]:
    code, out, err = run("export", "g.pth", "-o", "g.onnx", "--force", "--json", *words)
    return code, json.loads(out) if out else {}, err


def drawn(count: int, seed: int) -> Pictures:
    with ganrt.load("g.onnx", backend="onnxruntime") as generator:
        return generator.sample(count, seed=seed)


def write(folder: Path, pictures: Pictures) -> Path:
    folder.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number:03}.png"), picture[..., ::-1])
    return folder


def torchvision_sheet(pictures: Pictures, columns: int) -> Pictures:
    """As torchvision's make_grid lays pictures out: two black pixels around each."""
    rows, side = -(-len(pictures) // columns), pictures.shape[1]
    page = np.zeros((rows * (side + 2) + 2, columns * (side + 2) + 2, 3), np.uint8)
    for number, picture in enumerate(pictures):
        top, left = (place * (side + 2) + 2 for place in divmod(number, columns))
        page[top : top + side, left : left + side] = picture
    return page


@pytest.mark.slow
def test_previews_and_samples(checkpoint: Path) -> None:
    code, _, err = exported("--preview", "sheet.png")
    assert code == 0, err
    sheet = cv2.imread("sheet.png")[..., ::-1]
    assert sheet.shape == (64, 64, 3)
    assert np.array_equal(sheet[16:32, 32:48], drawn(16, 0)[6])
    assert run("export", checkpoint, "-o", "h.onnx", "--preview", "sheet.png")[0] == 5
    assert not Path("h.onnx").exists()
    assert run("export", checkpoint, "-o", "h.onnx", "--preview", "sheet.jpg")[0] == 2

    own = drawn(60, 5)
    code, report, err = exported("--samples", write(Path("own"), own))
    assert code == 0, err
    assert "No picture was compared with another" in err
    assert "warning" not in err
    assert report["samples"]["pictures"] == 60  # type: ignore[index]

    code, report, err = exported("--samples", write(Path("bgr"), own[..., ::-1]))
    assert code == 1
    assert "colours in reverse" in err
    assert Path("g.onnx").exists()

    cv2.imwrite(str(write(Path("sheets"), own[:0]) / "a.png"), torchvision_sheet(own, 8)[..., ::-1])
    assert exported("--samples", "sheets")[1]["samples"]["pictures"] == 60  # type: ignore[index]

    with ganrt.load("g.onnx", backend="onnxruntime") as generator:
        z = ganrt.latents(12, generator.spec.latent.dim, seed=9)
        pictures = generator.synthesize(z)
    folder = write(Path("exact"), pictures)
    np.save(folder / "z.npy", z)
    code, report, err = exported("--samples", folder)
    assert code == 0, err
    assert report["samples"] == {"compared": "one by one", "pictures": 12, "mean_levels": 0.0, "max_levels": 0}
    code, _, err = exported("--samples", folder, "--last", "sigmoid")
    assert code == 1
    assert "grey levels off on average" in err
    np.save(folder / "z.npy", z[:5])
    assert exported("--samples", folder)[0] == 4


def of_one_kind(count: int, seed: int) -> Pictures:
    """Pictures that are reddish, bright at the top and darker to the right."""
    random = np.random.default_rng(seed)
    slope = np.linspace(230, 120, 24)[:, None, None] * np.linspace(1, 0.7, 24)[None, :, None] * [1, 0.6, 0.3]
    noise = random.normal(0, 12, (count, 1, 1, 3)) + random.normal(0, 20, (count, 24, 24, 3))
    return (slope + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("reading", READINGS)
def test_a_reading_is_told(reading: str) -> None:
    samples = (READINGS[reading](of_one_kind(64, 1) / 255) * 255).round().astype(np.uint8)
    found = likeness(samples, of_one_kind(64, 2))
    assert found.misread
    assert found.reading == reading


@pytest.mark.parametrize("change", [lambda x: x, lambda x: x[:, :, ::-1], lambda x: (x * 0.9).astype(np.uint8)])
def test_nothing_is_told_where_pictures_are_alike_or_differ_otherwise(change: Callable[[Pictures], Pictures]) -> None:
    assert not likeness(change(of_one_kind(64, 1)), of_one_kind(64, 2)).misread


def test_sheets_are_cut() -> None:
    pictures = of_one_kind(10, 3)
    assert np.array_equal(tiles(torchvision_sheet(pictures, 4), 24, 24), pictures)
    assert len(tiles(np.concatenate(list(pictures), 1), 24, 24)) == 10
    assert len(tiles(pictures[0], 24, 24)) == 1
    assert tiles(pictures[0], 21, 21) == []


@pytest.mark.parametrize(("name", "said"), [("nowhere", "expected a folder"), ("empty", "no picture")])
def test_folders_that_hold_nothing(checkpoint: Path, name: str, said: str) -> None:
    Path("empty").mkdir()
    code, _, err = run("export", checkpoint, "-o", "g.onnx", "--samples", name)
    assert code == 4
    assert said in err
    assert not Path("g.onnx").exists()
