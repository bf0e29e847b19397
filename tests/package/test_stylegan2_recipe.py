"""examples/stylegan2: names and shapes as in NVIDIA's files, layers that compute the papers' formulas, training."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from recipes import run_program

RECIPE = Path(__file__).parents[2] / "examples" / "stylegan2"


@pytest.fixture(scope="module")
def networks():
    sys.path.insert(0, str(RECIPE))
    sys.modules.pop("networks", None)
    yield importlib.import_module("networks")
    sys.path.remove(str(RECIPE))
    del sys.modules["networks"]


def test_the_state_dict_is_laid_out_as_nvidias(networks):
    """The table of StyleGAN2-ADA, architecture "skip": C = min(channel_base // r, channel_max)."""
    config = networks.Config(resolution=16, z_dim=8, w_dim=6, channel_base=64, channel_max=12)
    expected = {"mapping.w_avg": (6,), "synthesis.b4.const": (12, 4, 4)}
    expected |= {
        f"mapping.fc{i}.{name}": shape for i, size in ((0, 8), (1, 6)) for name, shape in dense(6, size).items()
    }
    channels = {2: 0, 4: 12, 8: 8, 16: 4}
    for r in (4, 8, 16):
        block = f"synthesis.b{r}"
        expected[f"{block}.resample_filter"] = (4, 4)
        for layer, inputs in (("conv0", channels[r // 2]), ("conv1", channels[r])):
            if inputs:
                expected |= {f"{block}.{layer}.{k}": v for k, v in layer_shapes(inputs, channels[r], r).items()}
        expected |= {f"{block}.torgb.affine.{k}": v for k, v in dense(channels[r], 6).items()}
        expected |= {f"{block}.torgb.weight": (3, channels[r], 1, 1), f"{block}.torgb.bias": (3,)}
    found = {name: tuple(value.shape) for name, value in networks.Generator(config).state_dict().items()}
    assert found == expected


def dense(outputs, inputs):
    return {"weight": (outputs, inputs), "bias": (outputs,)}


def layer_shapes(inputs, outputs, resolution):
    return {
        "weight": (outputs, inputs, 3, 3),
        "bias": (outputs,),
        "noise_const": (resolution, resolution),
        "noise_strength": (),
        "resample_filter": (4, 4),
    } | {f"affine.{name}": shape for name, shape in dense(inputs, 6).items()}


@pytest.mark.parametrize("up", [False, True])
def test_a_layer_is_the_papers_modulated_convolution(networks, up):
    """Slow and obvious: weights modulated and demodulated for each picture, zeros inserted, the filter by hand."""
    torch.manual_seed(0)
    config = networks.Config(w_dim=6, channel_base=64, channel_max=8)
    layer = networks.Layer(config, 5, 8, up=up).double()
    layer.noise_strength.data.fill_(0.3)
    x, w = torch.randn(2, 5, 4 if up else 8, 4 if up else 8).double(), torch.randn(2, 6).double()
    made = layer(x, w, noise="const")
    for i in range(2):
        style = layer.affine.weight @ w[i] / 6**0.5 + layer.affine.bias
        weight = layer.weight * style[None, :, None, None]
        weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        expected = upsampled(x[i], weight) if up else F.conv2d(x[i][None], weight, padding=1)[0]
        expected = expected + 0.3 * layer.noise_const + layer.bias[:, None, None]
        expected = F.leaky_relu(expected, 0.2) * 2**0.5
        error = float((made[i] - expected).abs().max().detach())
        print("error", error)
        assert error < 1e-10


def upsampled(x, weight):
    """x [c, h, w]: zeros after every pixel, the transposed convolution as a full one, [1, 3, 3, 1] / 8 on both axes."""
    c, h, _ = x.shape
    sparse = torch.zeros(c, 2 * h, 2 * h).double()
    sparse[:, ::2, ::2] = x
    full = F.conv2d(F.pad(sparse, (2, 1, 2, 1))[None], weight.flip(2, 3))
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]).double() / 4  # gain 2 for each axis
    full = F.pad(full, (1, 1, 1, 1))
    return F.conv2d(full, torch.outer(taps, taps)[None, None].expand(full.shape[1], 1, 4, 4), groups=full.shape[1])[0]


def test_psi_0_draws_the_average_for_every_latent(networks):
    torch.manual_seed(1)
    generator = networks.Generator(networks.Config(resolution=8, channel_max=8))
    generator.mapping.w_avg.normal_()
    with torch.no_grad():
        first, second = generator(torch.randn(2, 64), psi=0.0)
        third, fourth = generator(torch.randn(2, 64), psi=1.0)
    assert torch.equal(first, second)
    assert not torch.allclose(third, fourth)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_training_resumes_and_leaves_the_average(networks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pictures = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), dtype=np.uint8)
    np.save(tmp_path / "pictures.npy", pictures)
    for iterations in ("1", "2"):
        options = ["--pictures", "pictures.npy", "-o", "out", "--iterations", iterations, "--batch", "4"]
        run_program(RECIPE / "train.py", *options)
    assert torch.load(tmp_path / "out" / "training.pt", weights_only=True)["iteration"] == 2
    assert (tmp_path / "out" / "generator.safetensors").exists()
    assert (tmp_path / "out" / "sheet.png").exists()
