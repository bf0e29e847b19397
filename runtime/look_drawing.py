"""From a look to what a generator is fed, and from what was drawn to its look (docs/look-codes.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.edits import Edit, edit, parse_edits
from ganrt.runtime.keyframes import Keyframes
from ganrt.runtime.labels import LabelsLike, label_weights, one_label
from ganrt.runtime.looks import Look, number_text
from ganrt.runtime.models import bundled_model, bundled_name, resolve_model
from ganrt.runtime.sampling import Truncation, check_statistics, draw, psi_value
from ganrt.runtime.settings import ControlTable, SettingsLike
from ganrt.runtime.walk_path import Walk
from ganrt.spec import GeneratorSpec, Latent, psi_input

T = TypeVar("T")
F32 = NDArray[np.float32]
_HASH_DIGITS = 8


class Controlled(Protocol):
    """What looks ask of a generator."""

    @property
    def spec(self) -> GeneratorSpec: ...
    @property
    def model_sha256(self) -> str: ...
    @property
    def latent(self) -> Latent: ...
    @property
    def controls(self) -> ControlTable: ...


def look_of(
    generator: Controlled,
    pair: tuple[int, int],
    truncation: Truncation,
    labels: LabelsLike | None,
    controls: SettingsLike,
    pinned: str,
) -> Look:
    return Look(
        model=model_of(generator),
        seed=pair[0],
        index=pair[1],
        truncation=truncation,
        classes=_classes(generator, labels),
        controls=tuple(_control(generator, name, value) for name, value in generator.controls.canonical(controls)),
        edits=_settled(pinned, generator.latent.dim),
    )


def model_of(generator: Controlled) -> str:
    """What codes call a generator: a bundled model's name, else NAME~ with eight digits of its portable file's hash."""
    return code_model(generator.spec.name, generator.model_sha256)


@cache
def code_model(name: str, sha256: str) -> str:
    """The same by the spec's name and the SHA-256 of the portable file."""
    return bundled_model(sha256) or f"{name.lower().replace('+', '-')}~{sha256[:_HASH_DIGITS]}"


def model_for(looks: Sequence[Look], given: str | None = None) -> str:
    """Which model a command loads for some looks: `given`, else the one that they name.

    Raises:
        UsageError: they name several, or a file, of which a code has only the hash.
    """
    names = list(dict.fromkeys(bundled_name(look.model) or look.model for look in looks))
    if len(names) > 1:
        raise UsageError(f"looks of several models: {', '.join(names[:8])}: expected one model; draw each for itself")
    if given is not None:
        return given
    if "~" in names[0]:
        digits = names[0].rpartition("~")[2]
        raise UsageError(
            f"{looks[0].code}: it was drawn by a model that is a file, whose SHA-256 begins with {digits}\n"
            "give that file: -m MODEL.onnx"
        )
    try:
        resolve_model(bundled_name(names[0]) or f"{names[0]}.onnx")
    except BadInputFile:
        raise UsageError(
            f"{looks[0].code}: this ganrt has no model '{names[0]}'\n"
            "a newer one may have it; else give its file: -m MODEL"
        ) from None
    return names[0]


def require_model(generator: Controlled, look: Look) -> None:
    """Raises UsageError where a look was drawn by another model; a file is known by its hash, whatever its name."""
    own, wanted = model_of(generator), bundled_name(look.model) or look.model
    if own.rpartition("~")[2] != wanted.rpartition("~")[2]:
        hint = " (its SHA-256 begins so)" if "~" in wanted else ""
        raise UsageError(
            f"{look.code}: it was drawn by {wanted}{hint}, and this model is {own}\n"
            "give that one: -m MODEL, in Python ganrt.load(MODEL)"
        )


def rows_of(generator: Controlled, looks: Iterable[Look]) -> Iterator[tuple[F32, F32 | None, float]]:
    """What each look feeds a generator: z float32 [dim], weights float32 [count] or None, and the input `truncation`.

    Raises:
        UsageError: a look of another model, or one that asks for what the generator does not have.
    """
    for look in looks:
        require_model(generator, look)
        try:
            yield _row(generator, look)
        except UsageError as error:
            raise UsageError(f"{look.code}: {error}") from error


@dataclass(frozen=True, eq=False)
class LookKeyframes:
    """What a walk through looks goes through; of classes and truncations one, where all looks have the same.

    Attributes:
        latents: float32 [k, dim], truncated, with controls and edits.
        classes: class texts; none of a generator without classes.
        truncations: for the graph's input, where it has one; the latents are what they are.
    """

    latents: F32
    classes: list[str]
    truncations: list[Truncation]


def keyframes_of(generator: Controlled, looks: Sequence[Look]) -> LookKeyframes:
    """The keyframes of a walk whose frames there are the looks' pictures, byte for byte.

    Raises:
        UsageError: see `rows_of`.
    """
    z, weights, _ = zip(*rows_of(generator, looks), strict=True)
    classes = [_class_text(row) for row in weights if row is not None]
    return LookKeyframes(np.stack(z), _one_or_all(classes), _one_or_all([look.truncation for look in looks]))


def settled(generator: Controlled, walk: Walk) -> Walk:
    """A walk with this generator's latents, classes and truncations in place of looks; others as they are."""
    if not walk.source.looks:
        return walk
    found = keyframes_of(generator, walk.source.looks)
    source, classes, psis = Keyframes(latents=found.latents), tuple(found.classes), tuple(found.truncations)
    return replace(walk, source=source, classes=classes, truncation_keyframes=psis)


def _one_or_all(values: list[T]) -> list[T]:
    return values[:1] if all(value == values[0] for value in values) else values


def _class_text(weights: F32) -> str:
    named = np.flatnonzero(weights)
    if len(named) == 1 and weights[named[0]] == 1:
        return str(named[0])
    return ",".join(f"{k}:{float(weights[k])!r}" for k in named) or "0:0.0"


def _row(generator: Controlled, look: Look) -> tuple[F32, F32 | None, float]:
    spec, truncation = generator.spec, look.truncation
    check_statistics(spec, truncation)
    seeds, indices = np.array([look.seed], np.uint64), np.array([look.index], np.uint64)
    z = generator.controls.apply(draw(generator.latent, seeds, indices, truncation)[0], look.controls)
    weights = label_weights(spec, _weights(generator, look), seeds, indices)
    psi = psi_value(spec, truncation) if psi_input(spec) is not None else 0.0
    return edit(z, look.edits), None if weights is None else weights[0], psi


def _weights(generator: Controlled, look: Look) -> F32 | None:
    if look.classes is None:
        return None
    labels = generator.spec.labels
    if labels is None:
        raise UsageError(f"class {look.classes[0][0]}: generator '{generator.spec.name}' has no classes")
    weights = np.zeros(labels.count, np.float32)
    for number, weight in look.classes:
        if number >= labels.count:
            raise UsageError(f"class {number}: expected 0 to {labels.count - 1}")
        weights[number] = weight
    return weights


def _classes(generator: Controlled, labels: LabelsLike | None) -> tuple[tuple[int, float], ...] | None:
    if labels is None:
        return None
    weights = one_label(generator.spec, labels)
    return tuple((int(k), float(weights[k])) for k in np.flatnonzero(weights)) or ((0, 0.0),)


def _control(generator: Controlled, name: str, value: str) -> tuple[str, str]:
    return name, number_text(float(value)) if generator.controls[name].kind == "scalar" else value


def _settled(pinned: str, dim: int) -> tuple[Edit, ...]:
    """Edits of which none touches another: what is left of each value when all are done, neighbours together."""
    if not pinned:
        return ()
    unset = np.full(dim, np.nan, np.float32)
    values = edit(unset, parse_edits(pinned))
    settled: list[Edit] = []
    for k in np.flatnonzero(~np.isnan(values)):
        value = float(values[k])
        if settled and settled[-1].stop == k and settled[-1].value == value:
            settled[-1] = Edit(settled[-1].start, int(k) + 1, value)
        else:
            settled.append(Edit(int(k), int(k) + 1, value))
    return tuple(settled)
