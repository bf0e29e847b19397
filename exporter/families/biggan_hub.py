"""BigGAN and BigGAN-deep as DeepMind published them on TensorFlow Hub, of 128, 256 and 512 pixels.

The module's variables are taken under their own names, its averaged weights alone; the tables of its graph are the
statistics of the norms, in the order in which the graph makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.biggan_deep import SCRIPT as LIBRARY
from ganrt.exporter.families.biggan_deep import BigGANDeep, deep_candidate
from ganrt.exporter.families.biggan_tables import EPS, GRID, IVCLAB, TABLES, BigGANIvclab, tabled_candidate
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.resnet.reading import Named, Script, read_shape
from ganrt.exporter.families.spectral_norm import fold_iterated
from ganrt.exporter.families.statistics import Grid
from ganrt.exporter.keras.hub_module import ROWS, TABLE
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

SN_EPS = 1e-4
_DEEP_AVERAGE, _PLAIN_AVERAGE = "ema_0.9999", "ema_b999900"  # how either names its averaged weights
_GRIDS = {50: GRID, 51: Grid(rows=51, first=0.0, step=0.02)}
_ATTENTION = 8  # the block of BigGAN-deep that attention precedes, in all three sizes
_CLASSES = "linear/w"  # their embedding, without spectral norm
_ENDINGS = {".weight": "/w", ".bias": "/b", ".gamma": "/gamma"}
_ATTENDING = {
    **{f"attention.{part}": f"Generator/attention/{part}" for part in ("theta", "phi", "g")},
    "attention.o": "Generator/attention/o_conv",
    "attention": "Generator/attention",
}


def _counted(name: str, number: int) -> str:
    """TensorFlow's names of layers of one kind: BatchNorm, BatchNorm_1, ..."""
    return f"{name}_{number}" if number else name


def _of_norms(numbers: range, statistics: str, factors: str, parts: tuple[str, str]) -> dict[str, str]:
    """The names of a block's norms, which have their statistics in one place and gain and bias in another."""
    names = {}
    for k in numbers:
        names[f"block.bn{k + 1}.bn"] = f"Generator/GBlock{{i}}/{_counted(statistics, k)}"
        for ours, theirs in zip(("gain", "bias"), parts, strict=True):
            names[f"block.bn{k + 1}.{ours}"] = f"Generator/GBlock{{i}}/{_counted(factors, k)}/{theirs}"
    return names


DEEP = replace(
    LIBRARY,
    name="biggan-deep-hub",
    what="a BigGAN-deep of TensorFlow Hub",
    names={
        **{f"block.conv{k + 1}": f"Generator/GBlock{{i}}/conv{k}" for k in range(4)},
        **_of_norms(range(4), "BatchNorm", "BatchNorm", ("scale", "offset")),
        **_ATTENDING,
        "linear": "Generator/GenZ/G_linear",
        "shared": "linear",
        "output_layer.0.weight": "Generator/BatchNorm/scale",
        "output_layer.0.bias": "Generator/BatchNorm/offset",
        "output_layer.0.bn": "Generator/BatchNorm",
        "output_layer.2": "Generator/conv_to_rgb",
    },
    endings=_ENDINGS,
    number=lambda i: _counted("", i),
    counted=False,
    attended=lambda _: _ATTENTION - 1,
)
PLAIN = replace(
    IVCLAB,
    name="biggan-hub",
    what="a BigGAN of TensorFlow Hub",
    names={
        "block.conv1": "Generator/GBlock{i}/conv0",
        "block.conv2": "Generator/GBlock{i}/conv1",
        "block.conv_sc": "Generator/GBlock{i}/conv_sc",
        **_of_norms(range(2), "CrossReplicaBN", "HyperBN", ("gamma", "beta")),
        **_ATTENDING,
        "linear": "Generator/G_Z/G_linear",
        "shared": "linear",
        "output_layer.0.weight": "Generator/ScaledCrossReplicaBN/gamma",
        "output_layer.0.bias": "Generator/ScaledCrossReplicaBN/beta",
        "output_layer.0.bn": "Generator/ScaledCrossReplicaBN",
        "output_layer.2": "Generator/conv_2d",
    },
    endings=_ENDINGS,
)


class BigGANDeepHub(Family):
    settings: Mapping[str, str] = BigGANDeep.settings
    keys = KeyCondition(
        all_of=(
            f"linear/w/{_DEEP_AVERAGE}",
            f"Generator/GenZ/G_linear/w/{_DEEP_AVERAGE}",
            f"Generator/GBlock/BatchNorm/scale/w/{_DEEP_AVERAGE}",
        )
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        keys = _named(source.tensors, _DEEP_AVERAGE, DEEP)
        _take_tables(keys, source.tensors)
        return _whole(deep_candidate(source, keys, None, Facts(settings), ()), keys, source.tensors)


class BigGANHub(Family):
    settings: Mapping[str, str] = BigGANIvclab.settings
    keys = KeyCondition(
        all_of=(
            f"linear/w/{_PLAIN_AVERAGE}",
            f"Generator/G_Z/G_linear/w/{_PLAIN_AVERAGE}",
            f"Generator/GBlock/HyperBN/gamma/w/{_PLAIN_AVERAGE}",
        )
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        keys, facts = _named(source.tensors, _PLAIN_AVERAGE, PLAIN), Facts(settings)
        tabled = f"{TABLE}0" in source.tensors
        if tabled:
            grid = _GRIDS[_take_tables(keys, source.tensors)]
        else:
            grid = Grid(rows=1, first=1.0, step=0.02)
            _take_accumulated(keys, source.tensors)
        eps = facts.assume("norm_eps", EPS)
        built = tabled_candidate(source, keys, read_shape(keys, facts), eps, grid, facts, ())
        return _whole(built, keys, source.tensors, tabled=tabled)


def _whole(built: Candidate, keys: Named, state: State, *, tabled: bool = True) -> Candidate:
    """The candidate, with notes.

    Raises:
        BadInputFile: weights without the `u0` of their spectral norm.
    """
    normed = [name for name, tensor in keys.state.items() if name.endswith("/w") and tensor.ndim > 1]
    wanted = [f"{name.removesuffix('w')}u0" for name in normed if name != _CLASSES]
    if missing := [name for name in wanted if name not in state]:
        raise BadInputFile(f"is no whole module of BigGAN\nmissing: {', '.join(missing)}"[:8000])
    statistics = "statistics by truncation from the graph's constants"
    if not tabled:
        statistics = "the graph has no statistics by truncation: those of truncation 1, which were accumulated"
    return replace(built, notes=("averaged weights (EMA)", statistics, *built.notes))


def _named(state: State, average: str, script: Script) -> Named:
    """The averaged variables, in torch's layout and with spectral norm folded."""
    found = {name: tensor for name, tensor in state.items() if name.endswith("/u0")}
    for name, tensor in state.items():
        if name.endswith(f"/{average}"):
            plain = name.removesuffix(f"/{average}")
            found[plain] = tensor if plain == _CLASSES else _laid_out(tensor, weight=plain.endswith("/w"))
    return Named(fold_iterated(found, SN_EPS, weight="/w", u0="/u0")[0], script)


def _laid_out(tensor: Tensor, *, weight: bool) -> Tensor:
    """Weights with their outputs first, for (height, width, in, out) and (in, out); all else as vectors."""
    if weight and tensor.ndim in (2, 4):
        return tensor.permute((1, 0) if tensor.ndim == 2 else (3, 2, 0, 1)).contiguous()
    return tensor.flatten()


def _norms(keys: Named) -> list[str]:
    """The keys of all norms' statistics, in the order in which the graph makes them."""
    each = range(1, 5 if keys.script.deep else 3)
    return [*(f"blocks.{i}.0.bn{k}.bn" for i in range(len(keys.blocks)) for k in each), "output_layer.0.bn"]


def _take_tables(keys: Named, state: State) -> int:
    """Gives every norm its tables, a mean and a variance each; returns how many rows they have.

    Raises:
        BadInputFile: another number of tables, or of their rows.
    """
    norms = _norms(keys)
    count = sum(1 for name in state if name.startswith(TABLE))
    tables = [table for k in range(count) if (table := state.get(f"{TABLE}{k}")) is not None]
    rows = {table.shape[0] if table.ndim == 2 else 0 for table in tables}
    if len(tables) != 2 * len(norms) or len(rows) > 1 or not rows <= set(ROWS):
        raise BadInputFile(
            f"has a graph that makes {len(tables)} tables of {' or '.join(map(str, ROWS))} rows\n"
            f"expected {2 * len(norms)}: the means and variances of {len(norms)} norms, for each truncation"
        )
    names = [keys.spell(f"{norm}{part}") for norm in norms for part in TABLES]
    keys.state |= dict(zip(names, tables, strict=True))
    return rows.pop()


def _take_accumulated(keys: Named, state: State) -> None:
    """Gives every norm its accumulated statistics, as tables of one row.

    Raises:
        BadInputFile: some are missing.
    """
    # The last norm's are beside it, not below it.
    places = {norm: keys.spell(norm) + ("" if norm.startswith("blocks.") else "bn") for norm in _norms(keys)}
    wanted = [f"{place}/accumulated_{part}" for place in places.values() for part in ("mean", "var")]
    if missing := [name for name in wanted if name not in state]:
        raise BadInputFile(
            f"has statistics neither in its graph nor among its variables\nmissing: {', '.join(missing)}"[:8000]
        )
    for norm, place in places.items():
        times = float(state.get(f"{place}/accumulation_counter", torch.zeros(1)).sum()) or 1.0
        for part, key in zip(("mean", "var"), TABLES, strict=True):
            keys.state[keys.spell(f"{norm}{key}")] = state[f"{place}/accumulated_{part}"].flatten()[None] / times
