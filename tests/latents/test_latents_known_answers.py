"""Latent spec 1 is for ever: the answers in known-answers.json never change, not by a bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ganrt.runtime.identity import identity_index
from ganrt.runtime.latents import LATENT_SPEC, class_choice, latents, sample

ANSWERS = json.loads((Path(__file__).parent / "known-answers.json").read_text(encoding="ascii"))
SEEDS, INDICES = ([int(pair[i]) for pair in ANSWERS["pairs"]] for i in (0, 1))


def hexadecimal(rows):
    return [[float(value).hex() for value in row] for row in rows]


def test_the_answers_are_those_of_this_spec():
    assert ANSWERS["latent_spec"] == LATENT_SPEC == 1
    assert len(ANSWERS["latents"]) == 10


@pytest.mark.parametrize("answer", ANSWERS["latents"], ids=lambda answer: str(answer["law"]))
def test_latents(answer):
    dim = len(answer["values"][0])
    assert hexadecimal(sample(SEEDS, INDICES, dim, **answer["law"])) == answer["values"]
    one_by_one = [latents(1, dim, s, i, **answer["law"])[0] for s, i in zip(SEEDS, INDICES, strict=True)]
    assert hexadecimal(one_by_one) == answer["values"]


@pytest.mark.parametrize("answer", ANSWERS["streams"], ids=lambda answer: f"stream{answer['stream']}")
def test_streams(answer):
    dim = len(answer["values"][0])
    assert hexadecimal(sample(SEEDS, INDICES, dim, stream=answer["stream"])) == answer["values"]


@pytest.mark.parametrize("answer", ANSWERS["classes"], ids=lambda answer: f"count{answer['count']}")
def test_classes(answer):
    assert class_choice(SEEDS, INDICES, answer["count"]).tolist() == answer["classes"]


@pytest.mark.parametrize("answer", ANSWERS["identities"], ids=lambda answer: ascii(answer["identity"]))
def test_identities(answer):
    assert identity_index(answer["identity"], answer["namespace"]) == int(answer["index"])


def test_rerolls():
    assert len(ANSWERS["rerolls"]) == 20
    for answer in ANSWERS["rerolls"]:
        assert identity_index(answer["identity"], answer["namespace"], answer["reroll"]) == int(answer["index"])


def test_answers_are_float32():
    for answer in ANSWERS["latents"]:
        values = np.array([[float.fromhex(text) for text in row] for row in answer["values"]])
        assert (values.astype(np.float32) == values).all()
