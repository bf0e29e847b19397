"""The fast path against a slow, obvious one written from docs/latent-spec.md, bit for bit.

The reference works with Python's integers and exact fractions, and rounds after every operation.
"""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ganrt.runtime
from ganrt.runtime.latents import class_choice, sample
from ganrt.runtime.normal_quantile import SMALLEST, quantile, tail

LIMIT = 2**64


def philox(counter, key):
    for r in range(10):
        k0, k1 = (key[0] + r * 0x9E3779B9) % 2**32, (key[1] + r * 0xBB67AE85) % 2**32
        product0, product1 = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = (
            product1 >> 32 ^ counter[1] ^ k0,
            product1 % 2**32,
            product0 >> 32 ^ counter[3] ^ k1,
            product0 % 2**32,
        )
    return counter


def word(seed, index, stream, k):
    return philox((k // 4, index % 2**32, index // 2**32, stream), (seed % 2**32, seed // 2**32))[k % 4]


@cache
def coefficients():
    text = (Path(ganrt.runtime.__file__).parent / "data" / "normal-quantile.txt").read_text(encoding="ascii")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    cells = [(e, column) for e in range(2, 54) for column in range(16)]
    return {cell: [float.fromhex(c) for c in row] for cell, row in zip(cells, rows, strict=True)}


def add(a, b):
    return float(Fraction(a) + Fraction(b))


def multiply(a, b):
    return float(Fraction(a) * Fraction(b))


def reference_quantile(u):
    p = min(Fraction(u), 1 - Fraction(u))
    if p == Fraction(1, 2):
        return 0.0
    e = 2
    while p < Fraction(1, 2**e):
        e += 1
    place = (p * 2**e - 1) * 16
    column = int(place)
    f = float(place - column)
    assert Fraction(f) == place - column
    c0, c1, c2, c3 = coefficients()[e, column]
    x = add(multiply(add(multiply(add(multiply(c3, f), c2), f), c1), f), c0)
    return -x if Fraction(u) > Fraction(1, 2) else x


@cache
def reference_tail(threshold):
    low, high = 2.0**-53, 0.5
    for _ in range(128):
        middle = multiply(0.5, add(low, high))
        if reference_quantile(middle) < -threshold:
            low = middle
        else:
            high = middle
    return high


def single(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def reference_value(seed, index, k, prior="normal", threshold=None, psi=1.0, psi_mode="scale", stream=0):
    u = (2 * word(seed, index, stream, k) + 1) / 2**33
    if prior == "uniform":
        return single(single(2 * u - 1) * single(psi))
    if psi_mode == "resample":
        threshold, psi = psi * (2.0 if threshold is None else threshold), 1.0
        if threshold == 0:
            return 0.0
    elif prior == "truncated_normal" and threshold is None:
        threshold = 2.0
    if threshold is None:
        x = reference_quantile(u)
    else:
        a = reference_tail(threshold)
        d = add(1.0, -multiply(2.0, a))
        x = min(max(reference_quantile(add(a, multiply(u, d))), -threshold), threshold)
    return single(single(x) * single(psi))


def assert_same_bits(actual, expected):
    actual, expected = np.asarray(actual), np.asarray(expected, dtype=actual.dtype)
    worst = np.abs(actual - expected).max(initial=0.0)
    integers = actual.dtype.str.replace("f", "i")
    np.testing.assert_array_equal(actual.view(integers), expected.view(integers), err_msg=f"maximal error {worst}")


def check(pairs, dim, **options):
    actual = sample([seed for seed, _ in pairs], [index for _, index in pairs], dim, **options)
    assert_same_bits(actual, [[reference_value(*pair, k, **options) for k in range(dim)] for pair in pairs])


OPTIONS = [
    {},
    {"psi": 0.0},
    {"psi": 0.7},
    {"psi": 16.0},
    {"threshold": 8.0},
    {"threshold": 5.0, "psi": 0.4},
    {"threshold": 1e-7},
    {"psi": 0.5, "psi_mode": "resample"},
    {"psi": 0.0, "psi_mode": "resample"},
    {"threshold": 1.0, "psi": 0.3, "psi_mode": "resample"},
    {"prior": "truncated_normal"},
    {"prior": "truncated_normal", "psi": 1e-42},
    {"prior": "truncated_normal", "threshold": 0.1, "psi": 0.9},
    {"prior": "truncated_normal", "psi": 4.0, "psi_mode": "resample"},
    {"prior": "uniform"},
    {"prior": "uniform", "psi": 0.3},
    {"prior": "uniform", "psi": 0.3, "psi_mode": "resample"},
    {"stream": 3},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_distribution_matches_the_reference(options):
    generator = random.Random(str(options))
    pairs = [(0, 0), (LIMIT - 1, LIMIT - 1), (2**32, 2**32 - 1)]
    pairs += [(generator.randrange(LIMIT), generator.randrange(LIMIT)) for _ in range(30)]
    check(pairs, 23, **options)


U64 = st.integers(0, LIMIT - 1)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    pairs=st.lists(st.tuples(U64, U64), min_size=1, max_size=4),
    dim=st.integers(1, 9),
    prior=st.sampled_from(["normal", "truncated_normal"]),
    threshold=st.floats(1e-4, 4.0),
    psi=st.floats(0.0, 2.0),
    psi_mode=st.sampled_from(["scale", "resample"]),
)
def test_random_distributions_match_the_reference(pairs, dim, **options):
    check(pairs, dim, **options)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.floats(SMALLEST, 1 - SMALLEST))
def test_quantile_matches_the_reference(u):
    assert_same_bits(quantile(np.array([u])), [reference_quantile(u)])


def test_quantile_matches_the_reference_at_both_ends_of_every_cell():
    starts = [2.0**-e * (1 + column / 16) for e in range(2, 54) for column in range(16)]
    p = np.array([q for start in starts for q in (start, np.nextafter(start, 1), np.nextafter(start, 0))][:-1])
    p = np.append(p[p >= SMALLEST], [np.nextafter(0.5, 0), 0.5])
    u = np.concatenate((p, 1.0 - p))
    assert_same_bits(quantile(u), [reference_quantile(x) for x in u.tolist()])


@pytest.mark.parametrize("threshold", [1e-300, 1e-9, 0.25, 1.0, 2.0, 2.5, 5.0, 7.999, 8.0])
def test_tail_matches_the_reference(threshold):
    assert tail(threshold).hex() == reference_tail(threshold).hex()


@pytest.mark.parametrize("count", [1, 2, 7, 1000, 2**31 + 1, 2**32])
def test_class_choice_matches_the_reference(count):
    generator = random.Random(count)
    seeds, indices = ([generator.randrange(LIMIT) for _ in range(50)] for _ in range(2))
    expected = [word(seed, index, 1, 0) * count // 2**32 for seed, index in zip(seeds, indices, strict=True)]
    actual = class_choice(seeds, indices, count)
    assert actual.dtype == np.int64
    assert actual.tolist() == expected
