"""clients/js/looks.js and controls.js: look codes are read, written and drawn as in the package; damaged codes."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from client_library import need_node

from ganrt.errors import UsageError
from ganrt.runtime.looks import Look, check_letters

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = json.loads((ROOT / "tests" / "looks" / "known-answers.json").read_text("utf-8"))
DRAWING = json.loads((ROOT / "tests" / "looks" / "known-latents.json").read_text("utf-8"))
_CHARACTERS = "abz019-._~:=,"


@pytest.fixture(scope="module")
def damaged():
    """Codes with some characters replaced, half of them with check letters that fit."""
    random = np.random.default_rng(5)
    texts = []
    for number in range(600):
        body = list(ANSWERS["valid"][number % len(ANSWERS["valid"])]["code"].rpartition(":")[0].lower())
        for place in random.integers(6, len(body), random.integers(1, 4)):
            body[place] = str(random.choice(list(_CHARACTERS)))
        text = "".join(body)
        texts.append(f"{text}:{check_letters(text)}" if number % 2 else text)
    return texts


@pytest.fixture(scope="module")
def told(damaged, tmp_path_factory):
    need_node()
    path = tmp_path_factory.mktemp("looks") / "answers.json"
    path.write_text(json.dumps({**ANSWERS, **DRAWING, "fuzzed": damaged}))
    command = ["node", str(ROOT / "tests" / "clients" / "looks.mjs"), str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


def test_the_known_answers(told):
    assert told["valid"] == ANSWERS["valid"]
    assert told["spellings"] == ANSWERS["spellings"]
    assert told["invalid"] == [{"newer": False}] * len(ANSWERS["invalid"])
    assert told["newer"] == [{"newer": True}] * len(ANSWERS["newer"])


def test_what_a_model_is_fed(told):
    assert told["drawn"] == DRAWING["drawn"]
    assert told["refused"] == ["ArgumentError"] * len(DRAWING["refused"])


def test_damaged_codes_are_accepted_and_refused_alike(told, damaged):
    accepted = 0
    for text, answer in zip(damaged, told["fuzzed"], strict=True):
        try:
            expected = Look.parse(text).code
        except UsageError:
            expected = None
        accepted += expected is not None
        assert answer.get("accepted") == expected, text
    assert 20 < accepted < 580
