"""Rows of truncation-indexed statistics: the linear rule in the graph and frozen, and the library's own rule."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ganrt.errors import UsageError
from ganrt.exporter.families.resnet.network import Statistics
from ganrt.exporter.families.statistics import (
    Frozen,
    Grid,
    frozen_from,
    frozen_row,
    row_weights,
    statistics_spec,
)
from ganrt.exporter.options import Settings

GRID = Grid(rows=51, first=0.0, step=1.0 / 50)
PORT = Grid(rows=50, first=0.02, step=0.02)  # tables without a row for truncation 0


def table_of(grid: Grid, channels: int = 5) -> torch.Tensor:
    return torch.randn(grid.rows, channels, generator=torch.Generator().manual_seed(2))


def linear(grid: Grid, truncation: float, table: torch.Tensor) -> torch.Tensor:
    """Selected in float32, as in the graph: [c]."""
    return (row_weights(torch.tensor([truncation]), grid) @ table)[0]


@pytest.mark.parametrize("grid", [GRID, PORT])
def test_a_value_on_the_grid_takes_its_row_bit_by_bit(grid: Grid) -> None:
    table = table_of(grid)
    for i in range(grid.rows):
        for off in (0.0, 9e-5, -9e-5):
            value = min(max(round(grid.first + i * grid.step, 6) + off, grid.first), grid.last)
            assert torch.equal(linear(grid, value, table), table[i]), (i, off)
            assert torch.equal(frozen_row(table, grid, Frozen(value, "linear")), table[i].double())


@pytest.mark.parametrize("grid", [GRID, PORT])
def test_values_between_are_interpolated(grid: Grid) -> None:
    table = table_of(grid)
    places = grid.first + grid.step * np.arange(grid.rows)
    for value in np.linspace(grid.first + 1e-3, grid.last, 173):
        expected = [np.interp(value, places, column) for column in table.double().numpy().T]
        # Values within 1e-4 of a row take it: half a hundredth of a step.
        np.testing.assert_allclose(linear(grid, float(value), table), expected, atol=0.006 * 5)
        if abs(value / 0.02 - round(value / 0.02)) > 0.0051:
            np.testing.assert_allclose(linear(grid, float(value), table), expected, atol=3e-5)
            np.testing.assert_allclose(frozen_row(table, grid, Frozen(float(value), "linear")), expected, atol=1e-12)


def test_the_rule_is_continuous_and_monotone_and_the_librarys_is_neither() -> None:
    rising = torch.arange(51.0)[:, None]
    values = np.arange(0.02, 1.0, 1e-4)
    ours = (row_weights(torch.from_numpy(values).float(), GRID) @ rising)[:, 0].numpy()
    assert np.diff(ours).min() >= 0
    assert np.diff(ours).max() <= 0.0101  # a ten-thousandth is 0.005 rows; at the edge of a row's own range twice that
    theirs = [float(frozen_row(rising, GRID, Frozen(float(value), "library"))[0]) for value in values]
    assert np.diff(theirs).min() < 0  # backwards between two rows, and a jump over almost two at each
    assert np.diff(theirs).max() > 0.9


def test_the_librarys_rule_is_its_own_arithmetic() -> None:
    """Reversed weights, and the five of fifty grid values that rounding sends to a neighbour."""
    table = torch.arange(51.0)[:, None]
    rows = {i: round(float(frozen_row(table, GRID, Frozen(i / 50, "library"))[0]), 6) for i in range(1, 51)}
    assert {i: row for i, row in rows.items() if row != i} == {7: 8, 14: 15, 28: 29, 29: 28, 47: 46}
    # q = 16.65: 0.65 * row 16 + 0.35 * row 17.
    assert float(frozen_row(table, GRID, Frozen(0.333, "library"))[0]) == pytest.approx(0.65 * 16 + 0.35 * 17)
    assert float(frozen_row(table, GRID, Frozen(0.333, "linear"))[0]) == pytest.approx(16.65)


@pytest.mark.parametrize("rows", range(2, 60))
def test_the_last_truncation_is_always_in_the_table(rows: int) -> None:
    grid = Grid(rows, 0.0, 1.0 / (rows - 1))
    table = table_of(grid)
    assert grid.last == 1
    for rule in ("linear", "library"):
        assert frozen_row(table, grid, Frozen(1.0, rule)).shape == (5,)
    assert torch.equal(linear(grid, 1.0, table), table[-1])


def test_outside_of_the_table_the_nearest_row_is_taken() -> None:
    table = table_of(PORT)
    assert torch.equal(linear(PORT, 0.001, table), table[0])
    assert torch.equal(linear(PORT, 7.0, table), table[-1])


def test_every_picture_has_its_own_row() -> None:
    module, table = Statistics(3, GRID), table_of(GRID, 6)
    module.means, module.variances = table[:, :3], table[:, 3:]
    means, variances = module(torch.ones(()), row_weights(torch.tensor([0.02, 1.0]), GRID))
    assert torch.equal(means, table[[1, 50], :3])
    assert torch.equal(variances, table[[1, 50], 3:])


def test_the_spec_of_the_statistics() -> None:
    given, port = statistics_spec(GRID, None), statistics_spec(PORT, None)
    assert (given.mode, given.low, given.high, given.default, given.value) == ("input", 0.0, 1.0, 1.0, None)
    assert (port.low, port.high) == (0.02, 1.0)
    frozen = statistics_spec(GRID, Frozen(0.4, "linear"))
    assert (frozen.mode, frozen.value, frozen.default) == ("frozen", 0.4, 0.4)


def test_settings() -> None:
    assert frozen_from(Settings(), GRID) is None
    assert frozen_from(Settings(statistics_rule="linear"), GRID) is None
    assert frozen_from(Settings(freeze=0.4), GRID) == Frozen(0.4, "linear")
    assert frozen_from(Settings(freeze=0.001, statistics_rule="library"), GRID) == Frozen(0.001, "library")
    assert frozen_from(Settings(freeze=0.02), PORT) == Frozen(0.02, "linear")


@pytest.mark.parametrize(
    ("settings", "grid", "message"),
    [
        ({"freeze": "truncation=0"}, GRID, "truncation=0: the statistics cover above 0 to 1"),
        ({"freeze": "truncation=-0.1"}, GRID, "truncation=-0.1: the statistics cover above 0 to 1"),
        ({"freeze": "truncation=1.01"}, GRID, "truncation=1.01: the statistics cover above 0 to 1"),
        ({"freeze": "truncation=nan"}, GRID, "truncation=nan: the statistics cover above 0 to 1"),
        ({"freeze": "truncation=inf"}, GRID, "truncation=inf: "),
        ({"freeze": "truncation=much"}, GRID, "truncation=much: expected truncation=NUMBER"),
        ({"freeze": "truncation=0.01"}, PORT, "truncation=0.01: the statistics cover 0.02 to 1"),
        (
            {"freeze": "truncation=0.4", "statistics_rule": "cubic"},
            GRID,
            "rule cubic: expected linear or",
        ),
        ({"statistics_rule": "library"}, GRID, "needs a frozen truncation: .* double precision"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, str], grid: Grid, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        frozen_from(Settings.read(settings), grid)
    assert caught.value.exit_code == 2


def test_the_five_misfits_are_those_of_double_precision() -> None:
    assert [i for i in range(1, 51) if math.modf(i / 50 / 0.02)[0]] == [7, 14, 28, 29, 47]
