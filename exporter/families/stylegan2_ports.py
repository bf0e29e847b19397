"""StyleGAN2 in two other layouts. rosinality/stylegan2-pytorch is the one that toonify and many fine-tunes share.

The network is NVIDIA's "skip" under other names; its convolutions have 1 / sqrt(inputs * 9) in their weights before
they are demodulated, blurs hold their gain of 4, and activations have no limit.

NVlabs/stylegan2 and NVlabs/stylegan2-ada (TensorFlow) pickle it under other names still. Kernels lie there as height,
width, inputs, outputs; those that double the side are turned round, and the styles' biases lack their 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families import style_space as space
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.stylegan2 import Read, candidate, read_mapping, structure
from ganrt.exporter.loading import sizes
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
        w_dim = sizes(state, "synthesis.b4.conv1.affine.weight", 2, space.WHAT)[1]
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


_OLDEST = 4  # 2 and 3 are StyleGAN and ProGAN
_DENSE = re.compile(r"mapping/(Dense([0-9]{1,2})|LabelEmbed)/(weight|bias)")
_TENSORFLOW_LAYER = re.compile(r"synthesis/([0-9]{1,4})x\1/(Conv|Conv0_up|Conv1|ToRGB|Skip)/(.+)")
_LAST = re.compile(r"synthesis/ToRGB_lod([0-9]{1,2})/(.+)")
_TENSORFLOW_PLANE = re.compile(r"synthesis/noise([0-9]{1,2})")
_TENSORFLOW_PARTS = {
    "weight": "weight", "mod_weight": "affine.weight", "mod_bias": "affine.bias", "bias": "bias",
    "noise_strength": "noise_strength",
}  # fmt: skip
_OF_TENSORFLOW = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb", "Skip": "skip"}


class StyleGAN2TensorFlow(Family):
    settings: Mapping[str, str] = {
        "cutoff": space.SETTINGS["cutoff"],
        "noise": "const (the file's planes) or none; default const",
    }
    averaged = "Gs"
    keys = KeyCondition(all_of=("mapping/Dense0/weight", "synthesis/4x4/Const/const"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        facts = Facts(settings)
        fixed = _fixed(source)
        if "mapping/LabelConcat/weight" in source.tensors:
            raise BadInputFile("joins its classes to z (LabelConcat), which is not supported")
        state = _from_tensorflow(source.tensors, fixed)
        clamp, rate = fixed.get("conv_clamp"), fixed.get("mapping_lrmul", space.DEFAULT_RATE)
        if not all(value is None or isinstance(value, (int, float)) for value in (clamp, rate)) or rate is None:
            raise BadInputFile(f"has conv_clamp {str(clamp)[:40]} and mapping_lrmul {str(rate)[:40]}\nexpected numbers")
        config = structure(state)
        facts.read("conv_clamp", "none" if clamp is None else float(clamp))
        facts.read("mapping_rate", float(rate))
        noise = any(key.endswith("noise_const") for key in state)
        config = replace(config, clamp=None if clamp is None else float(clamp))
        read = Read(config, read_mapping(state, config.w_dim), float(rate), noise)
        return candidate(state, read, facts, "stylegan2-tensorflow")


def _fixed(source: Source) -> Mapping[str, Any]:
    """The arguments that the network was made with.

    Raises:
        BadInputFile: another network, or an older one.
    """
    state = source.module.state if source.module is not None else {}
    version, fixed = state.get("version", _OLDEST), state.get("static_kwargs") or {}
    if not isinstance(version, int) or version < _OLDEST:
        raise BadInputFile(f"is of version {str(version)[:20]}: a StyleGAN or ProGAN, which is not supported")
    values: Mapping[str, Any] = fixed if isinstance(fixed, Mapping) else getattr(fixed, "entries", {})
    for name, usual in (("nonlinearity", "lrelu"), ("mapping_nonlinearity", "lrelu")):
        if values.get(name, usual) != usual:
            raise BadInputFile(f"has {name} {str(values[name])[:40]}, which is not supported\nexpected {usual}")
    return values


def _from_tensorflow(state: State, fixed: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors under the keys of `stylegan2`, in its shapes; those of no known name keep theirs, and are refused."""
    sides = [int(found[1]) for key in state if (found := _TENSORFLOW_LAYER.fullmatch(key))]
    largest = max(sides, default=4)
    planes = any(key.endswith("noise_strength") for key in state)
    made: dict[str, Tensor] = {}
    for key, tensor in state.items():
        if key.rpartition("/")[2] == "lod" or (_TENSORFLOW_PLANE.fullmatch(key) and not planes):
            continue
        name = _tensorflow_name(key, largest)
        made[name] = _tensorflow_shaped(name, tensor, turned="Conv0_up" in key or "/Skip/" in key)
    taps = torch.tensor([float(tap) for tap in fixed.get("resample_kernel") or (1, 3, 3, 1)])
    blur = torch.outer(taps, taps) / taps.sum() ** 2
    for side in (2**i for i in range(2, largest.bit_length())):
        made[f"synthesis.b{side}.resample_filter"] = blur
        if f"synthesis.b{side}.conv0.weight" in made:
            made[f"synthesis.b{side}.conv0.resample_filter"] = blur
    return made


def _tensorflow_name(key: str, largest: int) -> str:
    if key == "dlatent_avg":
        return "mapping.w_avg"
    if key == "synthesis/4x4/Const/const":
        return "synthesis.b4.const"
    if found := _DENSE.fullmatch(key):
        return f"mapping.{'embed' if found[2] is None else f'fc{int(found[2])}'}.{found[3]}"
    if found := _TENSORFLOW_PLANE.fullmatch(key):
        number = int(found[1])
        side = 2 ** ((number + 5) // 2)
        return f"synthesis.b{side}.conv{0 if number % 2 else 1}.noise_const"
    if (found := _LAST.fullmatch(key)) and found[2] in _TENSORFLOW_PARTS:
        return f"synthesis.b{largest >> int(found[1])}.torgb.{_TENSORFLOW_PARTS[found[2]]}"
    if (found := _TENSORFLOW_LAYER.fullmatch(key)) and found[3] in _TENSORFLOW_PARTS:
        return f"synthesis.b{found[1]}.{_OF_TENSORFLOW[found[2]]}.{_TENSORFLOW_PARTS[found[3]]}"
    return key


def _tensorflow_shaped(name: str, tensor: Tensor, *, turned: bool) -> Tensor:
    if tensor.ndim == 4 and name.endswith(".weight"):
        kernel = tensor.flip(0, 1) if turned else tensor
        return kernel.permute(3, 2, 0, 1).contiguous()
    if tensor.ndim == 2 and name.endswith(".weight"):
        return tensor.T.contiguous()
    if name.endswith(".affine.bias"):
        return tensor + 1
    if name.endswith(".const") and tensor.ndim == 4 and len(tensor):
        return tensor[0]
    if name.endswith("noise_const") and tensor.ndim == 4 and 0 not in tensor.shape[:2]:
        return tensor[0, 0]
    return tensor.reshape(()) if name.endswith("noise_strength") and tensor.numel() == 1 else tensor
