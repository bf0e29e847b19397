"""The networks as their authors wrote them, for peers that start where users start: nothing folded, joined or dropped.

BigGAN-deep is pytorch-pretrained-biggan's own module, spectral norm and all; CycleGAN the ResnetGenerator with torch's
own instance norm. Truncation is frozen at what the harness draws with, as a plain export of these modules has it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

import torch
from torch import Tensor, nn

from ganrt.benchmarks.runners.protocol import Request
from ganrt.errors import BackendUnavailable
from ganrt.exporter.source import Source, State
from ganrt.runtime.sampling import NO_TRUNCATION, statistics_value

_NO_BLOCK = -1  # an attention's position that no block has


def reference_module(request: Request) -> nn.Module:
    """The generator of the request's checkpoint, inputs as the graph takes them -> float32 [n, c, h, w] in [-1, 1].

    Raises:
        BackendUnavailable: there is no checkpoint, no such module of this family, or its package is missing.
    """
    family = request.spec.family
    if family not in _BUILDERS:
        raise BackendUnavailable(f"family '{family}' has no literal peers: only {', '.join(sorted(_BUILDERS))} have")
    if request.checkpoint is None:
        raise BackendUnavailable("literal peers are made from the checkpoint: give --checkpoint FILE")
    from ganrt.exporter.options import Settings
    from ganrt.exporter.readers.files import read_file
    from ganrt.exporter.recognise import recognise

    file = read_file(request.checkpoint)
    return _BUILDERS[family](recognise(file, family, Settings()).source, request).eval()


class FrozenBigGAN(nn.Module):
    """(z [n, z_dim], labels [n, classes], anything) -> [n, 3, side, side]: the library's module at one truncation."""

    def __init__(self, network: nn.Module, truncation: float) -> None:
        super().__init__()
        self.network, self.truncation = network, truncation

    def forward(self, z: Tensor, labels: Tensor, *_: Tensor) -> Tensor:
        return cast(Tensor, self.network(z, labels, self.truncation))


def _biggan_deep(checkpoint: Source, request: Request) -> nn.Module:
    from ganrt.exporter.candidate import Facts
    from ganrt.exporter.families.biggan_deep import library_keys, read_config
    from ganrt.exporter.families.spectral_norm import plain_names
    from ganrt.exporter.readers.files import config_of

    state = checkpoint.tensors
    config = read_config(library_keys(plain_names(state)), config_of(checkpoint), Facts())
    library, shape = _library(), config.shape
    width = shape.last.inputs
    ends = [(each.doubles, each.convolutions[0].inputs, each.convolutions[-1].outputs) for each in shape.blocks]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, about the spelling of spectral norm
        network = library.model.BigGAN(
            library.config.BigGANConfig(
                output_dim=shape.side,
                z_dim=shape.dim,
                class_embed_dim=shape.dim,
                channel_width=width,
                num_classes=shape.classes,
                layers=[(up, inputs // width, outputs // width) for up, inputs, outputs in ends],
                attention_layer_position=next((place + 1 for place in shape.attention), _NO_BLOCK),
                eps=config.eps,
                n_stats=config.grid.rows,
            )
        )
    network.load_state_dict(_normalised(state, network))
    return FrozenBigGAN(network, float(statistics_value(request.spec, NO_TRUNCATION)))


def _library() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its boto3 warns about Python versions
            import_module("pytorch_pretrained_biggan.model")
            return import_module("pytorch_pretrained_biggan")
    except (ImportError, OSError) as error:
        raise BackendUnavailable(
            f"pytorch-pretrained-biggan is missing or broken: {error}\n"
            "install it: pip install pytorch-pretrained-biggan==0.1.1"
        ) from error


def _normalised(state: State, network: nn.Module) -> State:
    """The state with spectral norm where the network has it and the checkpoint not: u and v of which sigma is 1.

    sigma = u^T W v (Miyato et al. 2018, arXiv:1802.05957); with v = W^T u / |W^T u|^2 it is 1 for any u.
    """
    made = dict(state)
    for key, stored in network.state_dict().items():
        weight = state.get(key.removesuffix("_orig"))
        if key.endswith(".weight_orig") and key not in state and weight is not None:
            name = key.removesuffix("_orig")
            u = torch.ones(stored.shape[0]) / stored.shape[0] ** 0.5
            row = u.double() @ weight.flatten(1).double()
            made |= {key: weight, f"{name}_u": u, f"{name}_v": (row / row.dot(row)).float()}
            del made[name]
    return made


def _cyclegan(checkpoint: Source, request: Request) -> nn.Module:
    """Ours, with torch's own instance norm: the rest is the same Sequential."""
    from ganrt.exporter.families.cyclegan import CycleGAN
    from ganrt.exporter.families.instance_norm import InstanceNorm
    from ganrt.exporter.options import Settings

    image = request.spec.image
    assert image is not None  # a translator has one
    settings = Settings(size=(image.height, image.width))
    network = CycleGAN().build(checkpoint, settings).module
    for parent in list(network.modules()):
        for name, norm in list(parent.named_children()):
            if isinstance(norm, InstanceNorm):
                setattr(parent, name, TorchNorm(norm.eps))
    return network


class TorchNorm(nn.Module):
    """nn.InstanceNorm2d without parameters, whose constructor wants to know a number of channels that it ignores."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.instance_norm(x, eps=self.eps)


_BUILDERS: dict[str, Callable[[Source, Request], nn.Module]] = {
    "biggan-deep": _biggan_deep,
    "cyclegan": _cyclegan,
}
