"""docs/bring-your-own-generator.md: each of its commands runs, and the graphs draw what the owner's network draws."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from keras_fixtures import fixtures
from one_process import run_code_here
from torch import nn

from ganrt.exporter.session import Session
from ganrt.runtime.latents import latents

PAGE = (Path(__file__).parents[2] / "docs" / "bring-your-own-generator.md").read_text("utf-8")
MODELS = """
import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.query, self.key, self.value = (nn.Conv2d(channels, channels, 1) for _ in range(3))
        self.gamma = nn.Parameter(torch.full((1,), 0.7))

    def forward(self, x):
        q, k, v = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))
        weights = torch.softmax(q.transpose(1, 2) @ k, dim=-1)
        return x + self.gamma * (v @ weights.transpose(1, 2)).view_as(x)


class Generator(nn.Module):
    def __init__(self, latent_dim=20, classes=3):
        super().__init__()
        self.embedding = nn.Embedding(classes, latent_dim)
        self.fc = nn.Linear(latent_dim, 128)
        self.attention = Attention(8)
        self.act = nn.LeakyReLU(0.2)
        self.up = nn.ConvTranspose2d(8, 3, 4, 2, 1)

    def forward(self, z, labels):
        x = self.fc(z * self.embedding(labels)).view(len(z), 8, 4, 4)
        return torch.tanh(self.up(self.act(self.attention(x))))
"""
CHAIN = (nn.ConvTranspose2d(20, 8, 4, 1, 0), nn.BatchNorm2d(8), nn.LeakyReLU(0.2), nn.ConvTranspose2d(8, 3, 4, 2, 1))


@pytest.fixture
def owned(run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What people have, in the folder in which the commands run; the conditional network itself."""
    Path("models.py").write_text(MODELS, "utf-8")
    Path("names.txt").write_text("circle\nsquare\nstar\n", "utf-8")
    monkeypatch.syspath_prepend(str(Path.cwd()))
    sys.modules.pop("models", None)
    from models import Generator  # type: ignore[import-not-found]

    torch.manual_seed(8)
    network = Generator().eval().requires_grad_(False)
    state = network.state_dict()
    torch.save({"epoch": 3, "netG": {f"module.{key}": value for key, value in state.items()}}, "weights.pth")
    torch.save(network, "model.pth")
    chain = nn.Sequential(*CHAIN, nn.Tanh()).eval()
    torch.save(chain.state_dict(), "netG.pth")
    torch.save(chain, "whole.pth")
    shutil.copy(fixtures() / "general.k3.keras", "generator.keras")
    inside = {f"generator.{key}": value for key, value in state.items()} | {"critic.0.weight": torch.zeros(4, 3, 4, 4)}
    torch.save({"state_dict": inside, "hyper_parameters": {"latent_dim": 20}, "optimizer_states": [{}]}, "last.ckpt")
    example = torch.randn(1, 20), torch.zeros(1, dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(network, example).save("generator.pt")  # type: ignore[no-untyped-call]
        torch.onnx.export(network, example, "generator.onnx", dynamo=False)
    yield network
    sys.modules.pop("models", None)


def drawn_by(network: Any, path: str) -> bool:
    """Whether the file's pictures, of classes and of a mixture, are the network's."""
    z = latents(4, 20, seed=5)
    rows = np.float32([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.25, 0.5, 0.25]])
    image = Session(Path(path).read_bytes()).run({"z": z, "labels": rows})[0]
    given = torch.from_numpy(z) * (torch.from_numpy(rows) @ network.embedding.weight)
    x = network.fc(given).view(4, 8, 4, 4)
    native = torch.tanh(network.up(network.act(network.attention(x)))).permute(0, 2, 3, 1).numpy()
    return bool(np.abs(image - np.round((native + 1) * 127.5)).max() <= 1)


@pytest.mark.slow
def test_every_command_of_the_page_runs(owned: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run_code_here(monkeypatch)
    commands = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 11
    conditional = 0
    for line in commands:
        code, _, said = run(*shlex.split(line)[1:])
        assert code == 0, f"{line}\n{said}"
        if "mine.onnx" in line and "export" in line:
            assert drawn_by(owned, "mine.onnx"), line
            conditional += 1
    assert conditional == 5


@pytest.mark.slow
def test_the_program_of_the_page_runs(owned: Any, run: Any) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(program.replace("Generator()", "owned"), {"owned": owned})
    assert drawn_by(owned, "live.onnx")


@pytest.mark.slow
def test_the_file_alone_says_when_the_class_is_needed(owned: Any, run: Any) -> None:
    code, _, said = run("export", "weights.pth", "-o", "a.onnx")
    assert code == 4
    assert "--code" in said
