"""Latents in parts: each value by its number in the whole latent, choices from stream 1, nothing else changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganrt.errors import UsageError
from ganrt.prior import ONEHOT, parse_prior, parts_of
from ganrt.runtime.latents import class_choice, latents, sample
from ganrt.runtime.philox import philox4x32
from ganrt.runtime.sampling import Truncation, draw
from ganrt.spec import Latent

KNOWN = Path(__file__).parent / "known-answers.json"
ANSWERS = json.loads(KNOWN.read_text(encoding="ascii"))
SEEDS, INDICES = ([int(pair[i]) for pair in ANSWERS["pairs"]] for i in (0, 1))
THREE = "normal:62,onehot:10,uniform:2"


def bits(values):
    return np.asarray(values, np.float32).view(np.uint32)


@pytest.mark.parametrize("answer", ANSWERS["parts"], ids=lambda answer: str(answer["law"]))
def test_known_answers(answer):
    dim = len(answer["values"][0])
    rows = sample(SEEDS, INDICES, dim, **answer["law"])
    assert [[float(value).hex() for value in row] for row in rows] == answer["values"]


def test_the_answers_of_one_part_are_those_of_version_0_1_0():
    before = {name: value for name, value in ANSWERS.items() if name not in ("parts", "rerolls")}
    digest = hashlib.sha256(json.dumps(before, sort_keys=True).encode()).hexdigest()
    assert digest == "5a78f356a8c464006763d665eba92f682680d083d0415d52f1b4270ddc9f0a2e"


def slow_choice(seed, index, count, number):
    block, column = divmod(number + 1, 4)
    counter = np.array([[block], [index % 2**32], [index >> 32], [1]], np.uint64)
    key = np.array([[seed % 2**32], [seed >> 32]], np.uint64)
    return int(philox4x32(counter, key)[column, 0]) * count >> 32


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from(["normal", "uniform", "truncated_normal", ONEHOT]), st.integers(2, 13)),
        min_size=1,
        max_size=7,
    ),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.sampled_from([{}, {"psi": 0.4}, {"psi": 0.7, "psi_mode": "resample"}, {"psi": 0.0, "psi_mode": "style"}]),
)
def test_every_part_is_a_slice_of_its_whole_latent(parts, seed, index, options):
    prior, dim = parse_prior(",".join(f"{name}:{size}" for name, size in parts))
    z = latents(1, dim, seed, index, prior, **options)[0]
    choices = 0
    for part in parts_of(prior, dim):
        found = z[part.first : part.stop]
        if part.prior == ONEHOT:
            expected = np.eye(part.dim, dtype=np.float32)[slow_choice(seed, index, part.dim, choices)]
            choices += 1
        else:
            expected = latents(1, dim, seed, index, part.prior, **options)[0, part.first : part.stop]
        assert np.array_equal(bits(found), bits(expected))


def test_many_rows_at_once_equal_one_by_one_across_tiles():
    prior = "uniform:3,onehot:5,normal:40000"
    whole = sample([3], list(range(5)), 40008, prior)
    for i in range(5):
        assert np.array_equal(whole[i], latents(1, 40008, 3, i, prior)[0])
    assert (whole[:, 3:8].sum(axis=1) == 1).all()


def test_choices_are_even_and_independent_of_the_class_and_of_each_other():
    rows = latents(20_000, 15, prior="onehot:10,onehot:5")
    first, second = rows[:, :10].argmax(axis=1), rows[:, 10:].argmax(axis=1)
    classes = class_choice([0], list(range(20_000)), 10)
    for pairs in (first * 5 + second, classes * 5 + second, classes * 10 + first):
        counts = np.bincount(pairs)
        expected = len(rows) / len(counts)
        assert ((counts - expected) ** 2 / expected).sum() < len(counts) + 5 * np.sqrt(2 * len(counts))


def test_a_choice_is_the_same_in_every_stream():
    z, drift = (sample([4], [9], 74, THREE, stream=stream) for stream in (0, 2))
    assert np.array_equal(z[:, 62:72], drift[:, 62:72])
    assert not np.array_equal(z[:, :62], drift[:, :62])


@pytest.mark.parametrize(
    ("truncation", "factor", "normal"),
    [
        (Truncation(), 1.0, {}),
        (Truncation(psi=0.5), 0.5, {"threshold": 2.0, "psi": 0.5}),
        (Truncation(psi=0.5, mode="resample"), 0.5, {"psi": 0.5, "psi_mode": "resample"}),
        (Truncation(threshold=1.0), 1.0, {"threshold": 1.0}),
    ],
)
def test_psi_shrinks_normal_and_uniform_parts_and_leaves_the_choice(truncation, factor, normal):
    one = np.array([7], np.uint64)
    z = draw(Latent(dim=74, prior=THREE), one, one, truncation)
    assert np.array_equal(z[:, :62], sample(one, one, 62, **normal))
    assert np.array_equal(z[:, 62:72], sample(one, one, 74, THREE)[:, 62:72])
    assert np.array_equal(z[:, 72:], sample(one, one, 74, "uniform", psi=factor)[:, 72:])


@pytest.mark.parametrize("prior", ["normal", "uniform", "truncated_normal", THREE])
def test_a_style_space_leaves_z_as_it_was_trained(prior):
    one = np.array([7], np.uint64)
    style, plain = (Latent(dim=74, prior=prior, psi_mode=mode) for mode in ("style", "scale"))
    for psi in (None, 0.0, 0.5, 3.0):
        assert np.array_equal(draw(style, one, one, Truncation(psi=psi)), draw(plain, one, one))
    for truncation in (Truncation(threshold=1.0), Truncation(mode="scale"), Truncation(psi=0.5, mode="resample")):
        with pytest.raises(UsageError, match="pulls its styles"):
            draw(style, one, one, truncation)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prior": "normal:3,onehot:4"}, "parts of 8 values in all"),
        ({"prior": "normal:4,cauchy:4"}, "expected parts such as"),
        ({"prior": "uniform:4,onehot:4", "threshold": 2.0}, "threshold"),
        ({"prior": "normal:4,onehot:4", "threshold": 9.0}, "threshold"),
        ({"prior": "normal:4,onehot:4", "psi": -1.0}, "psi"),
        ({"prior": "normal:4,onehot:4", "psi": 9.0, "psi_mode": "resample"}, "psi"),
        ({"psi": 17.0, "psi_mode": "style"}, "psi"),
        ({"psi_mode": "styles"}, "psi_mode"),
    ],
)
def test_bad_parts_are_usage_errors(arguments, message):
    with pytest.raises(UsageError, match=message):
        latents(1, 8, **arguments)
