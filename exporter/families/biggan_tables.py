"""BigGANs whose statistics are tables, a row for each truncation: DeepMind's arithmetic, and ivclab's port of it.

Conditions are (z or a chunk of it, class embedding), gains are one more than a condition gives, the channels of the
first picture are last, and all epsilons are 1e-4. In ivclab's tables row r of 50 belongs to truncation 0.02 * (r + 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.biggan_checkpoint import with_names, with_prior
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.resnet.network import Rules, Shape
from ganrt.exporter.families.resnet.reading import Named, Script, candidate, channels_first, read_shape
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.families.statistics import SETTINGS as STATISTICS
from ganrt.exporter.families.statistics import Frozen, Grid, frozen_from, frozen_row, statistics_spec
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source

EPS = 1e-4
GRID = Grid(rows=50, first=0.02, step=0.02)
TABLES = (".means", ".variances")
IVCLAB = Script(
    name="biggan-ivclab",
    what="ivclab's BigGAN",
    names={
        "block.bn1.bn": "gblock{i}.hyperbn.crossreplicabn",
        "block.bn1.gain": "gblock{i}.hyperbn.gamma",
        "block.bn1.bias": "gblock{i}.hyperbn.beta",
        "block.bn2.bn": "gblock{i}.hyperbn_1.crossreplicabn",
        "block.bn2.gain": "gblock{i}.hyperbn_1.gamma",
        "block.bn2.bias": "gblock{i}.hyperbn_1.beta",
        "block.conv1": "gblock{i}.conv0",
        "block.conv2": "gblock{i}.conv1",
        "block": "gblock{i}",
        "attention.o": "attention.o_conv",
        "shared": "linear",
        "linear": "g_z.g_linear",
        "output_layer.0.bn": "scaledcrossreplicabn",
        "output_layer.0": "scaledcrossreplicabn",
        "output_layer.2": "conv_2d",
    },
    endings={".means": ".standing_means", ".variances": ".standing_vars"},
    number=lambda i: f"_{i}" if i else "",
    attended=lambda blocks: {5: 3, 6: 4, 7: 3}[blocks],
    counts=(5, 6, 7),  # 128, 256 or 512 pixels
    published=True,
    unused=r".*\.running_(mean|var)",
)


class BigGANIvclab(Family):
    settings: Mapping[str, str] = {
        "norm_eps": f"batch norm's epsilon, default {EPS:g}",
        "freeze": STATISTICS["freeze"],
    }
    keys = KeyCondition(all_of=("g_z.g_linear.weight_orig", "gblock.hyperbn.crossreplicabn.standing_means"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain, folding = fold_spectral_norm(source.tensors, channels_last=True)
        keys, facts = Named(plain, IVCLAB), Facts(settings)
        eps = facts.assume("norm_eps", EPS)
        return tabled_candidate(source, keys, read_shape(keys, facts), eps, GRID, facts, folding)


def tabled_candidate(
    source: Source, keys: Named, shape: Shape, eps: float, grid: Grid, facts: Facts, notes: tuple[str, ...]
) -> Candidate:
    """A generator whose tables have the rows of `grid`; statistics of one row are those of its last truncation.

    Raises:
        BadInputFile: keys or shapes do not fit; the message names them. UsageError: a truncation outside of the table.
    """
    frozen = _frozen(facts.settings, grid)
    _cut_tables(keys, grid, frozen)
    for name in (keys.spell("linear.weight"), keys.spell("linear.bias")):
        if name in keys.state and keys.state[name].shape[:1] == (shape.width * shape.bottom**2,):
            keys.state[name] = channels_first(keys.state[name], shape.width, shape.bottom)
    used = grid if frozen is None else replace(grid, rows=1)
    rules = Rules(eps, nn.ReLU, nn.Tanh(), offset=1.0, latent_first=True, grid=used)
    built = with_names(candidate(source, keys, shape, rules, facts, notes=notes), shape.classes)
    spec = replace(built.spec, statistics=statistics_spec(grid, frozen))
    return with_prior(replace(built, spec=spec))


def _frozen(settings: Settings, grid: Grid) -> Frozen | None:
    if grid.rows > 1:
        return frozen_from(settings, grid)
    if settings.freeze not in (None, grid.last):
        raise UsageError(
            f"--freeze truncation={settings.freeze:g}: it has statistics of truncation {grid.last:g} alone"
        )
    return Frozen(grid.last, "linear")


def _cut_tables(keys: Named, grid: Grid, frozen: Frozen | None) -> None:
    """Of statistics that are frozen one row is left.

    Raises:
        BadInputFile: a table has another number of rows, whose truncations are not known.
    """
    endings = tuple(keys.script.endings.get(ending, ending) for ending in TABLES)
    tables = {key: tensor for key, tensor in keys.state.items() if key.endswith(endings)}
    for key, table in tables.items():
        if table.ndim != 2 or len(table) != grid.rows:
            rows = f"{grid.rows} rows, truncation {grid.first:g} to {grid.last:g}"
            raise BadInputFile(f"{key} has shape {list(table.shape)}\nexpected {rows}")
        if frozen is not None:
            keys.state[key] = frozen_row(table, grid, frozen)[None].float()
