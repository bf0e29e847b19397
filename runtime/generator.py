"""The public runtime: `load` a model, then `sample`, `avatar`, `synthesize`, `stream`, `translate`, `encode`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.backends import open_model
from ganrt.engines.protocol import Engine, EngineOptions
from ganrt.errors import UsageError
from ganrt.runtime.arguments import UINT64_LIMIT, as_uint64, integer_between
from ganrt.runtime.identity import identity_index
from ganrt.runtime.labels import LabelsLike, as_weights, label_weights
from ganrt.runtime.models import DEFAULT_MODEL, resolve_model
from ganrt.runtime.picture_batches import check_pictures, encoder, translated_shape, translator
from ganrt.runtime.sampling import Truncation, draw, statistics_value
from ganrt.runtime.walk_path import Walk
from ganrt.spec import GeneratorSpec, Latent

Item = TypeVar("Item")
Images = NDArray[np.uint8]
_BATCH_PIXELS = 2**18  # of one batch of translations: larger ones need memory and are no faster
SeedAndIndex = tuple[int, int]


def load(
    model: str | Path = DEFAULT_MODEL,
    *,
    backend: str = "auto",
    device: str = "auto",
    precision: str = "fp32",
    threads: int | None = None,
    memory: int | None = None,
    low_priority: bool = False,
) -> Generator:
    """Loads a generator; use it in a `with` block, or call `close`.

    Args:
        model: a bundled model's name (`avatars`) or the path of an `.onnx` or `.engine` file. An engine is native
            code: load only those that you, or somebody you trust, compiled.
        backend: `auto` takes what `ganrt tune` found fastest here, else what runs; or `onnxruntime`, `openvino`,
            `onnxruntime-cuda`.
        device: `auto`, `cpu` or `cuda`; a device that was asked for and is missing is an error.
        precision: `fp32`, `bf16`, `int8`, or `fastest`: the fastest that passed its gate when the model was tuned.
            A file that `ganrt compile` made in a lower precision is opened in that one.
        threads: CPU threads within one batch; None: as many as there are cores.
        memory: bytes of GPU memory that a compiled engine may use in all; None: what there is.
        low_priority: whether a compiled engine's work yields to other work on the GPU, such as a game's.

    Raises:
        BadInputFile: the model is missing, damaged or not written by ganrt.
        BackendUnavailable: the backend or device is not there, or a compiled engine does not draw its canary; the
            message says how to install or mend it.
    """
    options = EngineOptions(
        device=device, precision=precision, threads=threads, memory=memory, low_priority=low_priority
    )
    generator = Generator(open_model(resolve_model(model), backend, options))
    try:
        generator.check()
    except BaseException:
        generator.close()
        raise
    return generator


class Generator:
    """A loaded generator. Every method may be called from several threads at once, except `close`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def spec(self) -> GeneratorSpec:
        """What the generator expects and gives."""
        return self._engine.spec

    @property
    def backend(self) -> str:
        """The backend really in use."""
        return self._engine.backend

    @property
    def device(self) -> str:
        """The device really in use."""
        return self._engine.device

    @property
    def precision(self) -> str:
        """The precision really in use."""
        return self._engine.precision

    @property
    def form(self) -> str:
        """Which exactly equivalent graph runs; `plain` is the one that was exported."""
        return self._engine.form

    @property
    def model_sha256(self) -> str:
        """SHA-256 of the ONNX file, hexadecimal."""
        return self._engine.model_sha256

    @property
    def batch_size(self) -> int:
        """How many images a batch the engine likes best."""
        return self._engine.batch_sizes.optimum

    @property
    def latent(self) -> Latent:
        """What z is drawn from.

        Raises:
            UsageError: the model does not draw from latents.
        """
        return self._latent()

    def sample(
        self,
        count: int = 1,
        *,
        seed: int = 0,
        start: int = 0,
        truncation: float | Truncation | None = None,
        labels: LabelsLike | None = None,
        batch_size: int | None = None,
    ) -> Images:
        """Images `start` to `start + count - 1` of `seed`.

        Image (seed, index) does not depend on count, start or batch_size.

        Args:
            count: how many images, 0 or more.
            seed, start: unsigned 64-bit integers.
            truncation: psi, or a `Truncation` for its mode and threshold; None: the generator's default.
            labels: a class name or number, a mixture such as "947:0.5,992:0.5", or weights [count] or [n, count],
                which need not sum to one and are used as they are; None: a class drawn for each image.
            batch_size: images a batch; None: what the engine likes best.

        Returns:
            uint8 [count, height, width, channels], RGB.
        """
        seed = integer_between("seed", seed, 0, UINT64_LIMIT - 1)
        start = integer_between("start", start, 0, UINT64_LIMIT - 1)
        count = integer_between("count", count, 0, UINT64_LIMIT - start)
        pairs = ((seed, start + i) for i in range(count))
        labels = _checked_rows(labels, count)
        batches = [images for _, images in self.sample_pairs(pairs, truncation, labels, batch_size)]
        return np.concatenate(batches) if batches else self._no_images()

    def sample_pairs(
        self,
        pairs: Iterable[SeedAndIndex],
        truncation: float | Truncation | None = None,
        labels: LabelsLike | None = None,
        batch_size: int | None = None,
    ) -> Iterator[tuple[list[SeedAndIndex], Images]]:
        """Images of any (seed, index) pairs, one batch at a time, in constant memory.

        Yields:
            the pairs of one batch and their images, uint8 [n, h, w, c].
        """
        latent = self._latent()
        how = truncation if isinstance(truncation, Truncation) else Truncation(psi=truncation)
        self._check_statistics(how)
        done = 0
        for batch in _chunks(pairs, self._batch_size(batch_size)):
            seeds = as_uint64("seeds", [pair[0] for pair in batch])
            indices = as_uint64("indices", [pair[1] for pair in batch])
            z = draw(latent, seeds, indices, how)
            weights = label_weights(self.spec, _rows(labels, done, len(batch)), seeds, indices)
            yield batch, self._run(z, weights, how)
            done += len(batch)

    def avatar(
        self,
        identity: str,
        *,
        namespace: str = "ganrt",
        truncation: float | Truncation | None = None,
        labels: LabelsLike | None = None,
    ) -> Images:
        """The image that belongs to an identity, such as a player's name or id: uint8 [h, w, c]."""
        index = identity_index(identity, namespace)
        return np.asarray(self.sample(1, seed=0, start=index, truncation=truncation, labels=labels)[0])

    def synthesize(
        self,
        z: NDArray[np.floating],
        labels: LabelsLike | None = None,
        truncation: float | Truncation | NDArray[np.float32] | None = None,
    ) -> Images:
        """Images of given latents.

        Args:
            z: float [n, dim], used as they are: truncation does not change them.
            labels: as for `sample`; None with a conditional generator: class 0.
            truncation: selects the batch-norm statistics of a BigGAN, for all images or float [n], one each; others
                ignore it.

        Returns:
            uint8 [n, height, width, channels].
        """
        given_z = np.asarray(z)
        dim = self._latent().dim
        if given_z.ndim != 2 or given_z.shape[1] != dim or given_z.dtype.kind not in "fiu":
            raise UsageError(f"z of shape {list(given_z.shape)} and type {given_z.dtype}: expected float32 [n, {dim}]")
        with np.errstate(over="ignore"):
            z = given_z.astype(np.float32)
        if not np.isfinite(z).all():
            raise UsageError("z holds values that are NaN, infinite or too large: expected what float32 can hold")
        count = len(z)
        zeros = np.zeros(count, np.uint64)
        given = 0 if labels is None and self.spec.labels else labels
        weights = label_weights(self.spec, given, zeros, zeros)
        how = self._statistics(truncation, count)
        step = self._batch_size(None)
        batches = [
            self._run(
                z[i : i + step],
                None if weights is None else weights[i : i + step],
                how[i : i + step] if isinstance(how, np.ndarray) else how,
            )
            for i in range(0, count, step)
        ]
        return np.concatenate(batches) if batches else self._no_images()

    def stream(self, walk: Walk, fps: float = 60.0) -> Iterator[Images]:
        """The frames of one pass through a walk, as fast as they are taken: uint8 [h, w, c] each.

        Frame k does not depend on the frames before it. A walk without classes shows class 0 of a conditional
        generator.

        Raises:
            UsageError: at once, before any frame: the walk asks for what this generator does not have.
        """
        latent = self._latent()
        self._check_statistics(walk.truncation)
        walk.latents(latent, [0], fps)
        walk.labels(self.spec, [0], fps)
        step = self._batch_size(None)
        total = walk.frame_count(fps)
        batches = (range(first, min(first + step, total)) for first in range(0, total, step))
        return (
            image
            for frames in batches
            for image in self.synthesize(
                walk.latents(latent, frames, fps), walk.labels(self.spec, frames, fps), walk.truncation
            )
        )

    def translate(self, pictures: Images, batch_size: int | None = None) -> Images:
        """Translates pictures, image to image.

        A picture's translation does not depend on the others or on batch_size.

        Args:
            pictures: uint8 [n, h, w, c] in RGB (or grey), of the size that `spec.image` states; where that is
                dynamic, of any size whose sides are multiples of `spec.image.multiple_of`.
            batch_size: pictures a batch; None: what the engine likes best, fewer for large pictures.

        Returns:
            uint8 [n, height, width, channels].

        Raises:
            UsageError: the model is not a translator, or the pictures are of another type or size.
        """
        image, _ = translator(self.spec)
        check_pictures(image, pictures)
        batches = self._of_pictures(pictures, batch_size, "image")
        none = np.empty((0, *translated_shape(self.spec, *pictures.shape[1:3])), np.uint8)
        return np.concatenate([none, *batches])

    def encode(self, pictures: Images, batch_size: int | None = None) -> NDArray[np.float32]:
        """Encodes pictures: image to latent, as `synthesize` of the encoder's own generator takes it.

        A picture's latent is always the same, and depends neither on the other pictures nor on batch_size.

        Args:
            pictures: uint8 [n, h, w, c] in RGB (or grey), of the size that `spec.image` states.
            batch_size: pictures a batch; None: what the engine likes best.

        Returns:
            float32 [n, spec.latent.dim]; of encoders that give a distribution its mean.

        Raises:
            UsageError: the model is not an encoder, or the pictures are of another type or size.
        """
        image, latent = encoder(self.spec)
        check_pictures(image, pictures)
        batches = self._of_pictures(pictures, batch_size, "z")
        return np.concatenate([np.empty((0, latent.dim), np.float32), *batches])

    def check(self) -> None:
        """Draws the canary where the engine is one that must prove itself; `load` has done so.

        Raises:
            BackendUnavailable: the device draws another picture.
        """
        if self._engine.checked_on_load:
            from ganrt.runtime.canary import require_canary

            require_canary(self)

    def close(self) -> None:
        """Releases the engine; a second call does nothing."""
        self._engine.close()

    def __enter__(self) -> Generator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _latent(self) -> Latent:
        if self.spec.task != "generate" or self.spec.latent is None:
            hint = {
                "translate": "; give it pictures: ganrt translate",
                "encode": "\ngive it, and the generator it belongs to, pictures: ganrt reconstruct --encoder",
            }.get(self.spec.task, "")
            raise UsageError(
                f"'{self.spec.name}' has the task '{self.spec.task}': it does not draw images from latents{hint}"
            )
        return self.spec.latent

    def _check_statistics(self, how: Truncation) -> None:
        if self.spec.statistics.mode == "input":
            statistics_value(self.spec, how)
        elif how.statistics is not None and self.spec.statistics.value is not None:
            raise UsageError(
                f"statistics truncation: those of '{self.spec.name}' are frozen at {self.spec.statistics.value:g}"
            )
        elif how.statistics is not None:
            raise UsageError(f"statistics truncation: '{self.spec.name}' has no batch-norm statistics to choose from")

    def _of_pictures(self, pictures: Images, batch_size: int | None, output: str) -> Iterator[NDArray[np.generic]]:
        """What a translator or encoder makes of uint8 [n, h, w, c], batch by batch."""
        count, height, width = pictures.shape[:3]
        step = self._batch_size(batch_size)
        if batch_size is None:
            step = max(self._engine.batch_sizes.minimum, min(step, _BATCH_PIXELS // (height * width)))
        for i in range(0, count, step):
            yield self._run_padded({"source": np.ascontiguousarray(pictures[i : i + step])}, output)

    def _batch_size(self, wanted: int | None) -> int:
        sizes = self._engine.batch_sizes
        if wanted is None:
            return sizes.optimum
        return min(integer_between("batch size", wanted, 1, UINT64_LIMIT), sizes.maximum)

    def _statistics(
        self, given: float | Truncation | NDArray[np.float32] | None, count: int
    ) -> Truncation | NDArray[np.float32]:
        """What selects the batch-norm statistics: for all images, or checked float32 [n]."""
        if not isinstance(given, np.ndarray):
            return given if isinstance(given, Truncation) else Truncation(psi=given)
        if given.shape != (count,) or given.dtype.kind not in "fiu":
            raise UsageError(f"truncation of shape {list(given.shape)}: expected a number, or float32 [{count}]")
        if self.spec.statistics.mode == "input" and count:
            for value in (given.min(), given.max()):
                statistics_value(self.spec, Truncation(statistics=float(value)))
        return given.astype(np.float32)

    def _run(
        self,
        z: NDArray[np.float32],
        weights: NDArray[np.float32] | None,
        truncation: Truncation | NDArray[np.float32],
    ) -> Images:
        """One batch of latents."""
        count = len(z)
        inputs: dict[str, NDArray[np.generic]] = {"z": z}
        if weights is not None:
            inputs["labels"] = weights
        if self.spec.statistics.mode == "input":
            inputs["truncation"] = (
                truncation
                if isinstance(truncation, np.ndarray)
                else np.full(count, statistics_value(self.spec, truncation), np.float32)
            )
        return np.asarray(self._run_padded(inputs, "image"), np.uint8)

    def _run_padded(self, inputs: dict[str, NDArray[np.generic]], output: str) -> NDArray[np.generic]:
        """One batch, padded up to what the engine takes; the padding never reaches the caller."""
        count = len(next(iter(inputs.values())))
        missing = self._engine.batch_sizes.minimum - count
        if missing > 0:
            inputs = {name: np.concatenate([a, np.repeat(a[-1:], missing, axis=0)]) for name, a in inputs.items()}
        return self._engine.run(inputs)[output][:count]

    def _no_images(self) -> Images:
        output = self.spec.output
        shape = (0, output.height, output.width, output.channels) if output else (0, 0, 0, 0)
        return np.empty(shape, np.uint8)


def _checked_rows(labels: LabelsLike | None, count: int) -> LabelsLike | None:
    """Weights a row an image become an array, as many rows as images; anything else goes for all."""
    if labels is None or isinstance(labels, (int, np.integer, str)):
        return labels
    weights = as_weights(labels)
    if weights.ndim == 2 and len(weights) != count:
        raise UsageError(f"labels: {len(weights)} rows of weights for {count} images")
    return weights


def _rows(labels: LabelsLike | None, first: int, count: int) -> LabelsLike | None:
    """The labels of one batch: rows of weights [n, count] are cut, anything else goes for all."""
    return labels[first : first + count] if isinstance(labels, np.ndarray) and labels.ndim == 2 else labels


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
