"""The style space of a generator in two files: styles of latents, truncation, mixtures, and paths between styles.

Karras et al. 2019 (arXiv:1812.04948): truncation pulls w to its average, w' = average + psi * (w - average), section B;
style mixing gives some layers the styles of another picture, section 3.1.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.protocol import Engine
from ganrt.engines.split import SplitEngine
from ganrt.errors import UsageError
from ganrt.files import write_file
from ganrt.runtime.batches import padded
from ganrt.runtime.interpolate import finite
from ganrt.runtime.labels import one_label
from ganrt.runtime.seeds import parse_seeds
from ganrt.runtime.settings import ControlTable
from ganrt.runtime.walk_path import Walk, between
from ganrt.spec import GeneratorSpec, Latent, W

F32 = NDArray[np.float32]
_MIX = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?=(?:seed)?([0-9]{1,20})")


@dataclass(frozen=True)
class Mix:
    """Styles `first` to `last` come from image 0 of `seed`."""

    first: int
    last: int
    seed: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}=seed{self.seed}"


def parse_mixes(texts: Sequence[str] | None) -> tuple[Mix, ...]:
    """Those of --mix."""
    return tuple(parse_mix(part) for text in texts or () for part in text.split(","))


def write_styles(path: Path, batches: Sequence[F32], *, force: bool) -> None:
    """An .npz with `w` float32 [n, count, dim], as StyleGAN's own scripts take it.

    Raises:
        UsageError: another suffix. OutputFailed: it is there, or cannot be written.
    """
    if path.suffix != ".npz":
        raise UsageError(f"--save-w {path}: expected a name that ends in .npz")
    data = io.BytesIO()
    np.savez(data, w=np.concatenate(batches))
    write_file(path, data.getvalue(), force=force)


def parse_mix(text: str) -> Mix:
    """ "0-7=seed5", or shorter "3=5".

    Raises:
        UsageError: it is something else.
    """
    found = _MIX.fullmatch(text.strip())
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise UsageError(f"mix '{text[:60]}': expected styles and a seed, such as 0-7=seed5")
    return Mix(int(found[1]), int(found[2] or found[1]), parse_seeds(found[3])[0])


@dataclass(frozen=True, eq=False)
class Styles:
    """What maps latents of one generator to its styles; make it with `styles_of`."""

    engine: SplitEngine
    latent: Latent
    controls: ControlTable

    @property
    def spec(self) -> GeneratorSpec:
        return self.engine.spec

    @property
    def shape(self) -> tuple[int, int]:
        """How many styles there are, and of how many values."""
        assert self.spec.style is not None
        return self.spec.style.count, self.spec.style.dim

    def of(self, z: F32, weights: F32 | None) -> F32:
        """The styles of latents, not truncated: float32 [n, count, dim]."""
        inputs: dict[str, NDArray[np.generic]] = {"z": z, "truncation": np.ones(len(z), np.float32)}
        if weights is not None:
            inputs["labels"] = weights
        mapping = self.engine.mapping
        step = mapping.batch_sizes.maximum
        parts = []
        for i in range(0, len(z), step):
            part = {name: rows[i : i + step] for name, rows in inputs.items()}
            made = mapping.run(padded(part, mapping.batch_sizes.minimum))[W]
            parts.append(np.asarray(made[: min(step, len(z) - i)], np.float32))
        return np.concatenate(parts) if parts else np.empty((0, *self.shape), np.float32)

    def pulled(self, w: F32, psi: F32) -> F32:
        """Styles [n, count, dim], truncated by psi [n]."""
        style = self.spec.style
        assert style is not None
        assert style.average is not None
        average = np.asarray(style.average, np.float32)
        made = np.array(w, np.float32)
        part = made[:, : style.cutoff]
        part[...] = average + psi[:, None, None] * (part - average)
        return made

    def checked(self, w: object) -> F32:
        """Given styles as float32 [n, count, dim]; of [n, dim] all styles of a picture are the same.

        Raises:
            UsageError: another shape, or numbers that are not finite.
        """
        values = finite("w", w, 1e9)  # type: ignore[arg-type]
        count, dim = self.shape
        if values.ndim == 2:
            values = np.repeat(values[:, None], count, axis=1)
        if values.ndim != 3 or values.shape[1:] != (count, dim):
            raise UsageError(f"w of shape {list(values.shape)}: expected float32 [n, {count}, {dim}]")
        return values.astype(np.float32)

    def mixed(self, w: F32, weights: F32 | None, mixes: Sequence[Mix], drawn: Callable[[int], F32]) -> F32:
        """Styles with those of other seeds in some places.

        Args:
            drawn: a seed -> z [1, dim] of its image 0.

        Raises:
            UsageError: a style that the generator does not have.
        """
        made = np.array(w, np.float32)
        for mix in mixes:
            if mix.last >= self.shape[0]:
                raise UsageError(f"mix {mix.first}-{mix.last}: this generator's styles are 0 to {self.shape[0] - 1}")
            other = self.of(np.repeat(drawn(mix.seed), len(w), axis=0), weights)
            made[:, mix.first : mix.last + 1] = other[:, mix.first : mix.last + 1]
        return made

    def along(self, walk: Walk, labels: F32 | None, frames: Sequence[int], fps: float, psi: F32) -> F32:
        """Styles of the frames of a walk between styles: float32 [n, count, dim]. Keyframes are mapped once.

        The way is straight in w where it is an arc in z.

        Args:
            labels: weights [1, classes] of all keyframes; None: those of the walk.
            psi: float32 [n].
        """
        path = _path(self, walk, None if labels is None else labels.tobytes())
        return self.pulled(path(walk.positions(frames, fps)).reshape(-1, *self.shape), psi)

    def keyframes(self, walk: Walk, labels: F32 | None) -> F32:
        """Of a walk, float32 [k, count, dim]."""
        given = walk.source.latents
        if given is not None and given.ndim == 3:
            return self.checked(given)
        z = walk.edited(self.controls.apply(walk.keyframes(self.latent), walk.controls))
        weights = walk.label_keyframes(self.spec) if labels is None else labels
        if weights is None and self.spec.labels is not None:
            weights = one_label(self.spec, 0)[None]
        count = max(len(z), 0 if weights is None else len(weights))
        rows = np.repeat(z, count // len(z), axis=0)
        return self.of(rows, None if weights is None else np.repeat(weights, count // len(weights), axis=0))


def styles_of(engine: Engine, controls: ControlTable) -> Styles | None:
    """The style space of a generator in two files; None of any other."""
    if not isinstance(engine, SplitEngine) or engine.spec.latent is None:
        return None
    return Styles(engine, engine.spec.latent, controls)


@lru_cache(maxsize=32)
def _path(styles: Styles, walk: Walk, labels: bytes | None) -> Callable[[NDArray[np.float64]], F32]:
    weights = None if labels is None else np.frombuffer(labels, np.float32)[None]
    knots = styles.keyframes(walk, weights)
    method = "cubic" if walk.method == "cubic" else "lerp"
    return between(knots.reshape(len(knots), -1), method, walk.loop)


def whole_wanted(spec: GeneratorSpec) -> str:
    """The line of an error that asks for a StyleGAN's whole file; empty for a spec that is not one of its halves."""
    half = spec.task in ("map", "synthesize")
    return "\ngive the whole StyleGAN: ganrt export CHECKPOINT -o FILE.onnx, without --split" if half else ""
