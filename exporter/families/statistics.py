"""Batch-norm statistics that depend on truncation (BigGAN as DeepMind published it): one row a step of a grid.

Published generators hold a table of means and variances, one row for each truncation of a grid, 0.02 apart. Two rules
say what lies between two rows:

- `linear`, ours: values within 1e-4 of a grid point take its row, others interpolate linearly between their two rows.
  It is computed inside the graph, in float32.
- `library`, that of huggingface/pytorch-pretrained-BigGAN: q = truncation / step in double precision with fraction f;
  f = 0 takes row int(q), anything else f * row[int(q)] + (1 - f) * row[int(q) + 1], the weights the wrong way round.
  It jumps at every grid point, and at 0.14, 0.28, 0.56, 0.58 and 0.94 rounding alone picks the neighbouring row: no
  float32 graph can follow, so it is for frozen truncations only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganrt.errors import UsageError
from ganrt.exporter.options import RULES, Settings
from ganrt.spec import Statistics

SNAP = 1e-4

SETTINGS: Mapping[str, str] = {
    "freeze": "freezes the statistics at this truncation; default: a graph input",
    "statistics_rule": "of a frozen truncation between two rows: linear, or library for the original library's own "
    "arithmetic; default linear",
}


@dataclass(frozen=True)
class Grid:
    """Row i of a table of `rows` belongs to truncation `first` + i * `step`."""

    rows: int
    first: float
    step: float

    @property
    def last(self) -> float:
        """The truncation of the last row, free of the product's rounding."""
        return round(self.first + (self.rows - 1) * self.step, 9)


@dataclass(frozen=True)
class Frozen:
    """A truncation to fold into the weights, and the rule that picks its row."""

    truncation: float
    rule: str


def frozen_from(settings: Settings, grid: Grid) -> Frozen | None:
    """What `freeze` and `statistics_rule` ask for; None leaves truncation an input.

    Raises:
        UsageError: the library's rule with nothing frozen, or a truncation outside the table.
    """
    rule, value = settings.statistics_rule or RULES[0], settings.freeze
    if value is None:
        if rule == "library":
            raise UsageError(
                "--statistics-rule library needs a frozen truncation: the library's rule jumps at every row "
                "and is computed in double precision, which a float32 graph input cannot follow\n"
                "expected also --freeze truncation=T"
            )
        return None
    if not grid.first <= value <= grid.last or value == 0:
        covered = f"{grid.first:g}" if grid.first else "above 0"
        raise UsageError(f"--freeze truncation={value:g}: the statistics cover {covered} to {grid.last:g}")
    return Frozen(value, rule)


def statistics_spec(grid: Grid, frozen: Frozen | None) -> Statistics:
    """The spec's section; the default is the last row, which goes with latents that are not scaled."""
    low, high = grid.first, grid.last
    if frozen is None:
        return Statistics(mode="input", low=low, high=high, default=high)
    return Statistics(mode="frozen", value=frozen.truncation, low=low, high=high, default=frozen.truncation)


def row_weights(truncation: Tensor, grid: Grid) -> Tensor:
    """The rule `linear`: float32 [n] -> weights float32 [n, rows]; a row's product with a table picks its statistics.

    One weight is 1, or two neighbours share it. On a grid point the product is that row, bit by bit. Outside of the
    grid the nearest row is taken.
    """
    position = ((truncation - grid.first) / grid.step).clamp(0, grid.rows - 1)
    nearest = position.round()
    position = torch.where((position - nearest).abs() <= SNAP / grid.step, nearest, position)
    rows = torch.arange(grid.rows, dtype=torch.float32)
    return (1 - (position[:, None] - rows).abs()).relu()


def frozen_row(table: Tensor, grid: Grid, frozen: Frozen) -> Tensor:
    """The statistics of one truncation: table float32 [rows, c] -> float64 [c]."""
    if frozen.rule == "library":
        return _library_row(table, grid, frozen.truncation).double()
    position = (frozen.truncation - grid.first) / grid.step
    if abs(position - round(position)) <= SNAP / grid.step:
        return table[round(position)].double()
    below, fraction = int(position), position % 1
    return (1 - fraction) * table[below].double() + fraction * table[below + 1].double()


def _library_row(table: Tensor, grid: Grid, truncation: float) -> Tensor:
    """The library's own arithmetic, step by step; a row past the end, where it fails, is the last."""
    fraction, number = math.modf(truncation / grid.step)
    row = int(number) - round(grid.first / grid.step)
    if fraction == 0:
        return table[row]
    return table[row] * fraction + table[min(row + 1, grid.rows - 1)] * (1 - fraction)
