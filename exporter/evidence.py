"""What batch norms' running statistics say about an assumption: they were measured with the right network.

A batch norm keeps the mean and variance of what came into it in training. The candidate, with an assumed activation,
epsilon, prior or place of the classes, draws a few latents; what comes into its norms is measured and compared. Where
it differs much, and another value of the option fits far better, the assumption says so. Weights that are averages of
others, and short trainings, fit less well with the right values too: so the comparison is with the alternative, and
small gains say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from ganrt.errors import GanrtError
from ganrt.exporter.candidate import Candidate, Fact
from ganrt.exporter.cost import count_macs
from ganrt.exporter.options import Settings
from ganrt.prior import ONEHOT, parts_of
from ganrt.spec import GeneratorSpec

# What is tried, as the options spell it. The slopes 0.2 and 0.01 are GANs' and torch's own.
ALTERNATIVES = {
    "prior": ("normal", "uniform"),
    "label_join": ("times", "after", "before", "none"),
    "activation": ("relu", "leaky_relu:0.2", "leaky_relu:0.01", "elu", "selu", "tanh"),
    "norm_eps": ("1e-05", "0.001", "0.8"),
}
_FITS = 0.05  # a difference below it says nothing: momentum over batches leaves as much
_BETTER = 1.6  # times that an alternative must fit better
_GOOD = 0.25  # how well it must fit itself: else what is wrong may be something that is not tried
_CHANNELS = 8  # fewer tell nothing
_SURE = 4.0  # standard errors by which it must, over the channels
_BUDGET_MACS = 2e9  # of one simulation, if it went to the end: a tenth of a second on one core
_MACS_OF_A_PIXEL = 2000  # what large pictures of few channels cost in memory traffic
_NORMS = 3  # whose statistics are compared: activations, epsilons and z show in the first ones already
_LEAST = 4  # latents
MOST = 256  # latents; tests of other things draw fewer
_SEED = 11
Rebuild = Callable[[Settings], Candidate]
Differences = list[Tensor]


def with_evidence(candidate: Candidate, settings: Settings, rebuild: Rebuild) -> Candidate:
    """The candidate, with a sentence at each assumption that its batch norms' statistics contradict.

    Args:
        settings: what it was built with. rebuild: builds it with others.
    """
    return replace(candidate, facts=tuple(_contradicted(candidate, settings, rebuild)))


def _contradicted(candidate: Candidate, settings: Settings, rebuild: Rebuild) -> list[Fact]:
    facts = list(candidate.facts)
    if not any(fact.name in ALTERNATIVES for fact in candidate.assumptions):
        return facts
    usual = differences(candidate)
    if usual is None or _rms(usual) <= _FITS:
        return facts
    tried = [(fact, value, _tried(rebuild, settings, fact.name, value)) for fact, value in _open(candidate.assumptions)]
    found = [(*told, fact, value) for fact, value, other in tried if other and (told := _told(usual, other))]
    if not found:
        return facts
    best, before, fact, value = min(found, key=lambda each: each[0] / each[1])
    note = (
        f"the batch norms' running statistics speak against it: they differ by {before:.2f} standard deviations, with "
        f"{fact.option} {value} by {best:.2f}"
    )
    facts[facts.index(fact)] = replace(fact, note="; ".join(filter(None, (fact.note, note))))
    return facts


def _told(usual: Differences, other: Differences) -> tuple[float, float] | None:
    """(the other's difference, the usual one's) in the norms that change, if the other is surely far better."""
    changed = [(a, b) for a, b in zip(usual, other, strict=True) if not torch.allclose(a, b, rtol=1e-6)]
    if not changed:
        return None
    before, after = (torch.cat(list(parts)) for parts in zip(*changed, strict=True))
    gain = before - after
    if len(gain) < _CHANNELS:
        return None
    sure = float(gain.mean()) > _SURE * float(gain.std()) / len(gain) ** 0.5
    worst, best = float(before.mean().sqrt()), float(after.mean().sqrt())
    return (best, worst) if sure and best < _GOOD and worst > max(_FITS, _BETTER * best) else None


def _open(assumptions: Iterable[Fact]) -> Iterator[tuple[Fact, str]]:
    for fact in assumptions:
        for value in ALTERNATIVES.get(fact.name, ()):
            if value != fact.value:
                yield fact, value


def _tried(rebuild: Rebuild, settings: Settings, name: str, value: str) -> Differences | None:
    try:
        other = replace(settings, **{name: getattr(Settings.read({name: value}), name)})
        return differences(rebuild(other))
    except (GanrtError, RuntimeError):  # it cannot be so, or torch's: shapes that do not fit
        return None


class _Enough(Exception):
    """Ends a simulation."""


@dataclass
class _Measured:
    """What came into the first norms."""

    found: list[Tensor] = field(default_factory=list)

    def take(self, norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0]
        axes = [axis for axis in range(x.ndim) if axis != 1]
        variances, means = (value.double() for value in torch.var_mean(x, axes, correction=1))
        kept_means, kept = (getattr(norm, name).double() for name in ("running_mean", "running_var"))
        tiny = 1e-6 * float(kept.mean()) + 1e-12
        shift = (means - kept_means) ** 2 / (kept + tiny)
        spread = (((variances + tiny) / (kept + tiny)).log() / 2) ** 2
        self.found.append(shift + spread)
        if len(self.found) == _NORMS:
            raise _Enough


def difference(candidate: Candidate) -> float | None:
    """The root mean square of `differences`, over the channels of each norm, then over the norms."""
    found = differences(candidate)
    return None if found is None else _rms(found)


def _rms(found: Differences) -> float:
    return float(torch.stack([each.mean() for each in found]).mean().sqrt())


def differences(candidate: Candidate) -> Differences | None:
    """How far what comes into the batch norms is from their running statistics: for each of the first norms, float64
    [channels],

        (m - m')^2 / v' + (log(v / v') / 2)^2

    with means m, variances v measured, and m', v' stored. None if there are no such norms, if they are as they were
    before any training, or if drawing costs too much.
    """
    norms = [part for part in candidate.module.modules() if isinstance(getattr(part, "running_mean", None), Tensor)]
    spec = candidate.spec
    if all(map(_untrained, norms)) or spec.task != "generate" or spec.latent is None:
        return None
    assert spec.output is not None
    pixels = spec.output.height * spec.output.width
    count = int(_BUDGET_MACS / (count_macs(candidate.module, spec) + _MACS_OF_A_PIXEL * pixels))
    if count < _LEAST:
        return None
    measured = _Measured()
    hooks = [norm.register_forward_pre_hook(measured.take) for norm in norms]
    try:
        with torch.no_grad(), suppress(_Enough):
            candidate.module(*_latents(spec, min(count, MOST)))
    finally:
        for hook in hooks:
            hook.remove()
    return measured.found or None


def _untrained(norm: nn.Module) -> bool:
    mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    return bool((mean == 0).all()) and bool((variance == 1).all())


def _latents(spec: GeneratorSpec, count: int) -> list[Tensor]:
    """Values of z from the spec's prior, and classes in turn."""
    random = torch.Generator().manual_seed(_SEED)
    assert spec.latent is not None
    parts = []
    for part in parts_of(spec.latent.prior, spec.latent.dim):
        if part.prior == ONEHOT:
            parts.append(nn.functional.one_hot(torch.arange(count) % part.dim, part.dim).float())
        elif part.prior == "uniform":
            parts.append(torch.rand(count, part.dim, generator=random) * 2 - 1)
        else:
            parts.append(torch.randn(count, part.dim, generator=random))
    z = torch.cat(parts, 1)
    if spec.latent.threshold is not None:
        z = z.clamp(-spec.latent.threshold, spec.latent.threshold)
    if spec.labels is None:
        return [z]
    return [z, nn.functional.one_hot(torch.arange(count) % spec.labels.count, spec.labels.count).float()]
