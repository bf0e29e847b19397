"""What checkpoints of ajbrock/BigGAN-PyTorch leave open, shared by its BigGAN and its BigGAN-deep.

Batch norm's statistics lie in `bn1.stored_mean` and so on; with the option `mybn` in `bn1.bn.stored_mean` beside
`bn1.bn.accumulation_counter`; with `cross_replica` in `bn1.bn.running_mean`. `mybn` can accumulate "standing"
statistics: sums, to be divided by the counter. Its code divides only while it accumulates, which no file says.

`cross_replica` multiplies by the gain when it trains on several devices, but adds it in evaluation and on a single
one, in the code as published. The first is what was trained, and the default here.

Weights converted from TF Hub lack `sv0`, or have it as it was made: 1. DeepMind's epsilons are 1e-4; but the last
batch norm has 1e-5 in ajbrock's code whatever is configured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files

from torch import Tensor

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Fact, Facts
from ganrt.exporter.families.spectral_norm import fold_iterated
from ganrt.exporter.options import Settings
from ganrt.exporter.source import State
from ganrt.spec import Labels, Latent

BN_EPS, SN_EPS, TF_EPS = 1e-5, 1e-6, 1e-4
SETTINGS: Mapping[str, str] = {
    "norm_eps": f"batch norm's epsilon within the blocks, default {BN_EPS:g}; {TF_EPS:g} if converted from TF Hub",
    "output_norm_eps": f"the last norm's epsilon, default {BN_EPS:g} as in the training code, whatever --norm-eps",
    "sn_eps": f"spectral norm's epsilon, default {SN_EPS:g}; {TF_EPS:g} if converted from TF Hub",
    "accumulated": "whether mybn's statistics are sums to be divided by their counter; by default the counter tells",
    "gain": "multiplied (as trained on several devices, the default) or added: only for `cross_replica` checkpoints",
}
_RENAMED = {
    ".bn.stored_mean": ".stored_mean",
    ".bn.stored_var": ".stored_var",
    ".bn.running_mean": ".stored_mean",
    ".bn.running_var": ".stored_var",
}
_COUNTER = ".bn.accumulation_counter"
_IMAGENET = "imagenet_classes.txt"  # made by tools/make_imagenet_classes.py
COUNT = 1000  # of its classes


@dataclass(frozen=True)
class Plain:
    """A checkpoint in one spelling: `stored_mean` and `stored_var`, weights over their spectral norm, no `u0`, `sv0`.

    Attributes:
        converted: from TF Hub, by the signs of it.
        gain_added: see `ganrt.exporter.families.resnet.network.Rules`.
    """

    state: State
    bn_eps: float
    output_bn_eps: float
    converted: bool
    gain_added: bool
    notes: tuple[str, ...]
    facts: tuple[Fact, ...]


def read_plain(state: State, settings: Settings, *, tf_epsilons: bool = False) -> Plain:
    """Brings a checkpoint into one spelling and settles what it leaves open.

    Args:
        tf_epsilons: it is known to be converted from TF Hub.

    Raises:
        BadInputFile: parts of the spectral norm or of the statistics are missing; the message names them.
        UsageError: a setting makes no sense, or is needed.
    """
    converted = _converted(state)
    from_tf = converted or tf_epsilons
    facts = Facts(settings)
    bn_eps = facts.assume("norm_eps", TF_EPS if from_tf else BN_EPS)
    output_bn_eps = facts.assume("output_norm_eps", BN_EPS)
    normed = any(key.endswith(".u0") for key in state)
    sn_eps = facts.assume("sn_eps", TF_EPS if from_tf else SN_EPS) if normed else settings.sn_eps or SN_EPS
    added, gain_notes = _gain(state, settings)
    statistics, statistics_notes = _statistics(state, settings)
    _refuse_partial_norm(statistics)
    folded, folding = fold_iterated(statistics, sn_eps)
    notes = [*folding, *statistics_notes, *gain_notes]
    if converted:
        notes.append("sv0 is missing or was never written: weights converted from TF Hub")
    return Plain(folded, bn_eps, output_bn_eps, converted, added, tuple(notes), tuple(facts.found))


def _converted(state: State) -> bool:
    """Spectral norm that no training of this code has touched: it writes `sv0` at every step."""
    values = [tensor for key, tensor in state.items() if key.endswith(".sv0")]
    return any(key.endswith(".u0") for key in state) and all(bool((value == 1).all()) for value in values)


def _gain(state: State, settings: Settings) -> tuple[bool, tuple[str, ...]]:
    crossed = any(key.endswith(".bn.running_mean") for key in state)
    if settings.gain and not crossed:
        raise UsageError(f"--gain {settings.gain}\nexpected a checkpoint with cross_replica statistics")
    note = (
        "cross_replica: gains multiply, as trained on several devices; the training code adds them in evaluation "
        "and on one device: --gain added"
    )
    return settings.gain == "added", (note,) if crossed and settings.gain is None else ()


def _statistics(state: State, settings: Settings) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Statistics under `stored_mean` and `stored_var`, divided where they are sums."""
    counters = {k.removesuffix(_COUNTER): float(t.sum()) for k, t in state.items() if k.endswith(_COUNTER)}
    _refuse_missing_counters(state, counters)
    divide, notes = _accumulated(counters, settings)
    plain: dict[str, Tensor] = {}
    for key, tensor in state.items():
        ending = next((old for old in _RENAMED if key.endswith(old)), "")
        layer = key.removesuffix(ending) if ending else ""
        new = layer + _RENAMED[ending] if ending else key
        if key.endswith(_COUNTER):
            continue
        if new != key and new in state:
            new = key  # two spellings at once: strict loading names this one as unexpected
        plain[new] = tensor / counters[layer] if divide and layer in counters else tensor
    return plain, notes


def _refuse_missing_counters(state: State, counters: Mapping[str, float]) -> None:
    layers = {key.removesuffix(".bn.stored_mean") for key in state if key.endswith(".bn.stored_mean")}
    missing = sorted(layers - set(counters))
    if missing:
        raise BadInputFile(
            f"has mybn statistics without their counters\nmissing: {', '.join(m + _COUNTER for m in missing)}"[:8000]
        )


def _accumulated(counters: Mapping[str, float], settings: Settings) -> tuple[bool, tuple[str, ...]]:
    values = sorted(set(counters.values()))
    divide = settings.accumulated
    if divide is not None:
        if divide and (not values or values[0] <= 0):
            raise UsageError("--accumulated: the file has no counters above 0\nexpected mybn statistics")
        return divide, ()
    if not values or values == [0.0]:
        return False, ()
    if len(values) == 1 and values[0] >= 1 and math.isfinite(values[0]) and values[0] == int(values[0]):
        return True, (f"mybn's statistics are sums: divided by their counter, {values[0]:g}",)
    raise UsageError(
        f"mybn's counters, {values[0]:g} to {values[-1]:g}, do not tell whether the statistics are sums (averaged "
        "weights blur them)\nexpected --accumulated or --no-accumulated"
    )


def _refuse_partial_norm(state: State) -> None:
    """All layers have spectral norm or none: a layer that lost its `u0` would pass for a plain one."""
    if not any(key.endswith(".u0") for key in state):
        return
    embedded = "shared.weight" not in state
    layers = [key.removesuffix(".weight") for key, tensor in state.items() if _normed(key, tensor, embedded)]
    missing = [f"{layer}.u0" for layer in layers if f"{layer}.u0" not in state]
    if missing:
        raise BadInputFile(f"has layers with an incomplete spectral norm\nmissing: {', '.join(missing)}"[:8000])


def _normed(key: str, tensor: Tensor, embedded: bool) -> bool:
    """Embeddings have no spectral norm: neither the shared one nor the gains and biases of each class."""
    if key == "shared.weight" or (embedded and key.endswith((".gain.weight", ".bias.weight"))):
        return False
    return key.endswith(".weight") and tensor.ndim > 1


def imagenet_names() -> tuple[str, ...]:
    """WordNet's synonyms of each class, separated by commas: "tench, Tinca tinca" is class 0. All are different."""
    text = (files("ganrt.exporter.families") / "data" / _IMAGENET).read_text("utf-8")
    return tuple(text.splitlines())


def with_names(built: Candidate, count: int) -> Candidate:
    """With `count` classes, under ImageNet's names if there are a thousand."""
    if count != COUNT:
        return replace(built, spec=replace(built.spec, labels=Labels(count=count)))
    spec = replace(built.spec, labels=Labels(count=count, names=imagenet_names()))
    return replace(built, spec=spec, notes=(*built.notes, f"{COUNT} classes: ImageNet's names assumed"))


def with_prior(built: Candidate) -> Candidate:
    """With z as DeepMind's modules and the original library draw it."""
    assert built.spec.latent is not None
    latent = Latent(dim=built.spec.latent.dim, prior="truncated_normal", threshold=2.0, psi_mode="scale")
    return replace(built, spec=replace(built.spec, latent=latent))
