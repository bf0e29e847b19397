"""StyleGAN2 as NVlabs/stylegan2 and NVlabs/stylegan2-ada (TensorFlow) pickle it: `stylegan2` under other names.

Kernels lie there as height, width, inputs, outputs; those that double the side are turned round, and the styles' biases
lack their 1.
"""

from __future__ import annotations

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
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

_OLDEST = 4  # 2 and 3 are StyleGAN and ProGAN
_DENSE = re.compile(r"mapping/(Dense([0-9]{1,2})|LabelEmbed)/(weight|bias)")
_LAYER = re.compile(r"synthesis/([0-9]{1,4})x\1/(Conv|Conv0_up|Conv1|ToRGB|Skip)/(.+)")
_LAST = re.compile(r"synthesis/ToRGB_lod([0-9]{1,2})/(.+)")
_PLANE = re.compile(r"synthesis/noise([0-9]{1,2})")
_PARTS = {
    "weight": "weight", "mod_weight": "affine.weight", "mod_bias": "affine.bias", "bias": "bias",
    "noise_strength": "noise_strength",
}  # fmt: skip
_LAYERS = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb", "Skip": "skip"}


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
        state = _renamed(source.tensors, fixed)
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


def _renamed(state: State, fixed: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors under the keys of `stylegan2`, in its shapes; those of no known name keep theirs, and are refused."""
    sides = [int(found[1]) for key in state if (found := _LAYER.fullmatch(key))]
    largest = max(sides, default=4)
    planes = any(key.endswith("noise_strength") for key in state)
    made: dict[str, Tensor] = {}
    for key, tensor in state.items():
        if key.rpartition("/")[2] == "lod" or (_PLANE.fullmatch(key) and not planes):
            continue
        name = _name(key, largest)
        made[name] = _shaped(name, tensor, turned="Conv0_up" in key or "/Skip/" in key)
    taps = torch.tensor([float(tap) for tap in fixed.get("resample_kernel") or (1, 3, 3, 1)])
    blur = torch.outer(taps, taps) / taps.sum() ** 2
    for side in (2**i for i in range(2, largest.bit_length())):
        made[f"synthesis.b{side}.resample_filter"] = blur
        if f"synthesis.b{side}.conv0.weight" in made:
            made[f"synthesis.b{side}.conv0.resample_filter"] = blur
    return made


def _name(key: str, largest: int) -> str:
    if key == "dlatent_avg":
        return "mapping.w_avg"
    if key == "synthesis/4x4/Const/const":
        return "synthesis.b4.const"
    if found := _DENSE.fullmatch(key):
        return f"mapping.{'embed' if found[2] is None else f'fc{int(found[2])}'}.{found[3]}"
    if found := _PLANE.fullmatch(key):
        number = int(found[1])
        side = 2 ** ((number + 5) // 2)
        return f"synthesis.b{side}.conv{0 if number % 2 else 1}.noise_const"
    if (found := _LAST.fullmatch(key)) and found[2] in _PARTS:
        return f"synthesis.b{largest >> int(found[1])}.torgb.{_PARTS[found[2]]}"
    if (found := _LAYER.fullmatch(key)) and found[3] in _PARTS:
        return f"synthesis.b{found[1]}.{_LAYERS[found[2]]}.{_PARTS[found[3]]}"
    return key


def _shaped(name: str, tensor: Tensor, *, turned: bool) -> Tensor:
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
