"""The public runtime: `load` a model, then `sample`, `avatar`, `synthesize`, `stream`, `translate`, `encode`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.backends import open_model
from ganrt.engines.protocol import BatchSizes, Engine, EngineOptions
from ganrt.errors import UsageError
from ganrt.runtime import sampling
from ganrt.runtime.arguments import UINT64_LIMIT, as_uint64, integer_between
from ganrt.runtime.batches import (
    Batches,
    Images,
    check_pictures,
    checked_rows,
    chunks,
    encoder,
    rows,
    translated_shape,
    translator,
)
from ganrt.runtime.edits import edit, parse_edits
from ganrt.runtime.fitting import Fit
from ganrt.runtime.identity import identity_index
from ganrt.runtime.labels import LabelsLike, label_weights
from ganrt.runtime.looks import Look
from ganrt.runtime.model_names import DEFAULT_MODEL
from ganrt.runtime.models import named_controls, resolve_model
from ganrt.runtime.sampling import Truncation, check_statistics
from ganrt.runtime.settings import ControlTable, Settings, SettingsLike
from ganrt.runtime.streaming.budget import BudgetQueue
from ganrt.runtime.streaming.clock import Clock
from ganrt.runtime.streaming.source import Source, WalkOrWalks, as_walks
from ganrt.runtime.streaming.stream import FrameStream, StreamOptions
from ganrt.runtime.styles import Mix, Styles, styles_of
from ganrt.spec import GeneratorSpec, Latent

SeedAndIndex = tuple[int, int]


def load(
    model: str | Path = DEFAULT_MODEL,
    *,
    backend: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    memory: int | None = None,
    low_priority: bool = False,
) -> Generator:
    """Loads a generator; use it in a `with` block, or call `close`.

    Args:
        model: a bundled model's name (`avatars-2`; `avatars` is `avatars-1`) or the path of an `.onnx` or `.engine`
            file. An engine is native code: load only those that you, or somebody you trust, compiled.
        backend: `auto` takes what `ganrt tune` found fastest here, else what runs; or `onnxruntime`, `openvino`,
            `onnxruntime-cuda`.
        device: `auto`, `cpu` or `cuda`; a device that was asked for and is missing is an error.
        precision: `auto`: FP32, or the one that `ganrt compile` made the file in, which has no other; `fp32`, `bf16`,
            `fp16`, `int8`; or `fastest`: the fastest that passed its gate when the model was tuned, of a compiled file
            its own.
        threads: CPU threads within one batch; None: as many as there are cores.
        memory: bytes of GPU memory that a compiled engine may use in all; None: what there is. Of an `.onnx` file that
            was not made on this machine: bytes that it may take when it is tried; None: by its size.
        low_priority: whether a compiled engine's work yields to other work on the GPU, such as a game's.

    Raises:
        UsageError: an unknown precision, or one that this file has not.
        BadInputFile: the model is missing, damaged or not written by ganrt.
        BackendUnavailable: the backend or device is not there, or a compiled engine does not draw its canary; the
            message says how to install or mend it.
    """
    options = EngineOptions(
        device=device, precision=precision, threads=threads, memory=memory, low_priority=low_priority
    )
    return open_generator(model, backend, options)


def open_generator(model: str | Path, backend: str, options: EngineOptions) -> Generator:
    """`load`, with its options in one object."""
    path = resolve_model(model)
    generator = Generator(open_model(path, backend, options), path)
    try:
        generator.check()
    except BaseException:
        generator.close()
        raise
    return generator


def draw(look: Look | str, model: str | Path | None = None) -> Images:
    """The picture of a look, or of its code: uint8 [h, w, c]. For many, load a generator once and use its `draw`.

    Args:
        model: of a look that was drawn by a file: that file; None: the model that the look names.

    Raises:
        UsageError: see `Generator.draw`.
    """
    from ganrt.runtime.look_drawing import model_for

    look = Look.parse(look) if isinstance(look, str) else look
    with load(model_for([look]) if model is None else model, precision="fp32") as generator:
        return generator.draw(look)


class Generator:
    """A loaded generator. Every method may be called from several threads at once, except `close`."""

    def __init__(self, engine: Engine, path: Path | None = None) -> None:
        self._engine, self._batches, self._path = engine, Batches(engine), path
        self._streams: WeakSet[FrameStream] = WeakSet()

    @property
    def spec(self) -> GeneratorSpec:
        """What the generator expects and gives."""
        return self._engine.spec

    @property
    def path(self) -> Path | None:
        """The model's file, as it was given; None: not known."""
        return self._path

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
        """The precision really in use; of an FP16 file FP16, though ONNX Runtime computes it in FP32 on a CPU."""
        return self._engine.precision

    @property
    def form(self) -> str:
        """Which exactly equivalent graph runs; `plain` is the one that was exported."""
        return self._engine.form

    @property
    def batch_sizes(self) -> BatchSizes:
        """The batch sizes that the engine takes, and which it likes best."""
        return self._engine.batch_sizes

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
        if self.spec.task != "generate" or self.spec.latent is None:
            hint = {
                "translate": "; give it pictures: ganrt translate",
                "encode": "\ngive it, and the generator it belongs to, pictures: ganrt reconstruct --encoder",
            }.get(self.spec.task, "")
            raise UsageError(
                f"'{self.spec.name}' has the task '{self.spec.task}': it does not draw images from latents{hint}"
            )
        return self.spec.latent

    @cached_property
    def controls(self) -> ControlTable:
        """The named controls of the latent: those of the spec, or of a bundled model those beside its file."""
        return ControlTable(named_controls(self.spec, self.model_sha256), self.spec.name)

    @cached_property
    def _styles(self) -> Styles | None:
        return styles_of(self._engine, self.controls)

    @property
    def style_space(self) -> Styles:
        """The styles of a StyleGAN in two files (docs/stylegan.md).

        Raises:
            UsageError: the model is another.
        """
        if self._styles is None:
            raise UsageError(
                f"'{self.spec.name}' has no styles of its own to mix or walk between\n"
                "expected a StyleGAN in two files, and its synthesis as -m: ganrt export CHECKPOINT --split"
            )
        return self._styles

    def styles(
        self, z: NDArray[np.float32], labels: LabelsLike | None = None, truncation: float | None = None
    ) -> NDArray[np.float32]:
        """The styles of latents, as `synthesize_styles` takes them.

        Args:
            z: float32 [n, dim]. labels: as for `synthesize`. truncation: psi; None leaves them as they are.

        Returns:
            float32 [n, count, dim].
        """
        zeros = np.zeros(len(z), np.uint64)
        given = 0 if labels is None and self.spec.labels else labels
        w = self.style_space.of(z, label_weights(self.spec, given, zeros, zeros))
        return w if truncation is None else self.style_space.pulled(w, np.full(len(w), truncation, np.float32))

    def synthesize_styles(self, w: NDArray[np.floating], truncation: float | None = None) -> Images:
        """The pictures of styles, float [n, count, dim] or [n, dim]: uint8 [n, h, w, c].

        Args:
            truncation: psi, which pulls them to their average; None leaves them as they are.
        """
        styles = self.style_space.checked(w)
        if truncation is not None:
            styles = self.style_space.pulled(styles, np.full(len(styles), truncation, np.float32))
        step = self._batches.size(None)
        batches = [self._batches.of_styles(styles[i : i + step]) for i in range(0, len(styles), step)]
        return np.concatenate(batches) if batches else self._batches.none()

    def sample(
        self,
        count: int = 1,
        *,
        seed: int = 0,
        start: int = 0,
        truncation: float | Truncation | None = None,
        labels: LabelsLike | None = None,
        batch_size: int | None = None,
        controls: SettingsLike = None,
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
            controls: what named controls are set to in all images, such as {"hair": "afro", "skin": 0.8}.

        Returns:
            uint8 [count, height, width, channels], RGB.
        """
        seed = integer_between("seed", seed, 0, UINT64_LIMIT - 1)
        start = integer_between("start", start, 0, UINT64_LIMIT - 1)
        count = integer_between("count", count, 0, UINT64_LIMIT - start)
        pairs = ((seed, start + i) for i in range(count))
        labels = checked_rows(labels, count)
        batches = [images for _, images in self.sample_pairs(pairs, truncation, labels, batch_size, "", controls)]
        return np.concatenate(batches) if batches else self._batches.none()

    def sample_pairs(
        self,
        pairs: Iterable[SeedAndIndex],
        truncation: float | Truncation | None = None,
        labels: LabelsLike | None = None,
        batch_size: int | None = None,
        pinned: str = "",
        controls: SettingsLike = None,
        each: Iterable[Settings] | None = None,
        latents: NDArray[np.float32] | None = None,
        mixes: Sequence[Mix] = (),
        keep: list[NDArray[np.float32]] | None = None,
    ) -> Iterator[tuple[list[SeedAndIndex], Images]]:
        """Images of any (seed, index) pairs, one batch at a time, in constant memory.

        A latent is drawn, truncated, its controls are set, and then it is edited. With the same controls and edits a
        picture is the frame that a `walk` draws at its keyframe, byte for byte.

        Args:
            pinned: edits of every latent, such as "0:35=-1" (`ganrt.runtime.edits`).
            controls: what named controls are set to in all images.
            each: what they are set to in each image, in the order of the pairs; it wins over `controls`.
            latents: float32 [n, dim]: row INDEX of them in place of what is drawn and truncated; styles
                [n, count, dim] are truncated, and take no controls and edits.
            mixes: styles that come from other seeds (of a StyleGAN in two files).
            keep: gets the styles of every batch, float32 [n, count, dim].

        Yields:
            the pairs of one batch and their images, uint8 [n, h, w, c].
        """
        latent = self.latent
        truncation = truncation if isinstance(truncation, Truncation) else Truncation(psi=truncation)
        check_statistics(self.spec, truncation)
        edits = parse_edits(pinned) if pinned else ()
        common, own = self.controls.canonical(controls), None if each is None else iter(each)
        done = 0
        styled = bool(mixes) or keep is not None
        for batch in chunks(pairs, self._batches.size(batch_size)):
            seeds = as_uint64("seeds", [pair[0] for pair in batch])
            indices = as_uint64("indices", [pair[1] for pair in batch])
            z = sampling.draw(latent, seeds, indices, truncation) if latents is None else latents[indices]
            weights = label_weights(self.spec, rows(labels, done, len(batch)), seeds, indices)
            done += len(batch)
            if z.ndim == 2:
                z = self.controls.apply(z, common)
                if own is not None:
                    z = np.stack([self.controls.apply(row, next(own)) for row in z])
                z = edit(z, edits)
            if z.ndim == 2 and not styled:
                yield batch, self._batches.of_latents(z, weights, truncation)
                continue
            w = self.style_space.of(z, weights) if z.ndim == 2 else z
            w = self._mixed(w, weights, mixes, truncation)
            if keep is not None:
                keep.append(w)
            yield batch, self._batches.of_styles(w)

    def _mixed(
        self, w: NDArray[np.float32], weights: NDArray[np.float32] | None, mixes: Sequence[Mix], truncation: Truncation
    ) -> NDArray[np.float32]:
        """Styles with those of other seeds, truncated."""
        latent, space = self.latent, self.style_space

        def drawn(seed: int) -> NDArray[np.float32]:
            return sampling.draw(latent, as_uint64("seed", [seed]), np.zeros(1, np.uint64), truncation)

        w = space.mixed(space.checked(w), weights, mixes, drawn)
        return space.pulled(w, np.full(len(w), sampling.psi_value(self.spec, truncation), np.float32))

    def draw(self, look: Look | str) -> Images:
        """The picture of a look, or of its code (docs/look-codes.md): uint8 [h, w, c].

        Raises:
            UsageError: no code, the look of another model, or one that asks for what this generator does not have.
        """
        return np.asarray(next(self.draw_looks([Look.parse(look) if isinstance(look, str) else look]))[1][0])

    def draw_looks(self, looks: Iterable[Look], batch_size: int | None = None) -> Iterator[tuple[list[Look], Images]]:
        """The pictures of any looks, one batch at a time, in constant memory; each is that of `draw`, byte for byte.

        Yields:
            the looks of one batch and their images, uint8 [n, h, w, c].
        """
        from ganrt.runtime.look_drawing import rows_of

        for batch in chunks(looks, self._batches.size(batch_size)):
            z, weights, psi = zip(*rows_of(self, batch), strict=True)
            labels = None if self.spec.labels is None else np.stack(weights)
            yield batch, self._batches.of_latents(np.stack(z), labels, np.array(psi, np.float32))

    def look(
        self,
        seed: int = 0,
        index: int = 0,
        *,
        truncation: float | Truncation | None = None,
        labels: LabelsLike | None = None,
        controls: SettingsLike = None,
        pinned: str = "",
    ) -> Look:
        """The look of a picture; `look.code` redraws it. Arguments as for `sample` and `sample_pairs`.

        Raises:
            UsageError: arguments that this generator does not take, or that no code can say.
        """
        from ganrt.runtime.look_drawing import look_of

        truncation = truncation if isinstance(truncation, Truncation) else Truncation(psi=truncation)
        return look_of(self, (seed, index), truncation, labels, controls, pinned)

    def avatar(
        self,
        identity: str,
        *,
        namespace: str = "ganrt",
        reroll: int = 0,
        truncation: float | Truncation | None = None,
        labels: LabelsLike | None = None,
        controls: SettingsLike = None,
    ) -> Images:
        """The image that belongs to an identity, such as a player's name or id: uint8 [h, w, c].

        Args:
            reroll: 0: its own; 1, 2, ...: another one for the same identity, where that is spoilt.
            controls: what named controls are set to, such as {"glasses": "round"}.
        """
        index = identity_index(identity, namespace, reroll)
        images = self.sample(1, seed=0, start=index, truncation=truncation, labels=labels, controls=controls)
        return np.asarray(images[0])

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
            truncation: selects the batch-norm statistics of a BigGAN, or pulls the styles of a style space to their
                average; for all images or float [n], one each; others ignore it.

        Returns:
            uint8 [n, height, width, channels].
        """
        given_z = np.asarray(z)
        dim = self.latent.dim
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
        truncation = self._batches.statistics(truncation, count)
        step = self._batches.size(None)
        batches = [
            self._batches.of_latents(
                z[i : i + step],
                None if weights is None else weights[i : i + step],
                truncation[i : i + step] if isinstance(truncation, np.ndarray) else truncation,
            )
            for i in range(0, count, step)
        ]
        return np.concatenate(batches) if batches else self._batches.none()

    def stream(
        self,
        walk: WalkOrWalks,
        fps: float = 60.0,
        *,
        latency: str = "smooth",
        late: str = "skip",
        paced: bool = True,
        endless: bool = False,
        copy: bool = True,
        micro_batch: int | None = None,
        speed: float = 1.0,
        labels: LabelsLike | None = None,
        clock: Clock | None = None,
    ) -> FrameStream:
        """The frames of a walk at the display's rate; use it in a `with` block (docs/streaming.md).

        Frame k does not depend on the frames before it. A walk without classes shows class 0 of a conditional
        generator.

        Args:
            walk: a walk, or several that are drawn together.
            fps: frames a second.
            latency, late, paced, endless, copy, micro_batch: see `StreamOptions`. `paced=False`: as fast as frames are
                taken, every one exactly once.
            speed: of the walk; 2 walks twice as fast.
            labels: as for `sample`, instead of those of the walk.
            clock: paces; None: the system's.

        Returns:
            an iterator, also an asynchronous one, over uint8 [h, w, c] ([walks, h, w, c] of several walks).

        Raises:
            UsageError: at once, before any frame: the walk asks for what this generator does not have.
        """
        options = StreamOptions(latency, late, paced, endless, copy, micro_batch)
        from ganrt.runtime.look_drawing import settled

        settle = partial(settled, self)
        walks = tuple(map(settle, as_walks(walk)))
        source = Source(self.spec, self.latent, walks, fps, speed, labels, self.controls, self._styles, settle)
        stream = FrameStream(self._engine, source, options, clock)
        self._streams.add(stream)
        return stream

    def queue(
        self,
        *,
        truncation: float | Truncation | None = None,
        labels: LabelsLike | None = None,
        controls: SettingsLike = None,
        warm: bool = True,
        clock: Clock | None = None,
    ) -> BudgetQueue:
        """A queue of pictures that are drawn within a game's frame budget (docs/streaming.md).

        Args:
            truncation: as for `sample`, of all pictures.
            labels: one class or mixture for all; None: class 0 of a conditional generator.
            controls: what named controls are set to in all pictures.
            warm: run every batch size a few times now, so that the first step knows what fits; without it nothing is
                drawn until `step(None)` has shown what batches cost.
            clock: measures; None: the system's.
        """
        latent = self.latent
        truncation = truncation if isinstance(truncation, Truncation) else Truncation(psi=truncation)
        check_statistics(self.spec, truncation)
        settings = self.controls.canonical(controls)

        def one(seed: int, index: int) -> NDArray[np.float32]:
            z = sampling.draw(latent, as_uint64("seed", [seed]), as_uint64("index", [index]), truncation)[0]
            return self.controls.apply(z, settings)

        def pictures(z: NDArray[np.float32]) -> Images:
            return self.synthesize(z, labels, truncation)

        return BudgetQueue(one, pictures, latent.dim, self._batches.size(None), warm=warm, clock=clock)

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
        batches = self._batches.of_pictures(pictures, batch_size, "image")
        none = np.empty((0, *translated_shape(self.spec, *pictures.shape[1:3])), np.uint8)
        return np.concatenate([none, *batches])

    def pictures_a_batch(self, height: int, width: int, batch_size: int | None = None) -> int:
        """How many pictures of `height` x `width` `translate` runs at once."""
        return self._batches.picture_size(height, width, batch_size)

    def translate_stream(
        self,
        frames: Iterable[Images],
        *,
        fit: Fit | None = None,
        batch_size: int | None = None,
        latest: bool = False,
        steady: bool = False,
    ) -> Iterator[Images]:
        """Translates frames as they come, such as those of a camera (docs/translate.md).

        Frames are taken from the iterable in a thread of its own, a few batches ahead. Of a film the batch size that is
        best here is right; of what is shown at once, 1 or `latest`.

        Args:
            frames: uint8 [h, w, c] each: grey, RGB or RGBA, of any sizes.
            fit: how a frame gets the model's size; None: `Fit()`, which resizes.
            batch_size: frames a batch; None: what the engine likes best, fewer of large ones.
            latest: frames that come while one is drawn give way to the newest, so that nothing lags behind.
            steady: less flicker where frames stand still (`ganrt.runtime.film.drawing.Steady`).

        Yields:
            uint8 [height, width, c], one for each frame, of the model's size; with the alpha that is kept.

        Raises:
            UsageError: the model is not a translator, or a frame is of another type.
        """
        from ganrt.runtime.film.drawing import frames_drawn

        return frames_drawn(self, frames, fit or Fit(), batch_size=batch_size, latest=latest, steady=steady)

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
        batches = self._batches.of_pictures(pictures, batch_size, "z")
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
        """Ends the streams and releases the engine; a second call does nothing."""
        for stream in list(self._streams):
            stream.close()
        self._engine.close()

    def __enter__(self) -> Generator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
