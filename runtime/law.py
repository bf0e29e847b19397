"""The law of a latent: prior and truncation, settled once from what the caller gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ganrt.errors import UsageError
from ganrt.prior import ONEHOT, Part, parts_of
from ganrt.prior import PRIORS as PRIORS
from ganrt.runtime.arguments import one_of, real_number
from ganrt.spec import MAX_PSI

PSI_MODES: Final = ("scale", "resample", "style")
DEFAULT_THRESHOLD: Final = 2.0
MAX_THRESHOLD: Final = 8.0


@dataclass(frozen=True)
class Law:
    """What one value is drawn from, settled from prior, threshold, psi and psi_mode: see `make_law`."""

    uniform: bool
    threshold: float | None  # None: the tails are whole; 0: every value is 0
    factor: float


def make_law(prior: str = "normal", threshold: float | None = None, psi: float = 1.0, psi_mode: str = "scale") -> Law:
    """Settle prior and truncation.

    prior: "normal", "uniform" in [-1, 1] or "truncated_normal" (whose threshold is 2 unless given).
    threshold: in (0, 8]; truncates a normal prior to [-threshold, threshold]; none for uniform ones.
    psi: in [0, 16]. psi_mode "scale": psi * TN(0, 1; ±threshold) (BigGAN as TF-Hub and Hugging Face ship it); a
    normal prior without a threshold is scaled untruncated. "resample": TN(0, 1; ±psi * threshold), threshold 2
    unless given (Brock et al., 2019, section 3.1), psi * threshold at most 8; psi 0 gives zeros, its limit.
    Uniform priors scale in both modes: for them resampling has the same law. "style": psi acts on the styles, within
    the graph, and leaves z alone.
    Raises UsageError.
    """
    one_of("prior", prior, PRIORS)
    one_of("psi_mode", psi_mode, PSI_MODES)
    psi = real_number("psi", psi, f"a number from 0 to {MAX_PSI:g}", lambda value: 0 <= value <= MAX_PSI)
    if psi_mode == "style":
        psi, psi_mode = 1.0, "scale"
    if threshold is not None:
        accepted = f"a number above 0, at most {MAX_THRESHOLD:g}"
        threshold = real_number("threshold", threshold, accepted, lambda value: 0 < value <= MAX_THRESHOLD)
    if prior == "uniform":
        if threshold is not None:
            raise UsageError(
                f"threshold: given {threshold!r}, accepted is none: a uniform prior is scaled by psi instead"
            )
        return Law(True, None, psi)
    if psi_mode == "resample":
        return Law(False, _resampled(psi, DEFAULT_THRESHOLD if threshold is None else threshold), 1.0)
    if prior == "truncated_normal" and threshold is None:
        threshold = DEFAULT_THRESHOLD
    return Law(False, threshold, psi)


def make_laws(
    dim: int, prior: str = "normal", threshold: float | None = None, psi: float = 1.0, psi_mode: str = "scale"
) -> tuple[tuple[Part, Law | None], ...]:
    """The parts of a latent of `dim` values, each with its law; None for the choice of a onehot part.

    prior: as for `make_law`, or parts such as "normal:62,onehot:10,uniform:2". The threshold is that of the normal and
    truncated normal parts. Raises UsageError.
    """
    if not isinstance(prior, str) or ":" not in prior:
        law = make_law(prior, threshold, psi, psi_mode)
        return ((Part(prior, 0, dim), law),)
    try:
        parts = parts_of(prior, dim)
    except ValueError as error:
        raise UsageError(f"prior: {error}") from error
    bounded = any(part.prior in ("normal", "truncated_normal") for part in parts)
    whole = make_law("normal" if bounded else "uniform", threshold, psi, psi_mode)  # checks what no part may look at
    return tuple((part, _part_law(part, whole, threshold, psi, psi_mode)) for part in parts)


def _part_law(part: Part, whole: Law, threshold: float | None, psi: float, psi_mode: str) -> Law | None:
    if part.prior == ONEHOT:
        return None
    if part.prior == "uniform":
        return make_law("uniform", None, psi, psi_mode)
    return whole if part.prior == "normal" else make_law(part.prior, threshold, psi, psi_mode)


def _resampled(psi: float, threshold: float) -> float:
    product = psi * threshold
    if product > MAX_THRESHOLD:
        raise UsageError(
            f"psi: resampling truncates at psi * threshold, given {psi!r} * {threshold!r} = {product!r}, "
            f"accepted are at most {MAX_THRESHOLD:g}"
        )
    return product
