"""Seed lists and latent edits: what they accept, and that nothing else gets through."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganrt.errors import UsageError
from ganrt.runtime.edits import Edit, edit, parse_edits
from ganrt.runtime.latents import latents
from ganrt.runtime.seeds import MAX_SEEDS, parse_seeds

LIMIT = 2**64


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("0", [0]),
        ("0,1,4-6", [0, 1, 4, 5, 6]),
        (" 3 , 2-2,3", [3, 2, 3]),
        ("007", [7]),
        (f"{LIMIT - 2}-{LIMIT - 1}", [LIMIT - 2, LIMIT - 1]),
    ],
)
def test_seeds(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("token", ["", "-1", "1-", "a", "1.0", "1--2", "0x1", "1_0", "+1", "٣", "1 2", "1-2-3", "²"])
def test_malformed_seeds_are_named(token):
    with pytest.raises(UsageError, match=r"seeds: given .*, accepted are numbers and ranges") as caught:
        parse_seeds(f"5,{token},7")
    assert repr(token) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("6-4", "'6-4', accepted are ranges that go up, such as 4-6"),
        (str(LIMIT), "accepted are numbers from 0 to 18446744073709551615"),
        (f"0-{LIMIT}", "accepted are numbers from 0 to"),
        ("9" * 5000, r"'9+\.\.\.', accepted"),
        (f"0-{LIMIT - 1}", "given 18446744073709551616 or more by .* at most 10000000"),
        (f"1-{MAX_SEEDS},0", "given 10000001 or more by '0'"),
        (None, "given None"),
    ],
)
def test_wrong_seeds(text, message):
    with pytest.raises(UsageError, match=message):
        parse_seeds(text)


def test_ten_million_seeds_are_accepted():
    assert len(parse_seeds(f"1-{MAX_SEEDS}")) == MAX_SEEDS


FUZZ = settings(max_examples=400, deadline=None, derandomize=True)


@FUZZ
@given(st.one_of(st.text(max_size=30), st.text("0123456789-, ", max_size=20)))
def test_any_text_gives_seeds_or_a_usage_error(text):
    try:
        seeds = parse_seeds(text)
    except UsageError:
        return
    assert seeds
    assert all(type(seed) is int and 0 <= seed < LIMIT for seed in seeds)


@FUZZ
@given(st.lists(st.tuples(st.integers(0, LIMIT - 1), st.integers(0, 9)), min_size=1, max_size=9))
def test_written_seeds_are_read_back(parts):
    parts = [(first, min(LIMIT - 1, first + more)) for first, more in parts]
    text = ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)
    assert parse_seeds(text) == [seed for first, last in parts for seed in range(first, last + 1)]


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("0:35=-1", [Edit(0, 35, -1.0)]),
        ("3=0.5", [Edit(3, 4, 0.5)]),
        ("0:2=1, 5=.25,:3=2.,7:=1e-3,:=+0", [(0, 2, 1.0), (5, 6, 0.25), (0, 3, 2.0), (7, None, 1e-3), (0, None, 0.0)]),
    ],
)
def test_edits(text, edits):
    assert parse_edits(text) == tuple(one if isinstance(one, Edit) else Edit(*one) for one in edits)


@pytest.mark.parametrize(
    "token",
    ["", "=", "3", "3=", "=1", "-1=0", "0:-1=2", "1:2:3=4", "a=1", "3=nan", "3=inf", "3=1_0", "3=٣", "3==1", "3=."],
)
def test_malformed_edits_are_named(token):
    with pytest.raises(UsageError, match=r"edit: given .*, accepted are INDEX=VALUE and START:STOP=VALUE") as caught:
        parse_edits(f"5=1,{token}")
    assert repr(token) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5:5=1", "'5:5=1', an empty range"),
        ("7:5=1", "'7:5=1', an empty range"),
        ("1=1e39", "values that float32 holds"),
        ("1=1e999", "values that float32 holds"),
        ("1=1," * 10_001 + "1=1", "more than 10000 edits"),
        (3, "given 3"),
    ],
)
def test_wrong_edits(text, message):
    with pytest.raises(UsageError, match=message):
        parse_edits(text)


@FUZZ
@given(st.one_of(st.text(max_size=30), st.text("0123456789:=.,-+e ", max_size=25)))
def test_any_text_gives_edits_or_a_usage_error(text):
    try:
        edits = parse_edits(text)
    except UsageError:
        return
    assert edits
    for one in edits:
        assert 0 <= one.start < (math.inf if one.stop is None else one.stop)
        assert math.isfinite(one.value)


@FUZZ
@given(
    start=st.integers(0, 99), more=st.integers(1, 99), value=st.floats(width=32, allow_nan=False, allow_infinity=False)
)
def test_written_edits_are_read_back(start, more, value):
    assert parse_edits(f"{start}:{start + more}={value!r}") == (Edit(start, start + more, value),)


def test_edit_sets_dimensions_and_leaves_the_rest():
    z = latents(6, 50)
    before = z.copy()
    edited = edit(z, parse_edits("0:35=-1,34=2,40:=0.1"))
    np.testing.assert_array_equal(z, before)
    assert edited.dtype == np.float32
    assert (edited[:, :34] == -1).all()
    assert (edited[:, 34] == 2).all()
    np.testing.assert_array_equal(edited[:, 35:40], z[:, 35:40])
    assert (edited[:, 40:] == np.float32(0.1)).all()
    np.testing.assert_array_equal(edit(z[2], parse_edits("0:35=-1,34=2,40:=0.1")), edited[2])
    np.testing.assert_array_equal(edit(z, ()), z)


@pytest.mark.parametrize("text", ["50=1", "0:51=1", "50:=1", "999999999=0"])
def test_edits_beyond_the_latent_are_named(text):
    with pytest.raises(UsageError, match=r"edit: given .*, accepted are dimensions within 0:50"):
        edit(latents(2, 50), parse_edits(text))


def test_edit_of_something_else():
    with pytest.raises(UsageError, match="z: given shape"):
        edit(np.zeros((1, 2, 3), np.float32), ())
