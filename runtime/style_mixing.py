"""The table of style mixing (Karras et al. 2019, arXiv:1812.04948, figure 3): rows take styles from the columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.generator import Generator
from ganrt.runtime.labels import LabelsLike
from ganrt.runtime.latents import latents
from ganrt.runtime.pictures import sheet
from ganrt.runtime.styles import parse_mix


def mixing_sheet(
    generator: Generator,
    styles: str,
    columns: int,
    *,
    seed: int = 0,
    truncation: float | None = None,
    labels: LabelsLike | None = None,
) -> NDArray[np.uint8]:
    """`columns` pictures across, as many down; where they cross, the row's picture with the column's `styles`.

    The columns are images 0 on of `seed`, the rows those after them. The first row and the first column show the
    pictures themselves.

    Args:
        styles: such as "0-3" or "5".

    Returns:
        uint8 [h, w, c].

    Raises:
        UsageError: no styles of this generator's.
    """
    chosen = parse_mix(f"{styles}=0")
    count, _ = generator.style_space.shape
    if chosen.last >= count:
        raise UsageError(f"--mix {styles}: this generator's styles are 0 to {count - 1}")
    w = generator.styles(latents(2 * columns, generator.latent.dim, seed), labels, truncation)
    places = slice(chosen.first, chosen.last + 1)
    across, down = w[:columns], w[columns:]
    pictures = generator.synthesize_styles(across)
    table = [np.full_like(pictures[:1], 255), pictures]
    for row in down:
        mixed = np.repeat(row[None], columns + 1, axis=0)
        mixed[1:, places] = across[:, places]
        table.append(generator.synthesize_styles(mixed))
    return sheet(np.concatenate(table), columns + 1)
