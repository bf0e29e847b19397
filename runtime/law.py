"""The law of a latent: prior and truncation, settled once from what the caller gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ganrt.errors import UsageError
from ganrt.runtime.arguments import one_of, real_number

PRIORS: Final = ("normal", "uniform", "truncated_normal")
PSI_MODES: Final = ("scale", "resample")
DEFAULT_THRESHOLD: Final = 2.0
MAX_THRESHOLD: Final = 8.0
MAX_PSI: Final = 16.0


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
    Uniform priors scale in both modes: for them resampling has the same law.
    Raises UsageError.
    """
    one_of("prior", prior, PRIORS)
    one_of("psi_mode", psi_mode, PSI_MODES)
    psi = real_number("psi", psi, f"a number from 0 to {MAX_PSI:g}", lambda value: 0 <= value <= MAX_PSI)
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


def _resampled(psi: float, threshold: float) -> float:
    product = psi * threshold
    if product > MAX_THRESHOLD:
        raise UsageError(
            f"psi: resampling truncates at psi * threshold, given {psi!r} * {threshold!r} = {product!r}, "
            f"accepted are at most {MAX_THRESHOLD:g}"
        )
    return product
