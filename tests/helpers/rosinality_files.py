"""rosinality/stylegan2-pytorch's layout, from NVIDIA's: the same network under the other names."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import torch
from stylegan2_reference import Net, State
from torch import Tensor


def rosinality_state(state: State, net: Net, *, noises: bool = True) -> State:
    """A state dict of NVIDIA's "skip" without clamps, under rosinality's keys."""
    made: State = {"input.input": state["synthesis.b4.const"][None]}
    for i in range(net.layers):
        for part in ("weight", "bias"):
            made[f"style.{i + 1}.{part}"] = state[f"mapping.fc{i}.{part}"]
    _layer(made, state, "conv1", "synthesis.b4.conv1", "noises.noise_0" if noises else None)
    _rgb(made, state, "to_rgb1", "synthesis.b4")
    for i, side in enumerate(net.sides[1:]):
        for k in range(2):
            name = f"convs.{2 * i + k}"
            plane = f"noises.noise_{2 * i + k + 1}" if noises else None
            _layer(made, state, name, f"synthesis.b{side}.conv{k}", plane)
        made[f"convs.{2 * i}.conv.blur.kernel"] = state[f"synthesis.b{side}.conv0.resample_filter"] * 4
        _rgb(made, state, f"to_rgbs.{i}", f"synthesis.b{side}")
        made[f"to_rgbs.{i}.upsample.kernel"] = state[f"synthesis.b{side}.resample_filter"] * 4
    return made


def _layer(made: State, state: State, name: str, key: str, plane: str | None) -> None:
    weight = state[f"{key}.weight"]
    made[f"{name}.conv.weight"] = (weight * math.sqrt(weight[0].numel()))[None]
    for part in ("weight", "bias"):
        made[f"{name}.conv.modulation.{part}"] = state[f"{key}.affine.{part}"]
    made[f"{name}.noise.weight"] = state[f"{key}.noise_strength"].reshape(1)
    made[f"{name}.activate.bias"] = state[f"{key}.bias"]
    if plane:
        made[plane] = state[f"{key}.noise_const"][None, None]


def _rgb(made: State, state: State, name: str, block: str) -> None:
    made[f"{name}.conv.weight"] = state[f"{block}.torgb.weight"][None]
    for part in ("weight", "bias"):
        made[f"{name}.conv.modulation.{part}"] = state[f"{block}.torgb.affine.{part}"]
    made[f"{name}.bias"] = state[f"{block}.torgb.bias"].reshape(1, -1, 1, 1)


def save_training(path: Path, weights: State, average: Tensor | None = None, **more: Any) -> Path:
    """A snapshot as the training script writes it: arguments are an object, which torch's restricted loader refuses."""
    content: dict[str, Any] = {"g": weights, "d": {}, "g_ema": weights, "args": argparse.Namespace(size=32), **more}
    if average is not None:
        content["latent_avg"] = average
    torch.save(content, path)
    return path
