"""Generators that Keras wrote: any chain of the layers that are known, from any of Keras' file formats.

The architecture is read from the file; for weights alone it is a preset's, named with `--preset NAME` or
recognised by the shapes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ganrt.errors import UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.protocol import Family
from ganrt.exporter.keras.network import keras_candidate
from ganrt.exporter.keras.presets import PRESETS, describe_kernels, fitting, model_of
from ganrt.exporter.options import Settings, spelled
from ganrt.exporter.source import Origin, Source, State


class Keras(Family):
    open_prior = True
    settings: Mapping[str, str] = {
        "preset": f"the architecture of files with weights alone: {', '.join(PRESETS)}",
        "norm_eps": "batch norm's epsilon, for files with weights alone",
        "range": "tanh for pictures in [-1, 1], sigmoid for [0, 1], where the last activation does not tell",
    }

    def match(self, source: Source) -> int | None:
        """A reader of Keras' files made it."""
        return 1 if source.keras is not None else None

    def build(self, source: Source, settings: Settings) -> Candidate:
        if source.keras is None:
            raise UsageError(
                "family keras: this file was not written by Keras or TensorFlow\n"
                "expected .keras, .h5, a SavedModel or a checkpoint; leave --family out to recognise it"
            )
        facts = Facts(settings)
        state, origin = _of_generator(source.tensors, source.keras)
        model, found = _architecture(state, origin, facts)
        return keras_candidate(model, state, origin, facts, found)


_IN_A_GAN = re.compile(r"layers/((?:sequential|functional)(?:_\d+)?)/(layers/.+)")


def _of_generator(state: State, origin: Origin) -> tuple[State, Origin]:
    """Of the weights alone of a whole GAN, those of its first model: the generator; others as they are."""
    found = [(match[1], match[2], state[key]) for key in state if (match := _IN_A_GAN.fullmatch(key))]
    models = sorted({model for model, _, _ in found}, key=lambda name: (len(name), name))
    if origin.model is not None or len(found) != len(state) or len(models) < 2:
        return state, origin
    kept = {key: tensor for model, key, tensor in found if model == models[0]}
    note = f"the weights of a whole GAN: {models[0]} taken; left: {', '.join(models[1:])[:200]}"
    owners = tuple(dict.fromkeys(key.rpartition("/")[0] for key in kept))
    return kept, replace(origin, owners=owners, notes=(*origin.notes, note))


def _architecture(state: State, origin: Origin, facts: Facts) -> tuple[Mapping[str, Any], str]:
    """(the model's JSON, how it was found)."""
    settings = facts.settings
    if origin.model is not None:
        if given := [spelled(name) for name in ("preset", "norm_eps") if name in settings.given()]:
            raise UsageError(f"{given[0]}: the file holds its own architecture\nexpected no {given[0]}")
        return origin.model, "the file holds its architecture"
    name = settings.preset
    if name is None:
        return _recognise(state, origin, facts)
    if name not in PRESETS:
        raise UsageError(f"--preset {name}\nexpected one of: {', '.join(PRESETS)}")
    facts.assume("preset", name)
    return model_of(name, state, origin, settings.epsilon), f"as said: preset {name}"


def _recognise(state: State, origin: Origin, facts: Facts) -> tuple[Mapping[str, Any], str]:
    found, epsilon = fitting(state, origin), facts.settings.epsilon
    if len(found) != 1:
        raise UsageError(
            f"weights without an architecture, in no layout that is known: {describe_kernels(state) or 'no kernels'}\n"
            f"expected --preset NAME, one of {', '.join(PRESETS)}, or the whole model: model.save('net.keras')"
        )
    preset = PRESETS[found[0]]
    if not preset.sure and epsilon is None:
        raise UsageError(
            f"the shapes are those of preset {found[0]}, but weights alone do not tell batch norm's epsilon\n"
            f"expected --preset {found[0]} (epsilon {preset.epsilon:g}) or --norm-eps 0.001 (Keras' default)"
        )
    facts.assume("preset", found[0], f"strides {preset.strides}, {preset.activation} and tanh")
    facts.assume("norm_eps", preset.epsilon)
    return model_of(found[0], state, origin, epsilon), f"the shapes are those of preset {found[0]}"
