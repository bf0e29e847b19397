"""Look codes as texts: what is printed is read back, and what is mistyped is found."""

from __future__ import annotations

import re
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganrt.errors import UsageError
from ganrt.runtime.edits import Edit
from ganrt.runtime.looks import (
    MAX_DIGITS,
    Look,
    check_letters,
    float_text,
    looks_like_code,
    number_text,
)
from ganrt.runtime.sampling import Truncation

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-._~:=,"
_FULL = Look(
    model="flowers~1a2b3c4d",
    seed=3,
    index=2**64 - 1,
    truncation=Truncation(0.7, "scale", 2.0, 0.4),
    classes=((3, 0.5), (7, 0.5)),
    controls=(("hair", "afro"), ("shirt", "3366cc"), ("skin", "0.8")),
    edits=(Edit(0, 35, -1.0), Edit(40, 41, 0.1)),
)
_TENTHS = st.integers(0, 160).map(lambda number: number / 10)
_EIGHTHS = st.integers(-10_000, 10_000).map(lambda number: number / 8)
_NAMES = st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,39}\Z")
_LOOKS = st.builds(
    Look,
    model=st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,20}(~[0-9a-f]{8})?\Z"),
    seed=st.integers(0, 2**64 - 1),
    index=st.integers(0, 2**64 - 1),
    truncation=st.builds(
        Truncation,
        psi=st.none() | _TENTHS,
        mode=st.sampled_from([None, "scale", "resample"]),
        threshold=st.none() | _TENTHS.filter(lambda number: 0 < number <= 8),
        statistics=st.none() | st.floats(0.125, 16),
    ),
    classes=st.none()
    | st.dictionaries(st.integers(0, 2**32 - 1), _EIGHTHS, min_size=1, max_size=4).map(
        lambda weights: tuple(sorted(weights.items()))
    ),
    controls=st.dictionaries(_NAMES, _NAMES, max_size=4).map(lambda pairs: tuple(sorted(pairs.items()))),
    edits=st.dictionaries(st.integers(0, 1000), _EIGHTHS, max_size=4).map(
        lambda values: tuple(Edit(place, place + 1, value) for place, value in sorted(values.items()))
    ),
)


def test_the_code_of_every_field_is_readable_and_in_order() -> None:
    assert _FULL.body == (
        "ganrt:flowers~1a2b3c4d:3:18446744073709551615:.psi=0.7,.mode=scale,.threshold=2,.statistics=0.4,"
        ".class3=0.5,.class7=0.5,hair=afro,shirt=3366cc,skin=0.8,.z0-35=-1,.z40=0.1"
    )


@settings(max_examples=80, deadline=None)
@given(_LOOKS)
def test_a_printed_code_is_read_back(look: Look) -> None:
    assert Look.parse(look.code) == look
    assert Look.parse(look.code.upper()) == look
    assert Look.parse(f" {look.code}\n").code == look.code


def test_a_plain_code_may_leave_the_check_letters_out_and_one_with_fields_may_not() -> None:
    assert Look.parse("ganrt:avatars-1:0:8841") == Look(model="avatars-1", index=8841)
    with pytest.raises(UsageError, match=f"(?s)two check letters.*{check_letters('ganrt:a:0:1:hair=afro')}"):
        Look.parse("ganrt:a:0:1:hair=afro")


def test_the_check_letters_are_those_of_iso_7064() -> None:
    assert check_letters("baisdlafk") == "BM"  # the standard's own example of MOD 661-26


@pytest.mark.parametrize("look", [Look(model="avatars-1", index=8841), _FULL])
def test_every_wrong_character_and_every_exchange_of_neighbours_is_found(look: Look) -> None:
    code = look.code
    mistaken = {
        code[:place] + other + code[place + 1 :]
        for place in range(len(code))
        for other in _ALPHABET
        if other != code[place].lower()
    }
    mistaken |= {code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(len(code) - 1)} - {code}
    accepted = [text for text in mistaken if _accepts(text)]
    assert not accepted


def test_of_other_mistakes_one_in_661_passes() -> None:
    """Blocks of digits that are replaced: the rate that two letters can promise."""
    random = np.random.default_rng(0)
    body, letters = "ganrt:avatars-1:5:48213077", check_letters("ganrt:avatars-1:5:48213077")
    others = [f"{body[:-8]}{number:08d}:{letters}" for number in random.integers(0, 10**8, 6000)]
    passed = sum(_accepts(text) for text in others if text[:-3] != body)
    assert 0 < passed < 30  # 9 are expected


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.text(_ALPHABET + string.ascii_uppercase, max_size=80).map("ganrt:".__add__))
def test_garbage_is_an_error_of_usage_or_a_look(text: str) -> None:
    try:
        look = Look.parse(text)
    except UsageError as error:
        assert 1 <= len(str(error).splitlines()) <= 3
    else:
        assert Look.parse(look.code) == look


@settings(max_examples=200, deadline=None)
@given(st.text(_ALPHABET, max_size=60))
def test_garbage_with_right_check_letters_is_an_error_of_usage_or_a_look(rest: str) -> None:
    body = f"ganrt:m:0:1:{rest}"
    try:
        look = Look.parse(f"{body}:{check_letters(body)}")
    except UsageError:
        return
    assert Look.parse(look.code) == look


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("ganrt2:avatars-1:0:1", "newer ganrt"),
        ("ganrt:avatars-1:0:1:.glow=3", "newer ganrt"),
        ("ganrt:avatars-1:0", "expected ganrt:MODEL:SEED:INDEX"),
        ("ganrt:avatars-1:0:18446744073709551616", "no integer from 0 to 2\\^64 - 1"),
        ("ganrt:avatars-1:-1:0", "no integer"),
        ("ganrt:~12345678:0:0", "no model"),
        ("ganrt:a:0:0:.psi=17", "from 0 to 16"),
        ("ganrt:a:0:0:.psi=1,.psi=1", "twice"),
        ("ganrt:a:0:0:.mode=other", "scale, resample"),
        ("ganrt:a:0:0:.threshold=0", "above 0"),
        ("ganrt:a:0:0:.psi=0.1234567890123456789", "18 digits"),
        ("ganrt:a:0:0:.psi=1e3", "no number"),
        ("ganrt:a:0:0:.class=x", "no number"),
        ("ganrt:a:0:0:.z3-3=1", "edits of z in order"),
        ("ganrt:a:0:0:.z0-4=1,.z3=1", "none of a position twice"),
        ("ganrt:a:0:0:hair=afro,hair=bun", "twice"),
        ("ganrt:a:0:0:hair=,b=c", "is no field"),
    ],
)
def test_what_is_wrong_is_named(body: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Look.parse(f"{body}:{check_letters(body)}" if "=" in body else body)


@pytest.mark.parametrize("text", ["", "ganrt", "player-8841", "ganrt:a:0:1*", "ganrt:Zoë:0:1", "x" * 10_000])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Look.parse(text)


def test_a_typo_is_called_one() -> None:
    with pytest.raises(UsageError, match="do not fit"):
        Look.parse(f"ganrt:avatars-1:0:8842:{check_letters('ganrt:avatars-1:0:8841')}")


@settings(max_examples=150, deadline=None)
@given(st.floats(0.125, 1e6) | st.floats(-1e6, -0.125))
def test_numbers_are_the_shortest_decimals_that_are_read_back(value: float) -> None:
    text = number_text(value)
    assert float(text) == value
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]*[1-9])?", text)
    assert len(re.sub(r"\D", "", text)) <= MAX_DIGITS


@settings(max_examples=150, deadline=None)
@given(st.floats(-1e6, 1e6, width=32).filter(lambda value: value == 0 or abs(value) > 1e-2))
def test_floats_are_read_back_by_way_of_double(value: float) -> None:
    assert np.float32(float(float_text(value))) == np.float32(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e-30, 1.2345678901234567e-5])
def test_numbers_that_no_code_can_say_are_refused(value: float) -> None:
    with pytest.raises(UsageError, match="cannot stand in a code"):
        number_text(value)


def test_what_is_meant_as_a_code_is_told_by_its_beginning() -> None:
    assert looks_like_code("ganrt:avatars-1:0:1")
    assert looks_like_code("GANRT2:x")
    assert not looks_like_code("player-8841")


def _accepts(text: str) -> bool:
    try:
        Look.parse(text)
    except UsageError:
        return False
    return True
