"""Files in the layout of NVIDIA's training scripts: a pickle of modules that carry their source code as text.

What a module's pickle says is `torch_utils.persistence._reconstruct_persistent_obj(meta)`, `meta` holding the class's
name, its source and the module's `__dict__`. Parameters and buffers are pickled as torch pickles them.
"""

from __future__ import annotations

import math
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor, nn

HARMLESS = "class Generator: pass\n"


def _reconstruct_persistent_obj(meta: dict[str, Any]) -> None:
    raise AssertionError("this only gives its name to pickles")


class EasyDict(dict[str, Any]):
    """As dnnlib's: a dictionary of another class."""


class Network:
    """As dnnlib's for TensorFlow: its state is a dictionary with variables and parts."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


Network.__module__ = "dnnlib.tflib.network"
_reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
EasyDict.__module__, EasyDict.__qualname__ = "dnnlib.util", "EasyDict"


class Persistent:
    """A module in the making: its class's name, its `__dict__` without the tensors, and its parts."""

    def __init__(self, name: str, attributes: Mapping[str, Any], source: str) -> None:
        self.name, self.attributes, self.source = name, attributes, source
        self.parameters: dict[str, nn.Parameter] = {}
        self.buffers: dict[str, Tensor | None] = {}
        self.children: dict[str, Persistent] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        state = {
            "training": False,
            "_parameters": OrderedDict(self.parameters),
            "_buffers": OrderedDict(self.buffers),
            "_non_persistent_buffers_set": set(),
            "_backward_hooks": OrderedDict(),
            "_forward_hooks": OrderedDict(),
            "_modules": OrderedDict(self.children),
            **self.attributes,
            "_init_args": (),
            "_init_kwargs": EasyDict(self.attributes),
        }
        meta = {
            "type": "class", "version": 6, "module_src": self.source, "class_name": self.name, "state": state,
        }  # fmt: skip
        return _reconstruct_persistent_obj, (meta,)


_BUFFERS = {
    "w_avg", "noise_const", "resample_filter", "transform", "freqs", "phases", "magnitude_ema", "up_filter",
    "down_filter",
}  # fmt: skip
Describe = Callable[[str, Mapping[str, Tensor]], tuple[str, dict[str, Any]]]


def persistent(state: Mapping[str, Tensor], describe: Describe, source: str = HARMLESS) -> Persistent:
    """A tree of modules from a state dict.

    Args:
        describe: (dotted name, the tensors below it) -> the class's name and the attributes.
    """

    def made(name: str) -> Persistent:
        below = {key: value for key, value in state.items() if not name or key.startswith(f"{name}.")}
        module = Persistent(*describe(name, below), source)
        for key, value in below.items():
            rest = key.removeprefix(f"{name}." if name else "")
            head, _, tail = rest.partition(".")
            if tail:
                if head not in module.children:
                    module.children[head] = made(f"{name}.{head}".lstrip("."))
            elif head in _BUFFERS:
                module.buffers[head] = value
            else:
                module.parameters[head] = nn.Parameter(value)
        return module

    return made("")


def describe_stylegan2(architecture: str, clamp: float | None) -> Describe:
    """The classes and attributes of StyleGAN2-ADA's modules."""

    def describe(name: str, below: Mapping[str, Tensor]) -> tuple[str, dict[str, Any]]:
        part = name.rpartition(".")[2]
        if part in ("conv0", "conv1"):
            up = 2 if part == "conv0" else 1
            return "SynthesisLayer", {
                "activation": "lrelu", "conv_clamp": clamp, "up": up, "padding": 1, "act_gain": math.sqrt(2),
                "use_noise": f"{name}.noise_const" in below, "resolution": int(name.split(".b")[1].split(".")[0]),
            }  # fmt: skip
        if part == "torgb":
            width = below[f"{name}.weight"].shape[1]
            return "ToRGBLayer", {"conv_clamp": clamp, "weight_gain": 1 / math.sqrt(width)}
        if part == "skip":
            return "Conv2dLayer", {"activation": "linear", "up": 2, "down": 1, "conv_clamp": None, "padding": 0}
        if part == "affine" or part == "embed" or part.startswith("fc"):
            rate = 0.01 if part.startswith("fc") else 1.0
            inputs = below[f"{name}.weight"].shape[1]
            activation = "lrelu" if part.startswith("fc") else "linear"
            return "FullyConnectedLayer", {
                "activation": activation, "weight_gain": rate / math.sqrt(inputs), "bias_gain": rate,
            }  # fmt: skip
        if part.startswith("b") and part[1:].isdigit():
            return "SynthesisBlock", {"architecture": architecture, "use_fp16": int(part[1:]) > 8}
        whole = {"": "Generator", "mapping": "MappingNetwork", "synthesis": "SynthesisNetwork"}
        return whole[part], {}

    return describe


@contextmanager
def importable() -> Iterator[None]:
    """The names that pickles of these classes need while they are written."""
    names: dict[str, Any] = {
        "torch_utils.persistence": _reconstruct_persistent_obj,
        "dnnlib.util": EasyDict,
        "dnnlib.tflib.network": Network,
    }
    made = {}
    for path, item in names.items():
        parts = path.split(".")
        for end in range(1, len(parts) + 1):
            made.setdefault(".".join(parts[:end]), ModuleType(".".join(parts[:end])))
        setattr(made[path], item.__name__, item)
    sys.modules.update(made)
    try:
        yield
    finally:
        for name in made:
            del sys.modules[name]


def save(path: Path, content: object, protocol: int = 4) -> Path:
    """Writes a pickle that holds `Persistent` modules."""
    with importable(), path.open("wb") as file:
        pickle.dump(content, file, protocol=protocol)
    return path
