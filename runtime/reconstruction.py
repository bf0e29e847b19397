"""Photos through an encoder and its generator: picture to latent to picture, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.batches import FittedPhoto, photo_batches
from ganrt.runtime.compare import psnr
from ganrt.runtime.edits import edit, parse_edits
from ganrt.runtime.fitting import Fit, finish, shown_part
from ganrt.runtime.generator import Generator
from ganrt.runtime.labels import LabelsLike
from ganrt.runtime.photos import Photo
from ganrt.runtime.settings import SettingsLike
from ganrt.spec import GeneratorSpec

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Reconstructed:
    """One picture: `source` as the encoder saw it, `image` as the generator drew it again; uint8 [h, w, c].

    Attributes:
        path: the file it came from, of SHA-256 `sha256`.
        image: with the alpha of the photo, where that was kept.
        z: its latent, float32 [dim].
        psnr: of the drawn picture against `source`, in dB; infinite if they are equal.
    """

    path: Path
    sha256: str
    source: Pixels
    image: Pixels
    z: NDArray[np.float32]
    psnr: float

    @property
    def row(self) -> list[Pixels]:
        """Side by side: what went in, what came out."""
        return [self.source, self.image]


def reconstruct_photos(
    generator: Generator,
    encoder: Generator,
    photos: Iterable[Photo],
    fit: Fit,
    *,
    labels: LabelsLike | None = None,
    any_pair: bool = False,
    batch_size: int | None = None,
    pinned: str = "",
    controls: SettingsLike = None,
) -> Iterator[Reconstructed]:
    """Encodes photos and draws them again, in their order; none depends on the others.

    Args:
        labels: a class name or number, or weights [count], for all photos; needed where the generator has classes:
            the encoder does not say which one a photo shows.
        any_pair: also with a generator that the encoder was not trained with.
        batch_size: photos a batch; None: 16.
        pinned, controls: what is changed in every latent, as for `Generator.sample_pairs`.

    Raises:
        UsageError: see `check_pair`; no labels for a generator with classes, or an unknown class.
    """
    check_pair(generator.spec, encoder.spec, any_pair=any_pair)
    require_labels(generator.spec, labels)
    settings, edits = generator.controls.canonical(controls), parse_edits(pinned) if pinned else ()
    for batch in photo_batches(encoder.spec, photos, fit, batch_size):
        z = encoder.encode(np.stack([photo.fitted.source for photo in batch]), batch_size)
        z = edit(generator.controls.apply(z, settings), edits)
        images = generator.synthesize(z, labels)
        for photo, code, image in zip(batch, z, images, strict=True):
            yield _reconstructed(photo, code, image)


def _reconstructed(photo: FittedPhoto, z: NDArray[np.float32], image: Pixels) -> Reconstructed:
    fitted = photo.fitted
    source = shown_part(fitted, fitted.source)
    likeness = psnr(source, shown_part(fitted, image))
    return Reconstructed(photo.path, photo.sha256, source, finish(fitted, image), z, likeness)


def require_labels(spec: GeneratorSpec, labels: LabelsLike | None) -> None:
    """Raises UsageError if the generator has classes and none was given: any default would draw another picture."""
    if spec.labels is not None and labels is None:
        last = spec.labels.count - 1
        known = f"0 to {last}" if spec.labels.names is None else ", ".join(spec.labels.names[:20])
        raise UsageError(
            f"'{spec.name}' draws by {spec.labels.meaning}, and the encoder does not say which one a picture shows\n"
            f"give that of the pictures, run by run: --class, one of {known}"
        )


def check_pair(
    generator: GeneratorSpec, encoder: GeneratorSpec, *, files: tuple[str, str] | None = None, any_pair: bool = False
) -> None:
    """Checks that `encoder` belongs to `generator`: its latents mean something to no other.

    Args:
        files: what to call the two in messages, by default by their names.
        any_pair: accepts another generator of the same latent and picture size.

    Raises:
        UsageError: one is of another task, the encoder was trained with another generator, or sizes do not meet.
    """
    drawing, encoding = files or (f"'{generator.name}'", f"'{encoder.name}'")
    if generator.task != "generate":
        raise UsageError(f"{drawing} has the task '{generator.task}'\nexpected the generator: --model GENERATOR.onnx")
    if encoder.task != "encode":
        raise UsageError(f"{encoding} has the task '{encoder.task}'\nexpected its encoder: --encoder ENCODER.onnx")
    if not any_pair:
        _check_hashes(generator, encoder, drawing, encoding)
    _check_sizes(generator, encoder, drawing, encoding)


def _check_hashes(generator: GeneratorSpec, encoder: GeneratorSpec, drawing: str, encoding: str) -> None:
    if encoder.pair is None:
        raise UsageError(
            f"{encoding} does not say which generator it belongs to\n"
            "export it with --pair GENERATOR.onnx, or give --any-pair"
        )
    origin = generator.source.sha256 if generator.source else "no known checkpoint"
    if encoder.pair != origin:
        raise UsageError(
            f"{encoding} belongs to the generator of checkpoint {encoder.pair}\n"
            f"{drawing} was exported from {origin}\n"
            "expected a generator and an encoder that were trained together; --any-pair tries these"
        )


def _check_sizes(generator: GeneratorSpec, encoder: GeneratorSpec, drawing: str, encoding: str) -> None:
    assert generator.latent is not None
    assert generator.output is not None
    assert encoder.latent is not None
    assert encoder.image is not None
    drawn, taken = (f"{it.width} x {it.height} x {it.channels}" for it in (generator.output, encoder.image))
    if drawn != taken or generator.latent.dim != encoder.latent.dim:
        raise UsageError(
            f"{drawing} draws {drawn} from {generator.latent.dim} values\n"
            f"{encoding} takes {taken} and gives {encoder.latent.dim}\n"
            "expected the same; an encoder's side that is not in its file is set by: ganrt export --size"
        )
