"""Random BigGAN-deep generators of the original library, as a training would leave them, and their checkpoints."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

with warnings.catch_warnings():
    # The library's boto3 warns about Python versions, and torch about the spelling of its spectral norm.
    warnings.simplefilter("ignore")
    from pytorch_pretrained_biggan.config import BigGANConfig
    from pytorch_pretrained_biggan.model import BigGAN, BigGANBatchNorm

# 16 pixels; attention in the middle, blocks of every kind: widths kept and halved, with and without doubling.
LAYERS = [(True, 16, 8), (False, 8, 8), (False, 8, 4), (True, 4, 2), (False, 2, 1)]
SMALL: dict[str, Any] = {
    "z_dim": 12,
    "class_embed_dim": 12,
    "channel_width": 8,
    "num_classes": 7,
    "layers": LAYERS,
    "attention_layer_position": 2,
    "output_dim": 16,
}
LEAST: dict[str, Any] = {  # for tests of what is done with one: no block keeps its width, as few as can be
    **SMALL,
    "layers": [(True, 16, 8), (False, 8, 4), (True, 4, 2), (False, 2, 1)],
    "attention_layer_position": 2,
    "output_dim": 16,
}
ODD: dict[str, Any] = {  # no attention at all, other rows, another epsilon, one class
    "z_dim": 5,
    "class_embed_dim": 5,
    "channel_width": 4,
    "num_classes": 1,
    "layers": [(True, 16, 8), (False, 8, 4), (True, 4, 4), (True, 4, 2), (True, 2, 1)],
    "attention_layer_position": 9,
    "eps": 1e-3,
    "n_stats": 21,
    "output_dim": 64,
}


def library_config(fields: dict[str, Any]) -> BigGANConfig:
    """The library's configuration, with what `fields` says."""
    return BigGANConfig(**fields)


def library_model(config: BigGANConfig, seed: int = 0) -> BigGAN:
    """A generator in evaluation mode: u and v iterated, statistics that differ from row to row."""
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = BigGAN(config)
    hooks = [norm.register_forward_pre_hook(_measure) for norm in model.modules() if isinstance(norm, BigGANBatchNorm)]
    with torch.no_grad():
        nn.init.uniform_(model.generator.bn.weight, 0.5, 1.5)
        nn.init.normal_(model.generator.bn.bias, 0, 0.5)
        for name, parameter in model.named_parameters():
            if name.endswith("gamma"):
                parameter.fill_(1.5)
            elif name.endswith(("scale.weight_orig", "theta.weight_orig", "phi.weight_orig")):
                parameter.mul_(3)
        model.train()
        for _ in range(5):
            model(torch.randn(2, config.z_dim), torch.ones(2, config.num_classes), 1.0)
    for hook in hooks:
        hook.remove()
    return model.eval().requires_grad_(False)


def _measure(norm: BigGANBatchNorm, inputs: tuple[Any, ...]) -> None:
    """Statistics near those of what comes in, as after a training, but other ones in every row."""
    x = inputs[0].transpose(0, 1).flatten(1)
    rows = norm.running_means.shape
    norm.running_means.copy_(x.mean(1) + 0.4 * x.std(1) * torch.randn(rows))
    norm.running_vars.copy_(x.var(1) * 10 ** (0.6 * torch.rand(rows) - 0.3))


def library_pictures(model: BigGAN, z: Tensor, labels: Tensor, truncation: NDArray[np.floating]) -> Tensor:
    """What the library draws, which takes one truncation a call: float32 [n, 3, side, side]."""
    rows = [model(z[i : i + 1], labels[i : i + 1], float(t)) for i, t in enumerate(truncation)]
    return torch.cat(rows)


def save_folder(folder: Path, model: BigGAN, *, legacy: bool = False, config: bool = True) -> Path:
    """config.json and pytorch_model.bin, as the library saves them; `legacy`: as torch before 1.6 did."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), folder / "pytorch_model.bin", _use_new_zipfile_serialization=not legacy)
    if config:
        (folder / "config.json").write_text(model.config.to_json_string(), "utf-8")
    return folder


def examples(config: BigGANConfig, count: int, seed: int = 3) -> tuple[Tensor, Tensor]:
    """z [count, z_dim], and labels [count, classes]: one-hot in turn, every third a mixture."""
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(count, config.z_dim, generator=random).clamp(-2, 2)
    labels = torch.eye(config.num_classes)[torch.arange(count) % config.num_classes]
    mixed = torch.rand(count, config.num_classes, generator=random)
    third = torch.arange(count) % 3 == 2
    labels[third] = (mixed / mixed.sum(1, keepdim=True))[third]
    return z, labels


def relative_error(made: Any, expected: Any) -> float:
    """The worst difference in units of the largest expected value."""
    made, expected = np.asarray(made, np.float64), np.asarray(expected, np.float64)
    return float(np.abs(made - expected).max() / np.abs(expected).max())
