"""What all pictures of a run have in common: everything that changes them beside their seeds and indices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganrt import __version__
from ganrt.runtime.latent_files import LatentFile
from ganrt.runtime.looks import Look
from ganrt.runtime.picture_style import PictureStyle
from ganrt.runtime.sampling import NO_TRUNCATION, Truncation
from ganrt.runtime.settings import NOTHING, Settings
from ganrt.runtime.styles import Mix

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator


@dataclass(frozen=True)
class Design:
    """What is drawn, whatever draws it.

    Attributes:
        truncation: of the latents, and of a BigGAN's statistics.
        labels: a class or a mixture; None: drawn from seed and index.
        controls: what named controls are set to; what a picture sets itself wins.
        pinned: edits of every latent, such as "0:35=-1" (`ganrt.runtime.edits`).
        latents: what is drawn in place of sampled latents; indices are its rows.
    """

    truncation: Truncation = NO_TRUNCATION
    labels: str | None = None
    controls: Settings = NOTHING
    pinned: str = ""
    latents: LatentFile | None = None

    def look(self, generator: Generator, pair: tuple[int, int], controls: Settings | None = None) -> Look:
        """The look of picture (seed, index); `controls` in place of those of all."""
        settings = self.controls if controls is None else controls
        return generator.look(
            *pair, truncation=self.truncation, labels=self.labels, controls=settings, pinned=self.pinned
        )

    def settled(self, generator: Generator) -> Design:
        """With the controls in their canonical form.

        Raises:
            UsageError: the generator does not have them.
        """
        return replace(self, controls=generator.controls.canonical(self.controls))

    def draw(
        self,
        generator: Generator,
        pairs: Iterable[tuple[int, int]],
        batch_size: int | None = None,
        each: Iterable[Settings] | None = None,
        mixes: Sequence[Mix] = (),
        keep: list[NDArray[np.float32]] | None = None,
    ) -> Iterator[tuple[list[tuple[int, int]], NDArray[np.uint8]]]:
        """The pictures of (seed, index) pairs; see `Generator.sample_pairs`."""
        z = None if self.latents is None else self.latents.z
        common = (self.truncation, self.labels, batch_size, self.pinned, self.controls)
        return generator.sample_pairs(pairs, *common, each, z, mixes, keep)


PLAIN = Design()


Json = dict[str, object]


def in_use(generator: Generator) -> dict[str, str]:
    """Which model draws, and what executes it."""
    return {
        "model": generator.spec.name,
        "model_sha256": generator.model_sha256,
        "backend": generator.backend,
        "device": generator.device,
        "precision": generator.precision,
        "form": generator.form,
    }


def look_origin(generator: Generator, look: Look, style: PictureStyle) -> Json:
    design = Design(look.truncation, look.class_text, look.controls, look.edits_text)
    return picture_origin(generator, (look.seed, look.index), design, style, look.code)


def picture_origin(
    generator: Generator, pair: tuple[int, int], design: Design, style: PictureStyle, code: str | None
) -> Json:
    """As `encode_png` keeps it; 64-bit integers as strings. `law` is what was really drawn from, with all defaults.

    Args:
        pair: seed and index; with latents the index is a row of them.
        code: the look code; None: none can say it.
    """
    latent, truncation = generator.spec.latent, design.truncation
    distribution = truncation.arguments(latent) if latent else None
    drawn: Json = {"seed": str(pair[0]), "index": str(pair[1]), "law": distribution}
    return {
        **in_use(generator),
        "ganrt": __version__,
        **(drawn if design.latents is None else {"latents": design.latents.origin(pair[1])}),
        **({"look": code} if code else {}),
        "psi": truncation.psi,
        "statistics_truncation": truncation.statistics,
        "class": design.labels,
        **({"controls": dict(design.controls)} if design.controls else {}),
        **({"set_z": design.pinned} if design.pinned else {}),
        **style.origin(),
        "latent_spec": latent.latent_spec if latent else None,
    }
