"""Generators that Keras wrote: any chain of the layers that are known, from any of Keras' file formats.

The architecture is read from the file; for weights alone it is a preset's, named with `--preset NAME` or
recognised by the shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganrt.errors import UsageError
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import Built, State, ValueRange
from ganrt.exporter.keras.config import parse_model
from ganrt.exporter.keras.network import Network, build_network
from ganrt.exporter.keras.presets import PRESETS, describe_kernels, fitting, model_of
from ganrt.exporter.keras.state import KerasState
from ganrt.exporter.options import Settings, spelled
from ganrt.spec import GeneratorSpec, Latent, Output

_RANGES: tuple[ValueRange, ...] = ("tanh", "sigmoid")


class Keras:
    """The family `keras`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = {
        "preset": f"the architecture of files with weights alone: {', '.join(PRESETS)}",
        "norm_eps": "batch norm's epsilon, for files with weights alone",
        "range": "tanh for pictures in [-1, 1], sigmoid for [0, 1], where the last activation does not tell",
    }

    page = Page(
        title="Keras and TensorFlow generators",
        origin="Keras 2, Keras 3 and TensorFlow 2: Sequential models and functional chains of the usual layers",
        formats="`.keras`, `.h5`, `.weights.h5`, SavedModel folders, TensorFlow checkpoints (`.index` and `.data-`); "
        "any of them in a `.tar`",
        gives="pictures of 1, 3 or 4 channels, any layers, widths and latent size; z is normal",
        recognised="the file's format, not its keys",
        traps=(
            "weights alone, whose architecture is a preset's: recognised by the shapes or named",
            "batch norm's epsilon, which weights alone do not hold: 0.001 in Keras, other values in some presets",
            "`same` padding that is not symmetric, and transposed convolutions that crop",
            "layers that hold code (Lambda) are refused; nothing of the file is executed",
        ),
    )

    def detect(self, state: State) -> bool:
        """Whether a reader of Keras files made `state`."""
        return isinstance(state, KerasState)

    def build(self, state: State, settings: Settings) -> Built:
        """See `Family.build`; `state` keeps Keras' layout."""
        if not isinstance(state, KerasState):
            raise UsageError(
                "family keras: this file was not written by Keras or TensorFlow\n"
                "expected .keras, .h5, a SavedModel or a checkpoint; leave --family out to recognise it"
            )
        model, certainty, notes = _architecture(state, settings)
        network = build_network(parse_model(model), state, "the Keras model that it describes")
        height, width, channels = network.shape
        return Built(
            module=network.module,
            spec=GeneratorSpec(
                name="keras",
                family="keras",
                latent=Latent(dim=network.dim, prior="normal", threshold=None, psi_mode="resample"),
                output=Output(height=height, width=width, channels=channels),
            ),
            value_range=_value_range(network, settings),
            certainty=f"{certainty}, and all {len(state)} keys match",
            notes=(*state.origin.notes, *notes, *_assumed(network)),
        )


def _architecture(state: KerasState, settings: Settings) -> tuple[Mapping[str, Any], str, tuple[str, ...]]:
    """(the model's JSON, how sure, what was assumed)."""
    if state.origin.model is not None:
        if given := [spelled(name) for name in ("preset", "norm_eps") if name in settings.given()]:
            raise UsageError(f"{given[0]}: the file holds its own architecture\nexpected no {given[0]}")
        return state.origin.model, "certain: the file holds its architecture", ()
    name = settings.preset
    if name is None:
        return _recognise(state, settings.norm_eps)
    if name not in PRESETS:
        raise UsageError(f"--preset {name}\nexpected one of: {', '.join(PRESETS)}")
    return model_of(name, state, settings.norm_eps), f"as said: preset {name}", ()


def _recognise(state: KerasState, epsilon: float | None) -> tuple[Mapping[str, Any], str, tuple[str, ...]]:
    found = fitting(state)
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
    notes = [f"strides {preset.strides}, {preset.activation} and tanh are not in the file: preset {found[0]} assumed"]
    if epsilon is None:
        notes.append(f"batch norm's epsilon is not in the file: {preset.epsilon:g} assumed")
    return model_of(found[0], state, epsilon), f"likely: the shapes are those of preset {found[0]}", tuple(notes)


def _value_range(network: Network, settings: Settings) -> ValueRange:
    said = settings.range
    if said is not None and said not in _RANGES:
        raise UsageError(f"--range {said}\nexpected tanh (pictures in [-1, 1]) or sigmoid ([0, 1])")
    if network.last is not None and said not in (None, network.last):
        raise UsageError(f"--range {said}: the network ends in {network.last}\nexpected no --range")
    for value_range in _RANGES:
        if value_range in (network.last, said):
            return value_range
    raise UsageError(
        "the network's last activation does not tell the range of its pictures\n"
        "expected --range tanh for [-1, 1] or --range sigmoid for [0, 1]"
    )


def _assumed(network: Network) -> tuple[str, ...]:
    notes = ["the latent's distribution is not in the file: standard normal assumed"]
    mixed = sorted(network.policies - {"float32"})
    if mixed:
        notes.append(f"trained under the policy {', '.join(mixed)}; computed in float32 here")
    return tuple(notes)
