"""BigGAN-deep as DeepMind published it on TensorFlow Hub: `biggan-deep-128`, `-256` and `-512`.

The module's variables under the names that the family `biggan-deep` knows them by, and the tables of its graph as the
norms' statistics: the same network draws.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.biggan_deep import BigGANDeep
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition, Keyed
from ganrt.exporter.families.spectral_norm import fold_iterated
from ganrt.exporter.keras.hub_module import ROWS, TABLE
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

SN_EPS = 1e-4
_AVERAGE = "ema_0.9999"  # how the averaged weights are named
_ATTENTION = 8  # of BigGAN-deep's list of layers, in all three sizes
_PARTS = {"w": "weight", "b": "bias", "u0": "u0"}
_BLOCK = re.compile(
    r"Generator/GBlock(?:_(?P<block>[1-9][0-9]?))?/"
    r"(?:conv(?P<conv>[0-3])|BatchNorm(?:_(?P<norm>[1-3]))?/(?P<factor>scale|offset))/(?P<part>w|b|u0)"
)
_ATTENDING = re.compile(r"Generator/attention/(theta|phi|g|o_conv)/(w|u0)")
_OTHERS = {
    "linear/w": "embeddings.weight",
    "Generator/attention/gamma": f"generator.layers.{_ATTENTION}.gamma",
    "Generator/BatchNorm/scale": "generator.bn.weight",
    "Generator/BatchNorm/offset": "generator.bn.bias",
    **{f"Generator/GenZ/G_linear/{part}": f"generator.gen_z.{key}" for part, key in _PARTS.items()},
    **{f"Generator/conv_to_rgb/{part}": f"generator.conv_to_rgb.{key}" for part, key in _PARTS.items()},
}
_FORMATS = (
    "the module's folder, or its `.tar.gz`, as TensorFlow Hub hands them out: `saved_model.pb`, `variables/`, "
    "`tfhub_module.pb`; read without TensorFlow"
)
_UNPROVEN = (
    "proven with modules written in this layout, one of them by TensorFlow, whose pictures it draws; no real module "
    "was at hand: [studies.md](studies.md) has the command that checks yours"
)


class BigGANDeepHub(Keyed):
    """The family `biggan-deep-hub`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = BigGANDeep.settings
    keys = KeyCondition(
        all_of=(
            f"linear/w/{_AVERAGE}",
            f"Generator/GenZ/G_linear/w/{_AVERAGE}",
            f"Generator/GBlock/BatchNorm/scale/w/{_AVERAGE}",
        )
    )
    page = Page(
        title="BigGAN-deep of TensorFlow Hub",
        origin="DeepMind's `biggan-deep-128`, `-256` and `-512`",
        formats=_FORMATS,
        gives="as `biggan-deep`",
        traps=(
            "the averaged weights are taken, not those beside them that training went on with",
            "the statistics of 51 truncations are constants of the graph; the accumulated ones among the variables are "
            "those of whichever truncation ran last",
            "spectral norm after one power iteration from `u0`",
            _UNPROVEN,
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`."""
        state = _variables(source.tensors, _AVERAGE, _deep_key)
        count = sum(1 for key in state if re.fullmatch(r"generator\.layers\.[0-9]+\.conv_0\.weight", key))
        indices = [i + (i >= _ATTENTION) for i in range(count)]
        norms = [*(f"generator.layers.{i}.bn_{k}" for i in indices for k in range(4)), "generator.bn"]
        tables = _tables(source.tensors, norms, ("running_means", "running_vars"))
        return _as_hub(BigGANDeep().build(replace(source, tensors=state | tables), settings), "biggan-deep-hub")


def _as_hub(made: Candidate, family: str) -> Candidate:
    note = "averaged weights (EMA); statistics by truncation from the graph's constants"
    return replace(made, spec=replace(made.spec, name=family, family=family), notes=(note, *made.notes))


def _variables(state: State, average: str, rename: Callable[[str], str | None]) -> dict[str, Tensor]:
    """The averaged variables in torch's layout under other names, spectral norm folded.

    Raises:
        BadInputFile: averages that no generator of this family has, or weights without their `u0`.
    """
    found: dict[str, Tensor] = {}
    unexpected = []
    for name, tensor in state.items():
        plain, is_u = name.removesuffix(f"/{average}"), name.endswith("/u0")
        if plain == name and not is_u:
            continue
        key = rename(plain)
        if key is not None:
            found[key] = tensor if is_u else _laid_out(tensor, weight=plain.endswith("/w"))
        elif not is_u:
            unexpected.append(name)
    normed = [key for key in found if key.endswith(".weight") and found[key].ndim > 1 and "embeddings" not in key]
    missing = [u for key in normed if (u := key.removesuffix("weight") + "u0") not in found]
    problems = {"missing": missing, "unexpected": unexpected}
    if missing or unexpected:
        named = "; ".join(f"{what}: {', '.join(names)}" for what, names in problems.items() if names)
        raise BadInputFile(f"is no whole module of BigGAN\n{named}"[:8000])
    return dict(fold_iterated(found, SN_EPS)[0])


def _laid_out(tensor: Tensor, *, weight: bool) -> Tensor:
    """Weights with their outputs first, for (height, width, in, out) and (in, out); all else as vectors."""
    if not weight:
        return tensor.flatten()
    return tensor.permute(3, 2, 0, 1).contiguous() if tensor.ndim == 4 else tensor.T.contiguous()


def _tables(state: State, norms: Sequence[str], parts: tuple[str, str]) -> dict[str, Tensor]:
    """The statistics of every norm, in the order in which the graph makes them: a mean and a variance each.

    Raises:
        BadInputFile: another number of tables, or a variance that is negative.
    """
    tables = [state[f"{TABLE}{k}"] for k in range(sum(1 for key in state if key.startswith(TABLE)))]
    if len(tables) != 2 * len(norms):
        raise BadInputFile(
            f"has a graph that makes {len(tables)} tables of {' or '.join(map(str, ROWS))} rows\n"
            f"expected {2 * len(norms)}: the means and variances of {len(norms)} norms, for each truncation"
        )
    return {f"{norms[k // 2]}.{parts[k % 2]}": table for k, table in enumerate(tables)}


def _deep_key(name: str) -> str | None:
    """The key in Hugging Face's layout; None if there is none."""
    if match := _BLOCK.fullmatch(name):
        block = int(match["block"] or 0)
        layer = f"generator.layers.{block + (block >= _ATTENTION)}"
        if match["conv"]:
            return f"{layer}.conv_{match['conv']}.{_PARTS[match['part']]}"
        return f"{layer}.bn_{match['norm'] or 0}.{match['factor']}.{_PARTS[match['part']]}"
    if match := _ATTENDING.fullmatch(name):
        return f"generator.layers.{_ATTENTION}.snconv1x1_{match[1]}.{_PARTS[match[2]]}"
    return _OTHERS.get(name)
