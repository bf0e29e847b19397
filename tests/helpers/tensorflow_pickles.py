"""Files of NVIDIA's TensorFlow code, from weights under the keys of its PyTorch code."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import nvidia_pickles as nvidia
from stylegan2_reference import Net, State


def networks(state: State, net: Net, version: int = 5) -> nvidia.Network:
    """`Gs`: the mapping, the synthesis, and the average style."""
    parts: dict[str, dict[str, Any]] = {"mapping": {}, "synthesis": {}}
    for key, tensor in state.items():
        values, name = tensor.numpy(), key.split(".")
        if key.endswith("resample_filter") or key == "mapping.w_avg":
            continue
        if name[0] == "mapping":
            layer = "LabelEmbed" if name[1] == "embed" else f"Dense{name[1][2:]}"
            parts["mapping"][f"{layer}/{name[2]}"] = values.T.copy()
            continue
        side = int(name[1][1:])
        if name[2] == "const":
            parts["synthesis"]["4x4/Const/const"] = values[None]
            continue
        part = ".".join(name[3:])
        if part == "noise_const":
            number = 0 if side == 4 else 2 * int(math.log2(side)) - (5 if name[2] == "conv0" else 4)
            parts["synthesis"][f"noise{number}"] = values[None, None]
            continue
        layer = {"conv0": "Conv0_up", "conv1": "Conv" if side == 4 else "Conv1", "torgb": "ToRGB", "skip": "Skip"}[
            name[2]
        ]
        scope = f"{side}x{side}/{layer}"
        if layer == "ToRGB" and net.architecture == "orig":
            scope = "ToRGB_lod0"
        if part == "weight":
            values = values.transpose(2, 3, 1, 0)
            values = values[::-1, ::-1].copy() if layer in ("Conv0_up", "Skip") else values.copy()
        elif part == "affine.weight":
            values = values.T.copy()
        elif part == "affine.bias":
            values = values - 1
        known = {"affine.weight": "mod_weight", "affine.bias": "mod_bias"}
        parts["synthesis"][f"{scope}/{known.get(part, part)}"] = values
    parts["synthesis"]["lod"] = np.float32(0)
    fixed = nvidia.EasyDict(
        latent_size=net.z_dim, conv_clamp=net.clamp, mapping_lrmul=0.01, architecture=net.architecture
    )
    components = nvidia.EasyDict({name: _network(name, list(found.items()), version) for name, found in parts.items()})
    return _network("Gs", [("dlatent_avg", state["mapping.w_avg"].numpy())], version, fixed, components)


def _network(
    name: str, variables: list[Any], version: int, fixed: Any = None, components: Any = None
) -> nvidia.Network:
    return nvidia.Network(
        {
            "version": version, "name": name, "static_kwargs": fixed or {}, "components": components or {},
            "build_module_src": "raise SystemExit", "build_func_name": "G_main", "variables": variables,
        }
    )  # fmt: skip


def save(path: Path, state: State, net: Net, version: int = 5) -> Path:
    """(G, D, Gs), as the training writes it."""
    whole, empty = networks(state, net, version), _network("D", [("a/weight", np.ones((2, 2), np.float32))], version)
    return nvidia.save(path, (whole, empty, whole))
