"""Generator families: one a file, found through one lazy table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.options import Settings

if TYPE_CHECKING:
    from ganrt.exporter.checkpoints import Checkpoint
    from ganrt.exporter.families.protocol import Built, Family, State

FAMILIES: dict[str, str] = {
    "dcgan": "ganrt.exporter.families.dcgan:DCGAN",
    "csc413": "ganrt.exporter.families.csc413:CSC413",
    "csc413-cyclegan": "ganrt.exporter.families.csc413_cycle:CSC413Cycle",
    "biggan-deep": "ganrt.exporter.families.biggan_deep:BigGANDeep",
    "cyclegan": "ganrt.exporter.families.cyclegan:CycleGAN",
    "biggan": "ganrt.exporter.families.biggan:BigGAN",
    "biggan-deep-ajbrock": "ganrt.exporter.families.biggan_deep_ajbrock:BigGANDeepAjbrock",
    "biggan-ivclab": "ganrt.exporter.families.biggan_ivclab:BigGANIvclab",
    "bigbigan-128": "ganrt.exporter.families.bigbigan_128:BigBiGAN128",
    "bigbigan": "ganrt.exporter.families.bigbigan:BigBiGAN",
    "bigbigan-encoder": "ganrt.exporter.families.bigbigan_encoder:BigBiGANEncoder",
    "keras": "ganrt.exporter.families.keras:Keras",
}
_SHOWN_KEYS = 5
_MENDING = "say which with --family NAME; for another network export its TorchScript or ONNX file"


def load_family(name: str) -> Family:
    """The family called `name`.

    Raises:
        UsageError: there is none; the message names those there are.
    """
    if name not in FAMILIES:
        raise UsageError(f"unknown family {name!r}\nexpected --family with one of: {', '.join(FAMILIES)}")
    module, _, cls = FAMILIES[name].partition(":")
    family: Family = getattr(import_module(module), cls)()
    return family


def find_family(state: State) -> str:
    """The name of the one family that `state` looks like.

    Raises:
        BadInputFile: none does, or several do; the message names families, some keys, and the nearest family.
    """
    found = [name for name in FAMILIES if load_family(name).detect(state)]
    if len(found) == 1:
        return found[0]
    raise BadInputFile(f"{_seen(state, found)}\n{_nearest(state)}known families: {', '.join(FAMILIES)}; {_MENDING}")


def _seen(state: State, found: list[str]) -> str:
    shown = ", ".join(f"{key[:60]} {list(tensor.shape)}" for key, tensor in list(state.items())[:_SHOWN_KEYS])
    return f"looks like {' and '.join(found) if found else 'no known family'}: {len(state)} tensors, such as {shown}"


def _nearest(state: State) -> str:
    """A line on the family most of whose keys are there; nothing if no family has any."""
    from ganrt.exporter.families.page import closeness, similarity

    scores = {name: similarity(load_family(name), state) for name in FAMILIES}
    name = max(scores, key=lambda name: closeness(scores[name]))
    present, missing = scores[name]
    if not present:
        return ""
    lacks = f", but not {', '.join(missing)[:200]}" if missing else ""
    return f"nearest: {name} ({present} of its {present + len(missing)} keys are there{lacks}); "


def build_generator(checkpoint: Checkpoint, family: str | None, settings: Settings) -> Built:
    """Recognises a checkpoint (unless `family` says what it is) and rebuilds its generator.

    Raises:
        BadInputFile: no family fits, or keys or shapes do not; the message names the file.
        UsageError: `family` or a setting does not exist, or a value makes no sense.
    """
    try:
        name = find_family(checkpoint.tensors) if family is None else family
        chosen = load_family(name)
        settings.refuse(chosen.settings, f"family {name}")
        return chosen.build(checkpoint.tensors, settings)
    except BadInputFile as error:
        raise BadInputFile(f"{checkpoint.path}: {error}") from error
