"""Latents of latent spec 1 (docs/latent-spec.md): image `index` of `seed` has the same bits everywhere, for ever.

A latent depends on its seed and index and the distribution it is drawn from, and on nothing else: not on the size of
the batch, its order, the machine or the version of ganrt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.prior import ONEHOT, Part, parts_of
from ganrt.prior import PRIORS as PRIORS
from ganrt.runtime.arguments import UINT64_LIMIT, as_uint64, integer_between, one_of, real_number
from ganrt.runtime.normal_quantile import quantile_in_range, tail
from ganrt.runtime.philox import WORDS_PER_BLOCK, stream_words, tiles
from ganrt.spec import MAX_PSI

PSI_MODES: Final = ("scale", "resample", "style")
DEFAULT_THRESHOLD: Final = 2.0
MAX_THRESHOLD: Final = 8.0


@dataclass(frozen=True)
class Distribution:
    """What one value is drawn from, settled from prior, threshold, psi and psi_mode: see `make_distribution`."""

    uniform: bool
    threshold: float | None  # None: the tails are whole; 0: every value is 0
    factor: float


def make_distribution(
    prior: str = "normal", threshold: float | None = None, psi: float = 1.0, psi_mode: str = "scale"
) -> Distribution:
    """Settle prior and truncation.

    prior: "normal", "uniform" in [-1, 1] or "truncated_normal" (whose threshold is 2 unless given).
    threshold: in (0, 8]; truncates a normal prior to [-threshold, threshold]; none for uniform ones.
    psi: in [0, 16]. psi_mode "scale": psi * TN(0, 1; ±threshold) (BigGAN as TF-Hub and Hugging Face ship it); a
    normal prior without a threshold is scaled untruncated. "resample": TN(0, 1; ±psi * threshold), threshold 2
    unless given (Brock et al., 2019, section 3.1), psi * threshold at most 8; psi 0 gives zeros, its limit.
    Uniform priors scale in both modes: for them resampling has the same distribution. "style": psi acts on the styles,
    within the graph, and leaves z alone.
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
        return Distribution(True, None, psi)
    if psi_mode == "resample":
        return Distribution(False, _resampled(psi, DEFAULT_THRESHOLD if threshold is None else threshold), 1.0)
    if prior == "truncated_normal" and threshold is None:
        threshold = DEFAULT_THRESHOLD
    return Distribution(False, threshold, psi)


def make_distributions(
    dim: int, prior: str = "normal", threshold: float | None = None, psi: float = 1.0, psi_mode: str = "scale"
) -> tuple[tuple[Part, Distribution | None], ...]:
    """The parts of a latent of `dim` values, each with its distribution; None for the choice of a onehot part.

    prior: as for `make_distribution`, or parts such as "normal:62,onehot:10,uniform:2". The threshold is that of the
    normal and truncated normal parts. Raises UsageError.
    """
    if not isinstance(prior, str) or ":" not in prior:
        distribution = make_distribution(prior, threshold, psi, psi_mode)
        return ((Part(prior, 0, dim), distribution),)
    try:
        parts = parts_of(prior, dim)
    except ValueError as error:
        raise UsageError(f"prior: {error}") from error
    bounded = any(part.prior in ("normal", "truncated_normal") for part in parts)
    # Checks what no part may look at, too.
    whole = make_distribution("normal" if bounded else "uniform", threshold, psi, psi_mode)
    return tuple((part, _of_part(part, whole, threshold, psi, psi_mode)) for part in parts)


def _of_part(part: Part, whole: Distribution, threshold: float | None, psi: float, mode: str) -> Distribution | None:
    if part.prior == ONEHOT:
        return None
    if part.prior == "uniform":
        return make_distribution("uniform", None, psi, mode)
    return whole if part.prior == "normal" else make_distribution(part.prior, threshold, psi, mode)


def _resampled(psi: float, threshold: float) -> float:
    product = psi * threshold
    if product > MAX_THRESHOLD:
        raise UsageError(
            f"psi: resampling truncates at psi * threshold, given {psi!r} * {threshold!r} = {product!r}, "
            f"accepted are at most {MAX_THRESHOLD:g}"
        )
    return product


F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]
U64: TypeAlias = NDArray[np.uint64]

LATENT_SPEC: Final = 1
MAX_DIM: Final = 1 << 20
MAX_VALUES: Final = 1 << 34  # of one call: 64 GiB of float32
MAX_CLASSES: Final = 1 << 32

_ONE_BITS = np.uint64(1023 << 52)
_UNIT_BITS = np.uint64(1 << 19)


class Stream(IntEnum):
    """The last word of the counter: independent numbers for each use of one (seed, index)."""

    Z = 0
    CLASS = 1
    DRIFT = 2
    ENCODER_NOISE = 3


def uniforms(seeds: U64, indices: U64, first: int, last: int, stream: Stream = Stream.Z) -> F64:
    """The numbers (2w + 1) * 2^-33 of blocks `first` to `last` - 1, four a block.

    seeds: uint64 [n] or [1]; indices: uint64 [n]. Returns float64 [n, 4 * (last - first)] in (0, 1), never 1/2.
    """
    bits = stream_words(seeds, indices, stream, first, last)
    # w above a half bit as the mantissa of a number in [1, 2), exactly 1 + u.
    np.left_shift(bits, np.uint64(20), out=bits)
    np.bitwise_or(bits, _ONE_BITS | _UNIT_BITS, out=bits)
    u: F64 = bits.view(np.float64)
    u -= 1.0
    return u


def apply_distribution(distribution: Distribution, u: F64) -> F64:
    """Turn uniform numbers (float64 [m], overwritten) into values before the factor, float64 [m]."""
    if distribution.uniform:
        u *= 2.0
        u -= 1.0
        return u
    if distribution.threshold is None:
        return quantile_in_range(u)
    a = tail(distribution.threshold)
    u *= 1.0 - 2.0 * a
    u += a
    x = quantile_in_range(u)
    np.maximum(x, -distribution.threshold, out=x)
    np.minimum(x, distribution.threshold, out=x)
    return x


def _draw(seeds: U64, indices: U64, distributions: Sequence[tuple[Part, Distribution | None]], stream: Stream) -> F32:
    """`sample` after its checks: seeds uint64 [n] or [1], indices uint64 [n]; float32 [n, dim]."""
    out = np.empty((len(indices), distributions[-1][0].stop), dtype=np.float32)
    choices = 0
    for part, distribution in distributions:
        if distribution is None:
            out[:, part.first : part.stop] = onehot(seeds, indices, part.dim, choices)
            choices += 1
        else:
            _fill(out, part, distribution, seeds, indices, stream)
    return out


def _fill(out: F32, part: Part, distribution: Distribution, seeds: U64, indices: U64, stream: Stream) -> None:
    """The values of one part, each drawn by its number in the whole latent."""
    if distribution.threshold == 0.0:
        out[:, part.first : part.stop] = 0.0
        return
    factor = np.float32(distribution.factor)
    before = part.first // WORDS_PER_BLOCK
    for rows, blocks in tiles(len(indices), -(-part.stop // WORDS_PER_BLOCK) - before):
        first, last = blocks.start + before, blocks.stop + before
        u = uniforms(seeds[rows] if len(seeds) > 1 else seeds, indices[rows], first, last, stream)
        values = apply_distribution(distribution, u.ravel()).reshape(u.shape)
        start, stop = max(part.first, first * WORDS_PER_BLOCK), min(part.stop, last * WORDS_PER_BLOCK)
        target = out[rows, start:stop]
        drawn = values[:, start - first * WORDS_PER_BLOCK :][:, : target.shape[1]]
        np.copyto(target, drawn, casting="same_kind")  # the one rounding to float32
        if factor != 1.0:
            np.multiply(target, factor, out=target)


def onehot(seeds: U64, indices: U64, count: int, number: int) -> F32:
    """The choices of a latent's onehot part `number` (from 0), whatever stream the other parts are drawn from.

    seeds: uint64 [n] or [1]; indices: uint64 [n]. Returns float32 [n, count], a 1 in each row.
    """
    rows = np.zeros((len(indices), count), np.float32)
    rows[np.arange(len(indices)), _chosen(seeds, indices, count, number + 1)] = 1.0
    return rows


def _chosen(seeds: U64, indices: U64, count: int, word: int) -> NDArray[np.int64]:
    """The top of (word `word` of stream 1) * count, as in Lemire (2019): int64 [n] in [0, count)."""
    block, column = divmod(word, WORDS_PER_BLOCK)
    words = stream_words(seeds, indices, Stream.CLASS, block, block + 1)[:, column]
    chosen: NDArray[np.int64] = ((words * np.uint64(count)) >> np.uint64(32)).astype(np.int64)
    return chosen


def _pairs(seeds: U64 | Sequence[int], indices: U64 | Sequence[int]) -> tuple[U64, U64]:
    """Check (seed, index) pairs: both uint64 [n]; one seed stays [1], one index is repeated."""
    seeds, indices = as_uint64("seeds", seeds), as_uint64("indices", indices)
    if len(indices) == 1:
        indices = np.repeat(indices, len(seeds))
    if len(seeds) not in (1, len(indices)):
        given = f"{len(seeds)} and {len(indices)}"
        raise UsageError(f"seeds, indices: given {given}, accepted are as many of both, or one of either")
    return seeds, indices


def _check_size(count: int, dim: int) -> int:
    dim = integer_between("dim", dim, 1, MAX_DIM)
    if count * dim > MAX_VALUES:
        raise UsageError(f"count, dim: given {count} * {dim} values, accepted are at most {MAX_VALUES}; ask in parts")
    return dim


def sample(
    seeds: U64 | Sequence[int],
    indices: U64 | Sequence[int],
    dim: int,
    prior: str = "normal",
    threshold: float | None = None,
    psi: float = 1.0,
    psi_mode: str = "scale",
    stream: int = Stream.Z,
) -> F32:
    """The latents of (seed, index) pairs: `--seeds 0,1,4-6` is `sample([0, 1, 4, 5, 6], [0], dim)`.

    seeds, indices: uint64 [n] or integers in [0, 2^64); one of either goes with all of the other.
    dim: 1 to 2^20. prior, threshold, psi, psi_mode: see `make_distributions`. stream: a `Stream`.
    Returns float32 [n, dim], C-contiguous. Raises UsageError.
    """
    seeds, indices = _pairs(seeds, indices)
    stream = Stream(integer_between("stream", stream, min(Stream), max(Stream)))
    distributions = make_distributions(_check_size(len(indices), dim), prior, threshold, psi, psi_mode)
    return _draw(seeds, indices, distributions, stream)


def latents(
    count: int,
    dim: int,
    seed: int = 0,
    start: int = 0,
    prior: str = "normal",
    threshold: float | None = None,
    psi: float = 1.0,
    psi_mode: str = "scale",
) -> F32:
    """The latents of images `start` to `start + count - 1` of one seed.

    count: 0 or more; seed, start: in [0, 2^64), start + count at most 2^64; dim: 1 to 2^20.
    prior, threshold, psi, psi_mode: see `make_distributions`.
    Returns float32 [count, dim], C-contiguous. Raises UsageError.
    """
    count = integer_between("count", count, 0, UINT64_LIMIT)
    seed = integer_between("seed", seed, 0, UINT64_LIMIT - 1)
    start = integer_between("start", start, 0, UINT64_LIMIT - 1)
    if start + count > UINT64_LIMIT:
        raise UsageError(f"start: given {start} with count {count}, accepted are ranges that end at 2^64 or before")
    distributions = make_distributions(_check_size(count, dim), prior, threshold, psi, psi_mode)
    indices = np.arange(count, dtype=np.uint64) + np.uint64(start)
    return _draw(np.array([seed], dtype=np.uint64), indices, distributions, Stream.Z)


def class_choice(seeds: U64 | Sequence[int], indices: U64 | Sequence[int], count: int) -> NDArray[np.int64]:
    """A class for each (seed, index), by the first word of stream 1.

    seeds, indices: as in `sample`. count: 1 to 2^32.
    Returns int64 [n] in [0, count): uniform to within count / 2^32. Raises UsageError.
    """
    count = integer_between("count", count, 1, MAX_CLASSES)
    seeds, indices = _pairs(seeds, indices)
    return _chosen(seeds, indices, count, 0)
