"""Which part of a checkpoint is the generator: training writes discriminators, averages and optimizers beside it.

Names as the usual training scripts have them: `g_ema` and `g` (rosinality), `G_ema` and `G` (ajbrock), `GE.` and
`G.` in one state dict (lightweight-gan), `netG` (pytorch/examples), `params_ema` (BasicSR), `generator.` and
`discriminator.` prefixes (one module that holds the whole GAN), `encoder.` beside them (BiGANs).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ganrt.errors import BadInputFile, UsageError

# Exponential moving averages of the generator's weights: what training scripts draw their samples with.
_AVERAGES = ("g_ema", "G_ema", "netG_ema", "generator_ema", "gen_ema", "params_ema", "model_ema", "ema_model")
AVERAGES: tuple[str, ...] = (*_AVERAGES, "state_dict_ema", "ema", "GE")
CONTAINERS = ("state_dict", "g", "G", "netG", "gen", "generator", "params", "model", "model_state_dict")
OPTIMIZERS = ("optimizer", "optim", "g_optim", "d_optim", "optimizerG", "optimizerD", "G_optim", "D_optim")
_PREFIXES = ("g", "G", "netG", "gen", "generator")  # of keys in one state dict; a container's name is none
_OTHERS = (
    *("d", "D", "netD", "disc", "discriminator", "encoder"),
    *("img_discriminator", "latent_discriminator", "comb_discriminator"),  # BigBiGAN's
)
GENERATORS = (*_PREFIXES, *AVERAGES)
_MAX_DEPTH = 4


def unwrap(loaded: Any, part: str | None, path: Path) -> tuple[list[str], Any, tuple[str, ...], str | None]:
    """Follows containers down to the weights: (their names, what lies there, notes on what was chosen, part left).

    Args:
        part: the name of the container to take; left where no container has it: it may be a prefix of keys.

    Raises:
        BadInputFile: several networks side by side and none of them an average, or an optimizer alone.
    """
    trail: list[str] = []
    notes: list[str] = []
    while isinstance(loaded, Mapping) and len(trail) < _MAX_DEPTH:
        _refuse_optimizers(loaded, path)
        inner = {key: value for key, value in loaded.items() if isinstance(value, Mapping) and value}
        if part in inner:
            name, part = str(part), None
        else:
            name, note = _choose(inner, AVERAGES, CONTAINERS, path)
            notes += [note] if note and part is None else []
        if not name:
            break
        trail.append(name)
        loaded = inner[name]
    return trail, loaded, tuple(notes), part


def split(
    tensors: Mapping[str, Tensor], part: str | None, path: Path
) -> tuple[str, dict[str, Tensor], tuple[str, ...]]:
    """The generator out of one state dict that holds several networks by prefix: (prefix, tensors, notes).

    A prefix counts only beside another network's: some generators have a module called `generator` themselves.

    Raises:
        BadInputFile: several generators and no average.
        UsageError: `part` is no prefix.
    """
    groups: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        head, dot, rest = key.partition(".")
        if dot:
            groups.setdefault(head, {})[rest] = tensor
    if part in groups:
        return str(part), groups[str(part)], ()
    if part is not None:
        known = ", ".join(list(groups)[:8])
        raise UsageError(f"{path} has no network {part!r}\nexpected --network with one of: {known}")
    if not any(name in groups for name in (*_OTHERS, *AVERAGES)):
        return "", dict(tensors), ()
    name, note = _choose(groups, AVERAGES, _PREFIXES, path)
    if not name:
        return "", dict(tensors), ()
    left = ", ".join(f"{other}." for other in groups if other != name)[:100]
    notes = (note,) if note else (f"{name}. taken out of one file with {left}",) if left else ()
    return name, groups[name], notes


def names_beside(loaded: Any, trail: list[str], tensors: Mapping[str, Tensor], prefix: str) -> tuple[str, ...]:
    """The other networks in the file, beside the one that lies below `trail` and behind `prefix`."""
    if prefix:
        return tuple(dict.fromkeys(key.partition(".")[0] for key in tensors if not key.startswith(f"{prefix}.")))
    for name in trail[:-1]:
        loaded = loaded[name]
    return tuple(str(key) for key, value in loaded.items() if isinstance(value, Mapping) and key not in trail)


def _choose(inner: Mapping[Any, Any], averages: tuple[str, ...], plain: tuple[str, ...], path: Path) -> tuple[str, str]:
    """The name to take, "" for none, and a note if an average was preferred."""
    smooth = [name for name in averages if name in inner]
    raw = [name for name in plain if name in inner]
    found = smooth or raw
    if len(found) > 1:
        raise BadInputFile(
            f"{path} holds several networks: {', '.join([*smooth, *raw])}\nsay which is the generator: --network NAME"
        )
    if smooth and raw:
        return smooth[0], f"{smooth[0]} chosen (averaged weights, EMA), not {', '.join(raw)}; else --network {raw[0]}"
    return (found[0] if found else ""), ""


def _refuse_optimizers(loaded: Mapping[Any, Any], path: Path) -> None:
    """torch.optim's state dicts have exactly `state` and `param_groups`."""
    mappings = {key: value for key, value in loaded.items() if isinstance(value, Mapping)}
    alone = (
        bool(mappings) and set(mappings) <= set(OPTIMIZERS) and not any(isinstance(v, Tensor) for v in loaded.values())
    )
    if {"state", "param_groups"} <= set(loaded) or alone:
        what = f" ({', '.join(map(str, mappings))})" if alone else ""
        raise BadInputFile(
            f"{path} holds an optimizer's state{what} and no weights\n"
            "expected the generator's state_dict, which training saves beside it"
        )
