"""What a network's file does not say about its generator: the `--set` keys, read strictly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ganrt.errors import UsageError

SETTINGS: Mapping[str, str] = {
    "trust": "true to run the code that TorchScript and .pt2 files hold; needed for both, meaningless for ONNX",
    "latent": "the latent's dimension, default what the file declares; TorchScript declares none",
    "prior": "normal, uniform (from -1 to 1) or truncated_normal; default normal",
    "threshold": "where truncated_normal is cut off, default 2",
    "range": "tanh (-1 to 1), sigmoid (0 to 1) or uint8 (0 to 255); default from a last Tanh, Sigmoid or uint8",
    "layout": "nchw or nhwc, default whichever axis has 1, 3 or 4 channels",
    "labels": "how many classes the second input takes, as float one-hot rows; default none",
    "z_shape": "the shape of z with n and dim, such as n,dim,1,1; default what the file declares or takes",
    "output": "the ONNX output that holds the picture, where there are several",
}
RANGES = ("tanh", "sigmoid", "uint8")
LAYOUTS = ("nchw", "nhwc")
PRIORS = ("normal", "uniform", "truncated_normal")
DEFAULT_THRESHOLD = 2.0


@dataclass(frozen=True)
class Wanted:
    """The settings as values; None where not given.

    Attributes:
        z_shape: None, or how many axes of length 1 lie before and after dim: n,dim,1,1 is (0, 2).
    """

    trust: bool
    latent: int | None
    prior: str
    threshold: float | None
    range: str | None
    layout: str | None
    labels: int | None
    z_shape: tuple[int, int] | None
    output: str | None


def read_settings(settings: Mapping[str, str]) -> Wanted:
    """Checks every setting.

    Raises:
        UsageError: an unknown key, or a value that makes no sense; the message names what is accepted.
    """
    if "truncation" in settings:
        raise UsageError(
            f"--freeze truncation={settings['truncation']}: a whole network's statistics cannot be frozen\n"
            "expected a BigGAN's weights; truncated latents need no freezing: ganrt generate --truncation"
        )
    for key in settings:
        if key not in SETTINGS:
            known = "; ".join(f"{name} ({meaning})" for name, meaning in SETTINGS.items())
            raise UsageError(f"generators of no listed family have no setting {key!r}\naccepted with --set: {known}")
    prior = _one_of(settings, "prior", PRIORS) or "normal"
    if "threshold" in settings and prior != "truncated_normal":
        raise UsageError(f"setting threshold={settings['threshold']!r} needs prior=truncated_normal, not {prior}")
    return Wanted(
        trust=_one_of(settings, "trust", ("true", "false")) == "true",
        latent=_count(settings, "latent"),
        prior=prior,
        threshold=_threshold(settings) if prior == "truncated_normal" else None,
        range=_one_of(settings, "range", RANGES),
        layout=_one_of(settings, "layout", LAYOUTS),
        labels=_count(settings, "labels"),
        z_shape=_z_shape(settings),
        output=settings.get("output"),
    )


def _one_of(settings: Mapping[str, str], key: str, accepted: tuple[str, ...]) -> str | None:
    value = settings.get(key)
    if value is not None and value not in accepted:
        raise UsageError(f"setting {key}={value!r}: expected {' or '.join(accepted)}")
    return value


def _count(settings: Mapping[str, str], key: str) -> int | None:
    text = settings.get(key)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 65536):
        raise UsageError(f"setting {key}={text!r}: expected a whole number from 1 to 65536")
    return int(text)


def _threshold(settings: Mapping[str, str]) -> float:
    try:
        value = float(settings.get("threshold", DEFAULT_THRESHOLD))
    except ValueError:
        value = math.nan
    if not 0.01 <= value <= 8:
        raise UsageError(f"setting threshold={settings['threshold']!r}: expected a number from 0.01 to 8")
    return value


def _z_shape(settings: Mapping[str, str]) -> tuple[int, int] | None:
    text = settings.get("z_shape")
    if text is None:
        return None
    first, *rest = text.replace(" ", "").split(",")
    if first != "n" or rest.count("dim") != 1 or len(rest) > 5 or set(rest) - {"dim", "1"}:
        raise UsageError(f"setting z_shape={text!r}: expected n, dim once and ones, such as n,dim or n,dim,1,1")
    before = rest.index("dim")
    return before, len(rest) - before - 1
