"""What a picture says about itself: which model drew it, on what, from which latent, and how it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganrt import __version__
from ganrt.runtime.latent_files import LatentFile
from ganrt.runtime.looks import Look
from ganrt.runtime.picture_style import PictureStyle
from ganrt.runtime.sampling import Truncation
from ganrt.runtime.settings import Settings

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator

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
    """The origin of a look's picture."""
    how = (look.truncation, look.class_text, look.controls, look.edits_text)
    return picture_origin(generator, (look.seed, look.index), *how, style, look.code)


def picture_origin(
    generator: Generator,
    pair: tuple[int, int],
    how: Truncation,
    class_name: str | None,
    controls: Settings,
    pins: str,
    style: PictureStyle,
    code: str | None,
    latents: LatentFile | None = None,
) -> Json:
    """As `encode_png` keeps it; 64-bit integers as strings. `law` is what was really drawn from, defaults included.

    Args:
        pair: seed and index; with `latents` the index is a row of them.
        code: the look code; None: none can say it.
    """
    latent = generator.spec.latent
    law = how.arguments(latent) if latent else None
    drawn: Json = {"seed": str(pair[0]), "index": str(pair[1]), "law": law}
    return {
        **in_use(generator),
        "ganrt": __version__,
        **(drawn if latents is None else {"latents": latents.origin(pair[1])}),
        **({"look": code} if code else {}),
        "psi": how.psi,
        "statistics_truncation": how.statistics,
        "class": class_name,
        **({"controls": dict(controls)} if controls else {}),
        **({"set_z": pins} if pins else {}),
        **style.origin(),
        "latent_spec": latent.latent_spec if latent else None,
    }
