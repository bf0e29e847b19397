"""StyleGAN2 in the layout of rosinality/stylegan2-pytorch, which toonify, StyleGAN-NADA and many fine-tunes share.

The network is NVIDIA's "skip" under other names; its convolutions have 1 / sqrt(inputs * 9) in their weights before
they are demodulated, blurs hold their gain of 4, and activations have no limit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families import style_space as space
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.stylegan2 import Read, candidate, read_mapping, size_of, structure
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

_MAPPING = re.compile(r"style\.([1-9][0-9]?)\.(weight|bias)")
_LAYER = re.compile(r"(conv1|convs\.([0-9]{1,2})|to_rgb1|to_rgbs\.([0-9]{1,2}))\.(.+)")
_PLANE = re.compile(r"noises\.noise_([0-9]{1,2})")
_PARTS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "conv.blur.kernel": "resample_filter",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
    "upsample.kernel": "resample_filter",
}


class StyleGAN2Rosinality(Family):
    settings: Mapping[str, str] = {
        **space.SETTINGS,
        "noise": "const (the file's planes) or none; default const",
    }
    averaged = "g_ema"
    keys = KeyCondition(all_of=("conv1.conv.modulation.weight", "to_rgb1.conv.weight", "style.1.weight"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        facts = Facts(settings)
        state, notes = _renamed(source.tensors)
        w_dim = size_of(state, "synthesis.b4.conv1.affine.weight", 2, 1)
        state |= _average(state.pop("latent_avg", source.lone.get("latent_avg")), w_dim)
        config = structure(state)
        noise = any(key.endswith("noise_const") for key in state)
        read = Read(config, read_mapping(state, w_dim), space.read_rate(facts, None), noise)
        return candidate(state, read, facts, "stylegan2-rosinality", notes)


def _renamed(state: State) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The tensors under NVIDIA's keys, in NVIDIA's shapes; those of no known name keep theirs, and are then refused."""
    if any(key.endswith(".iwt.ll") or ".iwt." in key for key in state):
        raise BadInputFile("is a SWAGAN (wavelets in its picture layers), which is not supported")
    planes = any(_PLANE.fullmatch(key) for key in state)
    made: dict[str, Tensor] = {}
    for key, tensor in state.items():
        name = _name(key)
        if name.endswith("noise_strength") and not planes:
            continue
        made[name] = _shaped(name, tensor)
    notes = () if planes else ("the file holds no noise: it is left out, where the original draws it anew",)
    return made, notes


def _average(given: Tensor | None, w_dim: int) -> dict[str, Tensor]:
    """`latent_avg` [w_dim], or the same once for every style [count, w_dim]."""
    if given is None:
        return {}
    rows = given.float().reshape(-1, given.shape[-1] if given.ndim else 1)
    if rows.shape[1] != w_dim or not bool((rows == rows[0]).all()) or not bool(rows.isfinite().all()):
        raise BadInputFile(f"latent_avg is of shape {list(given.shape)}\nexpected the average style, {w_dim} values")
    return {"mapping.w_avg": rows[0].contiguous()}


def _name(key: str) -> str:
    if key == "input.input":
        return "synthesis.b4.const"
    if found := _MAPPING.fullmatch(key):
        return f"mapping.fc{int(found[1]) - 1}.{found[2]}"
    if found := _PLANE.fullmatch(key):
        return f"synthesis.{_layer(int(found[1]))}.noise_const"
    if (found := _LAYER.fullmatch(key)) and found[4] in _PARTS:
        if not found[1].startswith("to_rgb"):
            return f"synthesis.{_layer(0 if found[2] is None else int(found[2]) + 1)}.{_PARTS[found[4]]}"
        block = f"synthesis.b{4 if found[3] is None else 2 ** (int(found[3]) + 3)}"
        owner = block if found[4] == "upsample.kernel" else f"{block}.torgb"
        return f"{owner}.{_PARTS[found[4]]}"
    return key


def _layer(k: int) -> str:
    """Convolution (and plane of noise) k: 0 is of 4 px, then two for each resolution."""
    return "b4.conv1" if k == 0 else f"b{2 ** ((k + 1) // 2 + 2)}.conv{(k + 1) % 2}"


def _shaped(name: str, tensor: Tensor) -> Tensor:
    if name.endswith(".weight") and tensor.ndim == 5 and tensor.shape[0] == 1:
        weight = tensor[0]
        if ".torgb." in name:
            return weight
        return (weight.double() / math.sqrt(weight[0].numel())).float()
    if name.endswith(".const") and tensor.ndim == 4:
        return tensor[0]
    if name.endswith("noise_const") and tensor.ndim == 4:
        return tensor[0, 0]
    if name.endswith("noise_strength"):
        return tensor.reshape(())
    if name.endswith("torgb.bias"):
        return tensor.flatten()
    return tensor / 4 if name.endswith("resample_filter") else tensor
