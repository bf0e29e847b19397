"""BigGAN and BigGAN-deep as DeepMind published them on TensorFlow Hub, of 128, 256 and 512 pixels.

The module's variables under the names that the families `biggan-ivclab` and `biggan-deep` know them by, and the tables
of its graph as the norms' statistics: the same networks draw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.biggan import BigGANIvclab, standing_candidate
from ganrt.exporter.families.biggan_deep import BigGANDeep
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.spectral_norm import fold_iterated
from ganrt.exporter.families.statistics import Grid
from ganrt.exporter.keras.hub_module import ROWS, TABLE
from ganrt.exporter.loading import sizes
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

SN_EPS = 1e-4
_DEEP, _PLAIN = "ema_0.9999", "ema_b999900"  # how either names its averaged weights
_GRIDS = (Grid(rows=50, first=0.02, step=0.02), Grid(rows=51, first=0.0, step=0.02))
_LAST_NORM = "Generator/ScaledCrossReplicaBN"
_STATISTICS = "statistics by truncation from the graph's constants"
_ATTENTION = 8  # of BigGAN-deep's list of layers, in all three sizes
_EMBEDDINGS = ("embeddings.weight", "linear.weight")  # of the classes, without spectral norm
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
_PLAIN_BLOCK = re.compile(r"Generator/GBlock(_[1-9])?/(?:(conv0|conv1|conv_sc)|HyperBN(_1)?/(gamma|beta))/(w|b|u0)")
_PLAIN_OTHERS = {
    "linear/w": "linear.weight",
    "Generator/attention/gamma": "attention.gamma",
    f"{_LAST_NORM}/gamma": "scaledcrossreplicabn.weight",
    f"{_LAST_NORM}/beta": "scaledcrossreplicabn.bias",
    **{f"Generator/G_Z/G_linear/{part}": f"g_z.g_linear.{key}" for part, key in _PARTS.items()},
    **{f"Generator/conv_2d/{part}": f"conv_2d.{key}" for part, key in _PARTS.items()},
}


class BigGANDeepHub(Family):
    settings: Mapping[str, str] = BigGANDeep.settings
    keys = KeyCondition(
        all_of=(
            f"linear/w/{_DEEP}",
            f"Generator/GenZ/G_linear/w/{_DEEP}",
            f"Generator/GBlock/BatchNorm/scale/w/{_DEEP}",
        )
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        state = _variables(source.tensors, _DEEP, _deep_key)
        count = sum(1 for key in state if re.fullmatch(r"generator\.layers\.[0-9]+\.conv_0\.weight", key))
        indices = [i + (i >= _ATTENTION) for i in range(count)]
        norms = [*(f"generator.layers.{i}.bn_{k}" for i in indices for k in range(4)), "generator.bn"]
        tables = _tables(source.tensors, norms, ("running_means", "running_vars"))
        return _as_hub(
            BigGANDeep().build(replace(source, tensors=state | tables), settings), "biggan-deep-hub", _STATISTICS
        )


class BigGANHub(Family):
    settings: Mapping[str, str] = BigGANIvclab.settings
    keys = KeyCondition(
        all_of=(
            f"linear/w/{_PLAIN}",
            f"Generator/G_Z/G_linear/w/{_PLAIN}",
            f"Generator/GBlock/HyperBN/gamma/w/{_PLAIN}",
        )
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        sizes(source.tensors, f"linear/w/{_PLAIN}", 2, "a BigGAN of TensorFlow Hub")
        state = _variables(source.tensors, _PLAIN, _plain_key)
        state["linear.weight"] = state["linear.weight"].T.contiguous()  # a row for each class, as it lay there
        count = sum(1 for key in state if key.endswith(".conv_sc.weight"))
        blocks = [f"Generator/GBlock{_suffix(i)}/CrossReplicaBN{_suffix(k)}" for i in range(count) for k in (0, 1)]
        norms = [_plain_norm(name) for name in (*blocks, _LAST_NORM)]
        note, grid = _STATISTICS, _GRIDS[0]
        if f"{TABLE}0" in source.tensors:
            tables = _tables(source.tensors, norms, ("standing_means", "standing_vars"))
            grid = next(each for each in _GRIDS if each.rows == len(tables[f"{norms[0]}.standing_means"]))
        else:
            note = "the graph has no statistics by truncation: those of truncation 1, which were accumulated"
            tables, grid = _accumulated(source.tensors, (*blocks, _LAST_NORM)), Grid(rows=1, first=1.0, step=0.02)
        return _as_hub(standing_candidate(source, state | tables, grid, settings), "biggan-hub", note)


def _accumulated(state: State, names: Sequence[str]) -> dict[str, Tensor]:
    """The accumulated statistics as tables of one row.

    Raises:
        BadInputFile: some are missing.
    """
    # The last norm's are beside it, not below it.
    kept = {name: "Generator/ScaledCrossReplicaBNbn" if name == _LAST_NORM else name for name in names}
    wanted = [f"{name}/accumulated_{part}" for name in kept.values() for part in ("mean", "var")]
    if missing := [name for name in wanted if name not in state]:
        raise BadInputFile(
            f"has statistics neither in its graph nor among its variables\nmissing: {', '.join(missing)}"[:8000]
        )
    tables = {}
    for name, at in kept.items():
        times = float(state.get(f"{at}/accumulation_counter", torch.zeros(1)).sum()) or 1.0
        for part, key in (("mean", "standing_means"), ("var", "standing_vars")):
            tables[f"{_plain_norm(name)}.{key}"] = state[f"{at}/accumulated_{part}"].flatten()[None] / times
    return tables


def _as_hub(made: Candidate, family: str, note: str) -> Candidate:
    notes = ("averaged weights (EMA)", note, *made.notes)
    return replace(made, spec=replace(made.spec, name=family, family=family), notes=notes)


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
    normed = [key for key in found if key.endswith(".weight") and found[key].ndim > 1 and key not in _EMBEDDINGS]
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
        BadInputFile: another number of tables, or of their rows.
    """
    count = sum(1 for key in state if key.startswith(TABLE))
    tables = [table for k in range(count) if (table := state.get(f"{TABLE}{k}")) is not None]
    rows = {table.shape[0] if table.ndim == 2 else 0 for table in tables}
    if len(tables) != 2 * len(norms) or len(rows) > 1 or not rows <= set(ROWS):
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


def _plain_key(name: str) -> str | None:
    """The key in ivclab's layout; None if there is none."""
    if match := _PLAIN_BLOCK.fullmatch(name):
        layer = match[2] or f"hyperbn{match[3] or ''}.{match[4]}"
        return f"gblock{match[1] or ''}.{layer}.{_PARTS[match[5]]}"
    if match := _ATTENDING.fullmatch(name):
        return f"attention.{match[1]}.{_PARTS[match[2]]}"
    return _PLAIN_OTHERS.get(name)


def _plain_norm(name: str) -> str:
    """The key of a norm's statistics in ivclab's layout."""
    block, _, norm = name.removeprefix("Generator/").partition("/")
    if not norm:
        return "scaledcrossreplicabn"
    return f"{block.lower()}.hyperbn{norm.removeprefix('CrossReplicaBN')}.crossreplicabn"


def _suffix(number: int) -> str:
    return f"_{number}" if number else ""
