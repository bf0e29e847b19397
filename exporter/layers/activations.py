"""Activations by name, as options, Keras and the pickles of torch spell them.

Slopes where none is said: LeakyReLU 0.2, as GANs have it since Radford et al. 2016 (torch's own default is 0.01, and
Keras' layer's 0.3); ELU 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from ganrt.errors import UsageError
from ganrt.exporter.candidate import Facts, ValueRange

SETTINGS: Mapping[str, str] = {
    "activation": "of the hidden layers, default relu",
    "last": "the last activation: tanh (default), sigmoid or none",
    "range": "of the pictures, where the last activation is none",
}
ACTIVATIONS: Mapping[str, Callable[[float | None], nn.Module | None]] = {
    "none": lambda _: None,
    "linear": lambda _: None,
    "relu": lambda _: nn.ReLU(),
    "relu6": lambda _: nn.ReLU6(),
    "leaky_relu": lambda slope: nn.LeakyReLU(0.2 if slope is None else slope),
    "elu": lambda alpha: nn.ELU(1.0 if alpha is None else alpha),
    "selu": lambda _: nn.SELU(),
    "swish": lambda _: nn.SiLU(),
    "silu": lambda _: nn.SiLU(),
    "gelu": lambda _: nn.GELU(),
    "mish": lambda _: nn.Mish(),
    "softplus": lambda _: nn.Softplus(),
    "hard_sigmoid": lambda _: nn.Hardsigmoid(),
    "hard_swish": lambda _: nn.Hardswish(),
    "tanh": lambda _: nn.Tanh(),
    "sigmoid": lambda _: nn.Sigmoid(),
}


def activation(name: str, number: float | None = None) -> nn.Module | None:
    """A new module; None for the identity.

    Raises:
        UsageError: no such activation.
    """
    if name not in ACTIVATIONS:
        raise UsageError(f"--activation {name}: expected one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name](number)


def hidden_activation(
    facts: Facts, default: tuple[str, float | None] = ("relu", None), note: str = ""
) -> Callable[[], nn.Module | None]:
    """What makes the hidden activations: the option's, else the default, which is then assumed."""
    shown = default[0] if default[1] is None else f"{default[0]}:{default[1]:g}"
    name, number = facts.assume("activation", default, note, shown="" if facts.settings.activation else shown)
    activation(name, number)  # refused here, if it is none
    return lambda: activation(name, number)


def last_activation(facts: Facts, default: str = "tanh", note: str = "") -> tuple[nn.Module | None, ValueRange]:
    """The last activation, the option's or assumed, and the range of the pictures that it makes."""
    name = facts.assume("last", default, note)
    return activation(name), value_range(name, facts)


def value_range(last: str, facts: Facts) -> ValueRange:
    """[0, 1] behind a sigmoid, [-1, 1] behind a tanh; behind nothing what the option says, or assumed to be the latter.

    Raises:
        UsageError: an option that contradicts the activation, or that floats have not.
    """
    said = facts.settings.range
    if said == "uint8" or (said and last in ("tanh", "sigmoid") and said != last):
        raise UsageError(f"--range {said}: the network ends in {last}\nexpected no --range, or --range {last}")
    if last in ("tanh", "sigmoid"):
        return "sigmoid" if last == "sigmoid" else "tanh"
    found: ValueRange = facts.assume("range", "tanh")
    return found
