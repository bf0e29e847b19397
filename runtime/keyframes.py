"""Keyframes of walks: seeds, identities, looks or latents, such as an encoder's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ganrt.errors import UsageError
from ganrt.runtime.arguments import UINT64_LIMIT, integer_between
from ganrt.runtime.identity import NAMESPACE, identity_index
from ganrt.runtime.latent_files import as_latents, read_latent_file
from ganrt.runtime.looks import Look
from ganrt.runtime.sampling import Truncation, draw
from ganrt.spec import Latent

F32: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Keyframes:
    """Image `indices[i]` of `seeds[i]`, or `latents` float32 [k, dim] as they are, or `looks`.

    Looks say what a generator's latents are: it puts latents in their place (`look_drawing.settled`).
    """

    seeds: tuple[int, ...] = ()
    indices: tuple[int, ...] = ()
    latents: F32 | None = None
    looks: tuple[Look, ...] = ()

    def __len__(self) -> int:
        return len(self.looks or self.seeds) if self.latents is None else len(self.latents)

    def draw(self, latent: Latent, truncations: Sequence[Truncation]) -> F32:
        """z of the keyframes: float32 [k, dim]; k is the longer of both, and one of either goes with all of the other.

        Truncation does not change given latents.

        Raises:
            UsageError: given latents of another dimension than the generator's, or looks.
        """
        if self.looks:
            raise UsageError("walk: a generator draws looks: expected generator.stream(walk)")
        count = max(len(self), len(truncations))
        if self.latents is not None:
            return np.repeat(self._checked(self.latents, latent), count // len(self), axis=0)
        seeds, indices = (np.resize(np.array(values, np.uint64), count) for values in (self.seeds, self.indices))
        if len(truncations) == 1:
            return draw(latent, seeds, indices, truncations[0])
        rows = [
            draw(latent, seeds[i : i + 1], indices[i : i + 1], truncation) for i, truncation in enumerate(truncations)
        ]
        return np.concatenate(rows)

    @staticmethod
    def _checked(latents: F32, latent: Latent) -> F32:
        if latents.ndim != 2 or latents.shape[1] != latent.dim:
            raise UsageError(f"latents of {latents.shape[1]} values: this generator's have {latent.dim}")
        return latents


def make_keyframes(
    seeds: Sequence[int] = (),
    identities: Sequence[str] = (),
    latents: ArrayLike | Path | None = None,
    namespace: str = NAMESPACE,
    looks: Sequence[str | Look] = (),
) -> Keyframes:
    """Keyframes from one of the four.

    Args:
        seeds: the first image of each.
        identities: the image of each, as `Generator.avatar` draws it.
        latents: float [k, dim], such as `Generator.encode` gives, or the path of a file that holds them
            (`latent_files`).
        looks: looks, or their codes.

    Raises:
        UsageError: none of the four, several of them, no look codes, or numbers out of range.
        BadInputFile: no such array.
    """
    given = [len(seeds) > 0, len(identities) > 0, latents is not None, len(looks) > 0]
    if sum(given) != 1:
        raise UsageError("walk: expected keyframes, at least one, from one of seeds, identities, latents and looks")
    if isinstance(looks, str):
        raise UsageError(f"looks {looks[:60]!r}: expected a sequence of look codes")
    if len(looks):
        return Keyframes(looks=tuple(one if isinstance(one, Look) else Look.parse(one) for one in looks))
    if latents is not None:
        return Keyframes(latents=read_latent_file(latents).z if isinstance(latents, Path) else as_latents(latents))
    if isinstance(identities, str):
        raise UsageError(f"identities {identities[:60]!r}: expected a sequence of names")
    if len(identities):
        indices = tuple(identity_index(identity, namespace) for identity in identities)
        return Keyframes((0,) * len(indices), indices)
    numbers = tuple(integer_between("seed", seed, 0, UINT64_LIMIT - 1) for seed in seeds)
    return Keyframes(numbers, (0,) * len(numbers))
