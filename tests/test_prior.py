"""The text form of priors in parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganrt.prior import ONEHOT, PRIORS, Part, parse_parts, parse_prior, parts_of


def test_parts_have_their_places_in_order():
    assert parse_parts("normal:62,onehot:10,uniform:2") == (
        Part("normal", 0, 62),
        Part("onehot", 62, 10),
        Part("uniform", 72, 2),
    )
    assert parse_parts(" onehot : 3 , onehot:4") == (Part("onehot", 0, 3), Part("onehot", 3, 4))


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("normal", ("normal", None)),
        (" uniform ", ("uniform", None)),
        ("normal:100", ("normal", 100)),
        ("normal:60, normal:40", ("normal", 100)),
        ("onehot:10", ("onehot:10", 10)),
        ("normal:62, onehot:010,uniform:1,uniform:1", ("normal:62,onehot:10,uniform:2", 74)),
    ],
)
def test_an_option_gives_the_canonical_form(text, stated):
    assert parse_prior(text) == stated


@pytest.mark.parametrize(
    "text",
    [
        *("", "cauchy", "onehot", "normal:0", "onehot:1", "normal:-1", "normal:1.5", "normal:1,", ",normal:1"),
        *("normal:٣", "normal:1,cauchy:2", "normal:65536,uniform:1", "normal:9999999", "normal:1:2"),
        ",".join(["onehot:2"] * 65),
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="expected"):
        parse_prior(text)


def test_the_parts_add_up_to_the_dimension():
    assert parts_of("normal", 7) == (Part("normal", 0, 7),)
    with pytest.raises(ValueError, match="with 74"):
        parts_of("normal:62,onehot:10,uniform:2", 75)


@given(st.lists(st.tuples(st.sampled_from([*PRIORS, ONEHOT]), st.integers(2, 900)), min_size=1, max_size=64))
def test_the_canonical_form_is_its_own(parts):
    stated, dim = parse_prior(",".join(f"{prior}:{size}" for prior, size in parts))
    assert dim == sum(size for _, size in parts)
    assert parts_of(stated, dim)[-1].stop == dim
    if ":" in stated:
        assert parse_prior(stated) == (stated, dim)
