"""From a generator's spec and the user's truncation options to z: which of the four truncations is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.prior import ONEHOT
from ganrt.runtime.latents import latents, sample
from ganrt.spec import MAX_PSI, GeneratorSpec, Latent, psi_input

_NORMAL = {"normal", "truncated_normal"}
_DEFAULT_THRESHOLD = 2.0  # TF-Hub's and Hugging Face's BigGAN; also used when psi is given for a normal prior


@dataclass(frozen=True)
class Truncation:
    """How to truncate latents; None means the generator's own default.

    A normal prior is truncated only if psi, mode or threshold is given; then psi is 1, the mode the generator's and
    the threshold 2 unless given, in both modes.

    Attributes:
        psi: truncation factor.
        mode: `scale`: psi * TN(0, 1; +-threshold); `resample`: TN(0, 1; +-psi * threshold).
        threshold: where the normal is cut off.
        statistics: the truncation that selects BigGAN's batch-norm statistics; follows psi if not given.
    """

    psi: float | None = None
    mode: str | None = None
    threshold: float | None = None
    statistics: float | None = None

    def arguments(self, latent: Latent) -> dict[str, Any]:
        """The keyword arguments of `latents` and `sample` for this prior."""
        if self.mode not in (None, "scale", "resample"):
            raise UsageError(f"truncation mode '{self.mode}': expected scale or resample")
        psi = 1.0 if self.psi is None else self.psi
        if latent.psi_mode == "style":
            return self._of_styles(latent, psi)
        if not _NORMAL.intersection(part.prior for part in latent.parts):
            if self.threshold is not None or self.mode == "resample":
                raise UsageError(
                    "truncation: this generator has a uniform prior, which is scaled by --truncation; "
                    "--threshold and --truncation-mode resample do not apply"
                )
            return {"prior": latent.prior, "psi": psi}
        untouched = self.psi is None and self.threshold is None and self.mode is None
        if untouched and latent.prior != "truncated_normal":
            return _as_trained(latent)
        threshold = self.threshold if self.threshold is not None else latent.threshold or _DEFAULT_THRESHOLD
        return {
            "prior": "truncated_normal" if latent.prior == "normal" else latent.prior,
            "threshold": threshold,
            "psi": psi,
            "psi_mode": self.mode or latent.psi_mode,
        }

    def _of_styles(self, latent: Latent, psi: float) -> dict[str, Any]:
        if self.threshold is not None or self.mode is not None:
            raise UsageError(
                "truncation: this generator's --truncation pulls its styles to their average and leaves the latents; "
                "--threshold and --truncation-mode do not apply"
            )
        return {**_as_trained(latent), "psi": psi, "psi_mode": "style"}


def _as_trained(latent: Latent) -> dict[str, Any]:
    """A plain normal prior is drawn whole, whatever threshold goes with a psi."""
    return {"prior": latent.prior} | ({} if latent.prior in ("normal", "uniform") else {"threshold": latent.threshold})


NO_TRUNCATION = Truncation()


def draw(
    latent: Latent,
    seeds: NDArray[np.uint64],
    indices: NDArray[np.uint64],
    truncation: Truncation = NO_TRUNCATION,
) -> NDArray[np.float32]:
    """z of image `indices[i]` of `seeds[i]`: float32 [n, dim], the same bits everywhere (latent spec 1)."""
    return sample(seeds, indices, latent.dim, **truncation.arguments(latent))


def scaled(latent: Latent, z: NDArray[np.float32], psi: float) -> NDArray[np.float32]:
    """Given latents made smaller: psi * z, float32 [n, dim]; choices (onehot parts) and latents of styles stay."""
    if latent.psi_mode == "style":
        return z
    factors = np.full(latent.dim, psi, np.float32)
    for part in latent.parts:
        if part.prior == ONEHOT:
            factors[part.first : part.stop] = 1
    return z * factors


def statistics_value(spec: GeneratorSpec, truncation: Truncation) -> float:
    """The truncation that selects the batch-norm statistics, within the range that the spec states; never 0.

    Raises:
        UsageError: outside of it, 0, or not a number.
    """
    value = truncation.statistics
    if value is None:
        value = spec.statistics.default if truncation.psi is None else truncation.psi
    low, high = spec.statistics.low, spec.statistics.high
    if not low <= value <= high or value == 0:
        covered = f"{low:g} to {high:g}" if low else f"above 0, at most {high:g}"
        if truncation.statistics is not None:
            raise UsageError(f"statistics truncation {value:g}: this generator's statistics cover {covered}")
        beyond = "\n--statistics-truncation within it leaves --truncation free" if high < value <= MAX_PSI else ""
        raise UsageError(f"truncation {value:g}: expected {covered}, which this generator's statistics cover{beyond}")
    return value


def psi_value(spec: GeneratorSpec, truncation: Truncation) -> float:
    """What goes to the graph's input `truncation` (`ganrt.spec.psi_input`): the statistics' one, or psi of the styles.

    Raises:
        UsageError: out of range.
    """
    if spec.statistics.mode == "input":
        return statistics_value(spec, truncation)
    psi = 1.0 if truncation.psi is None else truncation.psi
    taken = psi_input(spec)
    if taken is None or not taken.accepts(psi):
        raise UsageError(f"truncation {psi:g}: expected a number from 0 to {MAX_PSI:g}")
    return psi


def check_statistics(spec: GeneratorSpec, truncation: Truncation) -> None:
    """Checks that the generator has the batch-norm statistics that a truncation selects, and takes its psi.

    Raises:
        UsageError: they are frozen, missing, or do not cover that truncation.
    """
    if psi_input(spec) is not None:
        psi_value(spec, truncation)
    if spec.statistics.mode == "input":
        return
    if truncation.statistics is not None and spec.statistics.value is not None:
        raise UsageError(f"statistics truncation: those of '{spec.name}' are frozen at {spec.statistics.value:g}")
    if truncation.statistics is not None:
        raise UsageError(f"statistics truncation: '{spec.name}' has no batch-norm statistics to choose from")


def sampler(latent: Latent, seed: int, start: int, count: int) -> NDArray[np.float32]:
    """Images `start` to `start + count - 1` of `seed` from the prior: float32 [count, dim]. The exporter's source."""
    return latents(count, latent.dim, seed, start, **NO_TRUNCATION.arguments(latent))
