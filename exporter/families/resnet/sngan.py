"""The ResNet generator of christiancosgrove/pytorch-spectral-normalization-gan: `dense`, `model`, `final`.

Each block is a Sequential whose convolutions are its attributes as well, and `final` is the Sequential's last one: they
are in the file twice. Shortcuts have no weights.
"""

from __future__ import annotations

from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition
from ganrt.exporter.families.resnet.reading import ResNet, Script, numbered
from ganrt.exporter.source import State

_PARTS = {"0": "bn1", "3": "conv1", "4": "bn2", "6": "conv2"}


class SNGAN(ResNet):
    """The family `sngan`: see `ganrt.exporter.families.protocol.Family`."""

    script = Script("sngan")
    keys = KeyCondition(
        all_of=("dense.weight", "model.0.model.3.weight", "model.0.model.0.running_mean", "final.weight")
    )
    page = Page(
        title="SNGAN's ResNet generator",
        origin="`christiancosgrove/pytorch-spectral-normalization-gan` (`model_resnet.py`), `gen_199`",
        gives="square pictures, 32 px in its script, from any latent",
        traps=("weights that are in the file twice", "shortcuts without weights"),
    )

    def renamed(self, key: str, state: State) -> str:
        """See `ResNet.renamed`."""
        if key.startswith("dense."):
            return f"linear.{key[6:]}"
        found = numbered(r"model\.(\d+)\.(.+)", key)
        if key.startswith("final.") or (found and found[1].startswith(("conv1.", "conv2."))):
            return ""
        if found is None:
            return key
        number, rest = found
        if rest.startswith("model."):
            place, _, name = rest.removeprefix("model.").partition(".")
            return f"blocks.{number}.{_PARTS.get(place, place)}.{name}"
        return f"norm.{rest}" if f"model.{number}.running_mean" in state else f"conv.{rest}"
