"""The text form of a prior: `normal`, or parts in the order of z, such as `normal:62,onehot:10,uniform:2`.

Options and the spec share it. A onehot part is a choice: one of its values is 1, the others are 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PRIORS = ("normal", "uniform", "truncated_normal")
ONEHOT = "onehot"
EXAMPLE = "normal:62,onehot:10,uniform:2"
MAX_DIM = 65536
MAX_PARTS = 64
_PART = re.compile(r"\s*([a-z_]+)\s*:\s*([0-9]{1,6})\s*", re.ASCII)


@dataclass(frozen=True)
class Part:
    """Values `first` to `first + dim - 1` of z, drawn from one of `PRIORS`, or `onehot`."""

    prior: str
    first: int
    dim: int

    @property
    def stop(self) -> int:
        """Where the next part begins."""
        return self.first + self.dim


def parse_parts(text: str) -> tuple[Part, ...]:
    """The parts of "normal:62,onehot:10,uniform:2". Neighbours of one distribution are one part: they are drawn alike.

    Raises:
        ValueError: it has another form, an unknown prior, or a part of a size that cannot be.
    """
    parts: list[Part] = []
    for given in text.split(","):
        match = _PART.fullmatch(given)
        prior, dim = (match[1], int(match[2])) if match else ("", 0)
        least = 2 if prior == ONEHOT else 1
        if prior not in (*PRIORS, ONEHOT) or not least <= dim <= MAX_DIM:
            raise ValueError(
                f"expected parts such as {EXAMPLE} (of {', '.join((*PRIORS, ONEHOT))}), got {given[:40]!r}"
            )
        if parts and parts[-1].prior == prior != ONEHOT:
            parts[-1] = Part(prior, parts[-1].first, parts[-1].dim + dim)
        else:
            parts.append(Part(prior, parts[-1].stop if parts else 0, dim))
    if len(parts) > MAX_PARTS or parts[-1].stop > MAX_DIM:
        raise ValueError(f"expected at most {MAX_PARTS} parts of {MAX_DIM} values in all")
    return tuple(parts)


def parse_prior(text: str) -> tuple[str, int | None]:
    """What an option says: the prior as the spec states it, and how many values z has, None if it does not say.

    "normal" gives ("normal", None), "normal:100" ("normal", 100), and several parts their own text with their sum.

    Raises:
        ValueError: neither a prior nor parts.
    """
    if ":" not in text:
        if text.strip() in PRIORS:
            return text.strip(), None
        raise ValueError(f"expected {', '.join(PRIORS)}, or parts such as {EXAMPLE}, got {text[:40]!r}")
    parts = parse_parts(text)
    return _stated(parts), parts[-1].stop


def parts_of(prior: str, dim: int) -> tuple[Part, ...]:
    """The parts of a latent of `dim` values; one where the prior is that of all values.

    Raises:
        ValueError: an unknown prior, or parts that do not add up to `dim`.
    """
    stated, own = parse_prior(prior)
    if own is None:
        return (Part(stated, 0, dim),)
    if own != dim:
        raise ValueError(f"expected parts of {dim} values in all, got {prior[:40]!r} with {own}")
    return parse_parts(prior)


def _stated(parts: tuple[Part, ...]) -> str:
    if len(parts) == 1 and parts[0].prior != ONEHOT:
        return parts[0].prior
    return ",".join(f"{part.prior}:{part.dim}" for part in parts)
