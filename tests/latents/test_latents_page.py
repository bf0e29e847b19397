"""The answers printed in docs/latent-spec.md are those of the code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ganrt.runtime.identity import identity_index
from ganrt.runtime.latents import class_choice, latents
from ganrt.runtime.normal_quantile import quantile, tail

PAGE = (Path(__file__).parents[2] / "docs" / "latent-spec.md").read_text(encoding="utf-8")


def rows(header):
    """The cells of the table under a header line, without code marks."""
    lines = PAGE.split(header + "\n", 1)[1].splitlines()[1:]
    table = lines[: next(i for i, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in table]


def test_quantiles():
    cells = rows("| u | q(u) |")
    assert len(cells) == 10
    for u, x in cells:
        assert float(quantile(np.array([float.fromhex(u)]))[0]).hex() == x


def test_tails():
    cells = rows("| t | a | d |")
    assert len(cells) == 5
    for t, a, d in cells:
        assert (tail(float(t)).hex(), (1.0 - 2.0 * tail(float(t))).hex()) == (a, d)


def test_identities():
    cells = rows("| Identity | Namespace | Index |")
    assert len(cells) == 3
    for identity, namespace, index in cells:
        assert identity_index("" if identity == "(empty)" else identity, namespace) == int(index)


def test_rerolls():
    cells = rows("| Rerolled | Its namespace | r | Its index |")
    assert len(cells) == 2
    for identity, namespace, reroll, index in cells:
        assert identity_index(identity, namespace, int(reroll)) == int(index)


@pytest.mark.parametrize(
    "cells",
    rows("| Seed | Index | Prior | Threshold | psi | `psi_mode` | Values |"),
    ids=lambda cells: "-".join(cells[:6]),
)
def test_latents(cells):
    seed, index, prior, threshold, psi, psi_mode, values = cells
    bound = None if threshold == "-" else float(threshold)
    z = latents(1, 4, int(seed), int(index), prior, bound, float(psi), psi_mode)[0]
    assert [float(value).hex() for value in z] == values.split()


def test_classes():
    cells = rows("| Seed | Index | Class of 10 | Class of 1000 |")
    assert len(cells) == 3
    for seed, index, of_10, of_1000 in cells:
        assert [class_choice([int(seed)], [int(index)], n)[0] for n in (10, 1000)] == [int(of_10), int(of_1000)]
